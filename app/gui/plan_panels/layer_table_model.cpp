// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/plan_panels/layer_table_model.hpp"

#include "app/gui/data/state_source.hpp"
#include "app/gui/document/document.hpp"
#include "app/gui/document/selection.hpp"
#include "app/gui/theme/number_text.hpp"

#include <algorithm>
#include <cmath>

namespace rankscope::gui {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

const LayerChoice* choiceOf(const PlanChoice* plan, int layer) {
    if (plan == nullptr) return nullptr;
    const auto found = std::ranges::find(plan->layers, layer, &LayerChoice::index);
    return found == plan->layers.end() ? nullptr : &*found;
}

// One number of decimals in the whole column, so that it can be read down; the tooltip knows more.
QString deltaText(double delta, double scale) {
    const int decimals = scale < 1 ? 3 : 2;
    const double least = decimals == 3 ? 0.001 : 0.01;
    if (!std::isfinite(delta) || delta == 0 || std::abs(delta) >= least)
        return number_text::signedFixed(delta, decimals);
    const QString limit = QString::number(least);
    return delta > 0 ? QLatin1Char('<') + limit : QLatin1Char('>') + QString(number_text::kMinus) + limit;
}

QVariant known(double value) {
    return std::isfinite(value) ? QVariant(value) : QVariant();
}

}  // namespace

LayerTableModel::LayerTableModel(const Workspace& workspace, QObject* parent)
    : QAbstractTableModel(parent), workspace_(workspace) {
    const Document& document = workspace_.document;
    connect(&document, &Document::modelChanged, this, &LayerTableModel::readModel);
    connect(&document, &Document::planChanged, this, &LayerTableModel::readPlan);
    connect(&document, &Document::dragChanged, this, [this](bool dragging) {
        if (!dragging) readDeltaScale();
    });
    connect(&document, &Document::scoresChanged, this, [this] {
        readEnergy();
        readHands();
    });
    connect(&document, &Document::resultChanged, this, [this](const QString& key) {
        if (key.isEmpty()) readDelta();
    });
    connect(&document, &Document::noiseChanged, this, &LayerTableModel::readMetric);
    connect(&document, &Document::pointsChanged, this, [this] {
        if (compare_) allChanged();
    });
    connect(&workspace_.selection, &Selection::metricChanged, this, &LayerTableModel::readMetric);
    const auto captureChanged = [this] {
        readMetric();
        readEnergy();
    };
    connect(&workspace_.states, &StateSource::opened, this, captureChanged);
    connect(&workspace_.states, &StateSource::closed, this, captureChanged);
    readModel();
}

int LayerTableModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

int LayerTableModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : kLayerColumns;
}

int LayerTableModel::rowOf(int layer) const {
    return layer >= 0 && layer < std::ssize(rows_) ? layer : -1;
}

void LayerTableModel::readModel() {
    beginResetModel();
    rows_.clear();
    const Document& document = workspace_.document;
    if (document.hasModel()) {
        int number = 0;
        for (const LayerConfig& config : document.config().layers) {
            LayerRow row;
            row.layer = number++;
            row.config = config;
            if (const LayerChoice* choice = document.layerChoice(row.layer)) row.choice = *choice;
            row.byHand = document.isByHand(row.choice);
            rows_.push_back(std::move(row));
        }
    }
    for (LayerRow& row : rows_) {
        if (!row.hasState()) continue;
        row.energy = keptEnergy(workspace_, row.choice);
        fillDelta(row);
    }
    readDeltaScale();
    endResetModel();
    readMetric();
}

void LayerTableModel::readPlan() {
    bool methods = false;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
        LayerRow& row = rows_[i];
        const LayerChoice* choice = workspace_.document.layerChoice(row.layer);
        if (choice == nullptr || *choice == row.choice) continue;
        const bool onlyLock = choice->kept == row.choice.kept && choice->method == row.choice.method
                              && choice->by_hand == row.choice.by_hand;
        const QString before = methodText(row);
        row.choice = *choice;
        row.byHand = workspace_.document.isByHand(row.choice);
        methods = methods || methodText(row) != before;
        if (!onlyLock) {
            row.energy = keptEnergy(workspace_, row.choice);
            fillDelta(row);
        }
        changed(static_cast<int>(i));
    }
    if (methods) Q_EMIT needsChanged();
    if (!workspace_.document.isDragging()) readDeltaScale();
}

