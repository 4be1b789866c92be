// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/checkpoint/model_config.hpp"
#include "core/session/saved_session.hpp"

#include <QString>

#include <limits>
#include <optional>
#include <vector>

namespace rankscope::gui {

struct CaptureData;
class Document;
struct Workspace;

/// What the layer table shows of one layer.
struct LayerRow {
    int layer = 0;
    LayerConfig config;
    LayerChoice choice;   ///< empty for attention layers
    bool byHand = false;  ///< other channels than the method's, as far as is known
    std::vector<std::optional<float>>
        heads;  ///< [value head] the metric; nothing: not captured, NaN: captured, no number
    double energy = std::numeric_limits<double>::quiet_NaN();    ///< share of ‖S‖² in the kept rows
    double deltaNll = std::numeric_limits<double>::quiet_NaN();  ///< this layer pruned alone as now
    double deltaPpl = std::numeric_limits<double>::quiet_NaN();

    [[nodiscard]] bool hasState() const { return config.prunable(); }

    [[nodiscard]] bool isPruned() const {
        return hasState() && !choice.method.empty() && choice.kept < choice.key_dim;
    }

    /// Bytes of this layer's state under the choice.
    [[nodiscard]] double stateBytes() const {
        return static_cast<double>(config.value_heads * choice.kept * config.value_dim * 4);
    }
};

/// Colours of the head cells: a metric of the captured states or "sensitivity", the amplification of errors
/// by the head.
struct ColorMetric {
    QString name;   ///< as Selection::metric()
    QString title;  ///< "Stable rank"
    QString formula;
};

/// What the Colour box offers, the default first.
[[nodiscard]] const std::vector<ColorMetric>& colorMetrics();
[[nodiscard]] const ColorMetric& colorMetric(const QString& name);
/// A number of that metric for people.
[[nodiscard]] QString metricText(const QString& metric, double value);

/// The metric of every value head of a layer: means over windows and captured positions.
[[nodiscard]] std::vector<std::optional<float>> headMetrics(const Workspace& workspace, const QString& metric,
                                                            int layer, std::int64_t valueHeads);

/// Share of ‖S‖² in the rows that a layer keeps, mean over its captured heads; NaN without capture or scores.
[[nodiscard]] double keptEnergy(const Workspace& workspace, const LayerChoice& choice);

/// The method's name, "Keep all" or "by hand" after it.
[[nodiscard]] QString methodText(const LayerRow& row);
/// "Layer 3, keeps 40 of 64 channels, DRRQR, energy 99.1 percent".
[[nodiscard]] QString spokenText(const LayerRow& row);
[[nodiscard]] QString layerToolTip(const LayerRow& row);
[[nodiscard]] QString keptToolTip(const LayerRow& row);
[[nodiscard]] QString energyToolTip(const LayerRow& row);
[[nodiscard]] QString deltaToolTip(const LayerRow& row, const Document& document);
[[nodiscard]] QString stateToolTip(const LayerRow& row);

// Steps of the history and words of the status bar.
[[nodiscard]] QString keptStep(int layer, std::int64_t before, std::int64_t kept);
[[nodiscard]] QString dragReadout(int layer, std::int64_t before, std::int64_t kept, int snap);
/// "Layer 3", "3 layers", "All layers": who is meant in a step.
[[nodiscard]] QString layersText(const Document& document, const std::vector<int>& layers);
/// "DRRQR", or "Keep all" for an empty key.
[[nodiscard]] QString methodTitle(const std::string& key);

}  // namespace rankscope::gui
