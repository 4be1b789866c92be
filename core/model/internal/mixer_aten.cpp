// SPDX-License-Identifier: Apache-2.0
// Chunkwise form of the gated delta rule (arXiv 2412.06464, section 3.3): inside a chunk the updates become
// one unit lower triangular solve; only T/64 steps remain sequential. All heads and chunks are batched.
#include "core/model/internal/mixer_aten.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/linalg_solve_triangular.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>

#include <limits>
#include <vector>

namespace rankscope::internal {
namespace {

constexpr std::int64_t kChunk = 64;

// [B, T, H, X] -> [B, HV, N, C, X], every key head repeated for its value heads, zero rows appended (k = 0,
// beta = 0, g = 0 changes nothing).
at::Tensor to_chunks(const at::Tensor& x, std::int64_t repeats, std::int64_t chunks) {
    at::Tensor y = repeats > 1 ? x.repeat_interleave(repeats, 2) : x;
    y = y.transpose(1, 2);
    const std::int64_t missing = chunks * kChunk - x.size(1);
    if (missing > 0) y = at::constant_pad_nd(y, {0, 0, 0, missing});
    return y.reshape({y.size(0), y.size(1), chunks, kChunk, y.size(3)});
}

}  // namespace

MixerResult delta_rule_aten(const at::Tensor& q_in, const at::Tensor& k_in, const at::Tensor& v_in,
                            const at::Tensor& beta_in, const at::Tensor& g_in, double scale,
                            const at::Tensor& initial_state) {
    const std::int64_t B = q_in.size(0), T = q_in.size(1), H = q_in.size(2), K = q_in.size(3);
    const std::int64_t HV = v_in.size(2), V = v_in.size(3);
    const std::int64_t N = (T + kChunk - 1) / kChunk;
    const at::Tensor q = to_chunks(q_in, HV / H, N) * scale;
    const at::Tensor k = to_chunks(k_in, HV / H, N);
    const at::Tensor v = to_chunks(v_in, 1, N);
    const at::Tensor beta = to_chunks(beta_in.unsqueeze(-1), 1, N);  // [B, HV, N, C, 1]

    const at::Tensor kt = k.transpose(-1, -2);
    at::Tensor kk = at::matmul(k, kt);
    at::Tensor qk = at::matmul(q, kt);
    at::Tensor k_read = k, q_read = q, k_write = k, decay;
    if (g_in.defined()) {
        const at::Tensor G = to_chunks(g_in.unsqueeze(-1), 1, N).cumsum(-2);  // [B, HV, N, C, 1]
        // Only differences with i >= j are exponentiated: they are <= 0. Masked before exp, since the others
        // overflow.
        const at::Tensor mask = at::ones({kChunk, kChunk}, k.options().dtype(at::kBool)).tril();
        const at::Tensor D =
            at::exp((G - G.transpose(-1, -2))
                        .masked_fill(mask.logical_not(), -std::numeric_limits<double>::infinity()));
        kk = kk * D;
        qk = qk * D;
        const at::Tensor last = G.narrow(-2, kChunk - 1, 1);
        const at::Tensor e = at::exp(G);
        k_read = k * e;
        q_read = q * e;
        k_write = k * at::exp(last - G);
        decay = at::exp(last);  // [B, HV, N, 1, 1]
    }
    qk = qk.tril();
    const at::Tensor A = at::eye(kChunk, k.options()) + (kk * beta).tril(-1);
    const at::Tensor right = at::cat({k_read * beta, v * beta}, -1);
    const at::Tensor solved =
        at::linalg_solve_triangular(A, right, /*upper=*/false, /*left=*/true, /*unitriangular=*/true);
    // One unbind instead of an index per step: the backward of an index fills the whole tensor with zeros.
    const auto W = solved.narrow(-1, 0, K).unbind(2);
    const auto U = solved.narrow(-1, K, V).unbind(2);
    const auto Q = q_read.unbind(2);
    const auto QK = qk.unbind(2);
    const auto KW = k_write.transpose(-1, -2).unbind(2);
    const auto DE = decay.defined() ? decay.unbind(2) : std::vector<at::Tensor>();

    at::Tensor S = initial_state.defined() ? initial_state : at::zeros({B, HV, K, V}, v.options());
    std::vector<at::Tensor> outs;
    outs.reserve(static_cast<std::size_t>(N));
    for (std::size_t n = 0; n < static_cast<std::size_t>(N); ++n) {
        const at::Tensor fresh = U[n] - at::matmul(W[n], S);  // N = U - W S
        outs.push_back(at::matmul(Q[n], S) + at::matmul(QK[n], fresh));
        const at::Tensor update = at::matmul(KW[n], fresh);
        S = decay.defined() ? S * DE[n] + update : S + update;
    }
    const at::Tensor out = at::stack(outs, 2).reshape({B, HV, N * kChunk, V}).narrow(2, 0, T).transpose(1, 2);
    return {out, S, {}};
}

MixerResult delta_rule_aten_states(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                                   const at::Tensor& beta, const at::Tensor& g, double scale,
                                   const at::Tensor& initial_state, std::span<const std::int64_t> positions) {
    if (positions.empty()) return delta_rule_aten(q, k, v, beta, g, scale, initial_state);
    std::vector<at::Tensor> outs;
    std::vector<at::Tensor> states;
    at::Tensor S = initial_state;
    std::int64_t begin = 0;
    const auto run = [&](std::int64_t end) {
        const auto part = [&](const at::Tensor& x) {
            return x.defined() ? x.narrow(1, begin, end - begin) : x;
        };
        const MixerResult r = delta_rule_aten(part(q), part(k), part(v), part(beta), part(g), scale, S);
        outs.push_back(r.out);
        S = r.final_state;
        begin = end;
    };
    for (const std::int64_t p : positions) {
        run(p + 1);
        states.push_back(S);
    }
    if (begin < q.size(1)) run(q.size(1));
    return {at::cat(outs, 1), S, at::stack(states, 0)};
}

}  // namespace rankscope::internal
