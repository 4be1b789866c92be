// SPDX-License-Identifier: Apache-2.0
#include "core/evaluation/amplification.hpp"

#include <algorithm>
#include <cmath>

#include "core/base/stop_scope.hpp"
#include "core/spectra/singular_values.hpp"

namespace rankscope {
namespace {

// Numbers of states between two looks at the stop: 32 matrices of 128 x 128.
constexpr std::int64_t kSpectraStep = 32 * 128 * 128;

double sum_of_squares(std::span<const float> values) {
    double sum = 0;
    for (const float x : values) sum += static_cast<double>(x) * static_cast<double>(x);
    return sum;
}

// ‖Sᵀ q‖, state row-major [K, V].
double output_norm(std::span<const float> state, std::span<const float> query, std::int64_t value_dim) {
    std::vector<double> out(static_cast<std::size_t>(value_dim), 0.0);
    for (std::size_t k = 0; k < query.size(); ++k) {
        const double weight = query[k];
        const float* row = state.data() + k * out.size();
        for (std::size_t v = 0; v < out.size(); ++v) out[v] += weight * static_cast<double>(row[v]);
    }
    double sum = 0;
    for (const double x : out) sum += x * x;
    return std::sqrt(sum);
}

}  // namespace

Amplification amplification_of(std::span<const float> state, std::span<const float> query, std::int64_t value_dim,
                               double sigma_1, bool normalised) {
    Amplification result;
    const double output = output_norm(state, query, value_dim);
    if (!(output > 0) || !(sigma_1 > 0)) return result;
    const double squares = sum_of_squares(state);
    const double length = std::sqrt(sum_of_squares(query));
    const double noise_unit = normalised ? 1.0 : length;
    result.expected = noise_unit * std::sqrt(squares / static_cast<double>(query.size())) / output;
    result.worst = sigma_1 * length / output;
    result.rank_stable = squares / (sigma_1 * sigma_1);
    result.defined = true;
    return result;
}

void accumulate_amplification(const MixerTrace& trace, std::span<const std::int64_t> positions, bool normalised,
                              std::vector<AmplificationMean>& heads) {
    const std::int64_t per_position = trace.B * trace.HV;
    const std::int64_t count = std::ssize(positions) * per_position;
    const std::int64_t width = std::min(trace.K, trace.V);
    std::vector<double> sigma(static_cast<std::size_t>(count * width));
    const auto state_size = static_cast<std::size_t>(trace.K * trace.V);
    const std::int64_t step = std::max<std::int64_t>(1, kSpectraStep / static_cast<std::int64_t>(state_size));
    for (std::int64_t i = 0; i < count; i += step) {
        check_stop();
        const std::int64_t n = std::min(step, count - i);
        singular_values(trace.states.subspan(static_cast<std::size_t>(i) * state_size, static_cast<std::size_t>(n) * state_size), n, trace.K, trace.V,
                        std::span(sigma).subspan(static_cast<std::size_t>(i * width), static_cast<std::size_t>(n * width)));
    }
    for (std::int64_t i = 0; i < count; ++i) {
        const std::int64_t position = positions[static_cast<std::size_t>(i / per_position)];
        const std::int64_t b = i % per_position / trace.HV;
        const std::int64_t head = i % trace.HV;
        const std::int64_t key_head = head / (trace.HV / trace.H);
        const auto query = static_cast<std::size_t>(((b * trace.T + position) * trace.H + key_head) * trace.K);
        heads.at(static_cast<std::size_t>(head))
            .add(amplification_of(trace.states.subspan(static_cast<std::size_t>(i) * state_size, state_size),
                                  trace.q.subspan(query, static_cast<std::size_t>(trace.K)), trace.V,
                                  sigma[static_cast<std::size_t>(i * width)], normalised));
    }
}

}  // namespace rankscope
