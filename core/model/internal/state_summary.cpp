// SPDX-License-Identifier: Apache-2.0
#include "core/model/internal/state_summary.hpp"

#include "core/base/stop_scope.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/tensor.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <optional>
#include <vector>

namespace rankscope::internal {
namespace {

struct Batch {
    at::Tensor values, energy;
};

Batch batch_of(const SpectraKernel& kernel, const at::Tensor& rows, const at::Tensor& heads) {
    const std::int64_t K = rows.size(2), V = rows.size(3);
    const at::Tensor matrices = (heads.defined() ? rows.index_select(1, heads) : rows).reshape({-1, K, V}).to(at::kFloat).contiguous();
    Batch b;
    b.values = kernel.run(matrices).to(at::kCPU, at::kDouble);
    b.energy = matrices.to(at::kDouble).square_().sum(-1).to(at::kCPU, at::kFloat);
    return b;
}

// Nothing where memory ran out; what the attempt had allocated is free again then.
std::optional<Batch> tried(const SpectraKernel& kernel, const at::Tensor& rows, const at::Tensor& heads) {
    try {
        return batch_of(kernel, rows, heads);
    } catch (const c10::OutOfMemoryError&) {
        if (rows.size(0) == 1) throw;
        return std::nullopt;
    }
}

at::Tensor heads_on(const at::Device& device, std::span<const std::int32_t> heads) {
    return at::tensor(std::vector<std::int64_t>(heads.begin(), heads.end()), at::kLong).to(device);
}

}  // namespace

StateSpectra state_spectra(const SpectraKernel& kernel, const at::Tensor& states, std::span<const std::int32_t> heads, std::int64_t batch_bytes) {
    const std::int64_t P = states.size(0), B = states.size(1), HV = states.size(2), K = states.size(3), V = states.size(4);
    const std::int64_t chosen = heads.empty() ? HV : std::ssize(heads);
    const at::Tensor rows = states.reshape({P * B, HV, K, V});
    at::Tensor index;
    if (chosen != HV) index = heads_on(states.device(), heads);
    std::int64_t step = std::max<std::int64_t>(1, batch_bytes / (chosen * K * V * static_cast<std::int64_t>(sizeof(float))));
    std::vector<at::Tensor> values, energy;
    for (std::int64_t begin = 0; begin < P * B;) {
        check_stop();
        const std::int64_t count = std::min(step, P * B - begin);
        if (auto batch = tried(kernel, rows.narrow(0, begin, count), index)) {
            values.push_back(std::move(batch->values));
            energy.push_back(std::move(batch->energy));
            begin += count;
        } else {
            step = std::max<std::int64_t>(1, count / 2);
        }
    }
    StateSpectra s;
    s.singular_values = at::cat(values, 0).reshape({P, B, chosen, std::min(K, V)});
    s.row_energy = at::cat(energy, 0).reshape({P, B, chosen, K});
    return s;
}

NormsCall norms_call(const at::Tensor& k, const at::Tensor& v, const at::Tensor& beta, const at::Tensor& g,
                     std::span<const std::int32_t> heads, std::span<const std::int64_t> positions) {
    const auto ready = [](const at::Tensor& t) { return t.defined() ? t.detach().to(at::kFloat).contiguous() : t; };
    NormsCall call{ready(k), ready(v), ready(beta), ready(g), {}, positions};
    const std::int64_t HV = v.size(2), sharing = HV / k.size(2);
    if (heads.empty() || std::ssize(heads) == HV) return call;
    const at::Tensor index = heads_on(v.device(), heads);
    call.k = call.k.index_select(2, index.div(sharing, "floor"));
    call.v = call.v.index_select(2, index);
    call.beta = call.beta.index_select(2, index);
    if (g.defined()) call.g = call.g.index_select(2, index);
    return call;
}

at::Tensor state_norms(const NormsKernel& kernel, const NormsCall& call, std::int64_t piece_tokens) {
    const std::int64_t T = call.k.size(1);
    std::vector<at::Tensor> norms;
    at::Tensor state = call.initial;
    auto next = call.positions.begin();
    for (std::int64_t begin = 0; begin < T && next != call.positions.end(); begin += piece_tokens) {
        check_stop();
        const std::int64_t count = std::min(piece_tokens, T - begin);
        const auto part = [&](const at::Tensor& t) { return t.defined() ? t.narrow(1, begin, count).contiguous() : t; };
        std::vector<std::int64_t> here;
        for (; next != call.positions.end() && *next < begin + count; ++next)
            here.push_back(*next - begin);
        NormsResult r = kernel.run({part(call.k), part(call.v), part(call.beta), part(call.g), state, here});
        norms.push_back(r.norms.to(at::kCPU));
        state = r.final_state;
    }
    return at::cat(norms, 0);
}

}  // namespace rankscope::internal
