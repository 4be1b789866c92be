// SPDX-License-Identifier: GPL-3.0-or-later
// Keyboard, menus and edits of the layer table.
#include "app/gui/document/document.hpp"
#include "app/gui/document/selection.hpp"
#include "app/gui/plan_panels/kept_editor.hpp"
#include "app/gui/plan_panels/layer_table.hpp"
#include "app/gui/plan_panels/layer_table_model.hpp"
#include "app/gui/plan_panels/method_menu.hpp"
#include "app/gui/plan_panels/presets.hpp"
#include "app/gui/theme/fonts.hpp"

#include <QApplication>
#include <QClipboard>
#include <QContextMenuEvent>
#include <QDateTime>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QMenu>
#include <QToolTip>

#include <algorithm>

namespace rankscope::gui {
namespace {

constexpr qint64 kSameStepMs = 2000;
constexpr int kKeyStepIds = 0x20000;  // merge ids of this table

bool isPlain(const QKeyEvent& event) {
    return !(event.modifiers() & (Qt::ControlModifier | Qt::AltModifier | Qt::MetaModifier));
}

// Keys that the table takes before the window's shortcuts do.
bool isOwnKey(const QKeyEvent& event, bool dragging) {
    if (event.key() == Qt::Key_Escape) return dragging;
    if (!isPlain(event)) return false;
    switch (event.key()) {
        case Qt::Key_Up:
        case Qt::Key_Down:
        case Qt::Key_Left:
        case Qt::Key_Right:
        case Qt::Key_Plus:
        case Qt::Key_Minus:
        case Qt::Key_Home:
        case Qt::Key_End:
            return true;
        default:
            return event.key() >= Qt::Key_0 && event.key() <= Qt::Key_9;
    }
}

}  // namespace

bool LayerTable::viewportEvent(QEvent* event) {
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        const QString text = toolTipAt(help->pos());
        if (!text.isEmpty() && !drag_) QToolTip::showText(help->globalPos(), text, viewport());
        return true;
    }
    return QTableView::viewportEvent(event);
}

bool LayerTable::event(QEvent* event) {
    if (event->type() == QEvent::ShortcutOverride
        && isOwnKey(*static_cast<QKeyEvent*>(event), drag_.has_value())) {
        event->accept();
        return true;
    }
    return QTableView::event(event);
}

void LayerTable::keyPressEvent(QKeyEvent* event) {
    if (drag_) {
        if (event->key() == Qt::Key_Escape) endDrag(false);
        if (event->key() == Qt::Key_Shift) moveDrag(drag_->moved, true);
        return;
    }
    if (!state_.focusRing && event->key() != Qt::Key_Shift && event->key() != Qt::Key_Control) {
        state_.focusRing = true;
        updateRow(model_.rowOf(workspace_.selection.layer()));
    }
    const bool shift = event->modifiers().testFlag(Qt::ShiftModifier);
    if (!isPlain(*event)) {
        if (event->matches(QKeySequence::SelectAll)) {
            selectAllLayers();
        } else if (event->matches(QKeySequence::Copy)) {
            copyRow(model_.rowOf(workspace_.selection.layer()));
        } else {
            event->ignore();
        }
        return;
    }
    switch (event->key()) {
        case Qt::Key_Up:
            stepLayer(-1);
            return;
        case Qt::Key_Down:
            stepLayer(1);
            return;
        case Qt::Key_Home:
            stepLayer(-model_.rowCount());
            return;
        case Qt::Key_End:
            stepLayer(model_.rowCount());
            return;
        case Qt::Key_Left:
            stepHead(-1);
            return;
        case Qt::Key_Right:
            stepHead(1);
            return;
        case Qt::Key_Minus:
        case Qt::Key_Underscore:
            stepKeptBy(-1, shift);
            return;
        case Qt::Key_Plus:
        case Qt::Key_Equal:
            // Where + itself needs Shift, its key alone (=) is the large step.
            stepKeptBy(1, shift);
            return;
        case Qt::Key_Asterisk:
            stepKeptBy(1, true);
            return;
        case Qt::Key_R:
            Q_EMIT ratioRequested();
            return;
        case Qt::Key_M:
            askMethod();
            return;
        case Qt::Key_K:
            toggleLock();
            return;
        case Qt::Key_F2:
            editKept();
            return;
        default:
            break;
    }
    if (event->key() >= Qt::Key_0 && event->key() <= Qt::Key_9) {
        editKept(event->text());
        return;
    }
    // Enter, Space and the rest are the window's.
    event->ignore();
}

void LayerTable::stepLayer(int steps) {
    if (model_.rowCount() == 0) return;
    workspace_.selection.setLayer(std::clamp(workspace_.selection.layer() + steps, 0, model_.rowCount() - 1));
}

void LayerTable::stepHead(int steps) {
    const int row = model_.rowOf(workspace_.selection.layer());
    if (row < 0 || !model_.row(row).hasState()) return;
    const auto heads = static_cast<int>(model_.row(row).config.value_heads);
    workspace_.selection.setHead(std::clamp(workspace_.selection.head() + steps, 0, heads - 1));
}

