// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QGraphicsItem>
#include <QPainter>
#include <QPixmap>
#include <QWidget>

#include <functional>

namespace rankscope::gui {

/// One layer of a chart as a graphics item: covers the whole chart and paints by a function.
class LayerItem : public QGraphicsItem {
public:
    LayerItem(QGraphicsItem* parent, double z, std::function<void(QPainter&)> paint)
        : QGraphicsItem(parent), paint_(std::move(paint)) {
        setZValue(z);
        setAcceptedMouseButtons(Qt::NoButton);
    }

    /// Keeps what was painted on a screen as a picture until redraw(). (The scene's own cache drops pictures
    /// at will, and would put a bitmap into exported vector files.)
    void keepPicture() { keeps_ = true; }

    void resize(const QSizeF& size) {
        prepareGeometryChange();
        size_ = size;
        picture_ = QPixmap();
    }

    void redraw() {
        picture_ = QPixmap();
        update();
    }

    [[nodiscard]] QRectF boundingRect() const override { return {QPointF(), size_}; }

    void paint(QPainter* painter, const QStyleOptionGraphicsItem* /*option*/, QWidget* widget) override {
        if (!keeps_ || widget == nullptr) {
            paintNow(*painter);
            return;
        }
        const double ratio = widget->devicePixelRatioF();
        if (picture_.isNull() || picture_.devicePixelRatio() != ratio) {
            picture_ = QPixmap((size_ * ratio).toSize());
            picture_.setDevicePixelRatio(ratio);
            picture_.fill(Qt::transparent);
            QPainter onPicture(&picture_);
            paintNow(onPicture);
        }
        painter->drawPixmap(QPointF(), picture_);
    }

private:
    void paintNow(QPainter& painter) {
        painter.save();
        painter.setRenderHint(QPainter::Antialiasing);
        paint_(painter);
        painter.restore();
    }

    std::function<void(QPainter&)> paint_;
    QSizeF size_;
    bool keeps_ = false;
    QPixmap picture_;
};

}  // namespace rankscope::gui
