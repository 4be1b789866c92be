// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/document/workspace.hpp"
#include "app/gui/plan_panels/layer_delegate.hpp"
#include "core/session/saved_session.hpp"

#include <QTableView>

#include <optional>
#include <set>
#include <string>

QT_BEGIN_NAMESPACE
class QMenu;
QT_END_NAMESPACE

namespace rankscope::gui {

class FlatHeader;
class KeptEditor;
class LayerTableModel;
class Selection;
struct Hover;

/// The layers of the model with their sliders. Owns the drag of a slider: the row is held from press to
/// release wherever the pointer goes, the plan moves with it, and one undo step comes of it, or none after
/// Esc.
class LayerTable : public QTableView {
    Q_OBJECT

public:
    LayerTable(const Workspace& workspace, LayerTableModel& model, QWidget* parent = nullptr);
    ~LayerTable() override;

    void applyTheme(const Theme& theme);

    /// Method that a layer gets which had none when its slider moves.
    void setFallbackMethod(const std::string& method) { fallback_ = method; }

    [[nodiscard]] const ColumnLayout& columns() const { return state_.columns; }

    [[nodiscard]] bool isDraggingSlider() const { return drag_.has_value(); }

    /// Slider, heads and whole cell of a row in viewport coordinates.
    [[nodiscard]] KeptTrack trackOf(int row) const;
    [[nodiscard]] HeadCells headsOf(int row) const;
    [[nodiscard]] QRect cellOf(int row, LayerColumn column) const;

    /// What the menus of a layer offer; for the layers that are selected with it.
    void fillMethods(QMenu& menu, int layer);
    void fillContextMenu(QMenu& menu, int layer);

    [[nodiscard]] KeptEditor* keptEditor() const { return editor_; }

    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override;

public Q_SLOTS:
    /// The layer above or below (attention layers too), the head to the left or right.
    void stepLayer(int steps);
    void stepHead(int steps);
    /// K' of the current layer by snap steps, or single channels. Steps in a row are one undo step.
    void stepKept(int steps);
    void stepKeptSingle(int steps);
    /// Opens the field over the number of the current layer, beginning with `text`.
    void editKept(const QString& text = {});
    /// Methods for the selected layers.
    void askMethod();
    void toggleLock();
    void selectAllLayers();

Q_SIGNALS:
    /// For the status bar; empty: nothing more to say.
    void readoutChanged(const QString& text);
    void ratioRequested();  ///< R, or from the menu
    void sweepRequested();  ///< the title of Δ ppl alone
    void applyToAllRequested();

protected:
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    bool event(QEvent* event) override;
    bool viewportEvent(QEvent* event) override;

protected Q_SLOTS:
    void dataChanged(const QModelIndex& topLeft, const QModelIndex& bottomRight,
                     const QList<int>& roles) override;

private:
    struct Drag {
        int row = 0;
        PlanChoice before;
        std::int64_t keptBefore = 0;
        double grip = 0;   ///< from pointer to handle
        double moved = 0;  ///< where the pointer is
    };

    void arrange();
    [[nodiscard]] ColumnNeeds needs() const;
    void pressCell(QMouseEvent* event, int row, LayerColumn column);
    void selectByMouse(int row, Qt::KeyboardModifiers modifiers);
    void startDrag(int row, double x, bool single);
    void moveDrag(double x, bool single);
    void endDrag(bool keep);
    void hoverAt(const QPoint& position);
    void showTopic(LayerColumn column);
    void showCursor(const QPoint& position);
    void updateRow(int row);
    void layerChanged();
    void hoverChanged(const Hover& before);
    void methodMenu(int row, const QPoint& global);
    void setMethod(const std::string& method);
    void lockLayers(const std::set<int>& layers, bool lock);
    void stepKeptBy(int steps, bool single);
    void copyTo(int layer, const std::string& which);
    void copyRow(int row) const;
    void commitKept(int layer, std::int64_t kept);
    /// The layers that commands on the row of `layer` mean: the selection if it holds that layer, else this
    /// one.
    [[nodiscard]] std::set<int> meant(int layer) const;
    [[nodiscard]] const LayerChoice* current() const;
    [[nodiscard]] QString toolTipAt(const QPoint& position) const;

    Workspace workspace_;
    LayerTableModel& model_;
    const Theme* theme_ = &Theme::light();
    LayerTableState state_;
    LayerDelegate* delegate_;
    FlatHeader* header_ = nullptr;
    KeptEditor* editor_;
    std::string fallback_ = "drrqr";
    std::optional<Drag> drag_;
    bool ownHover_ = false;
    int shownLayer_ = 0;
    std::set<int> shownLayers_;

    struct {
        int id = 0, layer = -1, index = -1;
        std::int64_t before = 0;
        qint64 time = 0;
    } keySteps_;
};

}  // namespace rankscope::gui
