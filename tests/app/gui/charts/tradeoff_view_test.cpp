// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/charts/tradeoff_view.hpp"

#include "app/gui/charts/chart_text.hpp"
#include "app/gui/charts/gallery/sample_data.hpp"
#include "tests/app/gui/charts/shown_view.hpp"

#include <QWheelEvent>

namespace rankscope::gui {
namespace {

const QString kTaylorHalf = QStringLiteral("taylor4");

TEST(ParetoFront, HoldsWhatNothingBeats) {
    TradeoffData data;
    const auto add = [&](const char* id, double state, double quality, PlanState known = PlanState::Exact) {
        TradeoffDot dot;
        dot.id = QString::fromLatin1(id);
        dot.stateKib = state;
        dot.decodeSpeed = 1000 - state;
        dot.quality = quality;
        dot.state = known;
        data.dots.append(dot);
    };
    add("large", 100, 10);
    add("beaten", 100, 11);
    add("small", 50, 12);
    add("worse", 60, 13);
    add("tiny", 10, 20);
    add("guess", 5, 1, PlanState::Estimate);
    EXPECT_EQ(paretoFront(data, false), QList<QString>({"tiny", "small", "large"}));
    data.x = TradeoffX::DecodeSpeed;  // larger is better
    EXPECT_EQ(paretoFront(data, false), QList<QString>({"tiny", "small", "large"}));
    data.lowerIsBetter = false;  // recall
    EXPECT_EQ(paretoFront(data, false), QList<QString>({"tiny"}));
    EXPECT_TRUE(paretoFront(data, true).isEmpty());
}

class Tradeoff : public testing::Test {
protected:
    ShownView<TradeoffView> shown{sample::tradeoff(), {420, 420}};
    TradeoffView& view = shown.view;
};

TEST_F(Tradeoff, DotsAreHitWhereTheyAreDrawn) {
    QSignalSpy hovered(&view, &TradeoffView::dotHovered);
    QSignalSpy picked(&view, &TradeoffView::dotPicked);
    QSignalSpy activated(&view, &TradeoffView::dotActivated);
    const QPointF at = view.dotPixel(QStringLiteral("l14"));
    ASSERT_FALSE(at.isNull());
    shown.move(at);
    shown.click(at);
    shown.doubleClick(at);
    ASSERT_EQ(hovered.count(), 1);
    EXPECT_EQ(hovered[0][0].toString(), QStringLiteral("l14"));
    ASSERT_EQ(picked.count(), 1);
    EXPECT_EQ(picked[0][0].toString(), QStringLiteral("l14"));
    ASSERT_EQ(activated.count(), 1);
    EXPECT_EQ(activated[0][0].toString(), QStringLiteral("l14"));
    shown.move(view.plotRect().topLeft() + QPointF(30, 60));
    EXPECT_EQ(hovered.count(), 2);
    EXPECT_TRUE(hovered[1][0].toString().isEmpty());
}

TEST_F(Tradeoff, NoTwoNamesOfMethodsLieOnEachOther) {
    TradeoffData data = view.data();
    // All methods end at nearly one place.
    for (TradeoffDot& dot : data.dots) {
        if (dot.uniform) dot.quality = 25 + 1e-3 * dot.quality;
    }
    for (const TradeoffX x : {TradeoffX::StateSize, TradeoffX::DecodeSpeed, TradeoffX::Parameters}) {
        for (const bool close : {false, true}) {
            view.setData(close ? data : sample::tradeoff());
            view.setX(x);
            const QList<TradeoffView::MethodName> names = view.methodNames();
            EXPECT_GT(names.size(), 3);
            for (qsizetype i = 0; i < names.size(); ++i) {
                const double half = names[i].place.height() / 2 + 1;
                EXPECT_TRUE(view.plotRect().adjusted(-1, -half, 16, half).contains(names[i].place)) << i;
                for (qsizetype j = 0; j < i; ++j) {
                    const QRectF both = names[i].place & names[j].place;
                    EXPECT_LE(both.height(), 0.15 * names[i].place.height()) << i << " " << j;
                }
            }
        }
    }
}

TEST_F(Tradeoff, ADotThatMovesLeavesNothingBehind) {
    TradeoffDot dot;
    dot.id = QStringLiteral("dragged");
    dot.method = Method::Taylor;
    dot.state = PlanState::Estimate;
    const QRectF range(view.toValue(view.plotRect().bottomLeft()), view.toValue(view.plotRect().topRight()));
    TradeoffData data = view.data();
    data.current = dot.id;
    data.dots.append(dot);
    view.setData(data);
    for (int i = 0; i < 12; ++i) {
        dot.stateKib = range.left() + range.width() * (0.05 + 0.08 * i);
        dot.quality = range.top() + range.height() * (0.9 - 0.075 * i);
        if (i == 4) dot.quality = range.bottom() + 100;  // beyond the axis: counted in words elsewhere
        dot.standardError = i % 3 == 2 ? 0.02 * std::abs(range.height()) : std::numeric_limits<double>::quiet_NaN();
        if (i == 8) view.setHover(dot.id);
        if (i == 10) view.setHover({});
        view.setDot(dot);
        expectScreenIsUpToDate(view);
    }
}

TEST_F(Tradeoff, MethodsWithoutAMarkerHaveLinesAndNamesOfTheirOwn) {
    TradeoffData data = view.data();
    for (TradeoffDot& dot : data.dots) {
        if (dot.method == Method::Taylor) dot.methodText = QStringLiteral("tensor-train");
        if (dot.method == Method::L1) dot.methodText = QStringLiteral("hadamard");
        if (dot.method == Method::Taylor || dot.method == Method::L1) dot.method = Method::Mixed;
    }
    view.setData(data);
    QStringList names;
    for (const TradeoffView::MethodName& name : view.methodNames())
        names << name.text;
    EXPECT_TRUE(names.contains(QStringLiteral("tensor-train"))) << names.join(' ').toStdString();
    EXPECT_TRUE(names.contains(QStringLiteral("hadamard"))) << names.join(' ').toStdString();
    EXPECT_FALSE(names.contains(methodName(Method::Mixed)));
    EXPECT_TRUE(view.table().toCsv().contains(QStringLiteral("tensor-train")));
}

TEST_F(Tradeoff, KeysWalkAndActivate) {
    QSignalSpy picked(&view, &TradeoffView::dotPicked);
    QSignalSpy activated(&view, &TradeoffView::dotActivated);
    QSignalSpy deleted(&view, &TradeoffView::dotDeleteRequested);
    QTest::keyClick(&view, Qt::Key_Right);
    QTest::keyClick(&view, Qt::Key_Right);
    ASSERT_EQ(picked.count(), 2);
    EXPECT_LE(view.dotPixel(picked[0][0].toString()).x(), view.dotPixel(picked[1][0].toString()).x());
    QTest::keyClick(&view, Qt::Key_Return);
    ASSERT_EQ(activated.count(), 1);
    EXPECT_EQ(activated[0][0], picked[1][0]);
    QTest::keyClick(&view, Qt::Key_Delete);
    EXPECT_EQ(deleted.count(), 1);
}

TEST_F(Tradeoff, DotsBeyondTheRangeAreCounted) {
    int expected = 0;
    for (const TradeoffDot& dot : view.data().dots)
        expected += dot.quality > 1.3 * 24.31 ? 1 : 0;
    EXPECT_GT(expected, 0);
    EXPECT_EQ(view.countBeyond(), expected);
    EXPECT_TRUE(view.describe().contains(QStringLiteral("%1 above 31.6").arg(expected)));
    expectPointsInRange(view);
}

TEST(TradeoffView, TheHighestWhiskerIsInsideTheAxis) {
    TradeoffData data;
    TradeoffDot full;
    full.id = QStringLiteral("full");
    full.method = Method::FullModel;
    full.stateKib = 192;
    full.quality = 39.55;
    TradeoffDot dot = full;
    dot.id = QStringLiteral("half");
    dot.method = Method::Drrqr;
    dot.stateKib = 96;
    dot.quality = 40.55;
    dot.standardError = 1.5;
    data.dots = {full, dot};
    const ShownView<TradeoffView> shown(data, {420, 420});
    EXPECT_GE(shown.view.toPixel({96, 40.55 + 1.5}).y(), shown.view.plotRect().top());
    // While it is measured the axis holds still.
    data.dots[1].state = PlanState::Measuring;
    const ShownView<TradeoffView> measuring(data, {420, 420});
    EXPECT_LT(measuring.view.toPixel({96, 40.55 + 1.5}).y(), measuring.view.plotRect().top());
}

TEST_F(Tradeoff, ALongNameLeavesTheNumbersOfItsCardInSight) {
    const QList<CardRow> rows{{QStringLiteral("perplexity"), QStringLiteral("41.85")}};
    const QString name = QStringLiteral("a name that says everything ").repeated(9);
    EXPECT_LT(cardSize(name, rows, view.font()).width(), 320);
    EXPECT_GT(cardSize(name, rows, view.font()).width(), cardSize(QStringLiteral("short"), rows, view.font()).width());
}

TEST_F(Tradeoff, AMovedDotIsDrawnAtItsNewPlace) {
    TradeoffDot dot;
    for (const TradeoffDot& other : view.data().dots) {
        if (other.id == QLatin1String("current")) dot = other;
    }
    const QPointF before = view.dotPixel(dot.id);
    dot.stateKib = 300;
    view.setDot(dot);
    EXPECT_GT(view.dotPixel(dot.id).x(), before.x() + 50);
    EXPECT_EQ(view.tableModel()->rowCount(), view.data().dots.size());
    dot.id = QStringLiteral("new");
    view.setDot(dot);
    EXPECT_EQ(view.tableModel()->rowCount(), view.data().dots.size());
}

TEST_F(Tradeoff, WithoutANumberADotWaitsAtTheBaseline) {
    TradeoffDot dot;
    dot.id = QStringLiteral("waiting");
    dot.state = PlanState::Queued;
    dot.stateKib = 96;
    view.setDot(dot);
    EXPECT_EQ(view.dotPixel(dot.id).y(), view.dotPixel(QStringLiteral("full")).y());
    const int row = static_cast<int>(view.data().dots.size()) - 1;
    EXPECT_EQ(view.tableModel()->index(row, 3).data().toString(), QStringLiteral("–"));
}

TEST_F(Tradeoff, AnOpenQuestionGivesNothingAway) {
    TradeoffData data = view.data();
    data.hideCurrent = true;
    view.setData(data);
    QSignalSpy hovered(&view, &TradeoffView::dotHovered);
    const QPointF at = view.dotPixel(QStringLiteral("current"));
    shown.move(at);
    for (const QList<QVariant>& call : hovered)
        EXPECT_NE(call[0].toString(), QStringLiteral("current"));
    EXPECT_FALSE(view.describe().contains(QStringLiteral("25.04")));
    EXPECT_FALSE(view.table().toCsv().contains(QStringLiteral("25.04")));
}

TEST_F(Tradeoff, TheWheelOverAnAxisZoomsAndADoubleClickResets) {
    const double before =
        view.toValue(view.plotRect().topRight()).x() - view.toValue(view.plotRect().topLeft()).x();
    const QPointF at(view.plotRect().center().x(), view.plotRect().bottom() + 10);
    QWheelEvent wheel(at, view.viewport()->mapToGlobal(at), {}, {0, 120}, Qt::NoButton, Qt::NoModifier,
                      Qt::NoScrollPhase, false);
    QApplication::sendEvent(view.viewport(), &wheel);
    EXPECT_TRUE(view.isZoomed());
    const double after =
        view.toValue(view.plotRect().topRight()).x() - view.toValue(view.plotRect().topLeft()).x();
    EXPECT_NEAR(after, before / 1.15, before * 0.01);
    expectPointsInRange(view);
    shown.doubleClick(view.plotRect().topLeft() + QPointF(30, 60));
    EXPECT_FALSE(view.isZoomed());
}

TEST_F(Tradeoff, EveryAxisChoiceIsDrawn) {
    for (const TradeoffX x :
         {TradeoffX::StateSize, TradeoffX::DecodeSpeed, TradeoffX::PrefillSpeed, TradeoffX::Parameters}) {
        view.setX(x);
        EXPECT_FALSE(view.dotPixel(kTaylorHalf).isNull());
        EXPECT_FALSE(view.grab().isNull());
        expectPointsInRange(view);
    }
}

TEST(TradeoffView, HostileDotsAreDrawnWithoutAWarning) {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    for (const double value : {TradeoffDot::kUnknown, 0.0, -1.0, 1e-30, 1e300, kInfinity}) {
        TradeoffData data;
        TradeoffDot dot;
        dot.id = QStringLiteral("one");
        dot.method = Method::FullModel;
        dot.quality = value;
        dot.stateKib = value;
        dot.standardError = value;
        data.dots.append(dot);
        data.current = dot.id;
        ShownView<TradeoffView> shown(data);
        EXPECT_FALSE(shown.view.grab().isNull());
        EXPECT_FALSE(shown.view.describe().isEmpty());
        expectPointsInRange(shown.view);
    }
    ShownView<TradeoffView> empty{TradeoffData{}};
    EXPECT_EQ(empty.view.describe(), QStringLiteral("No plans."));
}

class DraggedOut : public TradeoffView {
public:
    QStringList ids;

protected:
    void dragOut(const QString& id) override { ids.append(id); }
};

TEST(TradeoffDrag, ADotIsDraggedOutOnceAndOnlyWhenItReallyMoves) {
    ShownView<DraggedOut> shown(sample::tradeoff());
    const QString id = shown.view.data().current;
    const QPointF at = shown.view.dotPixel(id);
    shown.press(at);
    shown.drag(at + QPointF(1, 1));
    EXPECT_TRUE(shown.view.ids.isEmpty());
    shown.drag(at + QPointF(40, 0));
    shown.drag(at + QPointF(60, 0));
    EXPECT_EQ(shown.view.ids, QStringList{id});
    shown.release(at);
    shown.press(at);
    shown.release(at);
    shown.drag(at + QPointF(60, 0));
    EXPECT_EQ(shown.view.ids.size(), 1) << "a click is no drag";
}

}  // namespace
}  // namespace rankscope::gui
