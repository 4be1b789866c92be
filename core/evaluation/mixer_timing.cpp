// SPDX-License-Identifier: Apache-2.0
#include "core/evaluation/mixer_timing.hpp"

#include <chrono>

#include "core/base/stop_scope.hpp"
#include "core/model/internal/device.hpp"
#include "core/model/internal/mixer.hpp"
#include "core/model/internal/torch_errors.hpp"
#include "kernels/delta_rule.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>
#include <c10/core/InferenceMode.h>

namespace rankscope {

struct MixerTiming::DeviceCalls {
    struct Call {
        at::Tensor q, k, v, beta, g;
        double scale;
    };

    at::Device device;
    std::vector<Call> calls;

    DeviceCalls(const at::Device& on, const std::vector<Layer>& layers) : device(on) {
        for (const Layer& l : layers) {
            const auto there = [&](const std::vector<float>& values, std::initializer_list<std::int64_t> shape) {
                return values.empty() ? at::Tensor() : at::tensor(values).reshape(shape).to(device);
            };
            calls.push_back({there(l.q, {l.B, l.T, l.H, l.K}), there(l.k, {l.B, l.T, l.H, l.K}), there(l.v, {l.B, l.T, l.HV, l.V}),
                             there(l.beta, {l.B, l.T, l.HV}), there(l.g, {l.B, l.T, l.HV}), l.scale});
        }
    }

    void run() const {
        internal::translated([&] {
            const c10::InferenceMode guard;
            for (const Call& c : calls) {
                check_stop();
                static_cast<void>(internal::delta_rule(c.q, c.k, c.v, c.beta, c.g, c.scale, {}, {}, false));
            }
            internal::synchronise(device);
        });
    }
};

MixerTiming::MixerTiming(const Model& model, std::span<const std::vector<std::int32_t>> ids,
                         std::span<const LayerSelection> selections) {
    const auto copy = [](std::span<const float> values) { return std::vector<float>(values.begin(), values.end()); };
    TraceRequest trace;
    trace.inputs = true;
    trace.deliver = [&](const MixerTrace& t) {
        Layer layer{t.B, t.T, t.H, t.HV, t.K, t.V, static_cast<float>(t.scale), copy(t.q), copy(t.k), copy(t.v),
                    copy(t.beta), copy(t.g), {}};
        layer.out.resize(static_cast<std::size_t>(t.B * t.T * t.HV * t.V));
        layers_.push_back(std::move(layer));
    };
    Hidden hidden = model.embed(ids);
    for (std::size_t l = 0; l < selections.size(); ++l) {
        RunOptions options;
        options.trace = &trace;
        if (!selections[l].keep.empty() || selections[l].scale != 0) options.selection = &selections[l];
        hidden = model.run_layer(static_cast<std::int64_t>(l), hidden, options);
    }
    if (model.device() == "cpu") return;
    on_device_ = std::make_shared<DeviceCalls>(at::Device(model.device()), layers_);
    layers_.clear();
}

double MixerTiming::run_milliseconds() {
    const auto start = std::chrono::steady_clock::now();
    if (on_device_ != nullptr) on_device_->run();
    for (Layer& layer : layers_) {
        check_stop();
        kernels::DeltaRuleArgs<float> args;
        args.B = layer.B;
        args.T = layer.T;
        args.H = layer.H;
        args.HV = layer.HV;
        args.K = layer.K;
        args.V = layer.V;
        args.scale = layer.scale;
        args.q = layer.q.data();
        args.k = layer.k.data();
        args.v = layer.v.data();
        args.beta = layer.beta.data();
        args.g = layer.g.empty() ? nullptr : layer.g.data();
        args.out = layer.out.data();
        kernels::delta_rule(args);
    }
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace rankscope
