// SPDX-License-Identifier: Apache-2.0
#include "core/model/internal/layer_kernels.hpp"

#include <ATen/ops/ones.h>

#include <cstdio>
#include <map>
#include <memory>
#include <mutex>

namespace rankscope::internal {
namespace {

std::unique_ptr<LayerKernels> kernels_of(const at::Device& device) {
    std::optional<LayerKernelFunctions> functions;
#if defined(RANKSCOPE_CUDA_KERNELS)
    const kernels::DeviceLimits limits = kernels::device_limits(device.has_index() ? device.index() : 0);
    functions = LayerKernelFunctions{
        &kernels::device_rms_norm_supports, &kernels::device_rms_norm, &kernels::device_short_conv_supports, &kernels::device_short_conv,
        &kernels::device_swiglu_supports, &kernels::device_swiglu, &kernels::device_mixer_gates_supports, &kernels::device_mixer_gates,
        &kernels::device_rms_norm_backward_supports, &kernels::device_rms_norm_backward_workspace, &kernels::device_rms_norm_backward,
        &kernels::device_short_conv_backward_supports, &kernels::device_short_conv_backward_workspace, &kernels::device_short_conv_backward,
        &kernels::device_swiglu_backward_supports, &kernels::device_swiglu_backward, limits,
        // As in cuda_mixers.cpp: the kernels' CUDA runtime has a current device of its own.
        [](const at::Device& d) { kernels::use_device(d.has_index() ? d.index() : 0); }};
#else
    static_cast<void>(device);
#endif
    return std::make_unique<LayerKernels>(std::move(functions),
                                          [](const std::string& text) { std::fprintf(stderr, "rankscope: %s\n", text.c_str()); });
}

}  // namespace

LayerKernels& cuda_layer_kernels(const at::Device& device) {
    static std::mutex mutex;
    static std::map<int, std::unique_ptr<LayerKernels>> all;
    const std::lock_guard lock(mutex);
    std::unique_ptr<LayerKernels>& mine = all[device.has_index() ? device.index() : 0];
    if (mine == nullptr) mine = kernels_of(device);
    return *mine;
}

std::vector<std::string> check_cuda_layer_kernels(const at::Device& device) {
    constexpr std::int64_t kHeads = 16, kTokens = 40;
    LayerKernels& kernels = cuda_layer_kernels(device);
    for (const at::ScalarType dtype : {at::kFloat, at::kBFloat16}) {
        const auto made = [&](std::initializer_list<std::int64_t> shape, at::ScalarType type) {
            return at::ones(shape, at::TensorOptions().dtype(type).device(device));
        };
        for (const std::int64_t K : {16, 32, 48, 64, 80, 96, 128, 192, 256}) {
            const at::Tensor joint = made({1, kTokens, kHeads * K}, dtype);
            static_cast<void>(kernels.conv({joint, 0, made({kHeads * K, 4}, dtype), {}, kHeads, true, dtype}));
            // Training keeps weights and outputs in float32.
            static_cast<void>(kernels.differentiates(ConvCall{joint, 0, made({kHeads * K, 4}, at::kFloat), {}, kHeads, true, at::kFloat}));
        }
        const at::Tensor rates = made({kHeads}, at::kFloat);
        static_cast<void>(kernels.gates({made({1, kTokens, 2 * kHeads}, dtype), 0, kHeads, kHeads, 1, rates, rates}));
        const at::Tensor o = made({1, kTokens, kHeads, 128}, dtype), gate = made({1, kTokens, kHeads * 128}, dtype);
        static_cast<void>(kernels.norm({o, {}, made({128}, at::kFloat), gate, kernels::NormGate::Swish, 1e-6, dtype}));
        const at::Tensor x = made({1, kTokens, 2048}, dtype);
        static_cast<void>(kernels.norm({x, x, made({2048}, at::kFloat), {}, kernels::NormGate::None, 1e-6, dtype}));
        static_cast<void>(kernels.differentiates(x));
        const at::Tensor stream = x.to(at::kFloat);
        static_cast<void>(kernels.differentiates(NormCall{stream, x, made({2048}, at::kFloat), {}, kernels::NormGate::None, 1e-6, dtype}));
        static_cast<void>(
            kernels.differentiates(NormCall{o.to(at::kFloat), {}, made({128}, at::kFloat), gate, kernels::NormGate::Swish, 1e-6, dtype}));
    }
    std::vector<std::string> lines;
    for (const KernelVerdict& verdict : kernels.verdicts())
        lines.push_back(verdict.text());
    return lines;
}

}  // namespace rankscope::internal
