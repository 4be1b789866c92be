// SPDX-License-Identifier: Apache-2.0
// What core/model thinks of the CUDA kernels on this machine's first device, and what LibTorch's own operations take there.
// usage: gpu_torch_check [repeats]
#include "core/model/internal/composed_operations.hpp"
#include "core/model/internal/cuda_library.hpp"
#include "core/model/internal/device_mixer.hpp"
#include "core/model/internal/layer_kernels.hpp"
#include "core/model/internal/state_summary.hpp"
#include "kernels/singular_values.hpp"
#include "kernels/state_norms.hpp"

#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/linalg_svdvals.h>
#include <ATen/ops/rand.h>
#include <ATen/core/grad_mode.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <numeric>
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

// A step of training through the mixer: forward and all gradients.
void compare_gradients(int repeats, const at::Device& device, std::int64_t K) {
    const c10::InferenceMode off(false);
    const at::AutoGradMode on(true);
    const std::int64_t B = 4, T = 1024, H = 16, V = 128;
    const auto options = at::TensorOptions().device(device).dtype(at::kFloat);
    const auto leaf = [](const at::Tensor& x) { return x.detach().requires_grad_(true); };
    const at::Tensor x = at::rand({B, T, H, K}, options) - 0.5;
    MixerCall call;
    call.q = leaf(x / x.norm(2, -1, true));
    call.k = leaf(x / x.norm(2, -1, true));
    call.v = leaf(at::rand({B, T, H, V}, options));
    call.beta = leaf(at::rand({B, T, H}, options));
    call.g = leaf(-at::rand({B, T, H}, options));
    const at::Tensor d_out = at::rand({B, T, H, V}, options);
    const std::vector<at::Tensor> inputs{call.q, call.k, call.v, call.beta, call.g};
    const double aten = median_ms(repeats, [&] {
        torch::autograd::grad({delta_rule_aten(call.q, call.k, call.v, call.beta, call.g, 1, {}).out}, inputs, {d_out});
    });
    const bool taken = delta_rule_on_device(cuda_mixers(device), call, true).has_value();
    const double ours = taken ? median_ms(repeats,
                                          [&] {
                                              const auto r = delta_rule_on_device(cuda_mixers(device), call, true);
                                              torch::autograd::grad({r->out}, inputs, {d_out});
                                          })
                              : 0;
    std::printf("| forward and gradient f32, 16 heads, 4x1024, K=%d, V=128 | %.3f | %.3f | %.1f |\n", static_cast<int>(K), aten, ours,
                ours > 0 ? aten / ours : 0);
}

// Prefill of 16 heads over 4096 tokens against the composition in the same dtype of q, k and v, which computes in float32.
void compare_prefill(int repeats, const at::Device& device, std::int64_t K, at::ScalarType dtype) {
    const std::int64_t T = 4096, H = 16, V = 128;
    const auto options = at::TensorOptions().device(device).dtype(at::kFloat);
    const auto unit = [&] {
        const at::Tensor x = at::rand({1, T, H, K}, options) - 0.5;
        return (x / x.norm(2, -1, true)).to(dtype);
    };
    MixerCall call;
    call.q = unit();
    call.k = unit();
    call.v = at::rand({1, T, H, V}, options).to(dtype);
    call.beta = at::rand({1, T, H}, options);
    call.g = -at::rand({1, T, H}, options);
    const at::Tensor q = call.q.to(at::kFloat), k = call.k.to(at::kFloat), v = call.v.to(at::kFloat);
    const double aten = median_ms(repeats, [&] { static_cast<void>(delta_rule_aten(q, k, v, call.beta, call.g, 1, {})); });
    const DeviceMixer* mixer = cuda_mixers(device).choose(call);
    const double ours = mixer != nullptr ? median_ms(repeats, [&] { mixer->run(call); }) : 0;
    std::printf("| prefill %s, 16 heads, 1x4096, K=%d, V=128 | %.3f | %.3f | %.1f |\n", dtype == at::kFloat ? "f32" : "bf16", static_cast<int>(K),
                aten, ours, ours > 0 ? aten / ours : 0);
}

// What surrounds the recurrence of a layer of 2048 channels and 16 heads over 8192 tokens, in bfloat16.
void compare_layer(int repeats, const at::Device& device) {
    const std::int64_t T = 8192, H = 16, K = 128, D = 2048;
    const auto options = at::TensorOptions().device(device).dtype(at::kBFloat16);
    LayerKernels& kernels = cuda_layer_kernels(device);
    const auto row = [&](const char* what, const std::function<void()>& aten, const std::function<bool()>& ours) {
        const double theirs = median_ms(repeats, aten);
        const double mine = ours() ? median_ms(repeats, [&] { static_cast<void>(ours()); }) : 0;
        std::printf("| %s | %.3f | %.3f | %.1f |\n", what, theirs, mine, mine > 0 ? theirs / mine : 0);
    };
    const at::Tensor joint = at::rand({1, T, 4 * D}, options) - 0.5, taps = at::rand({D, 4}, options) - 0.5;
    row("convolution, SiLU and l2 norm of q bf16, 1x8192x2048",
        [&] { static_cast<void>(composed_l2_norm(composed_conv(joint.narrow(-1, 0, D), taps, {}, true).reshape({1, T, H, K})).to(at::kBFloat16)); },
        [&] { return kernels.conv({joint, 0, taps, {}, H, true, at::kBFloat16}).has_value(); });
    const at::Tensor o = at::rand({1, T, H, K}, options), weight = at::rand({K}, options).to(at::kFloat), gate = joint.narrow(-1, 3 * D, D);
    row("gated norm bf16, 1x8192x16x128",
        [&] { static_cast<void>(composed_gated_norm(o, weight, gate, rankscope::kernels::NormGate::Swish, 1e-5).to(at::kBFloat16)); },
        [&] { return kernels.norm({o, {}, weight, gate, rankscope::kernels::NormGate::Swish, 1e-5, at::kBFloat16}).has_value(); });
    const at::Tensor x = at::rand({1, T, D}, options), add = at::rand({1, T, D}, options), wide_weight = at::rand({D}, options).to(at::kFloat);
    row("addition and norm bf16, 1x8192x2048", [&] { static_cast<void>(composed_norm(x + add, wide_weight, 1e-5).to(at::kBFloat16)); },
        [&] { return kernels.norm({x, add, wide_weight, {}, rankscope::kernels::NormGate::None, 1e-5, at::kBFloat16}).has_value(); });
    row("SwiGLU bf16, 1x8192x4096", [&] { static_cast<void>(composed_swiglu(joint)); }, [&] { return kernels.swiglu(joint).has_value(); });
}

