// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/window/start_options.hpp"

#include <gtest/gtest.h>

#include <QApplication>
#include <QCommandLineOption>
#include <QCommandLineParser>
#include <QStyle>

namespace rankscope::gui {
namespace {

std::string problemOf(const QStringList& arguments) {
    QCommandLineParser parser;
    for (const char* name : {"demo", "theme", "tour", "questions"})
        parser.addOption({QString::fromLatin1(name), QString(), QStringLiteral("NAME")});
    EXPECT_TRUE(parser.parse(QStringList{QStringLiteral("rankscope")} + arguments));
    return unknownStartName(parser).toStdString();
}

TEST(StartOptions, ANameThatNothingHasIsAnsweredWithThoseThatAreKnown) {
    EXPECT_EQ(problemOf({QStringLiteral("--tour"), QStringLiteral("firstlook")}),
              "unknown tour: found 'firstlook', expected first-look or a file (.json)");
    EXPECT_EQ(problemOf({QStringLiteral("--demo=books")}),
              "unknown demo: found 'books', expected one of books-delta, books-gated, story-delta");
    EXPECT_EQ(problemOf({QStringLiteral("--theme=Dark")}),
              "unknown theme: found 'Dark', expected light or dark");
    EXPECT_EQ(problemOf({QStringLiteral("--tour"), QStringLiteral("a\x1b[2J")}),
              "unknown tour: found 'a\\x1b[2J', expected first-look or a file (.json)");
    EXPECT_NE(problemOf({QStringLiteral("--tour=")}), "");
}

TEST(StartOptions, KnownNamesAndFilesPass) {
    EXPECT_EQ(problemOf({}), "");
    EXPECT_EQ(problemOf({QStringLiteral("--tour=first-look"), QStringLiteral("--demo=story-delta"),
                         QStringLiteral("--theme=dark")}),
              "");
    EXPECT_EQ(problemOf({QStringLiteral("--tour=mine.json"), QStringLiteral("--questions=x")}), "");
}

TEST(FirstSize, LeavesRoomForTheFrameOfTheWindow) {
    const QStyle& style = *QApplication::style();
    EXPECT_EQ(firstSize({1440, 900}, {1920, 1080}, style), QSize(1440, 900));
    const QSize bounded = firstSize({1440, 900}, {1306, 773}, style);
    EXPECT_LT(bounded.width(), 1306);
    EXPECT_LE(bounded.height(), 773 - 20) << "a title bar";
    EXPECT_GE(bounded.height(), 773 - 60);
}

}  // namespace
}  // namespace rankscope::gui
