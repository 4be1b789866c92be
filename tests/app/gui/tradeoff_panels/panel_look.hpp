// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/theme/theme.hpp"
#include "tests/app/gui/support/sample_workspace.hpp"

#include <QApplication>
#include <QFont>
#include <QWidget>

#include <string>

namespace rankscope::gui {

/// Font and palette of the application as the window sets them; put back at the end.
class Look {
public:
    explicit Look(const Theme& theme = Theme::light(), const QString& family = QStringLiteral("Noto Sans"),
                  double scale = 1)
        : font_(QApplication::font()), palette_(QApplication::palette()) {
        QFont font(family);
        font.setPointSizeF(9.75 * scale);
        QApplication::setFont(font);
        QApplication::setPalette(theme.palette());
    }

    Look(const Look&) = delete;
    Look& operator=(const Look&) = delete;

    ~Look() {
        QApplication::setFont(font_);
        QApplication::setPalette(palette_);
    }

private:
    QFont font_;
    QPalette palette_;
};

/// Shows a widget at a size in pixels.
inline void showAt(QWidget& widget, int width, int height) {
    widget.resize(width, height);
    widget.show();
    QApplication::processEvents();
}

}  // namespace rankscope::gui
