// SPDX-License-Identifier: Apache-2.0
#include "core/model/internal/mixer.hpp"

#include "core/base/stop_scope.hpp"
#include "core/model/internal/device_kernels.hpp"
#include "core/model/internal/device_mixer.hpp"
#include "core/model/internal/used_mixers.hpp"
#include "kernels/delta_rule.hpp"

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <string>
#include <vector>

namespace rankscope::internal {
namespace {

// Multiply-adds of one call per pass over the states (B · T · HV · K · V) that take well below 100 ms. Longer sequences are
// run piece by piece, at the borders of the kernels' chunks.
constexpr std::int64_t kPieceWork = std::int64_t{1} << 28;
constexpr std::int64_t kChunk = 64;

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

const float* input(const at::Tensor& t) {
    return t.defined() ? t.const_data_ptr<float>() : nullptr;
}

at::Tensor contiguous(const at::Tensor& t) {
    return t.defined() ? t.contiguous() : t;
}

kernels::DeltaRuleArgs<float> arguments(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                                        const at::Tensor& beta, const at::Tensor& g, double scale,
                                        const at::Tensor& initial) {
    kernels::DeltaRuleArgs<float> a;
    a.B = q.size(0);
    a.T = q.size(1);
    a.H = q.size(2);
    a.K = q.size(3);
    a.HV = v.size(2);
    a.V = v.size(3);
    a.scale = static_cast<float>(scale);
    a.q = input(q);
    a.k = input(k);
    a.v = input(v);
    a.beta = input(beta);
    a.g = input(g);
    a.initial_state = input(initial);
    return a;
}

void run_chosen(const kernels::DeltaRuleArgs<float>& args) {
    const kernels::DeltaRuleImplementation& chosen = kernels::choose_delta_rule(args);
    UsedMixers::instance().note(chosen.name);
    chosen.run(args);
}

void run_chosen_backward(const kernels::DeltaRuleBackwardArgs<float>& args) {
    const kernels::DeltaRuleImplementation& chosen = kernels::choose_delta_rule_backward(args.forward);
    UsedMixers::instance().note(std::string(chosen.name) + " (gradient)");
    chosen.run_backward(args);
}

// Training always starts from the zero state and needs no final one, so neither carries a gradient.
class DeltaRuleFunction : public torch::autograd::Function<DeltaRuleFunction> {
public:
    static Variable forward(AutogradContext* ctx, const Variable& q_in, const Variable& k_in,
                            const Variable& v_in, const Variable& beta_in,
                            const std::optional<Variable>& g_in, double scale) {
        const at::Tensor q = contiguous(q_in), k = contiguous(k_in), v = contiguous(v_in),
                         beta = contiguous(beta_in), g = contiguous(g_in.value_or(Variable()));
        at::Tensor out = at::empty_like(v);
        auto args = arguments(q, k, v, beta, g, scale, {});
        args.out = out.data_ptr<float>();
        run_chosen(args);
        ctx->save_for_backward({q, k, v, beta, g});
        ctx->saved_data["scale"] = scale;
        return out;
    }

