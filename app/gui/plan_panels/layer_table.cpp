// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/plan_panels/layer_table.hpp"

#include "app/gui/document/document.hpp"
#include "app/gui/document/selection.hpp"
#include "app/gui/plan_panels/flat_header.hpp"
#include "app/gui/plan_panels/kept_editor.hpp"
#include "app/gui/plan_panels/layer_table_model.hpp"
#include "app/gui/plan_panels/presets.hpp"
#include "app/gui/theme/fonts.hpp"
#include "app/gui/theme/number_text.hpp"
#include "app/gui/widgets/explain_topic.hpp"

#include <QApplication>
#include <QFontMetricsF>
#include <QMenu>
#include <QMouseEvent>
#include <QScrollBar>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace rankscope::gui {
namespace {

constexpr int kMostRows = 26;  // without scrolling
constexpr int kLeastRows = 4;
constexpr double kGrip = 8;  // around the handle, units

double unit() {
    return designUnit(QApplication::font());
}

}  // namespace

LayerTable::LayerTable(const Workspace& workspace, LayerTableModel& model, QWidget* parent)
    : QTableView(parent),
      workspace_(workspace),
      model_(model),
      shownLayer_(workspace.selection.layer()),
      shownLayers_(workspace.selection.layers()) {
    header_ = new FlatHeader(this);
    setHorizontalHeader(header_);
    header_->setSectionsClickable(true);
    setModel(&model);
    delegate_ = new LayerDelegate(model_, workspace_.selection, state_, this);
    setItemDelegate(delegate_);
    editor_ = new KeptEditor(viewport());
    setAccessibleName(tr("Layers: kept channels and methods"));
    setFrameShape(QFrame::NoFrame);
    setShowGrid(false);
    setSelectionMode(QAbstractItemView::NoSelection);
    setEditTriggers(QAbstractItemView::NoEditTriggers);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    setTabKeyNavigation(false);
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    viewport()->setMouseTracking(true);
    verticalHeader()->hide();
    verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);

    connect(editor_, &KeptEditor::committed, this, &LayerTable::commitKept);
    connect(header_, &QHeaderView::sectionClicked, this, [this](int column) {
        if (static_cast<LayerColumn>(column) == LayerColumn::Delta) Q_EMIT sweepRequested();
    });
    connect(&model_, &LayerTableModel::needsChanged, this, [this] {
        // Nothing moves under a slider that is held.
        if (!drag_) arrange();
    });
    connect(&model_, &QAbstractItemModel::modelReset, this, [this] {
        drag_.reset();
        editor_->close();
        arrange();
        updateGeometry();
    });
    connect(&workspace_.selection, &Selection::layerChanged, this, &LayerTable::layerChanged);
    connect(&workspace_.selection, &Selection::headChanged, this,
            [this] { updateRow(model_.rowOf(workspace_.selection.layer())); });
    connect(&workspace_.selection, &Selection::hoverChanged, this, &LayerTable::hoverChanged);
    connect(&workspace_.document, &Document::dragChanged, this, [this](bool dragging) {
        // The line in a spectrum is another handle of the same slider.
        const int before = state_.dragRow;
        state_.dragRow = !dragging ? -1 : drag_ ? drag_->row : model_.rowOf(workspace_.selection.layer());
        updateRow(before);
        updateRow(state_.dragRow);
    });
    showTopic(LayerColumn::Kept);
    applyTheme(*theme_);
    arrange();
}

LayerTable::~LayerTable() = default;

void LayerTable::applyTheme(const Theme& theme) {
    theme_ = &theme;
    delegate_->setTheme(theme);
    header_->applyTheme(theme);
    editor_->applyTheme(theme);
    QPalette palette = this->palette();
    palette.setColor(QPalette::Base, theme.color(Role::Panel));
    setPalette(palette);
    viewport()->update();
}

