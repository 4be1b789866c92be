// SPDX-License-Identifier: Apache-2.0
// What core/model thinks of the CUDA kernels on this machine's first device, and what LibTorch's own operations take there.
// usage: gpu_torch_check [repeats]
#include "core/model/internal/cuda_library.hpp"
#include "core/model/internal/device_mixer.hpp"

#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/linalg_svdvals.h>
#include <ATen/ops/rand.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <vector>

namespace {

using namespace rankscope::internal;

// Median milliseconds of a call, the device waited for.
double median_ms(int repeats, const std::function<void()>& run) {
    std::vector<double> ms;
    for (int i = 0; i <= repeats; ++i) {
        at::detail::getCUDAHooks().deviceSynchronize(0);
        const auto start = std::chrono::steady_clock::now();
        run();
        at::detail::getCUDAHooks().deviceSynchronize(0);
        const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
        if (i > 0) ms.push_back(took.count());
    }
    std::sort(ms.begin(), ms.end());
    return ms[ms.size() / 2];
}

}  // namespace

int main(int count, char** arguments) {
    const int repeats = count > 1 ? std::atoi(arguments[1]) : 10;
    if (cuda_support().devices == 0) {
        std::fprintf(stderr, "no CUDA device for LibTorch: %s\n", cuda_support().reason.c_str());
        return 1;
    }
    const c10::InferenceMode guard;
    const at::Device device(at::kCUDA, 0);
    for (const std::string& line : check_cuda_mixers(device))
        std::printf("%s\n", line.c_str());
    bool trusted = true;
    for (const KernelVerdict& verdict : cuda_mixers(device).verdicts())
        trusted = trusted && verdict.trusted;

    std::printf("\n| what | ms, ATen | ms, ours | ratio |\n|---|---|---|---|\n");
    const auto options = at::TensorOptions().device(device).dtype(at::kFloat);
    for (const std::int64_t K : {128, 96, 64}) {
        const std::int64_t T = 4096, H = 16, V = 128;
        MixerCall call;
        const auto unit = [&] {
            const at::Tensor x = at::rand({1, T, H, K}, options) - 0.5;
            return x / x.norm(2, -1, true);
        };
        call.q = unit();
        call.k = unit();
        call.v = at::rand({1, T, H, V}, options);
        call.beta = at::rand({1, T, H}, options);
        call.g = -at::rand({1, T, H}, options);
        const double aten = median_ms(repeats, [&] { delta_rule_aten(call.q, call.k, call.v, call.beta, call.g, 1, {}); });
        const DeviceMixer* mixer = cuda_mixers(device).choose(call);
        const double ours = mixer != nullptr ? median_ms(repeats, [&] { mixer->run(call); }) : 0;
        std::printf("| prefill f32, 16 heads, 1x4096, K=%d, V=128 | %.3f | %.3f | %.1f |\n", static_cast<int>(K), aten, ours,
                    ours > 0 ? aten / ours : 0);
    }
    const at::Tensor states = at::rand({64, 128, 128}, options);
    std::printf("| 64 singular values 128x128, linalg_svdvals | %.3f | see gpu_benchmark | |\n",
                median_ms(1, [&] { at::linalg_svdvals(states); }));
    return trusted ? 0 : 1;
}
