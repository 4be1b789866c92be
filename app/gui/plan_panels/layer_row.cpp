// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/plan_panels/layer_row.hpp"

#include "app/gui/data/state_source.hpp"
#include "app/gui/document/document.hpp"
#include "app/gui/document/mixer_title.hpp"
#include "app/gui/document/workspace.hpp"
#include "app/gui/plan_panels/presets.hpp"
#include "app/gui/theme/method.hpp"
#include "app/gui/theme/number_text.hpp"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>

namespace rankscope::gui {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

QString tr(const char* text, int n = -1) {
    return QCoreApplication::translate("LayerTable", text, nullptr, n);
}

}  // namespace

const std::vector<ColorMetric>& colorMetrics() {
    static const std::vector<ColorMetric> metrics{
        {QStringLiteral("rank_stable"), tr("Stable rank"),
         tr("‖S‖_F² / ‖S‖₂². The paper calls this effective rank")},
        {QStringLiteral("rank_entropy"), tr("Entropy rank"),
         tr("exp(−Σ pᵢ ln pᵢ), pᵢ = σᵢ / Σσ (Roy and Vetterli)")},
        {QStringLiteral("rank_at_99"), tr("k at 99 % energy"),
         tr("Fewest directions that hold 99 % of ‖S‖²")},
        {QStringLiteral("rank_utilisation"), tr("Utilisation"),
         tr("stable rank / min(K, V). Rises when K shrinks even if the rank does not")},
        {QStringLiteral("norm_frobenius"), tr("Frobenius norm"), tr("‖S‖_F = (Σσᵢ²)^½")},
        {QStringLiteral("sensitivity"), tr("Sensitivity"),
         tr("How much the head amplifies an error in its keys and queries")},
    };
    return metrics;
}

const ColorMetric& colorMetric(const QString& name) {
    const auto& metrics = colorMetrics();
    const auto found = std::ranges::find(metrics, name, &ColorMetric::name);
    return found == metrics.end() ? metrics.front() : *found;
}

QString metricText(const QString& metric, double value) {
    if (metric == QLatin1String("rank_utilisation")) return number_text::utilisation(value);
    if (metric == QLatin1String("norm_frobenius") || metric == QLatin1String("sensitivity"))
        return number_text::significant(value, 3);
    return number_text::rank(value);
}

std::vector<std::optional<float>> headMetrics(const Workspace& workspace, const QString& metric, int layer,
                                              std::int64_t valueHeads) {
    std::vector<std::optional<float>> values(static_cast<std::size_t>(std::max<std::int64_t>(0, valueHeads)));
    if (metric == QLatin1String("sensitivity")) {
        if (!workspace.document.noise()) return values;
        for (const SessionNoise::Head& head : workspace.document.noise()->heads) {
            if (head.layer == layer && head.head >= 0 && head.head < valueHeads)
                values[static_cast<std::size_t>(head.head)] = static_cast<float>(head.amplification);
        }
        return values;
    }
    const CaptureData* capture = workspace.states.capture().get();
    const int captured = capture == nullptr ? -1 : capture->captured(layer);
    if (captured < 0) return values;
    const std::string name = metric.toStdString();
    // Not captured is not the same as not a number.
    if (!capture->hasMetric(name)) return values;
    for (std::size_t head = 0; head < values.size(); ++head) {
        const int place = capture->capturedHead(static_cast<std::size_t>(captured), static_cast<int>(head));
        if (place < 0) continue;
        values[head] = static_cast<float>(
            capture->metricSummary(name, static_cast<std::size_t>(captured), static_cast<std::size_t>(place))
                .mean);
    }
    return values;
}

double keptEnergy(const Workspace& workspace, const LayerChoice& choice) {
    const CaptureData* capture = workspace.states.capture().get();
    const int captured = capture == nullptr ? -1 : capture->captured(static_cast<int>(choice.index));
    if (captured < 0) return kNaN;
    const std::optional<KeptChannels> kept = workspace.document.keptChannels(choice);
    if (!kept) return kNaN;
    const auto layer = static_cast<std::size_t>(captured);
    const CaptureLayer& shape = capture->layout.layers[layer];
    const std::int64_t group =
        std::max<std::int64_t>(1, shape.value_heads / std::max<std::int64_t>(1, shape.key_heads));
    double sum = 0;
    int count = 0;
    for (std::size_t head = 0; head < shape.heads.size(); ++head) {
        const auto keyHead = static_cast<std::int32_t>(shape.heads[head] / group);
        const auto place =
            std::ranges::find(shape.captured_key_heads, keyHead) - shape.captured_key_heads.begin();
        const std::int64_t first = place * shape.key_dim;
        if (keyHead >= std::ssize(*kept) || first + shape.key_dim > std::ssize(shape.channels)) continue;
        std::vector<char> stays(static_cast<std::size_t>(choice.key_dim), 0);
        for (const std::int32_t channel : (*kept)[static_cast<std::size_t>(keyHead)]) {
            if (channel >= 0 && channel < choice.key_dim) stays[static_cast<std::size_t>(channel)] = 1;
        }
        std::vector<std::int32_t> rows;
        for (std::int64_t row = 0; row < shape.key_dim; ++row) {
            const std::int32_t channel = shape.channels[static_cast<std::size_t>(first + row)];
            if (channel >= 0 && channel < choice.key_dim && stays[static_cast<std::size_t>(channel)] != 0)
                rows.push_back(static_cast<std::int32_t>(row));
        }
        const double share = capture->keptEnergy(layer, head, rows);
        if (std::isnan(share)) continue;
        sum += share;
        ++count;
    }
    return count > 0 ? sum / count : kNaN;
}