ColumnNeeds LayerTable::needs() const {
    const QFontMetricsF body(scaledFont(QApplication::font(), TextRole::Body));
    QFont strongFont = scaledFont(QApplication::font(), TextRole::Body);
    strongFont.setWeight(QFont::DemiBold);
    const QFontMetricsF strong(strongFont);
    const QFontMetricsF title(scaledFont(QApplication::font(), TextRole::Label));
    const auto titleWidth = [&](LayerColumn column) {
        return title.horizontalAdvance(
            model_.headerData(static_cast<int>(column), Qt::Horizontal).toString());
    };
    ColumnNeeds needs;
    needs.unit = unit();
    needs.layer = std::max(titleWidth(LayerColumn::Layer),
                           strong.horizontalAdvance(QString::number(model_.rowCount())));
    const auto widest = static_cast<int>(model_.widestKeyDim());
    const QString digits = QString::number(widest);
    needs.keptNumber = model_.isCompare() ? strong.horizontalAdvance(QStringLiteral("%1 | %1").arg(digits))
                                          : strong.horizontalAdvance(digits)
                                                + body.horizontalAdvance(QStringLiteral(" / ") + digits);
    needs.methodName =
        std::max(titleWidth(LayerColumn::Method) - 16 * unit(), body.horizontalAdvance(methodTitle("drrqr")));
    needs.energy =
        std::max(titleWidth(LayerColumn::Energy), body.horizontalAdvance(QStringLiteral("99.99 %")));
    needs.delta = body.horizontalAdvance(QStringLiteral("+0.000"));
    needs.state = titleWidth(LayerColumn::State);
    for (const LayerRow& row : model_.rows()) {
        if (!row.hasState()) continue;
        needs.methodName = std::max(needs.methodName, body.horizontalAdvance(methodText(row)));
        const auto width = [&](LayerColumn column) {
            return body.horizontalAdvance(
                model_.index(row.layer, static_cast<int>(column)).data().toString());
        };
        needs.delta = std::max(needs.delta, width(LayerColumn::Delta));
        needs.state = std::max(needs.state, width(LayerColumn::State));
    }
    needs.delta = std::max(needs.delta, titleWidth(LayerColumn::Delta) - 30 * unit());
    needs.heads = model_.mostHeads();
    return needs;
}

void LayerTable::arrange() {
    const double u = unit();
    const ColumnNeeds needed = needs();
    state_.keptNumber = needed.keptNumber;
    state_.columns = columnLayout(viewport()->width(), needed);
    for (int column = 0; column < kLayerColumns; ++column) {
        const int width = state_.columns.width[static_cast<std::size_t>(column)];
        setColumnHidden(column, width <= 0);
        if (width > 0) setColumnWidth(column, width);
    }
    const auto at = [](LayerColumn column) { return static_cast<int>(column); };
    header_->setRightAligned(at(LayerColumn::Layer), qRound(9 * u));
    header_->setTitleShown(at(LayerColumn::Method), state_.columns.methodNames);
    for (const LayerColumn column : {LayerColumn::Energy, LayerColumn::Delta, LayerColumn::State})
        header_->setRightAligned(at(column), qRound(9 * u));
    header_->setClickableTitle(at(LayerColumn::Delta), !model_.hasSweep());
    header_->setFixedHeight(qRound(26 * u));
    const double room = (height() - header_->height()) / u;
    const int rowHeight = qRound(u * layerRowHeight(model_.rowCount(), room));
    // The minimum first: it wins over the default.
    verticalHeader()->setMinimumSectionSize(rowHeight);
    verticalHeader()->setDefaultSectionSize(rowHeight);
    header_->viewport()->update();
    viewport()->update();
}

QSize LayerTable::sizeHint() const {
    const double u = unit();
    const int rows = std::min(kMostRows, model_.rowCount());
    return {qRound(340 * u), qRound((26 + rows * layerRowHeight(model_.rowCount(), 1e9)) * u)};
}

QSize LayerTable::minimumSizeHint() const {
    const double u = unit();
    return {qRound(300 * u), qRound((26 + std::min(kLeastRows, std::max(1, model_.rowCount())) * 21) * u)};
}

QRect LayerTable::cellOf(int row, LayerColumn column) const {
    return visualRect(model_.index(row, static_cast<int>(column)));
}

KeptTrack LayerTable::trackOf(int row) const {
    return keptTrack(QRectF(cellOf(row, LayerColumn::Kept)), model_.row(row).choice.key_dim,
                     state_.keptNumber, unit());
}

