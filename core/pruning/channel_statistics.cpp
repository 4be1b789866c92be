// SPDX-License-Identifier: Apache-2.0
#include "core/pruning/channel_statistics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <mutex>
#include <numeric>
#include <set>

#include "core/base/error.hpp"
#include "core/base/random.hpp"
#include "core/pruning/r_factor.hpp"
#include "kernels/parallel.hpp"

namespace rankscope {
namespace {

constexpr double kNormEpsilon = 1e-6;  // inside the root, as the models' own l2 norm

[[noreturn]] void throw_defect(const std::string& what) {
    throw Error(ErrorKind::Internal, "channel statistics: " + what);
}

// `count` of [0, total) without replacement, ascending (Floyd; Bentley 1987).
std::vector<std::int64_t> draw_rows(std::int64_t total, std::int64_t count, Random random) {
    if (count >= total) {
        std::vector<std::int64_t> all(static_cast<std::size_t>(total));
        std::iota(all.begin(), all.end(), 0);
        return all;
    }
    std::set<std::int64_t> chosen;
    for (std::int64_t last = total - count; last < total; ++last) {
        const auto row = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(last) + 1));
        if (!chosen.insert(row).second) chosen.insert(last);
    }
    return {chosen.begin(), chosen.end()};
}

// 1 / sqrt(Σ x² + eps) of every row.
std::vector<double> inverse_norms(const RowBlock& rows, std::int64_t columns) {
    std::vector<double> out(static_cast<std::size_t>(rows.count));
    for (std::int64_t n = 0; n < rows.count; ++n) {
        const float* row = rows.first + n * rows.stride;
        double sum = kNormEpsilon;
        for (std::int64_t c = 0; c < columns; ++c) sum += static_cast<double>(row[c]) * static_cast<double>(row[c]);
        out[static_cast<std::size_t>(n)] = 1.0 / std::sqrt(sum);
    }
    return out;
}

// Those of the stacked rows [first, first + rows.count) that `chosen` names.
void add_chosen(RFactor& factor, const RowBlock& rows, std::int64_t first, const std::vector<std::int64_t>& chosen) {
    const std::int64_t columns = factor.columns();
    const auto begin = std::lower_bound(chosen.begin(), chosen.end(), first);
    const auto end = std::lower_bound(begin, chosen.end(), first + rows.count);
    std::vector<float> picked;
    picked.reserve(static_cast<std::size_t>((end - begin) * columns));
    for (auto row = begin; row != end; ++row) {
        const float* source = rows.first + (*row - first) * rows.stride;
        picked.insert(picked.end(), source, source + columns);
    }
    factor.add({picked.data(), end - begin, columns});
}

// parallel_for bodies must not throw; the first exception is carried out by hand.
template <class Body>
void for_each_head(std::int64_t heads, const Body& body) {
    std::exception_ptr failure;
    std::mutex mutex;
    kernels::parallel_for(heads, 1, [&](std::int64_t begin, std::int64_t end) {
        try {
            for (std::int64_t h = begin; h < end; ++h) body(h);
        } catch (...) {
            const std::lock_guard lock(mutex);
            if (!failure) failure = std::current_exception();
        }
    });
    if (failure) std::rethrow_exception(failure);
}

}  // namespace

struct ChannelStatistics::Layer {
    struct Head {
        std::vector<RFactor> factors;  // by FactorKind; of no columns where not needed
        std::vector<std::int64_t> sampled;
        std::vector<double> energy;
    };

    ChannelNeeds needs;
    std::int64_t key_heads = 0, key_dim = 0, hidden = 0;
    std::int64_t input_tokens = 0, key_tokens = 0;
    std::vector<double> input_squares;
    std::vector<double> gradients;
    std::vector<Head> heads;

    void add_rows(Head& head, const RowBlock& rows, std::int64_t stacked_first) const {
        if (needs.r_factor) head.factors[static_cast<std::size_t>(FactorKind::AllRows)].add(rows);
        if (needs.sampled_factor) add_chosen(head.factors[static_cast<std::size_t>(FactorKind::SampledRows)], rows, stacked_first, head.sampled);
        if (!needs.normalised_factor && !needs.energy) return;
        const std::vector<double> scale = inverse_norms(rows, key_dim);
        if (needs.normalised_factor) head.factors[static_cast<std::size_t>(FactorKind::NormalisedRows)].add(rows, scale);
        if (!needs.energy) return;
        for (std::int64_t n = 0; n < rows.count; ++n) {
            const float* row = rows.first + n * rows.stride;
            for (std::size_t c = 0; c < head.energy.size(); ++c) {
                const double unit = row[c] * scale[static_cast<std::size_t>(n)];
                head.energy[c] += unit * unit;
            }
        }
    }
};

ChannelStatistics::ChannelStatistics(const ModelConfig& model, std::vector<ChannelNeeds> needs, const StatisticsOptions& options)
    : tokens_(options.tokens) {
    if (needs.size() != model.layers.size()) throw_defect("one entry of needs per layer");
    for (std::size_t l = 0; l < needs.size(); ++l) {
        const LayerConfig& config = model.layers[l];
        auto layer = std::make_unique<Layer>();
        if (config.prunable()) {
            layer->needs = needs[l];
            layer->key_heads = config.key_heads;
            layer->key_dim = config.key_dim;
            layer->hidden = model.hidden_size;
            if (needs[l].input_norms) layer->input_squares.assign(static_cast<std::size_t>(model.hidden_size), 0.0);
            layer->heads.resize(static_cast<std::size_t>(config.key_heads));
            for (std::size_t h = 0; h < layer->heads.size(); ++h) {
                Layer::Head& head = layer->heads[h];
                for (const bool wanted : {needs[l].r_factor, needs[l].normalised_factor, needs[l].sampled_factor}) {
                    head.factors.emplace_back(wanted ? config.key_dim : 0);
                }
                if (needs[l].energy) head.energy.assign(static_cast<std::size_t>(config.key_dim), 0.0);
                // Apart from the streams of random_order, which have no third part.
                const std::uint64_t stream = (std::uint64_t{1} << 63) | (static_cast<std::uint64_t>(l) << 32) | h;
                if (needs[l].sampled_factor) head.sampled = draw_rows(2 * options.tokens, options.sampled_rows, Random(options.seed, stream));
            }
        }
        layers_.push_back(std::move(layer));
    }
}

