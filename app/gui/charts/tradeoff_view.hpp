// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/charts/chart_text.hpp"
#include "app/gui/charts/plot_view.hpp"
#include "app/gui/charts/tradeoff_data.hpp"

#include <optional>

namespace rankscope::gui {

/// Quality against cost, a dot per plan. One overlay draws all dots: hollow, part filled or solid by what is
/// known.
class TradeoffView : public PlotView {
    Q_OBJECT

public:
    explicit TradeoffView(QWidget* parent = nullptr);

    void setData(const TradeoffData& data);

    [[nodiscard]] const TradeoffData& data() const { return data_; }

    void setX(TradeoffX x);

    /// Replaces or adds one dot by its id, without building curves that did not change: partial results,
    /// drags.
    void setDot(const TradeoffDot& dot);

    /// Emphasis alone. No signal.
    void setSelected(const QString& id);
    void setHover(const QString& id);

    /// Where a dot is drawn; a null point when it is not (unknown, above the range).
    [[nodiscard]] QPointF dotPixel(const QString& id) const;

    /// Number of dots beyond the upper end of the range.
    [[nodiscard]] int countBeyond() const;

    /// A method's name at the end of its line.
    struct MethodName {
        Method method;
        QString text;
        QRectF place;
        QPointF dot;  ///< where the line ends
    };

    /// Where the names are drawn: no two on each other.
    [[nodiscard]] QList<MethodName> methodNames() const;

    /// Back to the range from the data.
    void resetZoom();

    [[nodiscard]] bool isZoomed() const { return zoom_.has_value(); }

    [[nodiscard]] ColumnTable table() const override;
    [[nodiscard]] QString describe() const override;
    [[nodiscard]] std::unique_ptr<PlotView> copy() const override;

Q_SIGNALS:
    /// Empty when the pointer leaves.
    void dotHovered(const QString& id);
    void dotPicked(const QString& id);
    /// Double click or Enter: make it the current plan.
    void dotActivated(const QString& id);
    /// Del on the selected dot.
    void dotDeleteRequested(const QString& id);

protected:
    /// How many plans an axis of speed leaves out, behind its title; empty for none and on other axes.
    [[nodiscard]] QString otherRunsNote() const;
    void rebuild() override;
    [[nodiscard]] bool isEmpty() const override;
    [[nodiscard]] QList<LegendEntry> legend() const override;
    void paintUnder(QPainter& painter) override;
    void paintOver(QPainter& painter) override;
    [[nodiscard]] QList<PlotMarks> marks() const override;
    [[nodiscard]] QList<QLineF> guides() const override;
    [[nodiscard]] QList<PlotLabel> labels() const override;

    /// The dot was dragged away from its place: a drag with kPointMimeType begins.
    virtual void dragOut(const QString& id);

    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    struct MethodLine {
        Method method;
        QString name;
        QList<const TradeoffDot*> dots;  // by x
    };

    [[nodiscard]] const TradeoffDot* find(const QString& id) const;
    [[nodiscard]] const TradeoffDot* fullModel() const;
    [[nodiscard]] const TradeoffDot* dotAt(const QPointF& pixel) const;
    /// What a plan costs, in the unit of the axis.
    [[nodiscard]] double xOf(const TradeoffDot& dot) const;
    [[nodiscard]] QPointF pixelOf(const TradeoffDot& dot) const;
    [[nodiscard]] double qualityOf(const TradeoffDot& dot) const;
    [[nodiscard]] bool isShown(const TradeoffDot& dot) const;
    [[nodiscard]] QList<MethodLine> methodLines() const;
    void spreadNames(QList<MethodName>& names, double spacing) const;
    [[nodiscard]] QRectF dataRange() const;
    [[nodiscard]] QList<CardRow> cardRows(const TradeoffDot& dot) const;
    void hover(const QString& id);
    /// Where the dot is painted; nothing if words, badges or arrows elsewhere belong to it as well.
    [[nodiscard]] std::optional<QRectF> paintedAlone(const TradeoffDot& dot) const;
    void paintDot(QPainter& painter, const TradeoffDot& dot) const;
    void paintBeyond(QPainter& painter) const;
    void paintArrow(QPainter& painter, const TradeoffDot& dot) const;
    void paintBadge(QPainter& painter, const QString& id, const QString& letter, bool disc) const;

    TradeoffData data_;
    double stateUnit_ = 1;  // KiB that the axis counts in: 1024 for large models
    QString hover_;
    std::optional<QRectF> zoom_;
    QString pressed_;  // the dot under a button that is down
    QPointF pressedAt_;
};

}  // namespace rankscope::gui