HeadCells LayerTable::headsOf(int row) const {
    return headCells(QRectF(cellOf(row, LayerColumn::Heads)), static_cast<int>(model_.row(row).heads.size()),
                     state_.columns, unit());
}

const LayerChoice* LayerTable::current() const {
    return workspace_.document.layerChoice(workspace_.selection.layer());
}

std::set<int> LayerTable::meant(int layer) const {
    const std::set<int>& selected = workspace_.selection.layers();
    return selected.contains(layer) ? selected : std::set<int>{layer};
}

// --- painting of what changed ---

void LayerTable::updateRow(int row) {
    if (row < 0 || row >= model_.rowCount()) return;
    const int top = rowViewportPosition(row);
    viewport()->update(QRect(0, top, viewport()->width(), rowHeight(row)));
}

void LayerTable::dataChanged(const QModelIndex& topLeft, const QModelIndex& bottomRight,
                             const QList<int>& roles) {
    // The base would paint the whole table for more than one cell.
    if (topLeft.isValid() && topLeft.row() == bottomRight.row()) {
        updateRow(topLeft.row());
        return;
    }
    QTableView::dataChanged(topLeft, bottomRight, roles);
}

void LayerTable::layerChanged() {
    const Selection& selection = workspace_.selection;
    updateRow(model_.rowOf(shownLayer_));
    for (const int layer : shownLayers_)
        updateRow(model_.rowOf(layer));
    for (const int layer : selection.layers())
        updateRow(model_.rowOf(layer));
    shownLayer_ = selection.layer();
    shownLayers_ = selection.layers();
    const int row = model_.rowOf(shownLayer_);
    if (row < 0) return;
    const QModelIndex index = model_.index(row, static_cast<int>(LayerColumn::Kept));
    selectionModel()->setCurrentIndex(index, QItemSelectionModel::NoUpdate);
    scrollTo(index);
}

void LayerTable::hoverChanged(const Hover& before) {
    const Hover& now = workspace_.selection.hover();
    if (before.point != now.point) {
        // Ghost marks in every row.
        viewport()->update();
        return;
    }
    updateRow(model_.rowOf(before.layer));
    if (now.layer != before.layer) updateRow(model_.rowOf(now.layer));
}

// --- the drag ---

void LayerTable::startDrag(int row, double x, bool single) {
    const LayerChoice& choice = model_.row(row).choice;
    const KeptTrack kept = trackOf(row);
    const double handle = kept.x(static_cast<double>(choice.kept));
    Drag drag{row, workspace_.document.plan(), choice.kept, 0, x};
    // Taken at its handle the slider does not jump; elsewhere the handle comes to the pointer.
    const bool gripped = std::abs(x - handle) <= kGrip * unit();
    if (gripped) drag.grip = handle - x;
    drag_ = drag;
    state_.dragRow = row;
    updateRow(row);
    viewport()->setCursor(Qt::SplitHCursor);
    Q_EMIT readoutChanged(
        dragReadout(model_.row(row).layer, choice.kept, choice.kept, snapStep(choice.key_dim)));
    if (!gripped) moveDrag(x, single);
}

void LayerTable::moveDrag(double x, bool single) {
    drag_->moved = x;
    const LayerRow& row = model_.row(drag_->row);
    const std::int64_t keyDim = row.choice.key_dim;
    const std::int64_t kept = trackOf(drag_->row).kept(x + drag_->grip, single);
    if (kept == row.choice.kept) return;
    workspace_.document.dragTo(workspace_.document.withKept(row.layer, kept, fallback_));
    Q_EMIT readoutChanged(dragReadout(row.layer, drag_->keptBefore, kept, snapStep(keyDim)));
}

void LayerTable::endDrag(bool keep) {
    if (!drag_) return;
    const Drag drag = *drag_;
    drag_.reset();
    state_.dragRow = -1;
    updateRow(drag.row);
    Q_EMIT readoutChanged({});
    Document& document = workspace_.document;
    if (!document.isDragging()) return;
    const LayerChoice* now = document.layerChoice(model_.row(drag.row).layer);
    if (keep && now != nullptr && document.plan() != document.state().plan) {
        document.finishDrag(keptStep(model_.row(drag.row).layer, drag.keptBefore, now->kept));
    } else {
        document.cancelDrag();
    }
    arrange();
}