void LayerTable::stepKept(int steps) {
    stepKeptBy(steps, false);
}

void LayerTable::stepKeptSingle(int steps) {
    stepKeptBy(steps, true);
}

void LayerTable::stepKeptBy(int steps, bool single) {
    const LayerChoice* choice = current();
    if (choice == nullptr || drag_) return;
    const auto layer = static_cast<int>(choice->index);
    const std::int64_t before = choice->kept;
    const std::int64_t kept = steppedKept(before, choice->key_dim, steps, single);
    if (kept == before) return;
    Document& document = workspace_.document;
    const qint64 now = QDateTime::currentMSecsSinceEpoch();
    const bool same = keySteps_.layer == layer && keySteps_.index == document.undoStack()->index()
                      && now - keySteps_.time < kSameStepMs;
    if (!same) {
        ++keySteps_.id;
        keySteps_.layer = layer;
        keySteps_.before = before;
    }
    keySteps_.time = now;
    document.setPlan(keptStep(layer, keySteps_.before, kept), document.withKept(layer, kept, fallback_),
                     kKeyStepIds + keySteps_.id);
    keySteps_.index = document.undoStack()->index();
    Q_EMIT readoutChanged(tr("Layer %1: K′ %2 → %3").arg(layer).arg(keySteps_.before).arg(kept));
}

void LayerTable::editKept(const QString& text) {
    const LayerChoice* choice = current();
    if (choice == nullptr || drag_) return;
    const int row = model_.rowOf(static_cast<int>(choice->index));
    const QModelIndex index = model_.index(row, static_cast<int>(LayerColumn::Kept));
    scrollTo(index);
    const QRect cell = visualRect(index);
    const QRectF number = trackOf(row).number;
    const double u = designUnit(QApplication::font());
    const int height = std::min(cell.height(), qRound(24 * u));
    const int width = std::max(qRound(number.width() + 12 * u), qRound(56 * u));
    const QRect place(qRound(number.right() + 6 * u) - width, cell.center().y() - height / 2, width, height);
    editor_->open(static_cast<int>(choice->index), choice->key_dim, place,
                  text.isEmpty() ? QString::number(choice->kept) : text, text.isEmpty());
}

void LayerTable::commitKept(int layer, std::int64_t kept) {
    const LayerChoice* choice = workspace_.document.layerChoice(layer);
    if (choice == nullptr || choice->kept == kept) return;
    workspace_.document.setPlan(keptStep(layer, choice->kept, kept),
                                workspace_.document.withKept(layer, kept, fallback_));
}

void LayerTable::askMethod() {
    const int row = model_.rowOf(workspace_.selection.layer());
    if (row < 0 || !model_.row(row).hasState()) return;
    methodMenu(row, viewport()->mapToGlobal(cellOf(row, LayerColumn::Method).bottomLeft()));
}

void LayerTable::methodMenu(int row, const QPoint& global) {
    auto* menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->setAccessibleName(tr("Method of layer %1").arg(model_.row(row).layer));
    fillMethods(*menu, model_.row(row).layer);
    menu->popup(global);
}

void LayerTable::fillMethods(QMenu& menu, int layer) {
    const LayerChoice* choice = workspace_.document.layerChoice(layer);
    if (choice != nullptr)
        fillMethodMenu(menu, *theme_, choice->method, [this](const std::string& key) { setMethod(key); });
}

void LayerTable::setMethod(const std::string& method) {
    Document& document = workspace_.document;
    const Selection& selection = workspace_.selection;
    PlanChoice plan = document.plan();
    std::vector<int> layers;
    std::set<std::string> before;
    const std::set<int>& selected = selection.layers();
    for (LayerChoice& layer : plan.layers) {
        // The row that was asked changes although it is locked: the lock is against changes of many.
        if (!selected.contains(static_cast<int>(layer.index)) || (layer.locked && selected.size() > 1))
            continue;
        layers.push_back(static_cast<int>(layer.index));
        before.insert(layer.method);
        layer.method = method;
        layer.by_hand.clear();
        if (method.empty()) layer.kept = layer.key_dim;
    }
    if (layers.empty()) return;
    const QString who = layersText(document, layers);
    document.setPlan(
        before.size() == 1
            ? tr("%1: method %2 → %3").arg(who, methodTitle(*before.begin()), methodTitle(method))
            : tr("%1: method %2").arg(who, methodTitle(method)),
        std::move(plan));
}

void LayerTable::toggleLock() {
    const LayerChoice* choice = current();
    if (choice != nullptr) lockLayers(meant(static_cast<int>(choice->index)), !choice->locked);
}

void LayerTable::lockLayers(const std::set<int>& layers, bool lock) {
    Document& document = workspace_.document;
    const QString who = layersText(document, {layers.begin(), layers.end()});
    document.setPlan(lock ? tr("%1: locked").arg(who) : tr("%1: unlocked").arg(who),
                     lockedPlan(document.plan(), layers, lock));
}

