// SPDX-License-Identifier: Apache-2.0
#include "core/evaluation/mixer_timing.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <tuple>

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
        std::int64_t count;
    };

    at::Device device;
    std::vector<Call> calls;

    DeviceCalls(const at::Device& on, const std::vector<Layer>& layers) : device(on) {
        for (const Layer& l : layers) {
            const auto there = [&](const std::vector<float>& values, std::initializer_list<std::int64_t> shape) {
                return values.empty() ? at::Tensor() : at::tensor(values).reshape(shape).to(device);
            };
            calls.push_back({there(l.q, {l.B, l.T, l.H, l.K}), there(l.k, {l.B, l.T, l.H, l.K}), there(l.v, {l.B, l.T, l.HV, l.V}),
                             there(l.beta, {l.B, l.T, l.HV}), there(l.g, {l.B, l.T, l.HV}), l.scale, l.count});
        }
    }

    void run() const {
        internal::translated([&] {
            const c10::InferenceMode guard;
            for (const Call& c : calls) {
                for (std::int64_t n = 0; n < c.count; ++n) {
                    check_stop();
                    static_cast<void>(internal::delta_rule(c.q, c.k, c.v, c.beta, c.g, c.scale, {}, {}, false));
                }
            }
            internal::synchronise(device);
        });
    }
};

MixerTiming::MixerTiming(const Model& model, std::span<const std::vector<std::int32_t>> ids,
                         std::span<const LayerSelection> selections) {
    // What the time of a recurrence depends on, and how many layers have it.
    using Shape = std::tuple<std::int64_t, std::int64_t, std::int64_t, std::int64_t, MixerKind>;
    std::map<Shape, std::int64_t> counts;
    std::vector<Shape> shapes;
    for (std::size_t l = 0; l < selections.size(); ++l) {
        const LayerConfig& layer = model.config().layers[l];
        const std::int64_t width = selections[l].keep.empty() ? layer.key_dim : std::ssize(selections[l].keep.front());
        shapes.emplace_back(layer.key_heads, layer.value_heads, width, layer.value_dim, layer.mixer);
        if (layer.prunable()) ++counts[shapes.back()];
    }
    std::size_t largest = 0;
    const auto copy = [](std::span<const float> values) { return std::vector<float>(values.begin(), values.end()); };
    TraceRequest trace;
    trace.inputs = true;
    trace.deliver = [&](const MixerTrace& t) {
        const auto found = counts.find(shapes[static_cast<std::size_t>(t.layer)]);
        layers_.push_back({t.B, t.T, t.H, t.HV, t.K, t.V, static_cast<float>(t.scale), copy(t.q), copy(t.k), copy(t.v), copy(t.beta),
                           copy(t.g), found->second});
        counts.erase(found);
        largest = std::max(largest, static_cast<std::size_t>(t.B * t.T * t.HV * t.V));
    };
    Hidden hidden = model.embed(ids);
    for (std::size_t l = 0; l < selections.size() && !counts.empty(); ++l) {
        check_stop();
        RunOptions options;
        if (counts.contains(shapes[l])) options.trace = &trace;
        if (!selections[l].keep.empty() || selections[l].scale != 0) options.selection = &selections[l];
        hidden = model.run_layer(static_cast<std::int64_t>(l), hidden, options);
    }
    for (const Layer& l : layers_) bytes_ += std::ssize(l.q) + std::ssize(l.k) + std::ssize(l.v) + std::ssize(l.beta) + std::ssize(l.g);
    bytes_ *= static_cast<std::int64_t>(sizeof(float));
    if (model.device() == "cpu") {
        out_.resize(largest);
        return;
    }
    on_device_ = std::make_shared<DeviceCalls>(at::Device(model.device()), layers_);
    layers_.clear();
}

std::int64_t MixerTiming::bytes() const {
    return bytes_;
}

double MixerTiming::run_milliseconds() {
    const auto start = std::chrono::steady_clock::now();
    if (on_device_ != nullptr) on_device_->run();
    for (const Layer& layer : layers_) {
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
        args.out = out_.data();
        for (std::int64_t n = 0; n < layer.count; ++n) {
            check_stop();
            kernels::delta_rule(args);
        }
    }
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace rankscope
