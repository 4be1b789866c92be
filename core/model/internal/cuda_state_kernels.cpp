// SPDX-License-Identifier: Apache-2.0
#include "core/model/internal/state_kernels.hpp"

#include <ATen/ops/zeros.h>
#include <c10/core/DeviceGuard.h>

#include <cstdio>
#include <memory>
#include <mutex>

namespace rankscope::internal {
namespace {

std::unique_ptr<StateKernels> kernels_of(const at::Device& device) {
    std::optional<SpectraKernel> spectra;
    std::optional<NormsKernel> norms;
#if defined(RANKSCOPE_CUDA_KERNELS)
    const int index = device.has_index() ? device.index() : 0;
    const kernels::DeviceLimits limits = kernels::device_limits(index);
    const StateKernelFunctions functions{&kernels::device_singular_values_supports, &kernels::device_singular_values_workspace,
                                         &kernels::device_singular_values,          &kernels::device_state_norms_supports,
                                         &kernels::device_state_norms_workspace,    &kernels::device_state_norms};
    spectra = spectra_kernel(functions, limits);
    norms = norms_kernel(functions, limits);
    // As in cuda_mixers.cpp.
    spectra->run = [index, run = std::move(spectra->run)](const at::Tensor& matrices) {
        const c10::DeviceGuard guard(matrices.device());
        kernels::use_device(index);
        return run(matrices);
    };
    norms->run = [index, run = std::move(norms->run)](const NormsCall& call) {
        const c10::DeviceGuard guard(call.k.device());
        kernels::use_device(index);
        return run(call);
    };
#else
    static_cast<void>(device);
#endif
    return std::make_unique<StateKernels>(std::move(spectra), std::move(norms),
                                          [](const std::string& text) { std::fprintf(stderr, "rankscope: %s\n", text.c_str()); });
}

}  // namespace

StateKernels& cuda_state_kernels(const at::Device& device) {
    static std::mutex mutex;
    static std::map<int, std::unique_ptr<StateKernels>> all;
    const std::lock_guard lock(mutex);
    std::unique_ptr<StateKernels>& mine = all[device.has_index() ? device.index() : 0];
    if (mine == nullptr) mine = kernels_of(device);
    return *mine;
}

std::vector<std::string> check_cuda_state_kernels(const at::Device& device) {
    constexpr std::int64_t kValues = 128;
    const auto made = [&](std::initializer_list<std::int64_t> shape) {
        return at::zeros(shape, at::TensorOptions().dtype(at::kFloat).device(device));
    };
    StateKernels& kernels = cuda_state_kernels(device);
    for (const std::int64_t K : {16, 32, 48, 64, 80, 96, 128, 192, 256}) {
        static_cast<void>(kernels.spectra(device, K, kValues));
        NormsCall call;
        call.k = made({1, 1, 1, K});
        call.v = made({1, 1, 1, kValues});
        call.beta = call.g = made({1, 1, 1});
        static_cast<void>(kernels.norms(call));
    }
    std::vector<std::string> lines;
    for (const KernelVerdict& verdict : kernels.verdicts())
        lines.push_back(verdict.text());
    return lines;
}

}  // namespace rankscope::internal
