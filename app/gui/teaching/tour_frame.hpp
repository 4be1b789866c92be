// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/theme/theme.hpp"

#include <QWidget>

namespace rankscope::gui {

/// The accent frame around what a tour points at. Lets everything through.
class TourFrame : public QWidget {
    Q_OBJECT

public:
    explicit TourFrame(QWidget* window);

    /// A rectangle of the window; null: nothing is framed.
    void surround(const QRect& place);
    void applyTheme(const Theme& theme);

    static constexpr int kWidth = 2;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    const Theme* theme_ = &Theme::light();
};

}  // namespace rankscope::gui
