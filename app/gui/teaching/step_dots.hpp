// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/theme/theme.hpp"

#include <QWidget>

namespace rankscope::gui {

/// Where one is among a few steps: a dot each, the present one in the accent, those behind it grey.
class StepDots : public QWidget {
    Q_OBJECT

public:
    explicit StepDots(QWidget* parent = nullptr);

    void setSteps(int count, int current);
    void applyTheme(const Theme& theme);

    [[nodiscard]] QSize sizeHint() const override;

    [[nodiscard]] QSize minimumSizeHint() const override { return sizeHint(); }

Q_SIGNALS:
    void picked(int step);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;

private:
    [[nodiscard]] QPointF centerOf(int step) const;

    const Theme* theme_ = &Theme::light();
    int count_ = 0;
    int current_ = 0;
};

}  // namespace rankscope::gui
