// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/theme/theme.hpp"

#include <QToolButton>

namespace rankscope::gui {

/// A button that opens a menu and says so by an arrow after its text.
class MenuButton : public QToolButton {
    Q_OBJECT

public:
    /// Framed like a push button, or flat.
    explicit MenuButton(bool framed, QWidget* parent = nullptr);

    void applyTheme(const Theme& theme);

    /// Without its text: icon and arrow alone.
    void setTextShown(bool shown);

    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    [[nodiscard]] double textWidth() const;

    const Theme* theme_ = &Theme::light();
    bool framed_;
    bool textShown_ = true;
};

}  // namespace rankscope::gui
