// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/charts/plot_view.hpp"

#include <QString>

#include <limits>
#include <span>
#include <vector>

namespace rankscope::gui {

/// One rank of every head of the model.
struct HeadsByLayerData {
    QString metric;  ///< axis title
    std::vector<std::vector<float>>
        ranks;      ///< [layer][head]; an empty layer has no recurrent state; NaN: unknown
    int layer = 0;  ///< selected
    int head = 0;
    double split = std::numeric_limits<double>::quiet_NaN();  ///< NaN: the largest gap
    /// [layer][head] at an early and a late token. Not empty: a head stands at (early, late) instead of over
    /// its layer.
    std::vector<std::vector<float>> early, late;
    QString earlyTitle, lateTitle;  ///< of the axes
};

/// Spearman's correlation of the ranks of two series; ties share their mean rank. Pairs with a NaN do not
/// count; NaN with fewer than three pairs or without spread.
[[nodiscard]] double spearman(std::span<const float> a, std::span<const float> b);

/// Where the sorted logarithms of the positive values have their largest gap: the middle of it, as a value.
/// NaN with fewer than two different values.
[[nodiscard]] double largestGap(std::span<const float> values);

/// A triangle per head, up above the split line and down below it; the line is draggable.
class HeadsByLayerView : public PlotView {
    Q_OBJECT

public:
    explicit HeadsByLayerView(QWidget* parent = nullptr);

    void setData(const HeadsByLayerData& data);

    [[nodiscard]] const HeadsByLayerData& data() const { return data_; }

    /// Moves the emphasis alone. No signal.
    void setSelected(int layer, int head);
    void setHover(int layer, int head);

    [[nodiscard]] double split() const { return split_; }

    [[nodiscard]] int highCount() const;
    [[nodiscard]] int lowCount() const;

    /// Early against late instead of by layer.
    [[nodiscard]] bool isScatter() const { return !data_.early.empty(); }

    /// Of early and late ranks; NaN where it is not defined.
    [[nodiscard]] double correlation() const { return correlation_; }

    /// Where the triangle of a head is, in pixels of the view.
    [[nodiscard]] QPointF headPixel(int layer, int head) const;

    [[nodiscard]] ColumnTable table() const override;
    [[nodiscard]] QString describe() const override;
    [[nodiscard]] std::unique_ptr<PlotView> copy() const override;

Q_SIGNALS:
    void headPicked(int layer, int head);
    /// Double click: open the state of this head.
    void headActivated(int layer, int head);
    /// -1, -1 when the pointer leaves.
    void headHovered(int layer, int head);
    void splitMoved(double split);

protected:
    void rebuild() override;
    [[nodiscard]] bool isEmpty() const override;
    [[nodiscard]] QList<LegendEntry> legend() const override;
    void paintUnder(QPainter& painter) override;
    void paintOver(QPainter& painter) override;
    [[nodiscard]] QList<PlotMarks> marks() const override;
    [[nodiscard]] QList<QLineF> guides() const override;

    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;

private:
    struct Mark {
        int layer;
        int head;
        double rank;
    };

    /// Where a head stands, in axis coordinates.
    [[nodiscard]] QPointF placeOf(int layer, int head) const;
    [[nodiscard]] const Mark* markAt(const QPointF& pixel) const;
    [[nodiscard]] bool onSplit(const QPointF& pixel) const;
    [[nodiscard]] QColor color(bool high) const;
    void hover(const Mark* mark);

    HeadsByLayerData data_;
    std::vector<Mark> marks_;  // finite ranks alone
    double split_ = std::numeric_limits<double>::quiet_NaN();
    double correlation_ = std::numeric_limits<double>::quiet_NaN();
    int hoverLayer_ = -1;
    int hoverHead_ = -1;
    bool dragging_ = false;
};

}  // namespace rankscope::gui
