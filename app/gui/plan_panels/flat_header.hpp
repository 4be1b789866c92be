// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/theme/theme.hpp"

#include <QHeaderView>

#include <map>

namespace rankscope::gui {

/// Titles of columns as plain text over a line.
class FlatHeader : public QHeaderView {
    Q_OBJECT

public:
    explicit FlatHeader(QWidget* parent = nullptr);

    void applyTheme(const Theme& theme);

    /// Right-aligned titles, with this space at the right.
    void setRightAligned(int column, int space);
    void setLeftAligned(int column, int space);
    /// A title that does something when it is clicked: underlined while the pointer is over it.
    void setClickableTitle(int column, bool clickable);
    /// No text although the column is there.
    void setTitleShown(int column, bool shown);

    [[nodiscard]] QSize sizeHint() const override;

protected:
    void paintSection(QPainter* painter, const QRect& rect, int column) const override;
    void paintEvent(QPaintEvent* event) override;

private:
    struct Look {
        bool right = false;
        int space = 0;
        bool clickable = false;
        bool shown = true;
    };

    const Theme* theme_ = &Theme::light();
    std::map<int, Look> looks_;
};

}  // namespace rankscope::gui
