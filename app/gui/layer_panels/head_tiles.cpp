// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/layer_panels/head_tiles.hpp"

#include "app/gui/charts/heat_map_view.hpp"
#include "app/gui/theme/color_map.hpp"
#include "app/gui/theme/fonts.hpp"
#include "app/gui/theme/number_text.hpp"

#include <QApplication>
#include <QFontMetricsF>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace rankscope::gui {
namespace {

double unit() {
    return designUnit(QApplication::font());
}

double labelHeight() {
    return QFontMetricsF(scaledFont(QApplication::font(), TextRole::Label)).height() + 2 * unit();
}

}  // namespace

HeadTiles::HeadTiles(QWidget* parent) : QWidget(parent) {
    setAccessibleName(tr("States of all heads"));
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setMinimumSize(120, 90);
}

void HeadTiles::setHeads(const std::vector<int>& heads, int rows, int columns) {
    const bool same =
        rows == rows_ && columns == columns_ && std::ranges::equal(heads, tiles_, {}, {}, &Tile::head);
    rows_ = rows;
    columns_ = columns;
    setAccessibleDescription(heads.size() == 1 ? tr("1 head") : tr("%1 heads").arg(heads.size()));
    // The old pictures stay until the new ones are here.
    if (same) return;
    tiles_.clear();
    for (const int head : heads)
        tiles_.append({head, nullptr, 0, {}});
    shownLimit_ = 0;
    update();
}

void HeadTiles::setState(int head, State state) {
    for (Tile& tile : tiles_) {
        if (tile.head != head || std::ssize(*state) != static_cast<std::ptrdiff_t>(rows_) * columns_)
            continue;
        tile.limit = symmetricLimit(*state);
        tile.state = std::move(state);
        if (limit() != shownLimit_) {
            drawAll();
            Q_EMIT limitChanged();
        } else {
            draw(tile);
            update();
        }
        return;
    }
}

double HeadTiles::limit() const {
    double limit = 0;
    for (const Tile& tile : tiles_)
        limit = std::max(limit, tile.limit);
    return limit > 0 ? limit : 1;
}

void HeadTiles::draw(Tile& tile) const {
    if (!tile.state) return;
    tile.image = QImage(columns_, rows_, QImage::Format_Indexed8);
    QList<QRgb> colors = divergingColors(*theme_);
    const int steps = static_cast<int>(colors.size());
    colors.append(theme_->color(Role::Track).rgb());
    tile.image.setColorTable(colors);
    for (int row = 0; row < rows_; ++row) {
        uchar* line = tile.image.scanLine(row);
        for (int column = 0; column < columns_; ++column) {
            const double value =
                (*tile.state)[static_cast<std::size_t>(row) * static_cast<std::size_t>(columns_)
                              + static_cast<std::size_t>(column)];
            const int index = colorIndex(value, -shownLimit_, shownLimit_, steps);
            line[column] = static_cast<uchar>(index < 0 ? steps : index);
        }
    }
}

void HeadTiles::drawAll() {
    shownLimit_ = limit();
    for (Tile& tile : tiles_)
        draw(tile);
    update();
}

void HeadTiles::setSelected(int head) {
    selected_ = head;
    update();
}

void HeadTiles::setHovered(int head) {
    if (head == hovered_) return;
    hovered_ = head;
    update();
}

void HeadTiles::applyTheme(const Theme& theme) {
    theme_ = &theme;
    drawAll();
}

int HeadTiles::columnCount() const {
    // As large as the tiles can be: square cells first, then those of the panel.
    int best = 1;
    double largest = 0;
    for (int columns = 1; columns <= std::max<int>(1, static_cast<int>(tiles_.size())); ++columns) {
        const int lines = (static_cast<int>(tiles_.size()) + columns - 1) / columns;
        const double scale = std::min(
            (static_cast<double>(width()) / columns - 10 * unit()) / columns_,
            (static_cast<double>(height()) / std::max(1, lines) - labelHeight() - 6 * unit()) / rows_);
        if (scale > largest) {
            largest = scale;
            best = columns;
        }
    }
    return best;
}

QRectF HeadTiles::cell(qsizetype place) const {
    const int columns = columnCount();
    const int lines = (static_cast<int>(tiles_.size()) + columns - 1) / columns;
    const double w = static_cast<double>(width()) / columns;
    const double h = static_cast<double>(height()) / std::max(1, lines);
    return {static_cast<double>(place % columns) * w, static_cast<double>(place / columns) * h, w, h};
}

QRectF HeadTiles::picture(const QRectF& cell) const {
    const QRectF room = cell.adjusted(5 * unit(), labelHeight(), -5 * unit(), -6 * unit());
    double scale = std::max(0.0, std::min(room.width() / columns_, room.height() / rows_));
    if (scale >= 1) scale = std::floor(scale);
    const double left = room.left() + (room.width() - columns_ * scale) / 2;
    return QRectF(std::floor(left), std::floor(room.top()), columns_ * scale, rows_ * scale);
}

