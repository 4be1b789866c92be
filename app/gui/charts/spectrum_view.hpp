// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/charts/chart_text.hpp"
#include "app/gui/charts/cut_line.hpp"
#include "app/gui/charts/plot_view.hpp"
#include "app/gui/charts/spectrum_data.hpp"

#include <vector>

namespace rankscope::gui {

/// Singular values of the heads of a layer on a log axis: quartile band, full range, median, single heads,
/// the selected head before and after pruning, and the line that cuts at K'.
class SpectrumView : public PlotView {
    Q_OBJECT

public:
    explicit SpectrumView(QWidget* parent = nullptr);

    void setData(const SpectrumData& data);

    [[nodiscard]] const SpectrumData& data() const { return data_; }

    void setQuantity(SpectrumQuantity quantity);

    [[nodiscard]] SpectrumQuantity quantity() const { return quantity_; }

    void setLogIndex(bool log);

    /// Moves the cut line alone: no curve is built again. No signal.
    void setKept(int kept);

    [[nodiscard]] int kept() const { return cut_.value; }

    /// Replaces the curve after pruning alone.
    void setAfterPruning(const std::vector<float>& values, bool captured);

    /// Cross-hair at index i (from 1), 0: none. No signal.
    void setHoverIndex(int index);

    [[nodiscard]] int hoverIndex() const { return hover_; }

    /// Head whose line is emphasised, -1: none. No signal.
    void setHoverHead(int head);

    [[nodiscard]] bool isDragging() const { return cut_.isDragging(); }

    /// The plan's K' is dragged elsewhere: the line shows it.
    void setCutHeld(bool held);

    /// Indices whose cards stay, in the order they were pinned.
    [[nodiscard]] const QList<int>& pinned() const { return pinned_; }

    /// Counts of the selected head's values that the axis cannot show.
    [[nodiscard]] HiddenValues hidden() const;

    /// Share of ||S||^2 in the first i directions of the selected head; NaN without data.
    [[nodiscard]] double energyUpTo(int index) const;

    /// Around the name of the selected head, which stands on its curve.
    [[nodiscard]] QRectF headLabelRect() const;

    [[nodiscard]] ColumnTable table() const override;
    [[nodiscard]] QString describe() const override;
    [[nodiscard]] std::unique_ptr<PlotView> copy() const override;

Q_SIGNALS:
    void cutDragStarted(int kept);
    /// The line was moved to another K' while dragging.
    void cutDragged(int kept);
    /// Released: one undo step from the value at the start.
    void cutDragFinished(int kept);
    /// Esc: everything back to this value.
    void cutDragCancelled(int kept);
    void indexHovered(int index);
    /// Another head's line than the selected one's is under the pointer; -1: none any more.
    void headHovered(int head);
    void headPicked(int head);
    /// A sentence about something done.
    void message(const QString& text);

protected:
    void rebuild() override;
    [[nodiscard]] bool isEmpty() const override;
    [[nodiscard]] QList<LegendEntry> legend() const override;
    void paintUnder(QPainter& painter) override;
    [[nodiscard]] QList<Curve> faintCurves() const override;
    [[nodiscard]] QList<QLineF> guides() const override;
    void paintOver(QPainter& painter) override;

    [[nodiscard]] bool wantsEscape() const override { return cut_.isDragging() || !pinned_.isEmpty(); }

    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    [[nodiscard]] std::vector<double> shown(const std::vector<float>& sigma, double scale) const;
    [[nodiscard]] double scaleOf(const std::vector<float>& sigma) const;
    [[nodiscard]] double axisX(double index) const;
    [[nodiscard]] double cutX() const;
    [[nodiscard]] double indexAt(const QPointF& pixel) const;
    [[nodiscard]] int headAt(const QPointF& pixel) const;
    [[nodiscard]] QList<CardRow> cardRows(int index) const;
    [[nodiscard]] std::vector<double> positions() const;
    [[nodiscard]] QList<Curve> mainCurves() const;
    /// What a drag changes with every frame.
    [[nodiscard]] QList<Curve> afterPruningCurves() const;
    void moveCut(int kept);
    [[nodiscard]] QString cutText() const;

    [[nodiscard]] int headNumber() const { return data_.firstHead + data_.selected; }

    void pin(int index);
    void copyPinned() const;
    void paintAdded(QPainter& painter) const;
    void hoverAt(int index);
    void hoverLine(int head);
    void paintHover(QPainter& painter, int index, bool pinned) const;
    /// Left end of the base line of the selected head's name: beside its curve and beside the grip.
    [[nodiscard]] QPointF headLabelAt() const;
    void paintLabels(QPainter& painter) const;
    void paintNotes(QPainter& painter) const;

    SpectrumData data_;
    SpectrumQuantity quantity_ = SpectrumQuantity::Relative;
    bool logIndex_ = false;
    std::vector<std::vector<double>> curves_;  // [head][i], in axis coordinates
    std::vector<double> median_;
    std::vector<double> energy_;  // of the selected head: share in the first i + 1 directions
    CutLine cut_;
    int length_ = 0;
    int hover_ = 0;
    int hoverHead_ = -1;
    QList<int> pinned_;
};

}  // namespace rankscope::gui
