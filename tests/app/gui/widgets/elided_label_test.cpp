// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/widgets/elided_label.hpp"

#include <gtest/gtest.h>

#include <QFontMetrics>

namespace rankscope::gui {
namespace {

TEST(ElidedLabel, SaysLessBeforeItCutsANumber) {
    ElidedLabel label;
    const QString whole = QStringLiteral("5 of 30 windows · 10 s left · +2 queued");
    const QStringList shorter{QStringLiteral("5 of 30 windows · 10 s left"), QStringLiteral("17 %")};
    label.show();
    label.setFullText(whole, shorter);
    const auto shownAt = [&](int width) {
        label.resize(width, 20);
        return label.text();
    };
    const auto needed = [&](const QString& text) { return label.fontMetrics().horizontalAdvance(text); };
    EXPECT_EQ(shownAt(needed(whole) + 4), whole);
    EXPECT_TRUE(label.toolTip().isEmpty());
    EXPECT_EQ(shownAt(needed(whole) - 4), shorter[0]);
    EXPECT_EQ(label.toolTip(), whole);
    EXPECT_EQ(shownAt(needed(shorter[0]) - 4), shorter[1]);
    EXPECT_TRUE(shownAt(needed(shorter[1]) - 4).endsWith(QStringLiteral("…")));
    EXPECT_EQ(label.fullText(), whole);
    label.setFullText(whole);
    EXPECT_TRUE(shownAt(needed(whole) - 4).endsWith(QStringLiteral("…")));
}

}  // namespace
}  // namespace rankscope::gui
