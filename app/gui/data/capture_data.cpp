// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/data/capture_data.hpp"

#include "core/spectra/spectrum_summary.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace rankscope::gui {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

template <class T>
int placeIn(const std::vector<T>& ascending, std::int64_t value) {
    const auto found = std::ranges::lower_bound(ascending, value, {}, [](T x) { return std::int64_t{x}; });
    return found != ascending.end() && *found == value ? static_cast<int>(found - ascending.begin()) : -1;
}

// Of two equally near ones the later one.
std::size_t nearest(const std::vector<std::int64_t>& ascending, std::int64_t value) {
    const auto after = std::ranges::lower_bound(ascending, value);
    if (after == ascending.end()) return ascending.size() - 1;
    const auto place = static_cast<std::size_t>(after - ascending.begin());
    if (place == 0 || *after - value <= value - ascending[place - 1]) return place;
    return place - 1;
}

}  // namespace

int CaptureData::captured(int modelLayer) const {
    const auto found = std::ranges::find(layout.layers, modelLayer, &CaptureLayer::index);
    return found == layout.layers.end() ? -1 : static_cast<int>(found - layout.layers.begin());
}

int CaptureData::capturedHead(std::size_t layer, int head) const {
    return layer < layout.layers.size() ? placeIn(layout.layers[layer].heads, head) : -1;
}

std::size_t CaptureData::nearestPosition(std::int64_t token) const {
    return layout.positions.empty() ? 0 : nearest(layout.positions, token);
}

int CaptureData::nearestState(std::int64_t token) const {
    if (!layout.states || layout.state_positions.empty()) return -1;
    return static_cast<int>(nearest(layout.state_positions, token));
}

std::span<const float> CaptureData::spectrum(std::size_t layer, std::int64_t window, std::size_t position,
                                             std::size_t head) const {
    if (layer >= layers.size() || layers[layer].singularValues.empty()) return {};
    const CaptureLayer& shape = layout.layers[layer];
    const std::size_t heads = shape.heads.size();
    if (window < 0 || window >= windows || position >= layout.positions.size() || head >= heads) return {};
    const auto rank = static_cast<std::size_t>(shape.rank_limit());
    const std::size_t place =
        (static_cast<std::size_t>(window) * layout.positions.size() + position) * heads + head;
    return std::span(layers[layer].singularValues).subspan(place * rank, rank);
}

std::vector<float> CaptureData::meanSpectrum(std::size_t layer, std::size_t head) const {
    std::vector<double> sums;
    for (std::int64_t w = 0; w < windows; ++w) {
        for (std::size_t p = 0; p < layout.positions.size(); ++p) {
            const auto values = spectrum(layer, w, p, head);
            sums.resize(values.size());
            for (std::size_t i = 0; i < values.size(); ++i)
                sums[i] += values[i];
        }
    }
    const auto states = static_cast<double>(windows * std::ssize(layout.positions));
    std::vector<float> means;
    for (const double sum : sums)
        means.push_back(static_cast<float>(sum / states));
    return means;
}

bool CaptureData::hasMetric(const std::string& name) const {
    return !layers.empty() && std::ranges::all_of(layers, [&](const CapturedLayerData& layer) {
        return layer.metrics.contains(name);
    });
}

float CaptureData::metric(const std::string& name, std::size_t layer, std::int64_t window,
                          std::size_t position, std::size_t head) const {
    const auto none = std::numeric_limits<float>::quiet_NaN();
    if (layer >= layers.size()) return none;
    const auto found = layers[layer].metrics.find(name);
    const std::size_t heads = layout.layers[layer].heads.size();
    if (found == layers[layer].metrics.end() || window < 0 || window >= windows
        || position >= layout.positions.size() || head >= heads)
        return none;
    return found
        ->second[(static_cast<std::size_t>(window) * layout.positions.size() + position) * heads + head];
}

CaptureData::Summary CaptureData::metricSummary(const std::string& name, std::size_t layer,
                                                std::size_t head) const {
    if (windows == 0 || layout.positions.empty()) return {kNaN, kNaN};
    // Every window has the same positions, so the mean over windows is the mean over all states.
    RunningMoments moments;
    for (std::int64_t w = 0; w < windows; ++w) {
        double sum = 0;
        for (std::size_t p = 0; p < layout.positions.size(); ++p)
            sum += metric(name, layer, w, p, head);
        moments.add(sum / static_cast<double>(layout.positions.size()));
    }
    return {moments.mean(), moments.sd().value_or(kNaN)};
}

double CaptureData::keptEnergy(std::size_t layer, std::size_t head,
                               std::span<const std::int32_t> keptRows) const {
    if (layer >= layers.size() || layers[layer].channelShare.empty()
        || head >= layout.layers[layer].heads.size())
        return kNaN;
    const auto width = static_cast<std::size_t>(layout.layers[layer].key_dim);
    const auto share = std::span(layers[layer].channelShare).subspan(head * width, width);
    double sum = 0;
    for (const std::int32_t row : keptRows) {
        if (row >= 0 && static_cast<std::size_t>(row) < width) sum += share[static_cast<std::size_t>(row)];
    }
    return std::min(sum, 1.0);
}

double CaptureData::bestDirections(std::size_t layer, std::size_t head, std::int64_t count) const {
    double sum = 0;
    std::int64_t states = 0;
    for (std::int64_t w = 0; w < windows; ++w) {
        for (std::size_t p = 0; p < layout.positions.size(); ++p) {
            const auto values = spectrum(layer, w, p, head);
            if (values.empty() || !(values.front() > 0)) continue;
            double held = 0;
            double all = 0;
            for (std::size_t i = 0; i < values.size(); ++i) {
                // Relative to the largest one, so that no square overflows or vanishes.
                const double part = static_cast<double>(values[i]) / values.front();
                all += part * part;
                if (static_cast<std::int64_t>(i) < count) held += part * part;
            }
            if (!std::isfinite(all)) continue;
            sum += held / all;
            ++states;
        }
    }
    return states > 0 ? sum / static_cast<double>(states) : kNaN;
}

}  // namespace rankscope::gui
