// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/charts/heat_map_view.hpp"

#include "app/gui/theme/color_map.hpp"
#include "app/gui/theme/number_text.hpp"

#include <QMouseEvent>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace rankscope::gui {
namespace {

constexpr int kNoNumber = 255;  // entry of the colour table; the map has 255 steps before it
constexpr double kSquareFrom = 4;

double tickStep(int count) {
    double step = 1;
    while (step * 4 < count)
        step *= 2;
    return step;
}

}  // namespace

double symmetricLimit(const std::vector<float>& values) {
    std::vector<double> magnitudes;
    magnitudes.reserve(values.size());
    for (const float value : values) {
        if (std::isfinite(value)) magnitudes.push_back(std::abs(static_cast<double>(value)));
    }
    const double limit = quantile(std::move(magnitudes), 0.995);
    return limit > 0 ? limit : 1;
}

HeatMapView::HeatMapView(QWidget* parent) : PlotView(parent) {
    setMatrix(true);
    setLeftMargin(42);
    setAccessibleName(nameOfKind());
    refresh();
}

void HeatMapView::setData(const HeatMapData& data) {
    data_ = data;
    // What does not fit together is no matrix.
    const auto cells = static_cast<std::size_t>(std::max(data.rows, 0))
                       * static_cast<std::size_t>(std::max(data.columns, 0));
    if (cells == 0 || data.values.size() != cells) {
        data_.rows = 0;
        data_.columns = 0;
        data_.values.clear();
    }
    if (data_.rowKept.size() != static_cast<std::size_t>(data_.rows)) data_.rowKept.clear();
    std::vector<int> sorted = data_.order;
    std::sort(sorted.begin(), sorted.end());
    bool permutation = sorted.size() == static_cast<std::size_t>(data_.rows);
    for (std::size_t i = 0; permutation && i < sorted.size(); ++i)
        permutation = sorted[i] == static_cast<int>(i);
    if (!permutation) data_.order.clear();
    hover_ = {-1, -1};
    setAccessibleName(nameOfKind());
    refresh();
}

void HeatMapView::setHighlightedRow(int row) {
    if (row == highlighted_) return;
    highlighted_ = row;
    updateOver();
}

bool HeatMapView::isEmpty() const {
    return data_.values.empty();
}

QString HeatMapView::nameOfKind() const {
    switch (data_.kind) {
        case HeatMapKind::State:
            return tr("State S");
        case HeatMapKind::Reconstruction:
            return tr("Reconstruction");
        case HeatMapKind::Error:
            return tr("Error of the reconstruction");
        case HeatMapKind::Gram:
            return tr("Key Gram");
    }
    return {};
}

bool HeatMapView::isReordered() const {
    return !std::is_sorted(data_.order.begin(), data_.order.end());
}

int HeatMapView::rowAtPlace(int place) const {
    return data_.order.empty() ? place : data_.order[static_cast<std::size_t>(place)];
}

float HeatMapView::valueAt(int row, int column) const {
    return data_.values[static_cast<std::size_t>(row) * static_cast<std::size_t>(data_.columns)
                        + static_cast<std::size_t>(column)];
}

void HeatMapView::rebuild() {
    const bool gram = data_.kind == HeatMapKind::Gram;
    const QString byOrder = isReordered() ? tr("key channel, reordered") : tr("key channel");
    setAxes({AxisScale::Linear, 0, std::max(1.0, static_cast<double>(data_.columns)),
             gram ? tr("key channel") : tr("value channel"), tickStep(data_.columns), 0, false},
            {AxisScale::Linear, 0, std::max(1.0, static_cast<double>(data_.rows)), byOrder,
             tickStep(data_.rows), 0, false});
    limit_ = data_.limit > 0 ? data_.limit : gram ? 1 : symmetricLimit(data_.values);
    clipped_ = false;
    if (isEmpty()) {
        image_ = QImage();
        return;
    }
    image_ = QImage(data_.columns, data_.rows, QImage::Format_Indexed8);
    QList<QRgb> colors = divergingColors(theme());
    colors.append(theme().color(Role::Track).rgb());
    image_.setColorTable(colors);
    for (int place = 0; place < data_.rows; ++place) {
        // Lines are padded to four bytes.
        uchar* line = image_.scanLine(place);
        const int row = rowAtPlace(place);
        for (int column = 0; column < data_.columns; ++column) {
            const double value = valueAt(row, column) * data_.factor;
            const int index = colorIndex(value, -limit_, limit_, kNoNumber);
            line[column] = static_cast<uchar>(index < 0 ? kNoNumber : index);
            clipped_ = clipped_ || std::abs(value) > limit_ * (1 + 1e-6);
        }
    }
}

QRectF HeatMapView::fitted(const QRectF& available) const {
    if (isEmpty()) return available;
    const double cell = std::min(available.width() / data_.columns, available.height() / data_.rows);
    if (cell < kSquareFrom) return available;
    // Whole pixels a cell, so that all look alike.
    const double side = std::floor(cell);
    return {available.left(), available.top(), side * data_.columns, side * data_.rows};
}

