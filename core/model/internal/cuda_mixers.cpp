// SPDX-License-Identifier: Apache-2.0
#include "core/model/internal/device_mixer.hpp"

#include <ATen/ops/zeros.h>
#include <c10/core/DeviceGuard.h>
#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <mutex>

namespace rankscope::internal {
namespace {

// Why no kernel runs on the device at all, whatever the widths; empty where some may.
std::string kernels_refuse([[maybe_unused]] const at::Device& device) {
#if defined(RANKSCOPE_CUDA_KERNELS)
    const kernels::DeviceLimits limits = kernels::device_limits(device.has_index() ? device.index() : 0);
    if (!limits.problem.empty()) return "the CUDA kernels do not run on " + device.str() + ": " + limits.problem;
    if (limits.compute_capability < 80)
        return fmt::format("the CUDA kernels do not run on {}: compute capability {}.{}, and they need 8.0", device.str(),
                           limits.compute_capability / 10, limits.compute_capability % 10);
#endif
    return {};
}

void report(const std::string& text) {
    std::fprintf(stderr, "rankscope: %s\n", text.c_str());
}

std::vector<DeviceMixer> mixers_of(const at::Device& device) {
    std::vector<DeviceMixer> mixers;
#if defined(RANKSCOPE_CUDA_KERNELS)
    const int index = device.has_index() ? device.index() : 0;
    const kernels::DeviceLimits limits = kernels::device_limits(index);
    for (const kernels::DeviceDeltaRule& rule : kernels::device_delta_rules()) {
        DeviceMixer mixer = device_mixer(rule, limits);
        // LibTorch and the kernels each have a CUDA runtime of their own, with a current device of its own. The guard puts back what
        // LibTorch had, which may see what the other runtime sets.
        mixer.run = [index, run = std::move(mixer.run)](const MixerCall& call) {
            const c10::DeviceGuard guard(call.q.device());
            kernels::use_device(index);
            return run(call);
        };
        mixers.push_back(std::move(mixer));
    }
#else
    static_cast<void>(device);
#endif
    return mixers;
}

std::vector<DeviceGradient> gradients_of(const at::Device& device) {
    std::vector<DeviceGradient> gradients;
#if defined(RANKSCOPE_CUDA_KERNELS)
    const int index = device.has_index() ? device.index() : 0;
    const kernels::DeviceLimits limits = kernels::device_limits(index);
    for (const kernels::DeviceDeltaRuleBackward& rule : kernels::device_delta_rule_backwards()) {
        DeviceGradient gradient = device_gradient(rule, limits);
        gradient.run = [index, run = std::move(gradient.run)](const MixerCall& call, const at::Tensor& d_out) {
            const c10::DeviceGuard guard(call.q.device());
            kernels::use_device(index);
            return run(call, d_out);
        };
        gradients.push_back(std::move(gradient));
    }
#else
    static_cast<void>(device);
#endif
    return gradients;
}

}  // namespace

DeviceMixers& cuda_mixers(const at::Device& device) {
    static std::mutex mutex;
    static std::map<int, std::unique_ptr<DeviceMixers>> all;
    const std::lock_guard lock(mutex);
    std::unique_ptr<DeviceMixers>& mine = all[device.has_index() ? device.index() : 0];
    if (mine == nullptr) {
        if (const std::string text = kernels_refuse(device); !text.empty()) report(text + "; LibTorch's own operations compute instead");
        mine = std::make_unique<DeviceMixers>(mixers_of(device), &report, gradients_of(device));
    }
    return *mine;
}

std::vector<std::string> check_cuda_mixers(const at::Device& device) {
    constexpr std::int64_t kValues = 128;
    const auto made = [&](std::initializer_list<std::int64_t> shape, at::ScalarType dtype) {
        return at::zeros(shape, at::TensorOptions().dtype(dtype).device(device));
    };
    DeviceMixers& mixers = cuda_mixers(device);
    for (const at::ScalarType dtype : {at::kFloat, at::kBFloat16}) {
        for (const std::int64_t K : {16, 32, 48, 64, 80, 96, 128, 192, 256}) {
            for (const std::int64_t T : {1, 640}) {
                MixerCall call;
                call.q = call.k = made({1, T, 1, K}, dtype);
                call.v = made({1, T, 1, kValues}, dtype);
                call.beta = call.g = made({1, T, 1}, at::kFloat);
                static_cast<void>(mixers.choose(call));
                // Training computes in float32.
                if (T > 1 && dtype == at::kFloat) static_cast<void>(mixers.choose_gradient(call));
            }
        }
    }
    std::vector<std::string> lines;
    if (std::string text = kernels_refuse(device); !text.empty()) lines.push_back(std::move(text));
    for (const KernelVerdict& verdict : mixers.verdicts())
        lines.push_back(verdict.text());
    return lines;
}

}  // namespace rankscope::internal
