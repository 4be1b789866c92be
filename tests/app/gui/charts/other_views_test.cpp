// SPDX-License-Identifier: GPL-3.0-or-later
// Rank over tokens, heads by layer, matrices, singular values, noise.
#include "app/gui/charts/color_bar.hpp"
#include "app/gui/charts/gallery/sample_data.hpp"
#include "app/gui/theme/color_map.hpp"
#include "tests/app/gui/charts/shown_view.hpp"

#include <limits>

namespace rankscope::gui {
namespace {

TEST(Spearman, IsOfRanksAndSharesTies) {
    const std::vector<float> a{1, 2, 3, 4, 5};
    EXPECT_NEAR(spearman(a, std::vector<float>{1, 8, 27, 64, 125}), 1, 1e-12);
    EXPECT_NEAR(spearman(a, std::vector<float>{9, 7, 5, 3, 1}), -1, 1e-12);
    // scipy.stats.spearmanr([1, 2, 3, 4, 5], [5, 6, 7, 8, 7])
    EXPECT_NEAR(spearman(a, std::vector<float>{5, 6, 7, 8, 7}), 0.8207826816681233, 1e-12);
    // What is unknown does not count.
    EXPECT_NEAR(spearman(std::vector<float>{1, 2, NAN, 3}, std::vector<float>{2, 4, -9, 6}), 1, 1e-12);
    EXPECT_TRUE(std::isnan(spearman(std::vector<float>{1, 2}, std::vector<float>{1, 2})));
    EXPECT_TRUE(std::isnan(spearman(a, std::vector<float>{3, 3, 3, 3, 3})));
}

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

TEST(RankOverTokensView, AClickGoesToTheNearestCapturedToken) {
    ShownView<RankOverTokensView> shown(sample::rankOverTokens(4));
    QSignalSpy picked(&shown.view, &RankOverTokensView::tokenPicked);
    const double y = shown.view.plotRect().top() + 5;
    shown.press({shown.view.toPixel({300, 0}).x(), y});
    ASSERT_EQ(picked.count(), 1);
    EXPECT_EQ(picked[0][0].toInt(), 303);
    shown.drag({shown.view.toPixel({304, 0}).x(), y});  // nearest still 303
    EXPECT_EQ(picked.count(), 1);
    shown.drag({shown.view.toPixel({2000, 0}).x(), y});
    EXPECT_EQ(shown.view.token(), 1023);
    shown.release({0, 0});
    QTest::keyClick(&shown.view, Qt::Key_Left);
    EXPECT_EQ(shown.view.token(), 1007);
}

TEST(RankOverTokensView, LinesAreHoveredAndPicked) {
    ShownView<RankOverTokensView> shown(sample::rankOverTokens(4));
    QSignalSpy hovered(&shown.view, &RankOverTokensView::headHovered);
    QSignalSpy picked(&shown.view, &RankOverTokensView::headPicked);
    const RankOverTokensData& data = shown.view.data();
    const QPointF onHead0 = shown.view.toPixel({static_cast<double>(data.positions[40]), data.ranks[0][40]});
    shown.move(onHead0);
    shown.click(onHead0);
    ASSERT_EQ(hovered.count(), 1);
    EXPECT_EQ(hovered[0][0].toInt(), 0);
    ASSERT_EQ(picked.count(), 1);
    EXPECT_EQ(picked[0][0].toInt(), 0);
}

TEST(RankOverTokensView, GapsAndStrangersAreDrawnWithoutAWarning) {
    for (int heads : {1, 4, 9}) {
        RankOverTokensData data = sample::rankOverTokens(heads);
        data.ranks[0].assign(data.positions.size(), kNaN);
        data.ranks.back()[3] = kInfinity;
        data.ranks.back()[5] = 0;
        data.ranks.back().resize(10);
        ShownView<RankOverTokensView> shown(data);
        EXPECT_FALSE(shown.view.grab().isNull());
        expectPointsInRange(shown.view);
    }
    ShownView<RankOverTokensView> empty{RankOverTokensData{}};
    EXPECT_EQ(empty.view.describe(), QStringLiteral("No ranks."));
    RankOverTokensData one;
    one.positions = {5};
    one.ranks = {{2.5F}};
    one.token = 4;
    ShownView<RankOverTokensView> single(one);
    EXPECT_EQ(single.view.token(), 5);
    EXPECT_TRUE(single.view.describe().contains(QStringLiteral("2.5")));
}

TEST(LargestGap, IsInTheMiddleOfTheWidestLogStep) {
    const std::vector<float> values{1, 2, 32, 64, kNaN, 0};
    EXPECT_NEAR(largestGap(values), 8, 1e-6);
    EXPECT_TRUE(std::isnan(largestGap(std::vector<float>{3, 3})));
}

TEST(HeadsByLayerView, HeadsAreCountedPickedAndSplit) {
    HeadsByLayerData data;
    data.metric = QStringLiteral("stable rank");
    data.ranks = {{2, 30}, {}, {3, kNaN, 28}};
    data.layer = 0;
    ShownView<HeadsByLayerView> shown(data);
    EXPECT_EQ(shown.view.highCount(), 2);
    EXPECT_EQ(shown.view.lowCount(), 2);
    QSignalSpy picked(&shown.view, &HeadsByLayerView::headPicked);
    QSignalSpy activated(&shown.view, &HeadsByLayerView::headActivated);
    QSignalSpy hovered(&shown.view, &HeadsByLayerView::headHovered);
    const QPointF at = shown.view.headPixel(2, 2);
    shown.move(at);
    shown.click(at);
    shown.doubleClick(at);
    ASSERT_EQ(picked.count(), 1);
    EXPECT_EQ(picked[0][0].toInt(), 2);
    EXPECT_EQ(picked[0][1].toInt(), 2);
    EXPECT_EQ(hovered.count(), 1);
    EXPECT_EQ(activated.count(), 1);

    QSignalSpy moved(&shown.view, &HeadsByLayerView::splitMoved);
    const double x = shown.view.plotRect().left() + 3;
    shown.press({x, shown.view.toPixel({0, shown.view.split()}).y()});
    shown.drag({x, shown.view.toPixel({0, 29}).y()});
    shown.release({x, shown.view.toPixel({0, 29}).y()});
    ASSERT_EQ(moved.count(), 1);
    EXPECT_NEAR(moved[0][0].toDouble(), 29, 0.1);
    EXPECT_EQ(shown.view.highCount(), 1);
}

TEST(HeadsByLayerView, NothingAndOneHeadAreDrawn) {
    ShownView<HeadsByLayerView> empty{HeadsByLayerData{}};
    EXPECT_EQ(empty.view.describe(), QStringLiteral("No ranks."));
    HeadsByLayerData one;
    one.ranks = {{4}};
    ShownView<HeadsByLayerView> single(one);
    EXPECT_EQ(single.view.highCount(), 1);
    EXPECT_FALSE(single.view.grab().isNull());
}

TEST(HeatMapView, CellsHaveTheColoursOfTheirValues) {
    HeatMapData data;
    data.rows = 2;
    data.columns = 3;
    data.values = {-1, 0, 1, 5, kNaN, 0.5F};
    data.limit = 1;
    ShownView<HeatMapView> shown(data, {300, 300});
    const QImage& image = shown.view.image();
    ASSERT_EQ(image.format(), QImage::Format_Indexed8);
    EXPECT_EQ(image.pixelIndex(0, 0), 0);
    EXPECT_EQ(image.pixelIndex(1, 0), 127);
    EXPECT_EQ(image.pixelIndex(2, 0), 254);
    EXPECT_EQ(image.pixelIndex(0, 1), 254);  // held
    EXPECT_EQ(image.pixelIndex(1, 1), 255);  // no number
    EXPECT_TRUE(shown.view.isClipped());
    // On the screen as well, in squares of whole pixels.
    EXPECT_NEAR(shown.view.plotRect().width() / 3, shown.view.plotRect().height() / 2, 1e-9);
    const QImage screen = shown.view.grab().toImage();
    EXPECT_EQ(screen.pixel(shown.view.toPixel({2.5, 0.5}).toPoint()), divergingColors(Theme::light()).last());
    shown.view.setTheme(Theme::dark());
    EXPECT_EQ(shown.view.grab().toImage().pixel(shown.view.toPixel({2.5, 0.5}).toPoint()),
              divergingColors(Theme::dark()).last());
}

TEST(HeatMapView, HoverNamesTheChannelWhateverTheOrder) {
    HeatMapData data;
    data.rows = 3;
    data.columns = 2;
    data.values = {0, 1, 10, 11, 20, 21};
    data.order = {2, 0, 1};
    data.rowKept = {true, false, true};
    ShownView<HeatMapView> shown(data, {300, 300});
    QSignalSpy hovered(&shown.view, &HeatMapView::cellHovered);
    QSignalSpy picked(&shown.view, &HeatMapView::cellPicked);
    shown.move(shown.view.toPixel({1.5, 0.5}));
    shown.click(shown.view.toPixel({0.5, 2.5}));
    ASSERT_EQ(hovered.count(), 1);
    EXPECT_EQ(hovered[0][0].toInt(), 2);
    EXPECT_EQ(hovered[0][1].toInt(), 1);
    EXPECT_EQ(hovered[0][2].toFloat(), 21);
    ASSERT_EQ(picked.count(), 1);
    EXPECT_EQ(picked[0][0].toInt(), 1);
    EXPECT_TRUE(shown.view.describe().contains(QStringLiteral("1 rows removed")));
    EXPECT_EQ(shown.view.table().exactText(0, 0), QStringLiteral("2"));
}

TEST(HeatMapView, WhatIsNoMatrixIsEmpty) {
    HeatMapData data;
    data.rows = 3;
    data.columns = 2;
    data.values = {1, 2};
    ShownView<HeatMapView> shown(data);
    EXPECT_EQ(shown.view.describe(), QStringLiteral("No matrix."));
    data.values = {kNaN, kNaN, kNaN, kNaN, kInfinity, 0};
    data.order = {0, 0, 7};
    shown.view.setData(data);
    EXPECT_EQ(shown.view.limit(), 1);
    EXPECT_FALSE(shown.view.grab().isNull());
}

TEST(HeatMapView, TheLimitIsAHighQuantile) {
    std::vector<float> values(1000, 0.5F);
    values[3] = 1e6F;
    EXPECT_DOUBLE_EQ(symmetricLimit(values), 0.5);
    EXPECT_DOUBLE_EQ(symmetricLimit({0, 0}), 1);
}

TEST(SingularValuesView, StartsAtNinetyPercentAndDrags) {
    SingularValuesData data;
    data.sigma = {3, 2, 1, 0.5F, 0.1F, 0};
    ASSERT_EQ(directionsFor(data.sigma, 0.9), 2);
    ShownView<SingularValuesView> shown(data, {300, 300});
    EXPECT_EQ(shown.view.k(), 2);
    QSignalSpy changed(&shown.view, &SingularValuesView::kChanged);
    QSignalSpy finished(&shown.view, &SingularValuesView::kDragFinished);
    const double y = shown.view.plotRect().bottom() - 10;
    shown.press({shown.view.toPixel({2.5, 0}).x(), y});
    shown.drag({shown.view.toPixel({4.5, 0}).x(), y});
    shown.release({shown.view.toPixel({4.5, 0}).x(), y});
    ASSERT_EQ(changed.count(), 1);
    EXPECT_EQ(changed[0][0].toInt(), 4);
    EXPECT_EQ(finished.count(), 1);
    EXPECT_EQ(shown.view.hidden().exactZeros, 1);
    QTest::keyClick(&shown.view, Qt::Key_Left);
    EXPECT_EQ(shown.view.k(), 3);
}

TEST(SingularValuesView, HostileValuesAreDrawn) {
    for (const std::vector<float>& sigma :
         {std::vector<float>{}, {0}, {kNaN}, {1e-30F}, {kInfinity, 1}, {0, 0, 0}}) {
        SingularValuesData data;
        data.sigma = sigma;
        ShownView<SingularValuesView> shown(data);
        EXPECT_FALSE(shown.view.grab().isNull());
        expectPointsInRange(shown.view);
        EXPECT_FALSE(shown.view.describe().isEmpty());
    }
    EXPECT_EQ(directionsFor({0, kNaN}, 0.9), 0);
}

TEST(NoiseView, HeadsAreHoveredAndPicked) {
    ShownView<NoiseView> shown(sample::noise());
    QSignalSpy picked(&shown.view, &NoiseView::headPicked);
    shown.move(shown.view.headPixel(1, 1));
    shown.click(shown.view.headPixel(1, 1));
    ASSERT_EQ(picked.count(), 1);
    EXPECT_EQ(picked[0][0].toInt(), 1);
    EXPECT_EQ(picked[0][1].toInt(), 1);
    EXPECT_EQ(shown.view.tableModel()->rowCount(), 24);
    shown.view.setMode(NoiseMode::Perplexity);
    EXPECT_EQ(shown.view.tableModel()->rowCount(), 18);
    EXPECT_TRUE(shown.view.describe().contains(QStringLiteral("full model from 24.31 to 29.75")));
    EXPECT_FALSE(shown.view.grab().isNull());
}

TEST(NoiseView, HostileNumbersAreDrawn) {
    NoiseData data;
    for (const float value : {kNaN, 0.0F, -1.0F, 1e-30F, kInfinity})
        data.heads.append({0, 0, 1, value});
    data.curves.append(
        {QStringLiteral("full"), Method::FullModel, {0, 0.1F, 0.2F}, {20, 3e30F, kNaN}, {1, 1e31F}});
    data.curves.append({QStringLiteral("none"), Method::L1, {}, {}, {}});
    ShownView<NoiseView> shown(data);
    for (const NoiseMode mode : {NoiseMode::Amplification, NoiseMode::Perplexity}) {
        shown.view.setMode(mode);
        shown.move(shown.view.plotRect().center());
        EXPECT_FALSE(shown.view.grab().isNull());
        expectPointsInRange(shown.view);
    }
    ShownView<NoiseView> empty{NoiseData{}};
    EXPECT_EQ(empty.view.describe(), QStringLiteral("No noise measurements."));
}

TEST(ColorBar, ShowsTheTableOfTheCells) {
    ColorBar bar;
    const QList<QRgb>& colors = sequentialColors(SequentialMap::Viridis);
    bar.setScale(QStringLiteral("rank"), colors, QStringLiteral("1"), QStringLiteral("5.1"), false);
    bar.resize(bar.sizeHint());
    EXPECT_EQ(bar.accessibleName(), QStringLiteral("Colours of rank from 1 to 5.1"));
    const QImage image = bar.grab().toImage();
    int found = 0;
    for (int x = 0; x < image.width(); ++x)
        found += colors.contains(image.pixel(x, image.height() / 2)) ? 1 : 0;
    EXPECT_GT(found, 40);  // the bar is about 70 pixels wide with the smallest font
}

}  // namespace
}  // namespace rankscope::gui
