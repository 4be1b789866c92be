// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/theme/theme.hpp"

#include <QSplitter>

namespace rankscope::gui {

/// A splitter whose handles look like the gaps between panels.
class SplitFrame : public QSplitter {
    Q_OBJECT

public:
    explicit SplitFrame(Qt::Orientation orientation, QWidget* parent = nullptr);

    void applyTheme(const Theme& theme);

    [[nodiscard]] const Theme& theme() const { return *theme_; }

protected:
    QSplitterHandle* createHandle() override;

private:
    const Theme* theme_ = &Theme::light();
};

}  // namespace rankscope::gui
