// SPDX-License-Identifier: Apache-2.0
#include "core/evaluation/captured_ranks.hpp"

#include "core/base/error.hpp"
#include "core/spectra/rank_metrics.hpp"
#include "kernels/state_norms.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace rankscope {
namespace {

// Multiply-adds with a state between two looks at the stop; the norms of a token cost about ten times its recurrence.
constexpr std::int64_t kPieceWork = std::int64_t{1} << 24;

// Columns of the captured heads out of rows [T, all heads, width]; `source` names the head of each.
std::vector<float> gathered(std::span<const float> all, std::int64_t T, std::int64_t count, std::int64_t width, const std::vector<std::int64_t>& source) {
    std::vector<float> values;
    values.reserve(static_cast<std::size_t>(T * std::ssize(source) * width));
    for (std::int64_t t = 0; t < T && !all.empty(); ++t) {
        for (const std::int64_t head : source) {
            const auto row = all.subspan(static_cast<std::size_t>((t * count + head) * width), static_cast<std::size_t>(width));
            values.insert(values.end(), row.begin(), row.end());
        }
    }
    return values;
}

// k, v, beta and g of the captured heads: those of the trace where all are captured, else copies, in which each head has a key head
// of its own.
struct Inputs {
    std::vector<float> k_copy, v_copy, beta_copy, g_copy;
    kernels::DeltaRuleArgs<float> args;

    Inputs(const CaptureLayer& layer, const MixerTrace& seen) {
        args.B = 1;
        args.T = seen.T;
        args.H = seen.H;
        args.HV = seen.HV;
        args.K = seen.K;
        args.V = seen.V;
        args.k = seen.k.data();
        args.v = seen.v.data();
        args.beta = seen.beta.data();
        if (!seen.g.empty()) args.g = seen.g.data();
        if (layer.head_count() == seen.HV) return;
        const std::vector<std::int64_t> heads(layer.heads.begin(), layer.heads.end());
        std::vector<std::int64_t> key_heads;
        for (const std::int64_t head : heads) key_heads.push_back(head / (seen.HV / seen.H));
        k_copy = gathered(seen.k, seen.T, seen.H, seen.K, key_heads);
        v_copy = gathered(seen.v, seen.T, seen.HV, seen.V, heads);
        beta_copy = gathered(seen.beta, seen.T, seen.HV, 1, heads);
        g_copy = gathered(seen.g, seen.T, seen.HV, 1, heads);
        args.H = args.HV = std::ssize(heads);
        args.k = k_copy.data();
        args.v = v_copy.data();
        args.beta = beta_copy.data();
        if (!seen.g.empty()) args.g = g_copy.data();
    }
};

// [n, head, 2] Frobenius and spectral norms, piece after piece.
std::vector<float> norms_of(const kernels::DeltaRuleArgs<float>& whole, const std::vector<std::int64_t>& positions, const std::function<void()>& check) {
    const std::int64_t per_token = whole.HV * whole.K * whole.V, piece = std::max<std::int64_t>(16, kPieceWork / per_token);
    std::vector<float> norms(positions.size() * static_cast<std::size_t>(2 * whole.HV)), state(static_cast<std::size_t>(per_token));
    auto next = positions.begin();
    for (std::int64_t begin = 0; begin < whole.T && next != positions.end(); begin += piece) {
        check();
        kernels::StateNormsArgs call;
        kernels::DeltaRuleArgs<float>& part = call.recurrence = whole;
        part.T = std::min(piece, whole.T - begin);
        part.k += begin * whole.H * whole.K;
        part.v += begin * whole.HV * whole.V;
        part.beta += begin * whole.HV;
        if (part.g != nullptr) part.g += begin * whole.HV;
        part.initial_state = begin > 0 ? state.data() : nullptr;
        part.final_state = state.data();
        call.norms = norms.data() + (next - positions.begin()) * 2 * whole.HV;
        std::vector<std::int64_t> here;
        for (; next != positions.end() && *next < begin + part.T; ++next) here.push_back(*next - begin);
        part.state_positions = here;
        kernels::state_norms(call);
    }
    return norms;
}

}  // namespace

std::vector<std::vector<float>> captured_ranks(const CaptureLayer& layer, const MixerTrace& seen, const std::vector<std::int64_t>& positions,
                                               const std::function<void()>& check) {
    const Inputs inputs(layer, seen);
    return ranks_of_norms(layer, norms_of(inputs.args, positions, check), positions);
}

std::vector<std::vector<float>> ranks_of_norms(const CaptureLayer& layer, std::span<const float> norms,
                                               const std::vector<std::int64_t>& positions) {
    std::vector<RankMetric> table;
    for (const RankMetric& metric : rank_metrics_table()) {
        if (metric.of_norms) table.push_back(metric);
    }
    std::vector<std::vector<float>> result(table.size());
    const std::size_t heads = layer.heads.size();
    for (std::size_t i = 0; 2 * i < norms.size(); ++i) {
        const double frobenius = norms[2 * i], spectral = norms[2 * i + 1];
        if (!std::isfinite(frobenius) || !std::isfinite(spectral)) {
            throw_input(fmt::format("bad state: layer {}, head {}, position {}: found norms of {} and {}, expected finite numbers", layer.index,
                                    layer.heads[i % heads], positions[i / heads], frobenius, spectral),
                        "the model's weights or its activations are not finite here");
        }
        const RankMetrics values = rank_metrics_of_norms(frobenius, spectral, layer.rank_limit());
        for (std::size_t m = 0; m < table.size(); ++m) result[m].push_back(static_cast<float>(values.*table[m].value));
    }
    return result;
}

}  // namespace rankscope
