// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/layer_panels/layer_data.hpp"

#include "core/spectra/rank_metrics.hpp"

#include <QCoreApplication>

#include <algorithm>
#include <limits>

namespace rankscope::gui {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

const CaptureLayer& layerOf(const CaptureData& capture, std::size_t layer) {
    return capture.layout.layers[layer];
}

template <typename Spectrum>
SpectrumData spectraOf(const CaptureData& capture, std::size_t layer, Spectrum spectrum) {
    SpectrumData data;
    const CaptureLayer& shape = layerOf(capture, layer);
    data.layer = static_cast<int>(shape.index);
    data.heads.resize(static_cast<std::size_t>(shape.value_heads));
    for (std::size_t h = 0; h < shape.heads.size(); ++h) {
        const auto values = spectrum(h);
        data.heads[static_cast<std::size_t>(shape.heads[h])].assign(values.begin(), values.end());
    }
    return data;
}

}  // namespace

HeadPlace placeOf(const CaptureData& capture, int layer, int head) {
    HeadPlace place;
    place.layer = capture.captured(layer);
    if (place.layer >= 0) place.head = capture.capturedHead(static_cast<std::size_t>(place.layer), head);
    return place;
}

int keyHeadOf(const CaptureLayer& layer, int valueHead) {
    const std::int64_t group =
        std::max<std::int64_t>(1, layer.value_heads / std::max<std::int64_t>(1, layer.key_heads));
    return static_cast<int>(valueHead / group);
}

std::vector<std::int32_t> rowChannels(const CaptureData& capture, const HeadPlace& place) {
    if (!place.isCaptured()) return {};
    const CaptureLayer& shape = layerOf(capture, static_cast<std::size_t>(place.layer));
    const int keyHead = keyHeadOf(shape, shape.heads[static_cast<std::size_t>(place.head)]);
    const auto found = std::ranges::find(shape.captured_key_heads, keyHead);
    const auto first = (found - shape.captured_key_heads.begin()) * shape.key_dim;
    if (found == shape.captured_key_heads.end() || first + shape.key_dim > std::ssize(shape.channels))
        return {};
    return {shape.channels.begin() + first, shape.channels.begin() + first + shape.key_dim};
}

std::vector<std::int32_t> keptRows(const CaptureData& capture, const HeadPlace& place,
                                   const KeptChannels& kept) {
    const std::vector<std::int32_t> channels = rowChannels(capture, place);
    if (channels.empty()) return {};
    const CaptureLayer& shape = layerOf(capture, static_cast<std::size_t>(place.layer));
    const auto keyHead =
        static_cast<std::size_t>(keyHeadOf(shape, shape.heads[static_cast<std::size_t>(place.head)]));
    if (keyHead >= kept.size()) return {};
    std::vector<std::int32_t> rows;
    for (std::size_t row = 0; row < channels.size(); ++row) {
        if (std::ranges::binary_search(kept[keyHead], channels[row]))
            rows.push_back(static_cast<std::int32_t>(row));
    }
    return rows;
}

std::size_t positionOfState(const CaptureLayout& layout, int state) {
    const std::int64_t token = layout.state_positions[static_cast<std::size_t>(state)];
    return static_cast<std::size_t>(std::ranges::lower_bound(layout.positions, token)
                                    - layout.positions.begin());
}

SpectrumData meanSpectra(const CaptureData& capture, std::size_t layer) {
    return spectraOf(capture, layer, [&](std::size_t head) { return capture.meanSpectrum(layer, head); });
}

SpectrumData spectraAt(const CaptureData& capture, std::size_t layer, std::int64_t window,
                       std::size_t position) {
    return spectraOf(capture, layer,
                     [&](std::size_t head) { return capture.spectrum(layer, window, position, head); });
}

