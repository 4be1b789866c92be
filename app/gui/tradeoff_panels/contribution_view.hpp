// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/charts/plot_view.hpp"

#include <QList>

#include <limits>

namespace rankscope::gui {

/// What each layer contributes to the difference of two plans.
struct ContributionData {
    struct Layer {
        int index = 0;
        double deltaNll = 0;  ///< nats per token, B's layer in A
        double error = std::numeric_limits<double>::quiet_NaN();
        int keptA = 0, keptB = 0;
    };

    QList<Layer> layers;   ///< ascending; only those in which the plans differ
    QList<int> unchanged;  ///< layers in which they do not: an empty place
    int expected = 0;      ///< layers in which they differ; more than there are: still running
    int selected = -1;     ///< layer
    bool alone = false;    ///< not two plans: each layer pruned by itself
};

/// A bar per layer from zero, with a whisker of one standard error: below zero B is better.
class ContributionView : public PlotView {
    Q_OBJECT

public:
    explicit ContributionView(QWidget* parent = nullptr);

    void setData(const ContributionData& data);

    [[nodiscard]] const ContributionData& data() const { return data_; }

    /// Emphasis alone. No signal.
    void setSelected(int layer);
    void setHover(int layer);

    /// Where a layer's bar stands; null without one.
    [[nodiscard]] QRectF barRect(int layer) const;

    [[nodiscard]] ColumnTable table() const override;
    [[nodiscard]] QString describe() const override;
    [[nodiscard]] std::unique_ptr<PlotView> copy() const override;

Q_SIGNALS:
    void layerPicked(int layer);
    /// −1 when the pointer leaves.
    void layerHovered(int layer);

protected:
    void rebuild() override;
    [[nodiscard]] bool isEmpty() const override;
    void paintUnder(QPainter& painter) override;
    void paintOver(QPainter& painter) override;
    [[nodiscard]] QList<QLineF> guides() const override;

    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    [[nodiscard]] const ContributionData::Layer* find(int layer) const;
    [[nodiscard]] QColor color(const ContributionData::Layer& layer) const;
    [[nodiscard]] int layerAt(const QPointF& pixel) const;
    void hover(int layer);

    ContributionData data_;
    int hover_ = -1;
};

}  // namespace rankscope::gui