ChannelStatistics::~ChannelStatistics() = default;
ChannelStatistics::ChannelStatistics(ChannelStatistics&&) noexcept = default;
ChannelStatistics& ChannelStatistics::operator=(ChannelStatistics&&) noexcept = default;

ChannelStatistics::Layer& ChannelStatistics::layer(std::int64_t index) const {
    return *layers_.at(static_cast<std::size_t>(index));
}

const ChannelNeeds& ChannelStatistics::needs(std::int64_t index) const {
    return layer(index).needs;
}

ChannelNeeds ChannelStatistics::needs() const {
    ChannelNeeds all;
    for (const auto& one : layers_) all |= one->needs;
    return all;
}

void ChannelStatistics::add_inputs(std::int64_t index, std::span<const float> layer_input) {
    Layer& l = layer(index);
    if (!l.needs.input_norms) return;
    const auto width = static_cast<std::size_t>(l.hidden);
    if (layer_input.size() % width != 0) throw_defect("layer_input is not [N, D]");
    for (std::size_t n = 0; n < layer_input.size(); n += width) {
        for (std::size_t j = 0; j < width; ++j) {
            const double x = layer_input[n + j];
            l.input_squares[j] += x * x;
        }
    }
    l.input_tokens += static_cast<std::int64_t>(layer_input.size() / width);
}

void ChannelStatistics::add_keys(std::int64_t index, std::span<const float> q_raw, std::span<const float> k_raw) {
    Layer& l = layer(index);
    if (!l.needs.raw_keys()) return;
    const std::int64_t width = l.key_heads * l.key_dim;
    const auto count = static_cast<std::int64_t>(q_raw.size()) / width;
    if (q_raw.size() != k_raw.size() || static_cast<std::int64_t>(q_raw.size()) != count * width) throw_defect("q and k are not [N, H, K]");
    for_each_head(l.key_heads, [&](std::int64_t h) {
        Layer::Head& head = l.heads[static_cast<std::size_t>(h)];
        l.add_rows(head, {q_raw.data() + h * l.key_dim, count, width}, l.key_tokens);
        l.add_rows(head, {k_raw.data() + h * l.key_dim, count, width}, tokens_ + l.key_tokens);
    });
    l.key_tokens += count;
}

void ChannelStatistics::set_gradients(std::int64_t index, std::vector<double> scores) {
    Layer& l = layer(index);
    if (static_cast<std::int64_t>(scores.size()) != l.key_heads * l.key_dim) throw_defect("gradients are not [H * K]");
    l.gradients = std::move(scores);
}

std::vector<double> ChannelStatistics::input_norms(std::int64_t index) const {
    const Layer& l = layer(index);
    if (l.input_tokens == 0) throw_defect(fmt::format("layer {}: no inputs were fed", index));
    std::vector<double> norms;
    for (const double square : l.input_squares) norms.push_back(std::sqrt(square / static_cast<double>(l.input_tokens)));
    return norms;
}

std::vector<double> ChannelStatistics::energy(std::int64_t index) const {
    const Layer& l = layer(index);
    if (l.key_tokens == 0 || !l.needs.energy) throw_defect(fmt::format("layer {}: no energies were collected", index));
    std::vector<double> out;
    for (const Layer::Head& head : l.heads) {
        for (const double sum : head.energy) out.push_back(sum / static_cast<double>(l.key_tokens));
    }
    return out;
}

const std::vector<double>& ChannelStatistics::gradients(std::int64_t index) const {
    const Layer& l = layer(index);
    if (l.gradients.empty()) throw_defect(fmt::format("layer {}: no gradients were given", index));
    return l.gradients;
}

std::vector<double> ChannelStatistics::factor(std::int64_t index, std::int64_t head, FactorKind kind) const {
    const Layer& l = layer(index);
    const RFactor& factor = l.heads.at(static_cast<std::size_t>(head)).factors[static_cast<std::size_t>(kind)];
    if (factor.columns() == 0 || l.key_tokens == 0) throw_defect(fmt::format("layer {}: this R factor was not collected", index));
    if (kind == FactorKind::SampledRows && l.key_tokens != tokens_) {
        throw_defect(fmt::format("layer {}: found {} tokens, expected the {} that rows were drawn from", index, l.key_tokens, tokens_));
    }
    std::vector<double> r = factor.matrix();
    if (!std::all_of(r.begin(), r.end(), [](double x) { return std::isfinite(x); })) {
        throw_input(fmt::format("bad activations: layer {}, head {}: found NaN or infinite queries or keys", index, head),
                    "the weights may hold NaN or infinite values; see the warnings of `info`");
    }
    return r;
}

const std::vector<std::int64_t>& ChannelStatistics::sampled_rows(std::int64_t index, std::int64_t head) const {
    return layer(index).heads.at(static_cast<std::size_t>(head)).sampled;
}

void ChannelStatistics::set_sampled_rows(std::int64_t index, std::int64_t head, std::vector<std::int64_t> rows) {
    std::sort(rows.begin(), rows.end());
    layer(index).heads.at(static_cast<std::size_t>(head)).sampled = std::move(rows);
}

}  // namespace rankscope