RankOverTokensData ranksOverTokens(const CaptureData& capture, std::size_t layer, std::int64_t window,
                                   const QString& metric) {
    RankOverTokensData data;
    const CaptureLayer& shape = layerOf(capture, layer);
    data.layer = static_cast<int>(shape.index);
    data.metric = rankTitle(metric);
    data.positions.assign(capture.layout.positions.begin(), capture.layout.positions.end());
    data.tokens = static_cast<int>(capture.layout.window_tokens);
    if (metric != QLatin1String("rank_utilisation") && metric.startsWith(QLatin1String("rank_")))
        data.limit = static_cast<double>(shape.rank_limit());
    data.ranks.assign(static_cast<std::size_t>(shape.value_heads),
                      std::vector<float>(data.positions.size(), kNaN));
    const std::string name = metric.toStdString();
    for (std::size_t h = 0; h < shape.heads.size(); ++h) {
        std::vector<float>& line = data.ranks[static_cast<std::size_t>(shape.heads[h])];
        for (std::size_t p = 0; p < line.size(); ++p)
            line[p] = capture.metric(name, layer, window, p, h);
    }
    return data;
}

QString capturedRank(const CaptureData& capture, const QString& wanted) {
    const QString stable = QStringLiteral("rank_stable");
    return !capture.hasMetric(wanted.toStdString()) && capture.hasMetric(stable.toStdString()) ? stable
                                                                                               : wanted;
}

std::vector<std::vector<float>> meanRanks(const CaptureData& capture, const QString& metric,
                                          const std::vector<int>& valueHeads) {
    std::vector<std::vector<float>> ranks;
    for (std::size_t layer = 0; layer < valueHeads.size(); ++layer) {
        ranks.emplace_back(static_cast<std::size_t>(valueHeads[layer]), kNaN);
        for (int head = 0; head < valueHeads[layer]; ++head) {
            const HeadPlace place = placeOf(capture, static_cast<int>(layer), head);
            if (!place.isCaptured()) continue;
            ranks.back()[static_cast<std::size_t>(head)] = static_cast<float>(
                capture
                    .metricSummary(metric.toStdString(), static_cast<std::size_t>(place.layer),
                                   static_cast<std::size_t>(place.head))
                    .mean);
        }
    }
    return ranks;
}

std::vector<std::vector<float>> ranksAt(const CaptureData& capture, const QString& metric,
                                        const std::vector<int>& valueHeads, std::size_t position) {
    std::vector<std::vector<float>> ranks;
    const std::string name = metric.toStdString();
    for (std::size_t layer = 0; layer < valueHeads.size(); ++layer) {
        ranks.emplace_back(static_cast<std::size_t>(valueHeads[layer]), kNaN);
        for (int head = 0; head < valueHeads[layer]; ++head) {
            const HeadPlace place = placeOf(capture, static_cast<int>(layer), head);
            if (!place.isCaptured() || capture.windows < 1) continue;
            double sum = 0;
            for (std::int64_t window = 0; window < capture.windows; ++window)
                sum += capture.metric(name, static_cast<std::size_t>(place.layer), window, position,
                                      static_cast<std::size_t>(place.head));
            ranks.back()[static_cast<std::size_t>(head)] =
                static_cast<float>(sum / static_cast<double>(capture.windows));
        }
    }
    return ranks;
}

QStringList rankNames() {
    QStringList names;
    for (const RankMetric& metric : rank_metrics_table()) {
        const QString name =
            QString::fromUtf8(metric.name.data(), static_cast<qsizetype>(metric.name.size()));
        if (name.startsWith(QLatin1String("rank_"))) names.append(name);
    }
    return names;
}

QString rankTitle(const QString& name) {
    static const std::pair<const char*, const char*> kTitles[] = {
        {"rank_stable", QT_TRANSLATE_NOOP("Rank", "stable rank")},
        {"rank_utilisation", QT_TRANSLATE_NOOP("Rank", "utilisation")},
        {"rank_entropy", QT_TRANSLATE_NOOP("Rank", "entropy rank")},
        {"rank_energy", QT_TRANSLATE_NOOP("Rank", "energy entropy rank")},
        {"rank_participation", QT_TRANSLATE_NOOP("Rank", "participation rank")},
        {"rank_threshold", QT_TRANSLATE_NOOP("Rank", "threshold rank at 10⁻⁴")},
        {"rank_at_99", QT_TRANSLATE_NOOP("Rank", "k at 99 % energy")},
        {"norm_frobenius", QT_TRANSLATE_NOOP("Rank", "Frobenius norm")},
        {"norm_spectral", QT_TRANSLATE_NOOP("Rank", "spectral norm")},
    };
    for (const auto& [key, title] : kTitles) {
        if (name == QLatin1String(key)) return QCoreApplication::translate("Rank", title);
    }
    return name;
}

}  // namespace rankscope::gui
