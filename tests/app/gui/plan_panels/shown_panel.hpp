// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/theme/theme.hpp"

#include <QApplication>
#include <QFont>
#include <QTest>
#include <QWidget>

namespace rankscope::gui {

/// Font and palette of the application for one test; both go back at its end.
struct Look {
    explicit Look(const char* family = "Noto Sans", double points = 9.75, const Theme& theme = Theme::light())
        : theme_(theme), font_(QApplication::font()), palette_(QApplication::palette()) {
        QFont font(QString::fromLatin1(family));
        font.setPointSizeF(points);
        QApplication::setFont(font);
        QApplication::setPalette(theme.palette());
    }

    ~Look() {
        QApplication::setFont(font_);
        QApplication::setPalette(palette_);
    }

    Look(const Look&) = delete;
    Look& operator=(const Look&) = delete;

    template <typename Widget>
    void show(Widget& widget, int width, int height) const {
        widget.applyTheme(theme_);
        widget.resize(width, height);
        widget.show();
        static_cast<void>(QTest::qWaitForWindowExposed(&widget));
        QApplication::processEvents();
    }

private:
    const Theme& theme_;
    QFont font_;
    QPalette palette_;
};

}  // namespace rankscope::gui
