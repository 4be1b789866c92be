// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/charts/plot_view.hpp"

#include <QImage>

#include <limits>
#include <vector>

namespace rankscope::gui {

enum class HeatMapKind { State, Reconstruction, Error, Gram };

/// A matrix on a diverging map, symmetric about 0.
struct HeatMapData {
    HeatMapKind kind = HeatMapKind::State;
    int rows = 0;               ///< key channels
    int columns = 0;            ///< value channels, or key channels of a Gram
    std::vector<float> values;  ///< [rows * columns], row after row; NaN: no number
    double limit = std::numeric_limits<double>::quiet_NaN();  ///< colours end at +-limit; NaN: 99.5 %
                                                              ///< quantile of |value|
    double factor = 1;          ///< values are shown times this (the error of a good reconstruction is small)
    std::vector<bool> rowKept;  ///< per row; removed rows are faded and ticked. Empty: no plan
    Method method = Method::Drrqr;  ///< colour of the ticks
    std::vector<int> order;         ///< row shown at each place; empty: by index
};

/// The 99.5 % quantile of the finite |values|; 1 if there are none or all are 0.
[[nodiscard]] double symmetricLimit(const std::vector<float>& values);

/// One tile of the state: cells as an indexed picture, square from 4 px a cell on.
class HeatMapView : public PlotView {
    Q_OBJECT

public:
    explicit HeatMapView(QWidget* parent = nullptr);

    void setData(const HeatMapData& data);

    [[nodiscard]] const HeatMapData& data() const { return data_; }

    /// Colours end at +- this value.
    [[nodiscard]] double limit() const { return limit_; }

    /// True when some value lies beyond the limit: the colour bar then has pointed ends.
    [[nodiscard]] bool isClipped() const { return clipped_; }

    /// Row (key channel, not place) that is framed; -1: none. No signal.
    void setHighlightedRow(int row);

    /// The cells: Format_Indexed8, one pixel a cell, entry 255 for NaN.
    [[nodiscard]] const QImage& image() const { return image_; }

    [[nodiscard]] ColumnTable table() const override;
    [[nodiscard]] QString describe() const override;
    [[nodiscard]] std::unique_ptr<PlotView> copy() const override;

Q_SIGNALS:
    /// Row is the key channel whatever the order; -1, -1 when the pointer leaves. The value is not
    /// multiplied.
    void cellHovered(int row, int column, float value);
    void cellPicked(int row, int column);

protected:
    void rebuild() override;
    [[nodiscard]] bool isEmpty() const override;
    [[nodiscard]] QRectF fitted(const QRectF& available) const override;
    void paintUnder(QPainter& painter) override;
    void paintOver(QPainter& painter) override;
    [[nodiscard]] PlotCells cells() const override;

    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;

private:
    [[nodiscard]] int rowAtPlace(int place) const;
    [[nodiscard]] float valueAt(int row, int column) const;
    /// (column, place) under a pixel; (-1, -1) outside.
    [[nodiscard]] QPoint cellAt(const QPointF& pixel) const;
    [[nodiscard]] QString nameOfKind() const;
    [[nodiscard]] bool isReordered() const;
    void hover(const QPoint& cell);

    HeatMapData data_;
    QImage image_;
    double limit_ = 1;
    bool clipped_ = false;
    int highlighted_ = -1;
    QPoint hover_{-1, -1};
};

}  // namespace rankscope::gui