QString methodTitle(const std::string& key) {
    if (key.empty()) return tr("Keep all");
    const std::optional<Method> method = methodOfKey(QString::fromStdString(key));
    return method ? methodName(*method) : QString::fromStdString(key);
}

QString methodText(const LayerRow& row) {
    return row.byHand ? tr("by hand") : methodTitle(row.choice.method);
}

QString spokenText(const LayerRow& row) {
    if (!row.hasState()) return tr("Layer %1, attention, no state").arg(row.layer);
    QStringList parts{tr("Layer %1").arg(row.layer),
                      tr("keeps %1 of %2 channels").arg(row.choice.kept).arg(row.choice.key_dim),
                      methodText(row)};
    if (!std::isnan(row.energy)) {
        QString share = number_text::percent(row.energy);
        share.chop(2);
        parts << tr("energy %1 percent").arg(share);
    }
    if (row.choice.locked) parts << tr("locked");
    return parts.join(QStringLiteral(", "));
}

QString layerToolTip(const LayerRow& row) {
    const LayerConfig& c = row.config;
    if (!row.hasState())
        return tr("Layer %1: softmax attention, %2 heads. It has no recurrent state")
            .arg(row.layer)
            .arg(c.key_heads);
    return tr("Layer %1: %2\n%3 key heads, %4 value heads, K = %5, V = %6")
        .arg(row.layer)
        .arg(mixerTitle(c.mixer))
        .arg(c.key_heads)
        .arg(c.value_heads)
        .arg(c.key_dim)
        .arg(c.value_dim);
}

QString keptToolTip(const LayerRow& row) {
    if (!row.hasState()) return layerToolTip(row);
    const LayerChoice& choice = row.choice;
    const double removed = 1 - static_cast<double>(choice.kept) / static_cast<double>(choice.key_dim);
    QString text =
        tr("Key and query channels this layer keeps per head.\nRatio removed = 1 − K′/K = 1 − %1/%2 = %3")
            .arg(choice.kept)
            .arg(choice.key_dim)
            .arg(number_text::percent(removed));
    const std::int64_t cost = kernelCost(choice.kept, choice.key_dim);
    text += QLatin1Char('\n');
    if (choice.kept < choice.key_dim && cost > choice.kept) {
        text += tr("K′ = %1 saves state, but costs the time of %2 in the chunk kernel")
                    .arg(choice.kept)
                    .arg(cost);
    } else if (choice.kept < choice.key_dim) {
        text += tr("K′ = %1 is a full win for the kernels").arg(choice.kept);
    } else {
        text += tr("Drag, click or type a number; Shift for single channels");
    }
    if (choice.locked) text += QLatin1Char('\n') + tr("Locked: Set, presets and budgets leave it alone");
    return text;
}

QString energyToolTip(const LayerRow& row) {
    if (!row.hasState()) return layerToolTip(row);
    if (std::isnan(row.energy))
        return tr("Share of ‖S‖² in the kept key channels: needs a capture of this layer and channel scores");
    return tr("Share of ‖S‖² in the kept key channels:\nΣ_kept ‖S[c,:]‖² / ‖S‖_F² = %1\nMean over heads, "
              "windows and captured positions")
        .arg(number_text::percent(row.energy));
}

QString deltaToolTip(const LayerRow& row, const Document& document) {
    if (!row.hasState()) return layerToolTip(row);
    const QString what =
        tr("The rise if only this layer were pruned as it is now. Layers interact: the sum is an estimate");
    if (std::isnan(row.deltaNll) || !document.fullQuality())
        return what + QLatin1Char('\n')
               + tr("Not known: needs a sweep of every layer alone (click on the column's title)");
    return what + QLatin1Char('\n')
           + tr("ppl_full · (exp Δnll − 1) = %1 · (exp %2 − 1) = %3")
                 .arg(number_text::perplexity(document.fullQuality()->perplexity),
                      number_text::significant(row.deltaNll, 3), number_text::signedFixed(row.deltaPpl, 3));
}

QString stateToolTip(const LayerRow& row) {
    if (!row.hasState()) return layerToolTip(row);
    return tr("Recurrent state of this layer, one sequence:\nvalue heads · K′ · V · 4 bytes = %1 · %2 · %3 · "
              "4 = %4 bytes")
        .arg(row.config.value_heads)
        .arg(row.choice.kept)
        .arg(row.config.value_dim)
        .arg(number_text::integer(static_cast<qint64>(row.stateBytes())));
}

QString keptStep(int layer, std::int64_t before, std::int64_t kept) {
    return tr("Layer %1: K′ %2 → %3").arg(layer).arg(before).arg(kept);
}

QString dragReadout(int layer, std::int64_t before, std::int64_t kept, int snap) {
    return tr("Dragging layer %1: K′ %2 → %3 · snaps to multiples of %4, Shift for single channels · Esc "
              "puts it back")
        .arg(layer)
        .arg(before)
        .arg(kept)
        .arg(snap);
}

QString layersText(const Document& document, const std::vector<int>& layers) {
    if (layers.size() == 1) return tr("Layer %1").arg(layers.front());
    if (layers.size() == document.plan().layers.size()) return tr("All layers");
    return tr("%n layers", static_cast<int>(layers.size()));
}

}  // namespace rankscope::gui
