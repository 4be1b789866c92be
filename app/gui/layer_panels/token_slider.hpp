// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/theme/theme.hpp"

#include <QAbstractSlider>

#include <vector>

namespace rankscope::gui {

/// A slider over the captured positions of a window: its value is the number of a position, and a tick marks
/// each where it is in the text.
class TokenSlider : public QAbstractSlider {
    Q_OBJECT

public:
    explicit TokenSlider(QWidget* parent = nullptr);

    /// `positions` ascending; `tokens`: length of the window.
    void setPositions(const std::vector<int>& positions, int tokens);

    void applyTheme(const Theme& theme);

    /// Where the handle of a position is, in pixels.
    [[nodiscard]] double xOf(int position) const;

    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void sliderChange(SliderChange change) override;

private:
    void moveTo(double x);

    const Theme* theme_ = &Theme::light();
    std::vector<int> positions_;
    int tokens_ = 1;
};

}  // namespace rankscope::gui
