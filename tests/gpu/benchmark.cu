// SPDX-License-Identifier: Apache-2.0
// One table of what the CUDA kernels do, beside the peaks measured on the same machine first.
// usage: gpu_benchmark [seconds]: about how long it measures. Round after round times each row once, so that a slow moment hits all of
// them; slow rows sit later rounds out. What each row took at first is printed at once: a run that is cut off has told something.
#include "kernels/cuda/mma.cuh"
#include "kernels/delta_rule_device.hpp"
#include "kernels/rms_norm_device.hpp"
#include "kernels/short_conv_device.hpp"
#include "kernels/singular_values_device.hpp"
#include "kernels/state_norms_device.hpp"
#include "kernels/swiglu_device.hpp"

#include <cuda_runtime.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

namespace {

using namespace rankscope::kernels;

void check(cudaError_t error) {
    if (error == cudaSuccess) return;
    std::fprintf(stderr, "CUDA: %s\n", cudaGetErrorString(error));
    std::exit(1);
}

// Device memory until the end of the program.
template <class T>
T* array(std::size_t count) {
    void* p = nullptr;
    check(cudaMalloc(&p, std::max<std::size_t>(16, count * sizeof(T))));
    check(cudaMemset(p, 0, std::max<std::size_t>(16, count * sizeof(T))));
    return static_cast<T*>(p);
}

// Numbers in [shift − size, shift + size], bfloat16 or float.
template <class T>
__global__ void fill(T* to, std::int64_t count, float size, float shift) {
    for (std::int64_t i = blockIdx.x * 256L + threadIdx.x; i < count; i += gridDim.x * 256L) {
        std::uint32_t x = static_cast<std::uint32_t>(i) * 2654435769U + 17U;
        x = (x ^ (x >> 15)) * 2246822519U;
        rankscope::cuda::put(to[i], shift + size * (static_cast<float>((x ^ (x >> 13)) >> 8) * 0x1p-23F - 1.0F));
    }
}

template <class T>
T* random_array(std::int64_t count, float size, float shift = 0) {
    T* p = array<T>(static_cast<std::size_t>(count));
    fill<T><<<1024, 256>>>(p, count, size, shift);
    check(cudaGetLastError());
    return p;
}

constexpr int kPeakRounds = 4096;

__global__ void tensor_peak(float* sink) {
    float sum[4][4] = {};
    const std::uint32_t a[4] = {threadIdx.x, 1, 2, 3}, b[2] = {4, threadIdx.x};
    for (int i = 0; i < kPeakRounds; ++i) {
#pragma unroll
        for (int j = 0; j < 4; ++j)
            rankscope::cuda::multiply_words(sum[j], a, b);
    }
    if (sum[0][0] + sum[1][1] + sum[2][2] + sum[3][3] == 1234.5F) *sink = 1;
}

struct Row {
    std::string what;
    std::function<std::string()> run;  // empty, or what CUDA says
    double flops = 0, bytes = 0;
    std::vector<double> ms = {};
    int calls = 1;     // in one measurement
    double spent = 0;  // milliseconds
};

constexpr int kLeastRounds = 3, kMostRounds = 50, kMostCalls = 200;
constexpr double kMeasured = 2;  // milliseconds of a measurement of short calls

double time_of(const std::function<void()>& run, int calls) {
    cudaEvent_t start, end;
    check(cudaEventCreate(&start));
    check(cudaEventCreate(&end));
    check(cudaEventRecord(start));
    for (int i = 0; i < calls; ++i)
        run();
    check(cudaEventRecord(end));
    check(cudaEventSynchronize(end));
    float ms = 0;
    check(cudaEventElapsedTime(&ms, start, end));
    check(cudaEventDestroy(start));
    check(cudaEventDestroy(end));
    return ms / calls;
}

// Runs a row for the first time. false, and a line about it, where it fails.
bool begins(Row& row) {
    std::string error = row.run();
    if (error.empty()) {
        const cudaError_t late = cudaDeviceSynchronize();
        if (late != cudaSuccess) error = cudaGetErrorString(late);
    }
    if (error.empty()) {
        const double first = time_of([&] { static_cast<void>(row.run()); }, 1);
        row.calls = std::clamp(static_cast<int>(kMeasured / std::max(first, 1e-4)), 1, kMostCalls);
        std::printf("%s: %.4f ms\n", row.what.c_str(), first);
        return true;
    }
    std::printf("FAILED %s: %s\n", row.what.c_str(), error.c_str());
    return false;
}

double median(std::vector<double> x) {
    std::sort(x.begin(), x.end());
    return x[x.size() / 2];
}

DeviceDeltaRuleArgs call(std::int64_t B, std::int64_t T, std::int64_t H, std::int64_t HV, std::int64_t K, DeviceElement element) {
    DeviceDeltaRuleArgs a;
    a.B = B;
    a.T = T;
    a.tokens = B * T;
    a.H = H;
    a.HV = HV;
    a.K = K;
    a.V = 128;
    a.scale = 0.1F;
    a.element = element;
    const float unit = 1.7F / std::sqrt(static_cast<float>(K));  // keys of about unit length
    const auto rows = [&](std::int64_t width, float size) -> const void* {
        if (element == DeviceElement::Float32) return random_array<float>(a.tokens * width, size);
        return random_array<Bf16>(a.tokens * width, size);
    };
    a.q = rows(H * K, unit);
    a.k = rows(H * K, unit);
    a.v = rows(HV * a.V, 1);
    a.beta = random_array<float>(a.tokens * HV, 0.5F, 0.5F);
    a.g = array<float>(static_cast<std::size_t>(a.tokens * HV));
    a.out = const_cast<void*>(rows(HV * a.V, 1));
    a.final_state = array<float>(static_cast<std::size_t>(B * HV * K * a.V));
    return a;
}

// What surrounds the recurrence of a layer of D channels, all of it memory: 8192 tokens in bfloat16, heads of K channels, and one token of
// 256 sequences.
void add_layer_rows(std::vector<Row>& rows, const DeviceLimits& limits) {
    constexpr std::int64_t D = 2048, I = 5632;
    constexpr auto kBf16 = DeviceElement::BFloat16;
    for (const std::int64_t T : {std::int64_t{8192}, std::int64_t{1}}) {
        const std::int64_t B = T == 1 ? 256 : 1, tokens = B * T;
        const std::string where = std::to_string(B) + "x" + std::to_string(T);
        const auto numbers = [](std::int64_t count) { return random_array<Bf16>(count, 1); };
        const double row_bytes = 2 * static_cast<double>(tokens);
        for (const std::int64_t K : {128, 96, 48}) {
            DeviceShortConvArgs a;
            a.B = B;
            a.T = T;
            a.C = 16 * K;
            a.W = 4;
            a.stride = 4 * D;
            a.element = a.out_element = a.weight_element = kBf16;
            a.x = numbers(tokens * a.stride);
            a.tail = T == 1 ? numbers(B * 3 * a.stride) : nullptr;
            a.tail_stride = a.stride;
            a.weight = numbers(a.C * a.W);
            a.norm_width = K;
            a.out = numbers(tokens * a.C);
            rows.push_back({"convolution, SiLU, l2 norm bf16, 16 heads of " + std::to_string(K) + ", " + where,
                            [=] { return device_short_conv(a, limits); }, 0, row_bytes * static_cast<double>(2 * a.C + (T == 1 ? 3 * a.C : 0))});
        }
        DeviceRmsNormArgs gated;
        gated.rows = tokens * 16;
        gated.width = 128;
        gated.heads = 16;
        gated.stream_element = gated.element = kBf16;
        gated.x = numbers(tokens * D);
        gated.weight = random_array<float>(gated.width, 1);
        gated.gate = numbers(tokens * 4 * D);
        gated.gate_stride = 4 * D;
        gated.act = NormGate::Swish;
        gated.out = numbers(tokens * D);
        rows.push_back({"gated norm bf16, 16 heads of 128, " + where, [=] { return device_rms_norm(gated, limits); }, 0, row_bytes * 3 * D});
        DeviceRmsNormArgs added;
        added.rows = tokens;
        added.width = D;
        added.stream_element = added.element = kBf16;
        added.x = numbers(tokens * D);
        added.add = numbers(tokens * D);
        added.sum = numbers(tokens * D);
        added.weight = random_array<float>(D, 1);
        added.out = numbers(tokens * D);
        rows.push_back({"addition and norm bf16, 2048 channels, " + where, [=] { return device_rms_norm(added, limits); }, 0, row_bytes * 4 * D});
        const DeviceSwigluArgs swiglu{tokens, I, kBf16, numbers(tokens * 2 * I), numbers(tokens * I), nullptr};
        rows.push_back({"SwiGLU bf16, 5632 channels, " + where, [=] { return device_swiglu(swiglu, limits); }, 0, row_bytes * 3 * I});
    }
}

// Gradients of the same, as training takes them: float32 streams, bfloat16 products.
void add_layer_gradient_rows(std::vector<Row>& rows, const DeviceLimits& limits) {
    constexpr std::int64_t D = 2048, tokens = 8192;
    const auto numbers = [](std::int64_t count) { return random_array<Bf16>(count, 1); };
    const auto floats = [](std::int64_t count) { return random_array<float>(count, 1); };
    for (const std::int64_t K : {128, 48}) {
        DeviceShortConvBackwardArgs b;
        DeviceShortConvArgs& a = b.forward;
        a.B = 1;
        a.T = tokens;
        a.C = 16 * K;
        a.W = 4;
        a.stride = 4 * D;
        a.element = DeviceElement::BFloat16;
        a.x = numbers(tokens * a.stride);
        a.weight = floats(a.C * a.W);
        a.norm_width = K;
        b.d_out = floats(tokens * a.C);
        b.d_x = numbers(tokens * a.stride);
        b.d_weight = floats(a.C * a.W);
        if (!device_short_conv_backward_supports(b, limits)) continue;
        void* workspace = array<char>(device_short_conv_backward_workspace(b));
        rows.push_back({"gradient of convolution, SiLU, l2 norm bf16, 16 heads of " + std::to_string(K) + ", 1x8192",
                        [=] { return device_short_conv_backward(b, workspace); }, 0, static_cast<double>(tokens * a.C) * 8});
    }
    for (const bool gated : {true, false}) {
        DeviceRmsNormBackwardArgs b;
        DeviceRmsNormArgs& a = b.forward;
        a.rows = gated ? tokens * 16 : tokens;
        a.width = gated ? 128 : D;
        a.heads = gated ? 16 : 1;
        a.element = DeviceElement::BFloat16;
        a.x = floats(tokens * D);
        a.weight = floats(a.width);
        a.inverse = floats(a.rows);
        b.d_out = numbers(tokens * D);
        b.d_x = floats(tokens * D);
        b.d_weight = floats(a.width);
        if (gated) {
            a.gate = numbers(tokens * D);
            a.act = NormGate::Swish;
            b.d_gate = numbers(tokens * D);
        } else {
            b.d_sum = floats(tokens * D);
            b.d_add = numbers(tokens * D);
        }
        void* workspace = array<char>(device_rms_norm_backward_workspace(b));
        rows.push_back({std::string("gradient of ") + (gated ? "gated norm, 16 heads of 128, 1x8192" : "addition and norm, 2048 channels, 1x8192"),
                        [=] { return device_rms_norm_backward(b, workspace); }, 0, static_cast<double>(tokens * D) * (gated ? 14 : 16)});
    }
}

}  // namespace