    static variable_list backward(AutogradContext* ctx, variable_list gradients) {
        check_stop();
        const auto saved = ctx->get_saved_variables();
        const at::Tensor &q = saved[0], &k = saved[1], &v = saved[2], &beta = saved[3], &g = saved[4];
        const at::Tensor d_out = gradients[0].contiguous();
        at::Tensor d_q = at::empty_like(q), d_k = at::empty_like(k), d_v = at::empty_like(v),
                   d_beta = at::empty_like(beta), d_g;
        kernels::DeltaRuleBackwardArgs<float> args;
        args.forward = arguments(q, k, v, beta, g, ctx->saved_data["scale"].toDouble(), {});
        args.d_out = d_out.const_data_ptr<float>();
        args.d_q = d_q.data_ptr<float>();
        args.d_k = d_k.data_ptr<float>();
        args.d_v = d_v.data_ptr<float>();
        args.d_beta = d_beta.data_ptr<float>();
        if (g.defined()) {
            d_g = at::empty_like(g);
            args.d_g = d_g.data_ptr<float>();
        }
        run_chosen_backward(args);
        return {d_q, d_k, d_v, d_beta, d_g, Variable()};
    }
};

// Tokens [begin, begin + count) of one sequence; `before`: the state they start from, null for zeros.
void run_piece(kernels::DeltaRuleArgs<float> args, std::int64_t begin, std::int64_t count, const float* before) {
    args.q += begin * args.H * args.K;
    args.k += begin * args.H * args.K;
    args.v += begin * args.HV * args.V;
    args.beta += begin * args.HV;
    if (args.g != nullptr) args.g += begin * args.HV;
    args.out += begin * args.HV * args.V;
    args.T = count;
    args.initial_state = before;
    const auto first = std::lower_bound(args.state_positions.begin(), args.state_positions.end(), begin);
    const auto end = std::lower_bound(first, args.state_positions.end(), begin + count);
    if (args.states != nullptr) args.states += (first - args.state_positions.begin()) * args.HV * args.K * args.V;
    std::vector<std::int64_t> positions;
    for (auto p = first; p != end; ++p) positions.push_back(*p - begin);
    args.state_positions = positions;
    run_chosen(args);
}

MixerResult run_kernel(const at::Tensor& q_in, const at::Tensor& k_in, const at::Tensor& v_in,
                       const at::Tensor& beta_in, const at::Tensor& g_in, double scale,
                       const at::Tensor& initial_in, std::span<const std::int64_t> positions) {
    const at::Tensor q = contiguous(q_in), k = contiguous(k_in), v = contiguous(v_in),
                     beta = contiguous(beta_in), g = contiguous(g_in), initial = contiguous(initial_in);
    auto args = arguments(q, k, v, beta, g, scale, initial);
    MixerResult r;
    r.out = at::empty({args.B, args.T, args.HV, args.V}, v.options());
    r.final_state = at::empty({args.B, args.HV, args.K, args.V}, v.options());
    args.out = r.out.data_ptr<float>();
    args.final_state = r.final_state.data_ptr<float>();
    if (!positions.empty()) {
        r.states = at::empty({std::ssize(positions), args.B, args.HV, args.K, args.V}, v.options());
        args.state_positions = positions;
        args.states = r.states.data_ptr<float>();
    }
    const std::int64_t per_token = args.HV * args.K * args.V;
    const std::int64_t piece = std::max(kChunk, kPieceWork / per_token / kChunk * kChunk);
    if (args.B > 1 || args.T <= piece) {
        run_chosen(args);
        return r;
    }
    for (std::int64_t begin = 0; begin < args.T; begin += piece) {
        check_stop();
        run_piece(args, begin, std::min(piece, args.T - begin), begin > 0 ? args.final_state : args.initial_state);
    }
    return r;
}

}  // namespace

MixerResult delta_rule(const at::Tensor& q_in, const at::Tensor& k_in, const at::Tensor& v_in, const at::Tensor& beta,
                       const at::Tensor& g, double scale, const at::Tensor& initial_state,
                       std::span<const std::int64_t> positions, bool reference) {
    const bool gradients =
        at::GradMode::is_enabled()
        && (q_in.requires_grad() || k_in.requires_grad() || v_in.requires_grad() || beta.requires_grad() || (g.defined() && g.requires_grad()));
    DeviceMixers* mixers = device_kernels(q_in.device()).mixers;
    if (mixers != nullptr && !reference && q_in.scalar_type() != at::kDouble) {
        const MixerCall call{contiguous(q_in), contiguous(k_in), contiguous(v_in), contiguous(beta.to(at::kFloat)),
                             contiguous(g.defined() ? g.to(at::kFloat) : g), scale, contiguous(initial_state), positions};
        if (auto result = delta_rule_on_device(*mixers, call, gradients)) return *result;
    }
    const auto exact = [](const at::Tensor& t) { return t.scalar_type() == at::kBFloat16 ? t.to(at::kFloat) : t; };
    const at::Tensor q = exact(q_in), k = exact(k_in), v = exact(v_in);
    const bool fits = q.scalar_type() == at::kFloat && v.scalar_type() == at::kFloat;
    if (reference || !fits || !q.device().is_cpu()) {
        UsedMixers::instance().note("aten-chunked");
        return delta_rule_aten_states(q, k, v, beta, g, scale, initial_state, positions);
    }
    if (!gradients) return run_kernel(q, k, v, beta, g, scale, initial_state, positions);
    // An undefined tensor is no argument of a differentiable function; none at all is.
    return {DeltaRuleFunction::apply(q, k, v, beta, g.defined() ? std::optional(g) : std::nullopt, scale),
            {},
            {}};
}

}  // namespace rankscope::internal
