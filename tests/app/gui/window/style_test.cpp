// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/window/style.hpp"

#include "app/gui/theme/theme.hpp"

#include <gtest/gtest.h>

#include <QApplication>
#include <QCheckBox>
#include <QTemporaryDir>

#include <algorithm>

namespace rankscope::gui {
namespace {

// Of the darkest and the lightest pixel, 0 to 255.
int spread(const QImage& image) {
    int low = 255, high = 0;
    for (int y = 0; y < image.height(); ++y) {
        for (int x = 0; x < image.width(); ++x) {
            low = std::min(low, qGray(image.pixel(x, y)));
            high = std::max(high, qGray(image.pixel(x, y)));
        }
    }
    return high - low;
}

// What is being measured stays ticked while nobody can change it.
TEST(Style, ATickIsSeenInABoxThatIsDisabled) {
    const QTemporaryDir folder;  // of the arrows
    for (const Theme* theme : {&Theme::light(), &Theme::dark()}) {
        QWidget page;

        page.setStyleSheet(styleSheet(*theme, folder.path()));
        QCheckBox box(&page);
        box.setChecked(true);
        box.setEnabled(false);
        page.resize(60, 40);
        box.setGeometry(10, 10, 40, 20);
        page.show();
        QApplication::processEvents();
        const QRect inside(13, 16, 7, 7);
        EXPECT_GT(spread(page.grab(inside).toImage()), 80) << theme->isDark();
        box.setChecked(false);
        EXPECT_LT(spread(page.grab(inside).toImage()), 60) << theme->isDark();
    }
}

}  // namespace
}  // namespace rankscope::gui