QRectF HeadTiles::tileRect(int head) const {
    for (qsizetype i = 0; i < tiles_.size(); ++i) {
        if (tiles_[i].head == head) return picture(cell(i));
    }
    return {};
}

void HeadTiles::paintEvent(QPaintEvent* /*event*/) {
    QPainter painter(this);
    painter.fillRect(rect(), theme_->color(Role::Panel));
    for (qsizetype i = 0; i < tiles_.size(); ++i) {
        const Tile& tile = tiles_[i];
        const QRectF box = picture(cell(i));
        const bool selected = tile.head == selected_;
        const QFont font =
            scaledFont(QApplication::font(), selected ? TextRole::LabelStrong : TextRole::Label);
        painter.setFont(font);
        painter.setPen(theme_->color(selected ? Role::Ink : Role::Ink2));
        painter.drawText(QPointF(box.left(), box.top() - 4 * unit()), tr("head %1").arg(tile.head));
        if (tile.image.isNull()) {
            painter.setPen(QPen(theme_->color(Role::Border), 1));
            painter.setBrush(Qt::NoBrush);
            painter.drawRect(box.adjusted(0.5, 0.5, -0.5, -0.5));
        } else {
            painter.drawImage(box, tile.image);
        }
        if (!selected && tile.head != hovered_) continue;
        painter.setPen(QPen(theme_->color(selected ? Role::Ink : Role::Strong), 2));
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(box.adjusted(-2, -2, 2, 2));
    }
    if (!hasFocus()) return;
    painter.setPen(QPen(theme_->color(Role::Accent), 2));
    painter.setBrush(Qt::NoBrush);
    painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), 4, 4);
}

int HeadTiles::headAt(const QPointF& at) const {
    for (qsizetype i = 0; i < tiles_.size(); ++i) {
        if (cell(i).contains(at)) return tiles_[i].head;
    }
    return -1;
}

void HeadTiles::mousePressEvent(QMouseEvent* event) {
    const int head = headAt(event->position());
    if (event->button() == Qt::LeftButton && head >= 0) Q_EMIT headPicked(head);
}

void HeadTiles::mouseDoubleClickEvent(QMouseEvent* event) {
    const int head = headAt(event->position());
    if (event->button() == Qt::LeftButton && head >= 0) Q_EMIT headActivated(head);
}

void HeadTiles::mouseMoveEvent(QMouseEvent* event) {
    const int head = headAt(event->position());
    if (head != hovered_) {
        setHovered(head);
        Q_EMIT headHovered(head);
    }
    for (const Tile& tile : tiles_) {
        const QRectF box = tileRect(tile.head);
        if (tile.head != head || !tile.state || !box.contains(event->position())) continue;
        const int row =
            std::min(rows_ - 1, static_cast<int>((event->position().y() - box.top()) / box.height() * rows_));
        const int column = std::min(
            columns_ - 1, static_cast<int>((event->position().x() - box.left()) / box.width() * columns_));
        const float value = (*tile.state)[static_cast<std::size_t>(row) * static_cast<std::size_t>(columns_)
                                          + static_cast<std::size_t>(column)];
        Q_EMIT readoutChanged(tr("Head %1 · row %2, column %3: %4")
                                  .arg(head)
                                  .arg(row)
                                  .arg(column)
                                  .arg(number_text::significant(value, 4)));
        return;
    }
    Q_EMIT readoutChanged({});
}

void HeadTiles::leaveEvent(QEvent* event) {
    QWidget::leaveEvent(event);
    setHovered(-1);
    Q_EMIT headHovered(-1);
    Q_EMIT readoutChanged({});
}

void HeadTiles::keyPressEvent(QKeyEvent* event) {
    const auto at = std::ranges::find(tiles_, selected_, &Tile::head) - tiles_.begin();
    const int step = event->key() == Qt::Key_Right  ? 1
                     : event->key() == Qt::Key_Left ? -1
                     : event->key() == Qt::Key_Down ? columnCount()
                     : event->key() == Qt::Key_Up   ? -columnCount()
                                                    : 0;
    if (step != 0 && at + step >= 0 && at + step < tiles_.size()) {
        Q_EMIT headPicked(tiles_[at + step].head);
    } else if (event->key() == Qt::Key_Return && selected_ >= 0) {
        Q_EMIT headActivated(selected_);
    } else {
        event->ignore();
    }
}

void HeadTiles::focusInEvent(QFocusEvent* event) {
    QWidget::focusInEvent(event);
    update();
}

void HeadTiles::focusOutEvent(QFocusEvent* event) {
    QWidget::focusOutEvent(event);
    update();
}

}  // namespace rankscope::gui