// --- mouse ---

void LayerTable::mousePressEvent(QMouseEvent* event) {
    const QModelIndex index = indexAt(event->position().toPoint());
    setFocus(Qt::MouseFocusReason);
    if (state_.focusRing) {
        state_.focusRing = false;
        updateRow(model_.rowOf(workspace_.selection.layer()));
    }
    if (!index.isValid() || drag_) return;
    if (event->button() == Qt::LeftButton)
        pressCell(event, index.row(), static_cast<LayerColumn>(index.column()));
    if (event->button() == Qt::RightButton
        && !workspace_.selection.layers().contains(model_.row(index.row()).layer))
        workspace_.selection.setLayer(model_.row(index.row()).layer);
}

void LayerTable::pressCell(QMouseEvent* event, int row, LayerColumn column) {
    const LayerRow& data = model_.row(row);
    const Qt::KeyboardModifiers modifiers = event->modifiers();
    const double x = event->position().x();
    const bool several = modifiers.testFlag(Qt::ControlModifier);
    if (data.hasState() && !several) {
        if (column == LayerColumn::Kept) {
            const KeptTrack kept = trackOf(row);
            // The whole height of the row, and a little beyond both ends.
            if (x >= kept.track.left() - kGrip * unit() && x <= kept.track.right() + kGrip * unit()) {
                if (!workspace_.selection.layers().contains(data.layer)
                    || workspace_.selection.layer() != data.layer)
                    workspace_.selection.setLayer(data.layer);
                startDrag(row, x, modifiers.testFlag(Qt::ShiftModifier));
                return;
            }
        }
        if (!modifiers.testFlag(Qt::ShiftModifier)) {
            const int head = column == LayerColumn::Heads ? headsOf(row).at(event->position()) : -1;
            if (head >= 0) {
                workspace_.selection.setLayerAndHead(data.layer, head);
                return;
            }
            if (column == LayerColumn::Method) {
                if (!workspace_.selection.layers().contains(data.layer))
                    workspace_.selection.setLayer(data.layer);
                methodMenu(row, viewport()->mapToGlobal(cellOf(row, column).bottomLeft()));
                return;
            }
            if (column == LayerColumn::Lock) {
                lockLayers({data.layer}, !data.choice.locked);
                return;
            }
        }
    }
    selectByMouse(row, modifiers);
}

void LayerTable::selectByMouse(int row, Qt::KeyboardModifiers modifiers) {
    Selection& selection = workspace_.selection;
    const LayerRow& data = model_.row(row);
    std::set<int> layers = selection.layers();
    if (modifiers.testFlag(Qt::ControlModifier) && data.hasState()) {
        if (layers.contains(data.layer) && layers.size() > 1) {
            layers.erase(data.layer);
            selection.setLayers(data.layer == selection.layer() ? *layers.begin() : selection.layer(),
                                layers);
        } else {
            layers.insert(data.layer);
            selection.setLayers(data.layer, layers);
        }
    } else if (modifiers.testFlag(Qt::ShiftModifier)) {
        layers.clear();
        const int from = std::min(selection.layer(), data.layer);
        const int to = std::max(selection.layer(), data.layer);
        for (int layer = from; layer <= to; ++layer) {
            if (model_.row(layer).hasState()) layers.insert(layer);
        }
        selection.setLayers(selection.layer(), layers);
    } else {
        selection.setLayer(data.layer);
    }
}

void LayerTable::mouseMoveEvent(QMouseEvent* event) {
    if (drag_) {
        moveDrag(event->position().x(), event->modifiers().testFlag(Qt::ShiftModifier));
        return;
    }
    hoverAt(event->position().toPoint());
    showCursor(event->position().toPoint());
}

void LayerTable::mouseReleaseEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton) return;
    endDrag(true);
    showCursor(event->position().toPoint());
}