void LayerTableModel::readMetric() {
    const QString metric = workspace_.selection.metric();
    low_ = high_ = kNaN;
    for (LayerRow& row : rows_) {
        if (!row.hasState()) continue;
        row.heads = headMetrics(workspace_, metric, row.layer, row.config.value_heads);
        for (const std::optional<float>& value : row.heads) {
            if (!value || !std::isfinite(*value)) continue;
            low_ = std::isnan(low_) ? *value : std::min<double>(low_, *value);
            high_ = std::isnan(high_) ? *value : std::max<double>(high_, *value);
        }
    }
    allChanged();
    Q_EMIT scaleChanged();
}

void LayerTableModel::readEnergy() {
    for (std::size_t i = 0; i < rows_.size(); ++i) {
        LayerRow& row = rows_[i];
        if (!row.hasState()) continue;
        const double before = row.energy;
        row.energy = keptEnergy(workspace_, row.choice);
        if (before != row.energy && !(std::isnan(before) && std::isnan(row.energy)))
            changed(static_cast<int>(i));
    }
}

// What a plan file calls a method's turns out to be so, or not, when the scores are here.
void LayerTableModel::readHands() {
    bool methods = false;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
        LayerRow& row = rows_[i];
        if (workspace_.document.isByHand(row.choice) == row.byHand) continue;
        row.byHand = !row.byHand;
        methods = true;
        changed(static_cast<int>(i));
    }
    if (methods) Q_EMIT needsChanged();
}

void LayerTableModel::fillDelta(LayerRow& row) const {
    const Document& document = workspace_.document;
    row.deltaNll = row.deltaPpl = kNaN;
    if (!hasSweep()) return;
    const std::optional<double> delta = document.layerDelta(row.choice);
    if (!delta) return;
    row.deltaNll = *delta;
    if (document.fullQuality()) row.deltaPpl = document.fullQuality()->perplexity * std::expm1(*delta);
}

void LayerTableModel::readDelta() {
    for (LayerRow& row : rows_) {
        if (row.hasState()) fillDelta(row);
    }
    readDeltaScale();
    allChanged();
    Q_EMIT needsChanged();
}

void LayerTableModel::readDeltaScale() {
    double scale = 0;
    for (const LayerRow& row : rows_) {
        if (std::isfinite(row.deltaPpl)) scale = std::max(scale, std::abs(row.deltaPpl));
    }
    if (scale == deltaScale_) return;
    deltaScale_ = scale;
    allChanged();
}

void LayerTableModel::changed(int row) {
    Q_EMIT dataChanged(index(row, 0), index(row, kLayerColumns - 1));
}

void LayerTableModel::allChanged() {
    if (!rows_.empty()) Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, kLayerColumns - 1));
}

bool LayerTableModel::hasSweep() const {
    return !workspace_.document.layerSweep().empty();
}

int LayerTableModel::mostHeads() const {
    std::int64_t most = 0;
    for (const LayerRow& row : rows_) {
        if (row.hasState()) most = std::max(most, row.config.value_heads);
    }
    return static_cast<int>(most);
}

std::int64_t LayerTableModel::widestKeyDim() const {
    std::int64_t widest = 1;
    for (const LayerRow& row : rows_) {
        if (row.hasState()) widest = std::max(widest, row.config.key_dim);
    }
    return widest;
}

void LayerTableModel::setCompare(bool compare) {
    if (compare == compare_) return;
    compare_ = compare;
    Q_EMIT headerDataChanged(Qt::Horizontal, 0, kLayerColumns - 1);
    allChanged();
    Q_EMIT needsChanged();
}

