// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/data/capture_loading.hpp"

#include "core/base/error.hpp"
#include "core/capture/capture_reader.hpp"
#include "core/spectra/singular_values.hpp"

#include <cmath>

namespace rankscope::gui {
namespace {

// Spectra and metrics of one capture in memory. What a file claims to hold may be far more than what is in
// it.
constexpr double kMostBytes = 2.0 * 1024 * 1024 * 1024;

double bytesOf(const CaptureReader& reader) {
    const CaptureLayout& layout = reader.layout();
    const auto windows = static_cast<double>(reader.windows_done());
    double values = windows * static_cast<double>(layout.window_tokens);
    for (const CaptureLayer& layer : layout.layers) {
        const auto states = windows * static_cast<double>(std::ssize(layout.positions) * layer.head_count());
        values += states * static_cast<double>((layout.spectra ? layer.rank_limit() : 0) + std::ssize(reader.metrics()));
    }
    return values * sizeof(float);
}

void append(std::vector<float>& to, const std::vector<float>& values) {
    to.insert(to.end(), values.begin(), values.end());
}

}  // namespace

ChannelShares::ChannelShares(std::size_t heads, std::size_t width)
    : heads_(heads), width_(width), sums_(heads * width), states_(heads) {}

void ChannelShares::add(std::span<const float> energy) {
    for (std::size_t at = 0; at + heads_ * width_ <= energy.size(); at += heads_ * width_) {
        for (std::size_t h = 0; h < heads_; ++h) {
            const auto rows = energy.subspan(at + h * width_, width_);
            double all = 0;
            for (const float row : rows)
                all += row;
            if (!(all > 0) || !std::isfinite(all)) continue;
            for (std::size_t c = 0; c < width_; ++c)
                sums_[h * width_ + c] += rows[c] / all;
            ++states_[h];
        }
    }
}

std::vector<float> ChannelShares::means() const {
    std::vector<float> means(sums_.size());
    for (std::size_t i = 0; i < sums_.size(); ++i) {
        const std::int64_t states = states_[i / width_];
        if (states > 0) means[i] = static_cast<float>(sums_[i] / static_cast<double>(states));
    }
    return means;
}

std::shared_ptr<const CaptureData> loadCapture(const CaptureReader& reader, const std::string& path,
                                               const std::function<void()>& check) {
    const std::int64_t windows = reader.windows_done();
    if (windows == 0)
        throw_input("capture without content: " + printable(path, 400)
                        + ": found no window that was finished, expected at least one",
                    "capture again");
    if (const double bytes = bytesOf(reader); bytes > kMostBytes)
        throw_resource("capture too large: " + printable(path, 400) + ": found "
                           + std::to_string(std::llround(bytes / 1048576))
                           + " MiB of singular values and metrics, expected at most 2048",
                       "capture fewer positions, heads or windows");
    auto data = std::make_shared<CaptureData>();
    data->path = path;
    data->creator = reader.creator();
    data->created = reader.created();
    data->provenance = reader.provenance();
    data->layout = reader.layout();
    data->windows = windows;
    for (std::int64_t w = 0; w < windows; ++w) {
        check();
        data->tokens.push_back(reader.tokens(w));
        auto text = reader.token_text(w);
        if (!text.empty()) data->tokenText.push_back(std::move(text));
    }
    const bool spectra = data->layout.spectra;
    for (std::size_t l = 0; l < data->layout.layers.size(); ++l) {
        const CaptureLayer& shape = data->layout.layers[l];
        CapturedLayerData& layer = data->layers.emplace_back();
        const bool energy = reader.has("channel_energy", l);
        ChannelShares shares(shape.heads.size(), static_cast<std::size_t>(shape.key_dim));
        for (std::int64_t w = 0; w < windows; ++w) {
            check();
            if (spectra) append(layer.singularValues, reader.singular_values(l, w));
            for (const std::string& name : reader.metrics())
                append(layer.metrics[name], reader.metric(name, l, w));
            if (energy) shares.add(reader.channel_energy(l, w));
        }
        if (energy) layer.channelShare = shares.means();
    }
    return data;
}

std::vector<float> spectrumOfRows(std::span<const float> state, std::int64_t rows, std::int64_t columns,
                                  std::span<const std::int32_t> kept) {
    const auto width = static_cast<std::size_t>(columns);
    std::vector<float> values;
    values.reserve(kept.size() * width);
    std::int64_t before = -1;
    for (const std::int32_t row : kept) {
        if (row <= before || row >= rows)
            throw_usage("bad kept rows: found row " + std::to_string(row) + ", expected rising numbers below "
                        + std::to_string(rows));
        before = row;
        const auto part = state.subspan(static_cast<std::size_t>(row) * width, width);
        values.insert(values.end(), part.begin(), part.end());
    }
    std::vector<double> sigma(static_cast<std::size_t>(std::min(std::ssize(kept), columns)));
    if (!sigma.empty()) singular_values(values, 1, std::ssize(kept), columns, sigma);
    return {sigma.begin(), sigma.end()};
}

}  // namespace rankscope::gui
