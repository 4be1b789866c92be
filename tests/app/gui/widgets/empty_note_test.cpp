// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/widgets/empty_note.hpp"

#include <gtest/gtest.h>

#include <QApplication>
#include <QLabel>
#include <QPushButton>

namespace rankscope::gui {
namespace {

// In a low panel the air around the words goes, not the words.
TEST(EmptyNote, KeepsItsWordsWhereThereIsLittleHeight) {
    EmptyNote note;
    note.setNote(
        QStringLiteral("DRRQR looks at what the model does with a text: it needs one to calibrate on"),
        QStringLiteral("Calibration text…"));
    note.show();
    const auto* words = note.findChild<QLabel*>();
    const auto* button = note.findChild<QPushButton*>();
    const int least = words->heightForWidth(280 - 48) + button->sizeHint().height();
    for (const int height : {least + 10, least + 60, least + 12}) {
        note.resize(280, height);
        QApplication::processEvents();
        EXPECT_GE(words->height(), words->heightForWidth(words->width())) << height;
        EXPECT_LE(words->geometry().bottom(), button->geometry().top()) << height;
        EXPECT_GE(words->geometry().top(), 0) << height;
        EXPECT_LE(button->geometry().bottom(), height) << height;
    }
}

}  // namespace
}  // namespace rankscope::gui