int main(int count, char** arguments) {
    const double seconds = count > 1 ? std::atof(arguments[1]) : 60;
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    if (device_count() == 0) {
        std::fprintf(stderr, "no CUDA device\n");
        return 1;
    }
    const DeviceLimits limits = device_limits(0);
    const std::size_t large = std::size_t{1} << 30;
    char *from = array<char>(large), *to = array<char>(large);
    const double copy_ms = time_of([&] { check(cudaMemcpyAsync(to, from, large, cudaMemcpyDeviceToDevice)); }, 20);
    const double peak_bytes = 2.0 * static_cast<double>(large) / copy_ms / 1e6;
    auto* sink = array<float>(1);
    const auto tensors = [&] { tensor_peak<<<limits.multiprocessors * 4, 256>>>(sink); };
    tensors();
    const double peak_flops = limits.multiprocessors * 4.0 * 8 * kPeakRounds * 4 * 4096 / time_of(tensors, 5) / 1e6;
    check(cudaFree(from));
    check(cudaFree(to));
    std::printf("%s, %d multiprocessors, copies %.0f GB/s, mma.sync %.0f GF/s\n\n", limits.name.c_str(), limits.multiprocessors,
                peak_bytes, peak_flops);

    std::vector<Row> rows;
    const DeviceDeltaRule decode = device_delta_rules()[0], chunked = device_delta_rules()[1];
    const auto add = [&](const DeviceDeltaRule& rule, const std::string& what, const DeviceDeltaRuleArgs& a) {
        if (!rule.supports(a, limits)) {
            std::printf("not on this device: %s\n", what.c_str());
            return;
        }
        void* workspace = array<char>(rule.workspace(a, limits));
        const double size = a.element == DeviceElement::Float32 ? 4 : 2, heads = static_cast<double>(a.tokens * a.HV);
        const double states = static_cast<double>(a.B * a.HV * a.K * a.V) * 4 * (a.initial_state != nullptr ? 2 : 1);
        rows.push_back(
            {what, [=] { return rule.run(a, limits, workspace); }, 7 * heads * static_cast<double>(a.K * a.V),
             size * (2.0 * static_cast<double>(a.tokens * a.H * a.K) + 2 * heads * static_cast<double>(a.V)) + states});
    };
    for (const std::int64_t K : {128, 96, 80, 64, 48, 32, 16})
        add(chunked, "prefill bf16, 16/32 heads, 1x8192, K=" + std::to_string(K),
            call(1, 8192, 16, 32, K, DeviceElement::BFloat16));
    for (const std::int64_t K : {128, 64})
        add(chunked, "prefill bf16, 16/32 heads, 4x8192, K=" + std::to_string(K),
            call(4, 8192, 16, 32, K, DeviceElement::BFloat16));
    add(chunked, "prefill bf16, 2/4 heads, 1x32768, K=128", call(1, 32768, 2, 4, 128, DeviceElement::BFloat16));
    for (const std::int64_t K : {128, 64})
        add(chunked, "prefill f32, 16/32 heads, 1x8192, K=" + std::to_string(K),
            call(1, 8192, 16, 32, K, DeviceElement::Float32));
    for (const std::int64_t B : {1, 256}) {
        DeviceDeltaRuleArgs a = call(B, 1, 16, 32, 128, DeviceElement::BFloat16);
        a.initial_state = a.final_state;
        add(decode, "decode bf16, 16/32 heads, K=128, batch " + std::to_string(B), a);
    }
    const DeviceDeltaRuleBackward gradient = device_delta_rule_backwards()[0];
    const auto add_gradient = [&](const std::string& what, const DeviceDeltaRuleArgs& forward) {
        DeviceDeltaRuleBackwardArgs w;
        w.forward = forward;
        if (!gradient.supports(w, limits)) {
            std::printf("not on this device: %s\n", what.c_str());
            return;
        }
        const double size = forward.element == DeviceElement::Float32 ? 4 : 2;
        const std::int64_t keys = forward.tokens * forward.H * forward.K, values = forward.tokens * forward.HV * forward.V;
        const auto bytes = [&](std::int64_t count) { return array<char>(static_cast<std::size_t>(count) * static_cast<std::size_t>(size)); };
        w.d_out = forward.element == DeviceElement::Float32 ? static_cast<const void*>(random_array<float>(values, 1))
                                                            : random_array<Bf16>(values, 1);
        w.d_q = bytes(keys);
        w.d_k = bytes(keys);
        w.d_v = bytes(values);
        w.d_beta = array<float>(static_cast<std::size_t>(forward.tokens * forward.HV));
        w.d_g = array<float>(static_cast<std::size_t>(forward.tokens * forward.HV));
        void* workspace = array<char>(gradient.workspace(w, limits));
        rows.push_back({what, [=] { return gradient.run(w, limits, workspace); },
                        14 * static_cast<double>(forward.tokens * forward.HV) * static_cast<double>(forward.K * forward.V),
                        size * (4.0 * static_cast<double>(keys) + 3.0 * static_cast<double>(values))});
    };
    for (const std::int64_t K : {128, 64})
        add_gradient("gradient bf16, 16/32 heads, 4x2048, K=" + std::to_string(K), call(4, 2048, 16, 32, K, DeviceElement::BFloat16));
    for (const std::int64_t K : {128, 96, 64})
        add_gradient("gradient f32, 16/32 heads, 4x2048, K=" + std::to_string(K), call(4, 2048, 16, 32, K, DeviceElement::Float32));
    add_layer_rows(rows, limits);
    add_layer_gradient_rows(rows, limits);
    for (const bool float64 : {true, false}) {
        for (const std::int64_t n : {64, 96, 128, 256}) {
            DeviceSingularValuesArgs a;
            a.count = 4096;
            a.rows = a.columns = n;
            a.float64 = float64;
            a.matrices = random_array<float>(a.count * n * n, 1);
            a.out = array<double>(static_cast<std::size_t>(a.count * n));
            void* workspace = array<char>(device_singular_values_workspace(a, limits));
            rows.push_back(
                {"4096 singular values " + std::string(float64 ? "f64 " : "f32 ") + std::to_string(n) + "x" + std::to_string(n),
                 [=] { return device_singular_values(a, limits, workspace); },
                 static_cast<double>(a.count) * 8.0 / 3 * static_cast<double>(n * n * n),
                 static_cast<double>(a.count * n * n) * 4});
        }
    }
    DeviceStateNormsArgs norms;
    norms.recurrence = call(1, 4096, 16, 16, 128, DeviceElement::Float32);
    std::vector<std::int64_t> positions(4096);
    for (std::size_t i = 0; i < positions.size(); ++i)
        positions[i] = static_cast<std::int64_t>(i);
    auto* on_device = array<std::int64_t>(positions.size());
    check(cudaMemcpy(on_device, positions.data(), positions.size() * 8, cudaMemcpyHostToDevice));
    norms.recurrence.positions = on_device;
    norms.recurrence.P = 4096;
    norms.norms = array<float>(4096 * 16 * 2);
    void* workspace = array<char>(device_state_norms_workspace(norms, limits));
    rows.push_back({"norms at every token, 16 heads, 4096 tokens, 128x128",
                    [=] { return device_state_norms(norms, limits, workspace); }, 0, 0});

    const std::size_t all = rows.size();
    std::erase_if(rows, [](Row& row) { return !begins(row); });
    // After an error like an illegal address nothing runs any more in this process.
    check(cudaDeviceSynchronize());
    const auto start = std::chrono::steady_clock::now();
    const auto passed = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(); };
    const double share = 1000 * seconds / static_cast<double>(std::max<std::size_t>(1, rows.size()));
    for (int round = 0; round < kMostRounds && (round < kLeastRounds || passed() < seconds); ++round) {
        for (Row& row : rows) {
            if (round >= kLeastRounds && row.spent > share) continue;
            row.ms.push_back(time_of([&] { static_cast<void>(row.run()); }, row.calls));
            row.spent += row.ms.back() * row.calls;
        }
    }
    std::printf(
        "\n| what | times | ms, median | least | most | useful GF/s | of mma peak | GB/s | of copy peak "
        "|\n|---|---|---|---|---|---|---|---|---|\n");
    for (const Row& row : rows) {
        const double ms = median(row.ms);
        std::printf("| %s | %zu x %d | %.4f | %.4f | %.4f | %.0f | %.0f %% | %.0f | %.0f %% |\n", row.what.c_str(), row.ms.size(), row.calls, ms,
                    *std::min_element(row.ms.begin(), row.ms.end()), *std::max_element(row.ms.begin(), row.ms.end()),
                    row.flops / ms / 1e6, 100 * row.flops / ms / 1e6 / peak_flops, row.bytes / ms / 1e6,
                    100 * row.bytes / ms / 1e6 / peak_bytes);
    }
    return rows.size() == all ? 0 : 1;
}