void LayerTable::mouseDoubleClickEvent(QMouseEvent* event) {
    const QModelIndex index = indexAt(event->position().toPoint());
    if (!index.isValid() || event->button() != Qt::LeftButton || !model_.row(index.row()).hasState()) return;
    const LayerRow& row = model_.row(index.row());
    const auto column = static_cast<LayerColumn>(index.column());
    if (column == LayerColumn::Heads) {
        const HeadCells cells = headsOf(index.row());
        const int head = cells.at(event->position());
        if (head < 0 && !cells.strip) return;
        if (head >= 0) workspace_.selection.setLayerAndHead(row.layer, head);
        workspace_.selection.setLevel(Selection::Level::State);
        return;
    }
    if (column == LayerColumn::Kept
        && event->position().x() > trackOf(index.row()).track.right() + kGrip * unit()) {
        workspace_.selection.setLayer(row.layer);
        editKept();
        return;
    }
    // The second press of two quick ones is a press as well: on a slider, a lock, a row.
    pressCell(event, index.row(), column);
}

void LayerTable::hoverAt(const QPoint& position) {
    const QModelIndex index = indexAt(position);
    if (!index.isValid()) {
        if (ownHover_) workspace_.selection.setHover({});
        ownHover_ = false;
        return;
    }
    Hover hover;
    hover.layer = model_.row(index.row()).layer;
    if (static_cast<LayerColumn>(index.column()) == LayerColumn::Heads && model_.row(index.row()).hasState())
        hover.head = headsOf(index.row()).at(position);
    ownHover_ = true;
    workspace_.selection.setHover(hover);
    showTopic(static_cast<LayerColumn>(index.column()));
}

// The card speaks of the selected layer.
void LayerTable::showTopic(LayerColumn column) {
    QString topic;
    switch (column) {
        case LayerColumn::Heads:
            topic = workspace_.selection.metric();
            break;
        case LayerColumn::Energy:
            topic = QStringLiteral("kept_energy");
            break;
        case LayerColumn::Delta:
            topic = QStringLiteral("layer_delta");
            break;
        case LayerColumn::State:
            topic = QStringLiteral("state");
            break;
        default:
            topic = QStringLiteral("kept_channels");
    }
    setExplainTopic(this, topic);
}

void LayerTable::showCursor(const QPoint& position) {
    const QModelIndex index = indexAt(position);
    Qt::CursorShape shape = Qt::ArrowCursor;
    if (index.isValid() && model_.row(index.row()).hasState()) {
        const auto column = static_cast<LayerColumn>(index.column());
        if (column == LayerColumn::Kept) {
            const KeptTrack kept = trackOf(index.row());
            if (position.x() <= kept.track.right() + kGrip * unit()) shape = Qt::SplitHCursor;
        } else if (column == LayerColumn::Method || column == LayerColumn::Lock) {
            shape = Qt::PointingHandCursor;
        }
    }
    viewport()->setCursor(shape);
}

void LayerTable::leaveEvent(QEvent* event) {
    QTableView::leaveEvent(event);
    showTopic(LayerColumn::Kept);
    if (!ownHover_) return;
    ownHover_ = false;
    workspace_.selection.setHover({});
}

QString LayerTable::toolTipAt(const QPoint& position) const {
    const QModelIndex index = indexAt(position);
    if (!index.isValid()) return {};
    const LayerRow& row = model_.row(index.row());
    if (static_cast<LayerColumn>(index.column()) == LayerColumn::Heads && row.hasState()) {
        const ColorMetric& metric = colorMetric(workspace_.selection.metric());
        const auto value = [&](int head) {
            const std::optional<float>& number = row.heads[static_cast<std::size_t>(head)];
            return number ? metricText(metric.name, *number) : tr("not captured");
        };
        const HeadCells cells = headsOf(index.row());
        const int head = cells.at(position);
        if (head >= 0)
            return tr("Layer %1, head %2\n%3 %4\n%5\nMean over windows and captured positions")
                .arg(row.layer)
                .arg(head)
                .arg(metric.title, value(head), metric.formula);
        if (cells.strip) {
            QStringList all;
            for (int h = 0; h < cells.count; ++h)
                all << value(h);
            return tr("Layer %1: %2 of its %3 heads\n%4")
                .arg(row.layer)
                .arg(metric.title)
                .arg(cells.count)
                .arg(all.join(QStringLiteral("  ")));
        }
    }
    return index.data(Qt::ToolTipRole).toString();
}

}  // namespace rankscope::gui