void LayerTable::selectAllLayers() {
    std::set<int> all;
    for (const LayerRow& row : model_.rows()) {
        if (row.hasState()) all.insert(row.layer);
    }
    if (all.empty()) return;
    const int layer = workspace_.selection.layer();
    workspace_.selection.setLayers(all.contains(layer) ? layer : *all.begin(), all);
}

void LayerTable::copyTo(int layer, const std::string& which) {
    std::set<int> targets;
    for (const LayerRow& row : model_.rows()) {
        if (!row.hasState() || row.layer == layer) continue;
        if (which == "all" || (which == "above" && row.layer < layer)
            || (which == "below" && row.layer > layer))
            targets.insert(row.layer);
    }
    const QString label = which == "all"     ? tr("Layer %1 copied to all layers")
                          : which == "above" ? tr("Layer %1 copied to the layers above")
                                             : tr("Layer %1 copied to the layers below");
    workspace_.document.setPlan(label.arg(layer), copiedPlan(workspace_.document.plan(), layer, targets));
}

void LayerTable::copyRow(int row) const {
    if (row < 0) return;
    ColumnTable table = model_.table();
    table.rows = {table.rows[row]};
    QApplication::clipboard()->setText(table.toTsv());
}

void LayerTable::fillContextMenu(QMenu& menu, int layer) {
    const int row = model_.rowOf(layer);
    const LayerRow& data = model_.row(row);
    Document& document = workspace_.document;
    const std::set<int> layers = meant(layer);
    const QString who = layersText(document, {layers.begin(), layers.end()});
    if (data.hasState()) {
        menu.addAction(tr("Set ratio of %1…").arg(who), this, &LayerTable::ratioRequested);
        menu.addAction(tr("Type K′…"), this, [this] { editKept(); });
        fillMethods(*menu.addMenu(tr("Method")), layer);
        menu.addAction(data.choice.locked ? tr("Unlock") : tr("Lock"), this, &LayerTable::toggleLock);
        QMenu* copy = menu.addMenu(tr("Copy settings to"));
        copy->addAction(tr("All unlocked layers"), this, [this, layer] { copyTo(layer, "all"); });
        copy->addAction(tr("Layers above"), this, [this, layer] { copyTo(layer, "above"); })
            ->setEnabled(layer > 0);
        copy->addAction(tr("Layers below"), this, [this, layer] { copyTo(layer, "below"); })
            ->setEnabled(layer + 1 < model_.rowCount());
        menu.addAction(tr("Keep all channels"), this, [this, layers, who] {
            workspace_.document.setPlan(tr("%1: reset").arg(who),
                                        resetPlan(workspace_.document.plan(), layers));
        });
        menu.addSeparator();
    }
    menu.addAction(tr("Copy row"), this, [this, row] { copyRow(row); });
    if (data.hasState()) {
        menu.addAction(tr("Open state level"), this, [this, layer] {
            workspace_.selection.setLayer(layer);
            workspace_.selection.setLevel(Selection::Level::State);
        });
    }
}

void LayerTable::contextMenuEvent(QContextMenuEvent* event) {
    int row = model_.rowOf(workspace_.selection.layer());
    QPoint global = event->globalPos();
    if (event->reason() == QContextMenuEvent::Mouse) {
        const QModelIndex index = indexAt(event->pos());
        if (!index.isValid()) return;
        row = index.row();
    } else if (row >= 0) {
        global = viewport()->mapToGlobal(cellOf(row, LayerColumn::Kept).bottomLeft());
    }
    if (row < 0 || drag_) return;
    auto* menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    fillContextMenu(*menu, model_.row(row).layer);
    menu->popup(global);
}

void LayerTable::resizeEvent(QResizeEvent* event) {
    QTableView::resizeEvent(event);
    arrange();
}

void LayerTable::changeEvent(QEvent* event) {
    QTableView::changeEvent(event);
    if (event->type() == QEvent::FontChange && header_ != nullptr) {
        arrange();
        updateGeometry();
    }
}

void LayerTable::focusInEvent(QFocusEvent* event) {
    QTableView::focusInEvent(event);
    const Qt::FocusReason reason = event->reason();
    if (reason == Qt::TabFocusReason || reason == Qt::BacktabFocusReason || reason == Qt::ShortcutFocusReason)
        state_.focusRing = true;
    updateRow(model_.rowOf(workspace_.selection.layer()));
}

void LayerTable::focusOutEvent(QFocusEvent* event) {
    QTableView::focusOutEvent(event);
    state_.focusRing = false;
    // Who leaves in the middle of a drag (another window came up) has not let go on purpose.
    if (event->reason() != Qt::PopupFocusReason) endDrag(false);
    updateRow(model_.rowOf(workspace_.selection.layer()));
}

}  // namespace rankscope::gui