// What a capture does with states of the device: values computed there, against states copied and the processor's kernel.
void compare_spectra(int repeats, const at::Device& device, std::int64_t n) {
    const at::Tensor states = at::rand({1024, 1, 1, n, n}, at::TensorOptions().device(device).dtype(at::kFloat)) - 0.5;
    std::vector<double> values(static_cast<std::size_t>(1024 * n));
    const double processor = median_ms(repeats, [&] {
        const at::Tensor copy = states.to(at::kCPU);
        static_cast<void>(rankscope::kernels::singular_values({1024, n, n, copy.const_data_ptr<float>(), values.data()}));
    });
    const SpectraKernel* kernel = cuda_state_kernels(device).spectra(device, n, n);
    const double ours = kernel != nullptr ? median_ms(repeats, [&] { static_cast<void>(state_spectra(*kernel, states, {})); }) : 0;
    std::printf("| spectra of 1024 states %dx%d | %.3f | %.3f | %.1f |\n", static_cast<int>(n), static_cast<int>(n), processor, ours,
                ours > 0 ? processor / ours : 0);
}

void compare_norms(int repeats, const at::Device& device, std::int64_t K) {
    const std::int64_t T = 4096, H = 16, V = 128;
    const auto options = at::TensorOptions().device(device).dtype(at::kFloat);
    const at::Tensor x = at::rand({1, T, H, K}, options) - 0.5;
    std::vector<std::int64_t> positions(T);
    std::iota(positions.begin(), positions.end(), 0);
    const NormsCall call = norms_call(x / x.norm(2, -1, true), at::rand({1, T, H, V}, options) - 0.5, at::rand({1, T, H}, options),
                                      -0.1 * at::rand({1, T, H}, options), {}, positions);
    std::vector<float> norms(static_cast<std::size_t>(2 * T * H));
    const double processor = median_ms(repeats, [&] {
        const at::Tensor k = call.k.to(at::kCPU), v = call.v.to(at::kCPU), beta = call.beta.to(at::kCPU), g = call.g.to(at::kCPU);
        rankscope::kernels::StateNormsArgs args;
        auto& a = args.recurrence;
        a.B = 1, a.T = T, a.H = a.HV = H, a.K = K, a.V = V;
        a.k = k.const_data_ptr<float>(), a.v = v.const_data_ptr<float>();
        a.beta = beta.const_data_ptr<float>(), a.g = g.const_data_ptr<float>();
        a.state_positions = positions;
        args.norms = norms.data();
        rankscope::kernels::state_norms(args);
    });
    const NormsKernel* kernel = cuda_state_kernels(device).norms(call);
    const double ours = kernel != nullptr ? median_ms(repeats, [&] { static_cast<void>(state_norms(*kernel, call)); }) : 0;
    std::printf("| norms at every token, 16 heads, 4096 tokens, %dx128 | %.3f | %.3f | %.1f |\n", static_cast<int>(K), processor, ours,
                ours > 0 ? processor / ours : 0);
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
    for (const auto& lines : {check_cuda_layer_kernels(device), check_cuda_state_kernels(device)}) {
        for (const std::string& line : lines)
            std::printf("%s\n", line.c_str());
    }
    for (const auto& verdicts : {cuda_mixers(device).verdicts(), cuda_layer_kernels(device).verdicts(), cuda_state_kernels(device).verdicts()}) {
        for (const KernelVerdict& verdict : verdicts)
            trusted = trusted && verdict.trusted;
    }

    std::printf("\n| what | ms, ATen | ms, ours | ratio |\n|---|---|---|---|\n");
    const auto options = at::TensorOptions().device(device).dtype(at::kFloat);
    for (const at::ScalarType dtype : {at::kFloat, at::kBFloat16}) {
        for (const std::int64_t K : {128, 96, 64})
            compare_prefill(repeats, device, K, dtype);
    }
    compare_layer(repeats, device);
    for (const std::int64_t K : {128, 96, 64})
        compare_gradients(repeats, device, K);
    const at::Tensor states = at::rand({64, 128, 128}, options);
    std::printf("| 64 singular values 128x128, linalg_svdvals | %.3f | see gpu_benchmark | |\n",
                median_ms(1, [&] { at::linalg_svdvals(states); }));
    std::printf("\n| what | ms, states or inputs copied and the processor | ms, on the device | ratio |\n|---|---|---|---|\n");
    for (const std::int64_t n : {64, 128, 256})
        compare_spectra(std::min(repeats, 3), device, n);
    for (const std::int64_t K : {128, 64})
        compare_norms(std::min(repeats, 3), device, K);
    return trusted ? 0 : 1;
}