void HeatMapView::paintUnder(QPainter& painter) {
    painter.setRenderHint(QPainter::SmoothPixmapTransform, false);
    painter.setRenderHint(QPainter::Antialiasing, false);
    // The frame stands on half pixels, cells on whole ones.
    const QRectF target = plotRect().translated(-0.5, -0.5);
    painter.drawImage(target, image_);
    if (data_.rowKept.empty()) return;
    const double height = target.height() / data_.rows;
    const double u = unit();
    for (int place = 0; place < data_.rows; ++place) {
        if (data_.rowKept[static_cast<std::size_t>(rowAtPlace(place))]) continue;
        const QRectF row(target.left(), target.top() + place * height, target.width(), height);
        painter.fillRect(row, theme().color(Role::Panel, 0.62));
    }
    painter.setRenderHint(QPainter::Antialiasing, true);
    for (int place = 0; place < data_.rows; ++place) {
        if (data_.rowKept[static_cast<std::size_t>(rowAtPlace(place))]) continue;
        painter.fillRect(QRectF(target.left() - 4 * u, target.top() + (place + 0.15) * height, 3 * u,
                                std::max(1.0, 0.7 * height)),
                         theme().color(data_.method));
    }
}

PlotCells HeatMapView::cells() const {
    PlotCells cells{data_.rows, data_.columns, {}, limit_, divergingColors(theme())};
    for (int place = 0; place < data_.rows; ++place) {
        for (int column = 0; column < data_.columns; ++column)
            cells.values.push_back(valueAt(rowAtPlace(place), column) * data_.factor);
    }
    return cells;
}

void HeatMapView::paintOver(QPainter& painter) {
    const auto frame = [&](int place, int from, int count, const QPen& pen) {
        const QPointF topLeft = toPixel({static_cast<double>(from), static_cast<double>(place)});
        const QPointF bottomRight =
            toPixel({static_cast<double>(from + count), static_cast<double>(place + 1)});
        painter.setPen(pen);
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(QRectF(topLeft, bottomRight));
    };
    for (int place = 0; highlighted_ >= 0 && place < data_.rows; ++place) {
        if (rowAtPlace(place) == highlighted_)
            frame(place, 0, data_.columns, QPen(theme().color(Role::Ink), 1.2));
    }
    if (hover_.x() >= 0) frame(hover_.y(), hover_.x(), 1, QPen(theme().color(Role::Ink), 1.4));
}

QPoint HeatMapView::cellAt(const QPointF& pixel) const {
    if (isEmpty() || !plotRect().contains(pixel)) return {-1, -1};
    const QPointF value = toValue(pixel);
    return {std::clamp(static_cast<int>(value.x()), 0, data_.columns - 1),
            std::clamp(static_cast<int>(value.y()), 0, data_.rows - 1)};
}

void HeatMapView::hover(const QPoint& cell) {
    if (cell == hover_) return;
    hover_ = cell;
    updateOver();
    if (cell.x() < 0) {
        Q_EMIT cellHovered(-1, -1, std::numeric_limits<float>::quiet_NaN());
        Q_EMIT readoutChanged({});
        return;
    }
    const int row = rowAtPlace(cell.y());
    const float value = valueAt(row, cell.x());
    Q_EMIT cellHovered(row, cell.x(), value);
    Q_EMIT readoutChanged(tr("%1 · row %2, column %3: %4")
                              .arg(nameOfKind())
                              .arg(row)
                              .arg(cell.x())
                              .arg(number_text::significant(value, 4)));
}

void HeatMapView::mousePressEvent(QMouseEvent* event) {
    const QPoint cell = cellAt(event->position());
    if (event->button() != Qt::LeftButton || cell.x() < 0) {
        event->ignore();
        return;
    }
    Q_EMIT cellPicked(rowAtPlace(cell.y()), cell.x());
}

void HeatMapView::mouseMoveEvent(QMouseEvent* event) {
    hover(cellAt(event->position()));
}

void HeatMapView::leaveEvent(QEvent* event) {
    PlotView::leaveEvent(event);
    hover({-1, -1});
}

std::unique_ptr<PlotView> HeatMapView::copy() const {
    auto twin = std::make_unique<HeatMapView>();
    twin->setData(data_);
    copyLookTo(*twin);
    twin->setHighlightedRow(highlighted_);
    return twin;
}

ColumnTable HeatMapView::table() const {
    ColumnTable result;
    result.columns.append({tr("key channel"), {}, {}});
    if (!data_.rowKept.empty()) result.columns.append({tr("kept"), {}, {}});
    const bool gram = data_.kind == HeatMapKind::Gram;
    for (int column = 0; column < data_.columns; ++column) {
        result.columns.append({(gram ? tr("key %1") : tr("value %1")).arg(column), {}, [](double value) {
                                   return number_text::significant(value, 3);
                               }});
    }
    for (int place = 0; place < data_.rows; ++place) {
        const int row = rowAtPlace(place);
        QList<QVariant> cells{row};
        if (!data_.rowKept.empty())
            cells.append(data_.rowKept[static_cast<std::size_t>(row)] ? tr("yes") : tr("no"));
        for (int column = 0; column < data_.columns; ++column) {
            const float value = valueAt(row, column);
            cells.append(std::isnan(value) ? QVariant() : QVariant(value));
        }
        result.rows.append(cells);
    }
    return result;
}

QString HeatMapView::describe() const {
    if (isEmpty()) return tr("No matrix.");
    QString text = tr("%1 by %2 values, colours from %3 to %4")
                       .arg(data_.rows)
                       .arg(data_.columns)
                       .arg(number_text::significant(-limit_, 2), number_text::significant(limit_, 2));
    if (data_.factor != 1) text += tr(", times %1").arg(number_text::significant(data_.factor, 2));
    const auto removed = std::count(data_.rowKept.begin(), data_.rowKept.end(), false);
    if (removed > 0) text += tr("; %1 rows removed").arg(removed);
    return text + QLatin1Char('.');
}

}  // namespace rankscope::gui
