// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/layer_panels/token_scrubber.hpp"

#include "app/gui/layer_panels/token_slider.hpp"
#include "app/gui/layer_panels/token_strip.hpp"
#include "app/gui/theme/fonts.hpp"
#include "tests/app/gui/layer_panels/pointer.hpp"
#include "tests/app/gui/support/sample_workspace.hpp"

#include <gtest/gtest.h>

#include <QApplication>
#include <QComboBox>
#include <QFontMetricsF>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTest>

#include <memory>

namespace rankscope::gui {
namespace {

class TokenScrubberTest : public testing::Test {
protected:
    TokenScrubberTest() : scrubber(sample.workspace) {
        scrubber.resize(640, scrubber.sizeHint().height());
        scrubber.show();
        QApplication::processEvents();
    }

    template <typename Child>
    [[nodiscard]] Child& child() {
        return *scrubber.findChild<Child*>();
    }

    SampleWorkspace sample;
    TokenScrubber scrubber;
};

TEST_F(TokenScrubberTest, TheSliderStopsAtCapturedPositionsAlone) {
    auto& slider = child<TokenSlider>();
    Pointer pointer(slider);
    pointer.press({slider.xOf(3) + 2, 8});
    EXPECT_EQ(sample.selection.token(), 127);
    pointer.drag({slider.xOf(7) - 2, 8});
    EXPECT_EQ(sample.selection.token(), 255);
    pointer.release({0, 0});
    QTest::keyClick(&slider, Qt::Key_Right);
    EXPECT_EQ(sample.selection.token(), 287);
    QTest::keyClick(&slider, Qt::Key_Home);
    EXPECT_EQ(sample.selection.token(), 31);
}

TEST_F(TokenScrubberTest, ATypedTokenBecomesTheNearestCapturedOne) {
    auto& number = child<QSpinBox>();
    number.setFocus();
    number.selectAll();
    QTest::keyClicks(&number, QStringLiteral("200"));
    QTest::keyClick(&number, Qt::Key_Return);
    EXPECT_EQ(sample.selection.token(), 191);
    EXPECT_EQ(number.value(), 191);
    QTest::keyClick(&number, Qt::Key_Up);
    EXPECT_EQ(sample.selection.token(), 223);
}

TEST_F(TokenScrubberTest, AClickedTokenSelectsTheNearestCapturedOne) {
    sample.selection.setToken(255);
    auto& strip = child<TokenStrip>();
    const QRectF at = strip.tokenRect(258);
    ASSERT_FALSE(at.isNull());
    Pointer(strip).click(at.center());
    EXPECT_EQ(sample.selection.token(), 255);
    // A token near the next captured position, reached from there.
    sample.selection.setToken(287);
    Pointer(strip).click(strip.tokenRect(283).center());
    EXPECT_EQ(sample.selection.token(), 287);
    EXPECT_TRUE(strip.tokenRect(500).isNull());
}

TEST_F(TokenScrubberTest, TheTokenUnderThePointerIsShared) {
    auto& strip = child<TokenStrip>();
    sample.selection.setToken(255);
    Pointer(strip).move(strip.tokenRect(257).center());
    EXPECT_EQ(sample.selection.hover().token, 257);
    Pointer(strip).leave();
    EXPECT_EQ(sample.selection.hover().token, -1);
}

TEST_F(TokenScrubberTest, WindowsAreCountedFromOneAndFollowTheSelection) {
    auto& windows = child<QComboBox>();
    EXPECT_EQ(windows.count(), 4);
    EXPECT_EQ(windows.currentText(), QStringLiteral("1 of 4"));
    sample.selection.setWindow(2);
    EXPECT_EQ(windows.currentText(), QStringLiteral("3 of 4"));
    scrubber.nextWindow();
    scrubber.nextWindow();
    EXPECT_EQ(sample.selection.window(), 3);
    QTest::keyClick(&windows, Qt::Key_Up);
    EXPECT_EQ(sample.selection.window(), 2);
}

TEST_F(TokenScrubberTest, PlayGoesToTheEndAndBeginsAnewFromThere) {
    scrubber.setSpeed(4);
    sample.selection.setToken(447);
    QSignalSpy playing(&scrubber, &TokenScrubber::playingChanged);
    scrubber.togglePlay();
    EXPECT_TRUE(scrubber.isPlaying());
    QTRY_VERIFY(!scrubber.isPlaying());
    EXPECT_EQ(sample.selection.token(), 511);
    EXPECT_EQ(playing.size(), 2);
    scrubber.togglePlay();
    EXPECT_EQ(sample.selection.token(), 31);
    QTest::keyClick(&scrubber, Qt::Key_Space);
    EXPECT_FALSE(scrubber.isPlaying());
}

TEST_F(TokenScrubberTest, ANewCaptureKeepsWhatItHasOfTheSelection) {
    sample.selection.setWindow(3);
    sample.selection.setToken(511);
    sample.states.setCapture(sampleCapture({}, 2, 256));
    EXPECT_EQ(sample.selection.window(), 1);
    EXPECT_EQ(sample.selection.token(), 255);
    sample.states.setCapture(nullptr);
    EXPECT_FALSE(scrubber.isEnabled());
    scrubber.togglePlay();
    EXPECT_FALSE(scrubber.isPlaying());
}

TEST_F(TokenScrubberTest, WithoutATokenizerTheNumbersStandForTheText) {
    auto bare = std::make_shared<CaptureData>(*sample.states.capture());
    bare->tokenText.clear();
    sample.states.setCapture(bare);
    EXPECT_EQ(child<TokenStrip>().count(), 512);
    EXPECT_TRUE(child<TokenStrip>().accessibleDescription().contains(QStringLiteral("“11”")));  // 511 % 500
}

TEST_F(TokenScrubberTest, FitsTheNarrowestColumn) {
    EXPECT_LE(scrubber.minimumSizeHint().width(), 380);
}

TEST(VisibleToken, WhiteSpaceCanBeSeen) {
    EXPECT_EQ(visibleToken(QStringLiteral(" word")), QStringLiteral(" word"));
    EXPECT_EQ(visibleToken(QStringLiteral("  ")), QStringLiteral("␣␣"));
    EXPECT_EQ(visibleToken(QStringLiteral("\n")), QStringLiteral("⏎"));
    EXPECT_EQ(visibleToken(QStringLiteral(".\r\n")), QStringLiteral(".⏎"));
    EXPECT_EQ(visibleToken(QStringLiteral("\t")), QStringLiteral("⇥"));
}

TEST(TokenStrip, KeepsWordsApartWhereTokensHoldNoSpace) {
    TokenStrip strip;
    strip.resize(400, 30);
    strip.setTokens({"where", "is", "the", "lantern"}, {1, 2, 3, 4});
    strip.setCurrent(3);
    EXPECT_TRUE(strip.accessibleDescription().contains(QStringLiteral("where is the")))
        << strip.accessibleDescription().toStdString();
    strip.setTokens({"wh", "ere", " is", " it"}, {1, 2, 3, 4});
    strip.setCurrent(2);
    strip.setCurrent(3);
    EXPECT_TRUE(strip.accessibleDescription().contains(QStringLiteral("where is")))
        << strip.accessibleDescription().toStdString();
}

TEST(TokenStrip, ShowsWholeTokensAlone) {
    TokenStrip strip;
    std::vector<std::string> texts;
    for (const char* word : {"The", " harbour", " lay", " still", " and", " silver", " under", " the", " moon"})
        texts.emplace_back(word);
    strip.setTokens(texts, std::vector<std::int32_t>(texts.size()));
    strip.setCurrent(4);
    strip.show();
    const double space = QFontMetricsF(scaledFont(QApplication::font(), TextRole::Body)).horizontalAdvance(QLatin1Char(' '));
    std::size_t shown = 0;
    for (int width = 120; width < 400; ++width) {
        strip.resize(width, 30);
        for (int token = 0; token < std::ssize(texts); ++token) {
            const QRectF place = strip.tokenRect(token);
            if (place.isEmpty()) continue;
            ++shown;
            EXPECT_LE(place.right(), width) << token;
            EXPECT_GE(place.left() + (token > 0 ? space : 0), 0) << token << " at " << width;
        }
    }
    EXPECT_GT(shown, 280U * 3);
}

}  // namespace
}  // namespace rankscope::gui
