// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/layer_panels/layer_texts.hpp"

#include "app/gui/document/document.hpp"
#include "app/gui/document/mixer_title.hpp"
#include "app/gui/theme/number_text.hpp"

#include <QCoreApplication>
#include <QFileInfo>

#include <algorithm>
#include <cmath>

namespace rankscope::gui {
namespace {

QString tr(const char* text) {
    return QCoreApplication::translate("LayerPanel", text);
}

const LayerConfig* configOf(const Document& document, int layer) {
    if (!document.hasModel() || layer < 0 || layer >= std::ssize(document.config().layers)) return nullptr;
    return &document.config().layers[static_cast<std::size_t>(layer)];
}

// "0–3, 6": what is there, as short as it goes.
QString ranges(const std::vector<std::int64_t>& numbers) {
    QStringList parts;
    for (std::size_t i = 0; i < numbers.size();) {
        std::size_t end = i;
        while (end + 1 < numbers.size() && numbers[end + 1] == numbers[end] + 1)
            ++end;
        parts.append(end == i ? QString::number(numbers[i])
                              : QStringLiteral("%1–%2").arg(numbers[i]).arg(numbers[end]));
        i = end + 1;
    }
    return parts.join(QStringLiteral(", "));
}

QString twoDecimals(double share) {
    return number_text::fixed(100 * share, 2) + QStringLiteral(" %");
}

Readout rankReadout(const CaptureData& capture, const HeadPlace& place, const char* metric,
                    const QString& label, const QString& formula) {
    const CaptureData::Summary summary = capture.metricSummary(metric, static_cast<std::size_t>(place.layer),
                                                               static_cast<std::size_t>(place.head));
    Readout readout;
    readout.label = label;
    readout.value = number_text::rank(summary.mean);
    readout.unit = std::isfinite(summary.sd) ? number_text::plusMinus(summary.sd, 1) : QString();
    readout.toolTip = formula + QLatin1Char('\n')
                      + (std::isfinite(summary.sd) ? tr("Mean over all windows and captured positions; ± is "
                                                        "the standard deviation over %1 windows")
                                                         .arg(capture.windows)
                                                   : tr("Mean over the captured positions of one window"));
    readout.topic = QString::fromLatin1(metric);
    return readout;
}

}  // namespace

QString layerSubtitle(const Document& document, const CaptureData* capture, int layer, int head) {
    QStringList parts;
    if (const LayerConfig* config = configOf(document, layer)) {
        parts.append(mixerTitle(config->mixer));
        if (config->prunable()) {
            parts.append(
                config->value_heads == config->key_heads
                    ? tr("head %1").arg(head)
                    : tr("head %1 (key head %2)")
                          .arg(head)
                          .arg(head / std::max<std::int64_t>(1, config->value_heads / config->key_heads)));
        }
    }
    if (capture != nullptr)
        parts.append(tr("capture %1").arg(QFileInfo(QString::fromStdString(capture->path)).fileName()));
    return parts.join(QStringLiteral(" · "));
}

EmptyReason whyNoSpectrum(const Document& document, const CaptureData* capture, int layer, int head) {
    const LayerConfig* config = configOf(document, layer);
    if (config == nullptr) return {tr("No model is open"), {}};
    if (!config->prunable())
        return {tr("Layer %1 is softmax attention: it has no recurrent state").arg(layer), {}};
    if (capture == nullptr) return {tr("This model has no captured states yet"), tr("Capture…")};
    const HeadPlace place = placeOf(*capture, layer, head);
    if (place.layer < 0) {
        std::vector<std::int64_t> captured;
        for (const CaptureLayer& each : capture->layout.layers)
            captured.push_back(each.index);
        return {captured.size() == 1 ? tr("Layer %1 was captured").arg(ranges(captured))
                                     : tr("Layers %1 were captured").arg(ranges(captured)),
                tr("Capture layer %1…").arg(layer)};
    }
    if (place.head < 0) {
        const CaptureLayer& shape = capture->layout.layers[static_cast<std::size_t>(place.layer)];
        const std::vector<std::int64_t> heads(shape.heads.begin(), shape.heads.end());
        return {heads.size() == 1 ? tr("Of layer %1, head %2 was captured").arg(layer).arg(ranges(heads))
                                  : tr("Of layer %1, heads %2 were captured").arg(layer).arg(ranges(heads)),
                tr("Capture layer %1…").arg(layer)};
    }
    if (capture->windows < 1) return {tr("This capture has no finished window yet"), {}};
    if (!capture->layout.spectra)
        return {capture->layout.ranks ? tr("This capture holds ranks without singular values")
                                      : tr("This capture was made without singular values"),
                tr("Capture layer %1…").arg(layer), capture->layout.ranks};
    return {};
}

QList<Readout> layerReadouts(const Document& document, const CaptureData* capture, const HeadPlace& place,
                             int layer, const std::vector<std::int32_t>& rows) {
    const LayerChoice* choice = document.layerChoice(layer);
    if (choice == nullptr) return {};
    QList<Readout> readouts;
    const double removed =
        1
        - static_cast<double>(choice->kept) / static_cast<double>(std::max<std::int64_t>(1, choice->key_dim));
    readouts.append(
        {tr("K′ kept"), QString::number(choice->kept), tr("of %1").arg(choice->key_dim),
         tr("Key and query channels this layer keeps per head.\nRatio removed = 1 − K′/K = 1 − %1/%2 = %3")
             .arg(choice->kept)
             .arg(choice->key_dim)
             .arg(number_text::percent(removed)),
         QStringLiteral("kept_channels")});
    if (capture == nullptr || !place.isCaptured() || capture->windows < 1) return readouts;
    const auto l = static_cast<std::size_t>(place.layer);
    const auto h = static_cast<std::size_t>(place.head);
    // What needs singular values or energies is left out where the capture has none.
    const bool energies = !capture->layers[l].channelShare.empty();
    // Before the scores are here nobody knows which rows.
    const double kept = rows.empty() ? std::nan("") : capture->keptEnergy(l, h, rows);
    if (energies) {
        readouts.append(
            {tr("kept rows hold"), number_text::percent(kept), std::isnan(kept) ? QString() : tr("of ‖S‖²"),
             tr("Share of ‖S‖² in the kept key channels of this head:\nΣ_kept ‖S[c,:]‖² / ‖S‖_F² = "
                "%1\nMean over all windows and captured positions")
                 .arg(number_text::percent(kept)),
             QStringLiteral("kept_energy")});
    }
    if (capture->layout.spectra) {
        const double best = capture->bestDirections(l, h, choice->kept);
        readouts.append(
            {tr("best %1 directions").arg(choice->kept),
             std::isnan(best) ? QString(number_text::kUnknown) : twoDecimals(best),
             std::isnan(best) ? QString() : tr("bound"),
             tr("Share the first K′ singular directions hold:\nΣ_{i≤%1} σᵢ² / Σσᵢ² = %2\nNo choice "
                "of %1 channels "
                "can hold more")
                 .arg(choice->kept)
                 .arg(twoDecimals(best)),
             QStringLiteral("best_directions")});
    }
    const auto rank = [&](const char* metric, const QString& label, const QString& formula) {
        if (capture->hasMetric(metric)) readouts.append(rankReadout(*capture, place, metric, label, formula));
    };
    rank("rank_stable", tr("stable rank"), tr("‖S‖_F² / ‖S‖₂². The paper calls this effective rank"));
    rank("rank_entropy", tr("entropy rank"), tr("exp(−Σ pᵢ ln pᵢ), pᵢ = σᵢ / Σσ (Roy and Vetterli)"));
    return readouts;
}

QString dragText(int layer, int before, int kept, int snap) {
    return tr("Dragging layer %1: K′ %2 → %3 · snaps to multiples of %4, Shift for single channels · Esc "
              "puts it back")
        .arg(layer)
        .arg(before)
        .arg(kept)
        .arg(snap);
}

QString stepText(int layer, int before, int kept) {
    return tr("Layer %1: K′ %2 → %3").arg(layer).arg(before).arg(kept);
}

}  // namespace rankscope::gui
