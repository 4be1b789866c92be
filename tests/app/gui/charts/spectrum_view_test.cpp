// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/charts/spectrum_view.hpp"

#include "app/gui/charts/gallery/sample_data.hpp"
#include "app/gui/theme/fonts.hpp"
#include "tests/app/gui/charts/shown_view.hpp"

#include <QFontMetricsF>

#include <cmath>
#include <limits>
#include <utility>
#include <vector>

namespace rankscope::gui {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

class SpectrumDrag : public testing::Test {
protected:
    ShownView<SpectrumView> shown{sample::spectrum(4, 64)};
    SpectrumView& view = shown.view;
    QSignalSpy started{&view, &SpectrumView::cutDragStarted};
    QSignalSpy dragged{&view, &SpectrumView::cutDragged};
    QSignalSpy finished{&view, &SpectrumView::cutDragFinished};
    QSignalSpy cancelled{&view, &SpectrumView::cutDragCancelled};

    // Right of the middle of index i, at a height where nothing but the line is.
    [[nodiscard]] QPointF at(double index) const {
        return {view.toPixel({index, 0}).x(), view.plotRect().bottom() - 20};
    }
};

TEST_F(SpectrumDrag, SnapsToMultiples) {
    shown.press(at(40.5));
    ASSERT_EQ(started.count(), 1);
    EXPECT_EQ(started[0][0].toInt(), 40);
    shown.drag(at(26.0));
    ASSERT_EQ(dragged.count(), 1);
    EXPECT_EQ(dragged[0][0].toInt(), 24);
    shown.drag(at(25.0));  // still nearest to 24: no second signal
    EXPECT_EQ(dragged.count(), 1);
    shown.release(at(25.0));
    ASSERT_EQ(finished.count(), 1);
    EXPECT_EQ(finished[0][0].toInt(), 24);
    EXPECT_EQ(view.kept(), 24);
    EXPECT_FALSE(view.isDragging());
}

// In a lecture the type is large and the plot is low.
TEST(SpectrumLabels, TheNameOfAHeadStandsOverItsCurve) {
    for (const auto& [points, kept] : std::vector<std::pair<int, int>>{
             {8, 64}, {11, 64}, {16, 64}, {11, 32}, {11, 24}, {16, 32}, {16, 24}, {16, 16}}) {
        SpectrumData data = sample::spectrum(3, 64);
        data.kept = kept;
        ShownView<SpectrumView> shown(data, {680, 300});
        QFont font = shown.view.font();
        font.setPointSize(points);
        shown.view.setFont(font);
        QApplication::processEvents();
        const QRectF name = shown.view.headLabelRect().adjusted(3, 3, -3, -3);
        ASSERT_FALSE(name.isEmpty());
        const double base = name.top() + QFontMetricsF(scaledFont(shown.view.font(), TextRole::LabelStrong)).ascent();
        // The curve falls: it is highest where the name begins.
        const std::vector<float>& sigma = data.heads[static_cast<std::size_t>(data.selected)];
        double curve = 0;
        for (std::size_t i = 0; i < sigma.size(); ++i) {
            const QPointF point = shown.view.toPixel({static_cast<double>(i) + 1, std::log10(sigma[i] / sigma[0])});
            if (point.x() <= name.left()) curve = point.y();
        }
        EXPECT_LT(base, curve) << points << " pt, K' = " << kept;
    }
}

TEST_F(SpectrumDrag, ShiftStopsAtEveryChannel) {
    shown.press(at(40.5));
    shown.drag(at(27.5), Qt::ShiftModifier);
    ASSERT_EQ(dragged.count(), 1);
    EXPECT_EQ(dragged[0][0].toInt(), 27);
}

TEST_F(SpectrumDrag, StaysBetweenOneStepAndAll) {
    shown.press(at(40.5));
    shown.drag({-500, 200});
    EXPECT_EQ(view.kept(), 8);
    shown.drag({-500, 200}, Qt::ShiftModifier);
    EXPECT_EQ(view.kept(), 1);
    shown.drag({5000, 200});
    EXPECT_EQ(view.kept(), 64);
}

TEST_F(SpectrumDrag, EscapePutsItBack) {
    shown.press(at(40.5));
    shown.drag(at(16.5));
    EXPECT_EQ(view.kept(), 16);
    QTest::keyClick(&view, Qt::Key_Escape);
    ASSERT_EQ(cancelled.count(), 1);
    EXPECT_EQ(cancelled[0][0].toInt(), 40);
    EXPECT_EQ(view.kept(), 40);
    shown.release(at(16.5));
    EXPECT_EQ(finished.count(), 0);
}

TEST_F(SpectrumDrag, OwnsEscapeOnlyWhileDragging) {
    const auto taken = [&] {
        QKeyEvent event(QEvent::ShortcutOverride, Qt::Key_Escape, Qt::NoModifier);
        event.ignore();
        QApplication::sendEvent(&view, &event);
        return event.isAccepted();
    };
    EXPECT_FALSE(taken());
    shown.press(at(40.5));
    EXPECT_TRUE(taken());
}

TEST_F(SpectrumDrag, NewDataDuringADragDoNotMoveTheLine) {
    shown.press(at(40.5));
    shown.drag(at(24.5));
    SpectrumData data = view.data();
    data.kept = 48;
    view.setData(data);
    EXPECT_EQ(view.kept(), 24);
}

TEST_F(SpectrumDrag, TheGripIsATargetToo) {
    shown.press({view.toPixel({40.5, 0}).x() + 40, view.plotRect().top() + 6});
    EXPECT_EQ(started.count(), 1);
}

TEST_F(SpectrumDrag, SetKeptTellsNobody) {
    view.setKept(16);
    EXPECT_EQ(view.kept(), 16);
    EXPECT_EQ(dragged.count() + finished.count(), 0);
}

TEST(SpectrumView, HoverSnapsToAnIndexAndReadsOut) {
    ShownView<SpectrumView> shown(sample::spectrum(4, 64));
    QSignalSpy hovered(&shown.view, &SpectrumView::indexHovered);
    QSignalSpy readout(&shown.view, &PlotView::readoutChanged);
    shown.move({shown.view.toPixel({17.3, 0}).x(), shown.view.plotRect().center().y()});
    ASSERT_EQ(hovered.count(), 1);
    EXPECT_EQ(hovered[0][0].toInt(), 17);
    EXPECT_TRUE(readout[0][0].toString().contains(QStringLiteral("σ₁₇")));
    QTest::keyClick(&shown.view, Qt::Key_Right);
    EXPECT_EQ(shown.view.hoverIndex(), 18);
}

TEST(SpectrumView, AClickOnALineChoosesItsHead) {
    ShownView<SpectrumView> shown(sample::spectrum(4, 64));
    QSignalSpy picked(&shown.view, &SpectrumView::headPicked);
    const auto& sigma = shown.view.data().heads[0];
    shown.click(shown.view.toPixel({12, std::log10(sigma[11] / sigma[0])}));
    ASSERT_EQ(picked.count(), 1);
    const int head = picked[0][0].toInt();
    // Another line may run as near.
    const auto& other = shown.view.data().heads[static_cast<std::size_t>(head)];
    EXPECT_NEAR(std::log10(other[11] / other[0]), std::log10(sigma[11] / sigma[0]), 0.1);
}

TEST(SpectrumView, CountsWhatALogAxisCannotShow) {
    ShownView<SpectrumView> shown(sample::hostileSpectrum());
    const HiddenValues counts = shown.view.hidden();
    EXPECT_EQ(counts.belowFloor, 9);
    EXPECT_EQ(counts.exactZeros, 15);
    EXPECT_EQ(counts.notNumbers, 1);
    expectPointsInRange(shown.view);
    // The curve is there all the same.
    EXPECT_GT(pixelsOf(shown.view.grab().toImage(), Theme::light().color(Role::Ink)), 200);
    EXPECT_TRUE(
        shown.view.describe().contains(QStringLiteral("9 below 10⁻⁶; exact zeros: 15; not numbers: 1")));
}

TEST(SpectrumView, EnergyIsOfTheSelectedHead) {
    SpectrumData data;
    data.heads = {{2, 1, 0}, {5, 5, 5}};
    ShownView<SpectrumView> shown(data);
    EXPECT_DOUBLE_EQ(shown.view.energyUpTo(1), 0.8);
    EXPECT_DOUBLE_EQ(shown.view.energyUpTo(3), 1);
    EXPECT_TRUE(std::isnan(shown.view.energyUpTo(4)));
}

class HostileSpectrum : public testing::TestWithParam<std::vector<std::vector<float>>> {};

TEST_P(HostileSpectrum, IsDrawnInEveryWayWithoutAWarning) {
    SpectrumData data;
    data.heads = GetParam();
    data.channels = 4;
    data.kept = 2;
    data.selected = 7;  // there is no such head
    data.afterPruning = {kNaN, 0, 1e-30F};
    ShownView<SpectrumView> shown(data);
    for (const SpectrumQuantity quantity :
         {SpectrumQuantity::Relative, SpectrumQuantity::Absolute, SpectrumQuantity::ResidualEnergy}) {
        for (const bool log : {false, true}) {
            shown.view.setQuantity(quantity);
            shown.view.setLogIndex(log);
            shown.view.setHoverIndex(1);
            EXPECT_FALSE(shown.view.grab().isNull());
            expectPointsInRange(shown.view);
            EXPECT_FALSE(shown.view.describe().isEmpty());
            EXPECT_FALSE(shown.view.table().toCsv().isEmpty());
        }
    }
    shown.move(shown.view.plotRect().center());
    shown.click(shown.view.plotRect().center());
}

INSTANTIATE_TEST_SUITE_P(
    Spectra, HostileSpectrum,
    testing::Values(std::vector<std::vector<float>>{}, std::vector<std::vector<float>>{{}},
                    std::vector<std::vector<float>>{{1}}, std::vector<std::vector<float>>{{0, 0, 0}},
                    std::vector<std::vector<float>>{{kNaN, kNaN}},
                    std::vector<std::vector<float>>{{1e-30F, 1e-38F}},
                    std::vector<std::vector<float>>{{3e38F, 1, 0}, {1}, {kNaN, 1, 2}, {-1, -2}, {}},
                    std::vector<std::vector<float>>{{std::numeric_limits<float>::infinity(), 1}}));

TEST(SpectrumView, TheFloorEndsTheAxis) {
    SpectrumData data = sample::spectrum(4, 64);
    data.floor = 1e-9;
    ShownView<SpectrumView> shown(data);
    EXPECT_NEAR(shown.view.toValue(shown.view.plotRect().bottomLeft()).y(), -9, 1e-9);
    data.floor = 0;  // as low as the axis goes
    shown.view.setData(data);
    EXPECT_NEAR(shown.view.toValue(shown.view.plotRect().bottomLeft()).y(), -12, 1e-9);
}

TEST(SpectrumView, ManySpectraAreOneItem) {
    ShownView<SpectrumView> small(sample::spectrum(4, 128));
    ShownView<SpectrumView> large(sample::spectrum(16, 128, 368));
    EXPECT_EQ(large.view.chart()->series().size(), small.view.chart()->series().size());
    EXPECT_EQ(large.view.scene()->items().size(), small.view.scene()->items().size());
}

TEST(SpectrumView, TheCurveAfterPruningHasTheMethodsColour) {
    SpectrumData data = sample::spectrum(4, 64);
    data.method = Method::Taylor;
    data.afterPruningCaptured = true;
    ShownView<SpectrumView> shown(data);
    const QColor color = Theme::light().color(Method::Taylor);
    const int solid = pixelsOf(shown.view.grab().toImage(), color);
    shown.view.setAfterPruning({}, true);
    EXPECT_GT(solid, pixelsOf(shown.view.grab().toImage(), color) + 50);
}

TEST(SpectrumView, WhatADragChangesLeavesNothingBehind) {
    SpectrumData data = sample::spectrum(4, 64);
    data.afterPruningCaptured = true;
    ShownView<SpectrumView> shown(data);
    for (const int kept : {40, 30, 31, 8, 1, 64}) {
        shown.view.setKept(kept);
        std::vector<float> after = data.heads[0];
        after.resize(static_cast<std::size_t>(kept));
        for (float& value : after)
            value *= 0.8F;
        shown.view.setAfterPruning(after, true);
        expectScreenIsUpToDate(shown.view);
        EXPECT_EQ(shown.view.drawing().curves.size(), 3) << "median, head, head after pruning";
    }
}

TEST(SpectrumView, TableHasWhatIsDrawn) {
    ShownView<SpectrumView> shown(sample::spectrum(4, 64));
    ColumnTableModel* model = shown.view.tableModel();
    EXPECT_EQ(model->rowCount(), 64);
    // The ratios of the axis, then the singular values, then the energy.
    EXPECT_EQ(model->columnCount(), 1 + 2 * (4 + 1) + 1);
    const std::vector<float> sigma = shown.view.data().heads[0];
    const int selected = 1 + shown.view.data().selected;
    EXPECT_DOUBLE_EQ(model->index(0, 1).data(Qt::EditRole).toDouble(), 1);
    EXPECT_NEAR(model->index(9, 1).data(Qt::EditRole).toDouble(), sigma[9] / sigma[0], 1e-6);
    EXPECT_EQ(model->index(9, 6).data(Qt::EditRole).toFloat(), sigma[9]);
    EXPECT_TRUE(
        model->headerData(1, Qt::Horizontal, Qt::DisplayRole).toString().startsWith(QStringLiteral("σᵢ/σ₁")));
    EXPECT_FALSE(model->index(63, 5).data(Qt::EditRole).isValid());  // pruned away
    shown.view.setQuantity(SpectrumQuantity::ResidualEnergy);
    EXPECT_NEAR(model->index(9, selected).data(Qt::EditRole).toDouble(),
                1 - model->index(9, model->columnCount() - 1).data(Qt::EditRole).toDouble(), 1e-5);
    shown.view.setQuantity(SpectrumQuantity::Absolute);
    EXPECT_EQ(model->columnCount(), 1 + 4 + 1 + 1);
    EXPECT_EQ(model->index(9, 1).data(Qt::EditRole).toFloat(), sigma[9]);
    shown.view.setData(sample::spectrum(2, 32));
    EXPECT_EQ(model->rowCount(), 32);
}

TEST(SpectrumView, ANarrowLegendShortensAndGivesItsRowToThePlot) {
    SpectrumView view;
    view.setData(sample::spectrum(4, 64));
    view.resize(120, 300);
    view.show();
    QApplication::processEvents();
    view.resize(380, 300);
    const double fromTiny = view.plotRect().height();
    view.resize(900, 300);
    const double wide = view.plotRect().height();
    view.resize(380, 300);
    EXPECT_EQ(view.plotRect().height(), fromTiny);
    EXPECT_EQ(fromTiny, wide);
}

}  // namespace
}  // namespace rankscope::gui