const PlanChoice* LayerTableModel::compared(bool a) const {
    const Document& document = workspace_.document;
    const DocumentState& state = document.state();
    if (const SavedPlan* pinned = document.point(a ? state.pinA : state.pinB)) return &pinned->choice;
    if (!a) return &document.plan();
    return state.points.empty() ? nullptr : &state.points.back().choice;
}

const LayerChoice* LayerTableModel::comparedChoice(bool a, int layer) const {
    return choiceOf(compared(a), layer);
}

const LayerChoice* LayerTableModel::hoveredChoice(int layer) const {
    const SavedPlan* point = workspace_.document.point(workspace_.selection.hover().point);
    return point == nullptr ? nullptr : choiceOf(&point->choice, layer);
}

QString LayerTableModel::text(const LayerRow& row, LayerColumn column) const {
    if (!row.hasState()) {
        if (column == LayerColumn::Layer) return QString::number(row.layer);
        return column == LayerColumn::Kept ? tr("attention, no state") : QString();
    }
    switch (column) {
        case LayerColumn::Layer:
            return QString::number(row.layer);
        case LayerColumn::Kept:
            if (compare_) {
                const LayerChoice* a = comparedChoice(true, row.layer);
                const LayerChoice* b = comparedChoice(false, row.layer);
                const auto number = [](const LayerChoice* choice) {
                    return choice == nullptr ? QString(number_text::kUnknown) : QString::number(choice->kept);
                };
                return QStringLiteral("%1 | %2").arg(number(a), number(b));
            }
            return number_text::keptOf(static_cast<int>(row.choice.kept),
                                       static_cast<int>(row.choice.key_dim));
        case LayerColumn::Method:
            return methodText(row);
        case LayerColumn::Energy:
            return number_text::percent(row.energy);
        case LayerColumn::Delta:
            return deltaText(row.deltaPpl, deltaScale_);
        case LayerColumn::State:
            return number_text::significant(row.stateBytes() / 1024, row.stateBytes() >= 1000 * 1024 ? 4 : 3);
        case LayerColumn::Lock:
            return row.choice.locked ? tr("locked") : QString();
        case LayerColumn::Heads:
            break;
    }
    return {};
}

QString LayerTableModel::toolTip(const LayerRow& row, LayerColumn column) const {
    switch (column) {
        case LayerColumn::Layer:
        case LayerColumn::Heads:
            return layerToolTip(row);
        case LayerColumn::Kept:
            return keptToolTip(row);
        case LayerColumn::Method:
            return row.hasState() ? tr("%1: who chooses the kept channels. Click for another method (M)")
                                        .arg(methodText(row))
                                  : layerToolTip(row);
        case LayerColumn::Energy:
            return energyToolTip(row);
        case LayerColumn::Delta:
            return deltaToolTip(row, workspace_.document);
        case LayerColumn::State:
            return stateToolTip(row);
        case LayerColumn::Lock:
            if (!row.hasState()) return {};
            return row.choice.locked
                       ? tr("Locked: Set, presets and budgets leave this layer alone (K unlocks)")
                       : tr("Lock this layer: Set, presets and budgets leave it alone (K)");
    }
    return {};
}

QVariant LayerTableModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= rowCount()) return {};
    const LayerRow& row = this->row(index.row());
    const auto column = static_cast<LayerColumn>(index.column());
    switch (role) {
        case Qt::DisplayRole:
            return text(row, column);
        case Qt::ToolTipRole:
            return toolTip(row, column);
        case Qt::AccessibleTextRole: {
            if (column == LayerColumn::Kept || column == LayerColumn::Layer || !row.hasState())
                return spokenText(row);
            if (column == LayerColumn::Heads) {
                QStringList values;
                for (const std::optional<float>& value : row.heads)
                    values << (value ? metricText(workspace_.selection.metric(), *value)
                                     : tr("not captured"));
                return tr("%1 of the heads of layer %2: %3")
                    .arg(colorMetric(workspace_.selection.metric()).title)
                    .arg(row.layer)
                    .arg(values.join(QStringLiteral(", ")));
            }
            if (column == LayerColumn::Lock) return row.choice.locked ? tr("locked") : tr("not locked");
            const QString title = headerData(index.column(), Qt::Horizontal, Qt::DisplayRole).toString();
            return QStringLiteral("%1 %2").arg(title, text(row, column));
        }
        default:
            return {};
    }
}

