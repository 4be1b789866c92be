// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/charts/plot_view.hpp"

#include <gtest/gtest.h>

#include <QApplication>
#include <QChart>
#include <QLineSeries>
#include <QMouseEvent>
#include <QScreen>
#include <QSignalSpy>
#include <QTest>
#include <QWidget>

#include <cmath>

namespace rankscope::gui {

/// A view that is laid out and takes events, as on a screen.
template <typename View>
class ShownView {
public:
    template <typename Data>
    explicit ShownView(const Data& data, QSize size = {600, 400}) {
        view.setData(data);
        view.resize(size);
        view.show();
        QApplication::processEvents();
    }

    void move(const QPointF& at, Qt::MouseButtons buttons = Qt::NoButton,
              Qt::KeyboardModifiers modifiers = {}) {
        send(QEvent::MouseMove, at, Qt::NoButton, buttons, modifiers);
    }

    void press(const QPointF& at) { send(QEvent::MouseButtonPress, at, Qt::LeftButton, Qt::LeftButton, {}); }

    void release(const QPointF& at) {
        send(QEvent::MouseButtonRelease, at, Qt::LeftButton, Qt::NoButton, {});
    }

    void doubleClick(const QPointF& at) {
        send(QEvent::MouseButtonDblClick, at, Qt::LeftButton, Qt::LeftButton, {});
    }

    void click(const QPointF& at) {
        press(at);
        release(at);
    }

    void drag(const QPointF& at, Qt::KeyboardModifiers modifiers = {}) {
        move(at, Qt::LeftButton, modifiers);
    }

    View view;

private:
    void send(QEvent::Type type, const QPointF& at, Qt::MouseButton button, Qt::MouseButtons buttons,
              Qt::KeyboardModifiers modifiers) {
        QMouseEvent event(type, at, view.viewport()->mapToGlobal(at), button, buttons, modifiers);
        QApplication::sendEvent(view.viewport(), &event);
    }
};

/// Every point that Qt Charts was given is finite and inside the axes.
inline void expectPointsInRange(PlotView& view) {
    const QPointF low = view.toValue(view.plotRect().bottomLeft());
    const QPointF high = view.toValue(view.plotRect().topRight());
    for (QAbstractSeries* series : view.chart()->series()) {
        const auto* line = qobject_cast<QLineSeries*>(series);
        if (line == nullptr) continue;
        for (const QPointF& point : line->points()) {
            ASSERT_TRUE(std::isfinite(point.x()) && std::isfinite(point.y()));
            EXPECT_GE(point.x(), low.x() - 1e-9);
            EXPECT_LE(point.x(), high.x() + 1e-9);
            EXPECT_GE(point.y(), low.y() - 1e-9);
            EXPECT_LE(point.y(), high.y() + 1e-9);
        }
    }
}

/// What stands on the screen after only what changed was painted is what painting all of it gives.
inline void expectScreenIsUpToDate(PlotView& view) {
    const auto screen = [&view] {
        QApplication::processEvents();
        return view.screen()->grabWindow(view.winId()).toImage();
    };
    const QImage changed = screen();
    ASSERT_FALSE(changed.isNull());
    view.viewport()->update();
    const QImage all = screen();
    int different = 0;
    for (int y = 0; y < all.height(); ++y) {
        for (int x = 0; x < all.width(); ++x)
            different += changed.pixel(x, y) == all.pixel(x, y) ? 0 : 1;
    }
    EXPECT_EQ(different, 0);
}

/// Pixels of exactly this colour.
inline int pixelsOf(const QImage& image, const QColor& color) {
    int count = 0;
    for (int y = 0; y < image.height(); ++y) {
        for (int x = 0; x < image.width(); ++x)
            count += image.pixelColor(x, y) == color ? 1 : 0;
    }
    return count;
}

}  // namespace rankscope::gui
