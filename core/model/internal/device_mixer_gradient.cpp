// SPDX-License-Identifier: Apache-2.0
// The kernels of a device as an operation of autograd.
#include "core/base/stop_scope.hpp"
#include "core/model/internal/device_mixer.hpp"
#include "core/model/internal/used_mixers.hpp"

#include <torch/csrc/autograd/custom_function.h>

#include <cstdint>

namespace rankscope::internal {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

// Training always starts from the zero state and needs no final one, so neither carries a gradient. The kernels belong to a
// DeviceMixers, which outlives every graph.
class DeviceDeltaRuleFunction : public torch::autograd::Function<DeviceDeltaRuleFunction> {
public:
    static Variable forward(AutogradContext* ctx, const Variable& q, const Variable& k, const Variable& v, const Variable& beta,
                            const std::optional<Variable>& g, double scale, const DeviceMixer* mixer, const DeviceGradient* gradient) {
        const MixerCall call{q, k, v, beta, g.value_or(Variable()), scale, {}, {}};
        ctx->save_for_backward({call.q, call.k, call.v, call.beta, call.g});
        ctx->saved_data["scale"] = scale;
        ctx->saved_data["gradient"] = static_cast<std::int64_t>(reinterpret_cast<std::intptr_t>(gradient));
        return mixer->run(call).out;
    }

    static variable_list backward(AutogradContext* ctx, variable_list gradients) {
        check_stop();
        const auto saved = ctx->get_saved_variables();
        const MixerCall call{saved[0], saved[1], saved[2], saved[3], saved[4], ctx->saved_data["scale"].toDouble(), {}, {}};
        const auto* gradient = reinterpret_cast<const DeviceGradient*>(static_cast<std::intptr_t>(ctx->saved_data["gradient"].toInt()));
        const MixerGradients d = gradient->run(call, gradients[0].contiguous());
        return {d.q, d.k, d.v, d.beta, d.g, Variable(), Variable(), Variable()};
    }
};

}  // namespace

std::optional<MixerResult> delta_rule_on_device(DeviceMixers& mixers, const MixerCall& call, bool differentiable) {
    // Nothing is checked for a call that the gradient does not take.
    if (differentiable && (call.initial.defined() || !call.positions.empty())) return std::nullopt;
    const DeviceMixer* mixer = mixers.choose(call);
    if (mixer == nullptr) return std::nullopt;
    if (!differentiable) {
        UsedMixers::instance().note(mixer->name);
        return mixer->run(call);
    }
    const DeviceGradient* gradient = mixers.choose_gradient(call);
    if (gradient == nullptr) return std::nullopt;
    UsedMixers::instance().note(mixer->name);
    UsedMixers::instance().note(gradient->name + " (gradient)");
    // An undefined tensor is no argument of a differentiable function; none at all is.
    return MixerResult{DeviceDeltaRuleFunction::apply(call.q, call.k, call.v, call.beta,
                                                      call.g.defined() ? std::optional(call.g) : std::nullopt, call.scale, mixer, gradient),
                       {},
                       {}};
}

}  // namespace rankscope::internal