QVariant LayerTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal) return {};
    if (role != Qt::DisplayRole && role != Qt::ToolTipRole && role != Qt::AccessibleTextRole) return {};
    const bool tip = role == Qt::ToolTipRole;
    switch (static_cast<LayerColumn>(section)) {
        case LayerColumn::Layer:
            return tip ? tr("Click: select. Ctrl and Shift: several layers for Set") : tr("Layer");
        case LayerColumn::Heads:
            return tip ? tr(
                       "One cell per value head, coloured by the metric above. Double-click: one state of "
                       "that head")
                       : tr("Heads");
        case LayerColumn::Kept:
            if (compare_) return tip ? tr("Kept channels of the plans A and B") : tr("Kept K′: A / B");
            return tip ? tr(
                       "Key and query channels this layer keeps per head. Ratio removed = 1 − K′/K\n"
                       "Long ticks: widths that are full wins for the kernels")
                       : tr("Kept channels K′");
        case LayerColumn::Method:
            return tip ? tr("Who chooses the kept channels (M)") : tr("Method");
        case LayerColumn::Energy:
            return tip ? tr("Share of ‖S‖² in the kept key channels: Σ_kept ‖S[c,:]‖² / ‖S‖_F²")
                       : tr("Energy");
        case LayerColumn::Delta:
            return tip ? tr(
                       "The rise if only this layer were pruned as it is now. Layers interact: the sum is an "
                       "estimate\n"
                       "Click: Sweep every layer alone")
                       : tr("Δ ppl alone");
        case LayerColumn::State:
            return tip ? tr("Recurrent state of the layer, one sequence: value heads · K′ · V · 4 bytes")
                       : tr("State, KiB");
        case LayerColumn::Lock:
            return tip                              ? tr("Locked layers ignore Set, presets and budgets")
                   : role == Qt::AccessibleTextRole ? tr("Lock")
                                                    : QString();
    }
    return {};
}

ColumnTable LayerTableModel::table() const {
    ColumnTable table;
    const QString metric = workspace_.selection.metric();
    table.columns = {{tr("Layer"), {}, {}},
                     {tr("K′"), {}, {}},
                     {tr("K"), {}, {}},
                     {tr("Method"), {}, {}},
                     {tr("Energy"), {}, number_text::percent},
                     {tr("Δ nll alone"), {}, {}},
                     {tr("Δ ppl alone"), {}, {}},
                     {tr("State"), tr("bytes"), {}},
                     {tr("Locked"), {}, {}}};
    const int heads = mostHeads();
    for (int head = 0; head < heads; ++head) {
        table.columns.append({tr("%1, head %2").arg(colorMetric(metric).title).arg(head),
                              {},
                              [metric](double value) { return metricText(metric, value); }});
    }
    for (const LayerRow& row : rows_) {
        QList<QVariant> cells{row.layer};
        if (row.hasState()) {
            cells << static_cast<int>(row.choice.kept) << static_cast<int>(row.choice.key_dim)
                  << methodText(row) << known(row.energy) << known(row.deltaNll) << known(row.deltaPpl)
                  << row.stateBytes() << (row.choice.locked ? tr("yes") : tr("no"));
        } else {
            cells << QVariant() << QVariant() << tr("attention, no state") << QVariant() << QVariant()
                  << QVariant() << 0 << QVariant();
        }
        for (std::size_t head = 0; head < static_cast<std::size_t>(heads); ++head) {
            const bool here = head < row.heads.size() && row.heads[head].has_value();
            cells << (here ? known(*row.heads[head]) : QVariant());
        }
        table.rows << cells;
    }
    return table;
}

}  // namespace rankscope::gui
