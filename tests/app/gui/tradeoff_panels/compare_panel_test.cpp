// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/tradeoff_panels/compare_panel.hpp"

#include "app/gui/charts/spectrum_view.hpp"
#include "app/gui/tradeoff_panels/comparison_table.hpp"
#include "app/gui/tradeoff_panels/contribution_view.hpp"
#include "app/gui/tradeoff_panels/plan_drag.hpp"
#include "app/gui/tradeoff_panels/plan_facts.hpp"
#include "app/gui/tradeoff_panels/plan_slot.hpp"
#include "app/gui/tradeoff_panels/spectra_compare.hpp"
#include "app/gui/tradeoff_panels/spectra_pair_view.hpp"
#include "app/gui/widgets/empty_note.hpp"
#include "app/gui/widgets/segmented_switch.hpp"
#include "tests/app/gui/tradeoff_panels/panel_look.hpp"

#include <gtest/gtest.h>

#include <QDragEnterEvent>
#include <QDropEvent>
#include <QMimeData>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>

#include <memory>

namespace rankscope::gui {
namespace {

EngineStatus readyStatus() {
    EngineStatus ready;
    ready.state = EngineStatus::State::Ready;
    return ready;
}

/// A plan with other widths than the saved ones, current and measured.
void measureAnother(SampleWorkspace& sample) {
    PlanChoice plan = sample.document.plan();
    plan.name = "Middle kept";
    plan.layers[0].kept = 48;
    plan.layers[2].kept = 16;
    sample.document.setPlan({}, plan);
    PlanRecord record;
    record.state = PlanState::Exact;
    record.quality =
        sample.document.record(sample.document.point(QStringLiteral("drrqr-0.5"))->choice)->quality;
    record.quality->delta_nll = 0.0011;
    record.quality->delta_nll_se = 0.0002;
    record.quality->nll -= 0.002;
    record.quality->perplexity = std::exp(record.quality->nll);
    sample.document.setRecord(plan, record);
}

protocol::AttributionResult sampleAttribution(std::size_t layers) {
    protocol::AttributionResult result;
    const double deltas[] = {-0.0031, 0.0008};
    const double errors[] = {0.0003, 0.0006};
    const int index[] = {0, 2};
    for (std::size_t i = 0; i < layers; ++i)
        result.layers.push_back({index[i], deltas[i], errors[i]});
    return result;
}

struct CompareTest : testing::Test {
    CompareTest() : panel(sample.workspace) {
        sample.engine.setStatus(readyStatus());
        measureAnother(sample);
        sample.document.pin(true, QStringLiteral("drrqr-0.5"));
        showAt(panel, 640, 700);
    }

    void settle() {
        // The spectra are computed beside the window.
        for (int i = 0; i < 400 && panel.spectra()->pair()->data().b.sigma.empty(); ++i)
            QTest::qWait(5);
    }

    EmptyNote* note(const QString& beginning) {
        for (EmptyNote* each : panel.findChildren<EmptyNote*>()) {
            if (each->isVisible() && each->sentence().startsWith(beginning)) return each;
        }
        return nullptr;
    }

    Look look;
    SampleWorkspace sample;
    ComparePanel panel;
};

TEST_F(CompareTest, TakesPinsAndTheCurrentPlan) {
    EXPECT_EQ(panel.planA(), QStringLiteral("drrqr-0.5"));
    EXPECT_EQ(panel.planB(), currentPlanId());
    sample.document.pin(false, QStringLiteral("l1-0.25"));
    EXPECT_EQ(panel.planB(), QStringLiteral("l1-0.25"));
    sample.document.pin(true, {});
    EXPECT_EQ(panel.planA(), QStringLiteral("drrqr-normalised-0.75"));
}

TEST_F(CompareTest, ChoosingInASlotPins) {
    PlanSlot* slot = panel.table()->slotB();
    const int row = slot->findData(QStringLiteral("taylor-0.5"));
    ASSERT_GE(row, 0);
    slot->setCurrentIndex(row);
    Q_EMIT slot->activated(row);
    EXPECT_EQ(sample.document.state().pinB, QStringLiteral("taylor-0.5"));
    EXPECT_EQ(panel.planB(), QStringLiteral("taylor-0.5"));
    const int current = slot->findData(currentPlanId());
    slot->setCurrentIndex(current);
    Q_EMIT slot->activated(current);
    EXPECT_EQ(panel.planB(), currentPlanId());
    sample.document.undoStack()->undo();
    EXPECT_TRUE(sample.document.state().pinB.isEmpty());
}

TEST_F(CompareTest, ADroppedPlanIsPinned) {
    const std::unique_ptr<QMimeData> data(
        pointMimeData(QStringLiteral("energy-0.5"), QStringLiteral("Energy")));
    QDragEnterEvent enter(QPoint(5, 5), Qt::CopyAction, data.get(), Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(panel.table()->slotA(), &enter);
    EXPECT_TRUE(enter.isAccepted());
    QDropEvent drop(QPointF(5, 5), Qt::CopyAction, data.get(), Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(panel.table()->slotA(), &drop);
    EXPECT_EQ(panel.planA(), QStringLiteral("energy-0.5"));
}

TEST_F(CompareTest, SaysThatBothAreTheSamePlan) {
    sample.document.pin(true, QStringLiteral("drrqr-0.5"));
    sample.document.pin(false, QStringLiteral("drrqr-0.5"));
    EXPECT_EQ(panel.sentence(), QStringLiteral("A and B are the same plan: select another dot and press B"));
    EXPECT_TRUE(panel.table()->rows().isEmpty());
}

TEST_F(CompareTest, SaysTheResult) {
    EXPECT_TRUE(
        panel.sentence().startsWith(QStringLiteral("B is better by 0.05 perplexity (± at most 0.01)")))
        << panel.sentence().toStdString();
    EXPECT_TRUE(panel.sentence().contains(QStringLiteral("layer 0 and fewer in layer 2")))
        << panel.sentence().toStdString();
}

TEST_F(CompareTest, NumbersFollowADrag) {
    const QString before = panel.table()->rows().first().b;
    sample.document.dragTo(sample.document.withKept(1, 8));
    EXPECT_NE(panel.table()->rows().first().b, before);
    sample.document.cancelDrag();
    EXPECT_EQ(panel.table()->rows().first().b, before);
}

TEST_F(CompareTest, ShowsOneStateUnderBothPlansWithTheSameAxes) {
    settle();
    const SpectraPairData& data = panel.spectra()->pair()->data();
    EXPECT_EQ(data.a.sigma.size(), 32U);
    EXPECT_EQ(data.b.sigma.size(), 48U);
    const SpectrumView* a = panel.spectra()->sideA();
    const SpectrumView* b = panel.spectra()->sideB();
    EXPECT_EQ(a->kept(), 32);
    EXPECT_EQ(b->kept(), 48);
    EXPECT_EQ(a->data().heads, b->data().heads);
    const auto axis = [](const SpectrumView* view) {
        return std::pair(view->toValue(view->plotRect().topLeft()),
                         view->toValue(view->plotRect().bottomRight()));
    };
    EXPECT_EQ(axis(a), axis(b));
    EXPECT_EQ(a->plotRect().left(), b->plotRect().left());
    // No row that stays makes the state larger than it is.
    for (std::size_t i = 0; i < data.b.sigma.size(); ++i)
        EXPECT_LE(data.b.sigma[i], data.full[i] * 1.0001F);
}

TEST_F(CompareTest, TheLineThatCutsCannotBeMovedHere) {
    settle();
    SpectrumView* view = panel.spectra()->sideB();
    const QPoint at = view->toPixel({48.5, view->toValue(view->plotRect().center()).y()}).toPoint();
    QTest::mousePress(view->viewport(), Qt::LeftButton, {}, at);
    QTest::mouseMove(view->viewport(), at - QPoint(60, 0));
    QTest::mouseRelease(view->viewport(), Qt::LeftButton, {}, at - QPoint(60, 0));
    EXPECT_EQ(view->kept(), 48);
}

TEST_F(CompareTest, OverlayAndDifferenceHaveThatData) {
    settle();
    panel.spectra()->setMode(SpectraCompare::Mode::Difference);
    const SpectraPairView* pair = panel.spectra()->pair();
    EXPECT_TRUE(pair->isVisible());
    const std::vector<double> difference = pair->difference();
    ASSERT_EQ(difference.size(), 48U);
    const SpectraPairData& data = pair->data();
    EXPECT_NEAR(difference[3], (data.b.sigma[3] - data.a.sigma[3]) / data.full[0], 1e-6);
    EXPECT_NEAR(difference[40], data.b.sigma[40] / data.full[0], 1e-6);
    EXPECT_EQ(pair->table().rows.size(), static_cast<qsizetype>(data.full.size()));
}

TEST_F(CompareTest, HoverIsTheSameIndexInBoth) {
    settle();
    Q_EMIT panel.spectra()->sideA()->indexHovered(7);
    EXPECT_EQ(sample.selection.hover().index, 7);
    EXPECT_EQ(panel.spectra()->sideB()->hoverIndex(), 7);
}

TEST_F(CompareTest, SaysWhatWasNotCaptured) {
    sample.states.setCapture(nullptr);
    EXPECT_NE(note(QStringLiteral("This model has no captured states")), nullptr);
    QSignalSpy asked(&panel, &ComparePanel::captureRequested);
    Q_EMIT note(QStringLiteral("This model has no captured states"))->remedyRequested();
    EXPECT_EQ(asked.count(), 1);
}

TEST_F(CompareTest, LayersAreEvaluatedOnDemand) {
    EngineJob ended;
    ended.state = EngineJob::State::Finished;
    ended.unit = QStringLiteral("windows");
    ended.total = 22;
    ended.seconds = 5;
    sample.engine.setJobs({ended});
    EmptyNote* button = note(QStringLiteral("One layer of A"));
    ASSERT_NE(button, nullptr);
    EXPECT_EQ(button->remedy(), QStringLiteral("Evaluate 2 layers, about 15 s"));
    Q_EMIT button->remedyRequested();
    EXPECT_EQ(sample.engine.calls.back(), "attribution drrqr-0.5 " + currentPlanId().toStdString());
    sample.engine.lastAttribution(sampleAttribution(1));
    EXPECT_TRUE(panel.contributions()->isVisible());
    EXPECT_EQ(panel.contributions()->data().layers.size(), 1);
    EXPECT_EQ(panel.contributions()->data().expected, 2);
    // What is not finished says nothing of the whole.
    EXPECT_TRUE(panel.table()->rows()[1].difference.contains(QStringLiteral("≤")));
    protocol::AttributionResult whole = sampleAttribution(2);
    whole.delta_nll = -0.00203;
    whole.delta_nll_se = 0.00015;
    sample.engine.lastAttribution(whole);
    sample.engine.lastDone({}, {});
    EXPECT_EQ(panel.contributions()->data().layers.size(), 2);
    EXPECT_EQ(panel.contributions()->data().unchanged, (QList<int>{1, 3}));
    EXPECT_FALSE(panel.table()->rows()[1].difference.contains(QStringLiteral("≤")));
    EXPECT_TRUE(panel.sentence().contains(QStringLiteral("13 standard errors")))
        << panel.sentence().toStdString();
}

TEST_F(CompareTest, AFailedEvaluationSaysWhy) {
    Q_EMIT note(QStringLiteral("One layer of A"))->remedyRequested();
    sample.engine.lastDone(QStringLiteral("Not enough memory"),
                           QStringLiteral("Evaluate fewer windows at once"));
    EmptyNote* failed = note(QStringLiteral("Not enough memory"));
    ASSERT_NE(failed, nullptr);
    EXPECT_TRUE(failed->remedy().startsWith(QStringLiteral("Evaluate 2 layers")));
}

TEST_F(CompareTest, AnAnswerForAnotherTextIsForgotten) {
    Q_EMIT note(QStringLiteral("One layer of A"))->remedyRequested();
    sample.document.setText(*sample.document.text());
    sample.engine.lastAttribution(sampleAttribution(2));
    sample.engine.lastDone({}, {});
    EXPECT_FALSE(panel.contributions()->isVisible());
}

TEST_F(CompareTest, WithoutAnEngineItSaysSo) {
    sample.engine.setStatus({});
    EXPECT_NE(note(QStringLiteral("The engine is not running")), nullptr);
}

TEST_F(CompareTest, LittleRoomMakesTabs) {
    EXPECT_FALSE(panel.isTabbed());
    EXPECT_TRUE(panel.spectra()->isVisible());
    showAt(panel, 520, 480);
    EXPECT_TRUE(panel.isTabbed());
    EXPECT_FALSE(panel.spectra()->isVisible());
    const int numbers = panel.table()->height();
    panel.showPart(ComparePanel::Part::Spectra);
    QApplication::processEvents();
    EXPECT_TRUE(panel.spectra()->isVisible());
    EXPECT_LT(panel.table()->height(), numbers);
    panel.showPart(ComparePanel::Part::Layers);
    EXPECT_FALSE(panel.spectra()->isVisible());
    panel.setTabbed(false);
    EXPECT_TRUE(panel.spectra()->isVisible());
}

TEST_F(CompareTest, TheTwinIsOfThePartInUse) {
    panel.showTable(true);
    EXPECT_TRUE(panel.showsTable());
    panel.showTable(false);
    panel.setTabbed(true);
    panel.showPart(ComparePanel::Part::Layers);
    panel.showTable(true);
    EXPECT_TRUE(panel.showsTable());
}

TEST(Contributions, ClickAndKeysPickALayer) {
    Look look;
    ContributionView view;
    ContributionData data;
    data.layers = {{1, -0.003, 0.0004, 32, 48}, {3, 0.002, 0.0003, 32, 16}};
    data.unchanged = {0, 2};
    view.setData(data);
    showAt(view, 420, 200);
    QSignalSpy picked(&view, &ContributionView::layerPicked);
    QTest::mouseClick(view.viewport(), Qt::LeftButton, {}, view.barRect(3).center().toPoint());
    ASSERT_EQ(picked.count(), 1);
    EXPECT_EQ(picked[0][0].toInt(), 3);
    QTest::keyClick(&view, Qt::Key_Left);
    EXPECT_EQ(picked[1][0].toInt(), 2);
    QSignalSpy hovered(&view, &ContributionView::layerHovered);
    QTest::mouseMove(view.viewport(), view.barRect(1).center().toPoint());
    ASSERT_EQ(hovered.count(), 1);
    EXPECT_EQ(hovered[0][0].toInt(), 1);
    // Below zero B is better: the bar hangs.
    EXPECT_GT(view.barRect(1).center().y(), view.barRect(3).center().y());
    EXPECT_EQ(view.table().rows.size(), 2);
    EXPECT_DOUBLE_EQ(view.table().rows[0][3].toDouble(), -0.003);
    EXPECT_TRUE(view.describe().contains(QStringLiteral("lowest layer 1")));
    EXPECT_EQ(view.copy()->table().rows, view.table().rows);
}

TEST(CompareLook, Renders) {
    for (const bool dark : {false, true}) {
        const Theme& theme = dark ? Theme::dark() : Theme::light();
        const std::string name = dark ? "compare-dark" : "compare-light";
        Look look(theme);
        SampleWorkspace sample(SampleModel{.answers = dark});
        sample.engine.setStatus(readyStatus());
        measureAnother(sample);
        sample.document.pin(true, QStringLiteral("drrqr-0.5"));
        ComparePanel panel(sample.workspace);
        panel.applyTheme(theme);
        showAt(panel, 600, 720);
        const auto wait = [&] {
            for (int i = 0; i < 400 && panel.spectra()->pair()->data().b.sigma.empty(); ++i)
                QTest::qWait(5);
        };
        wait();
        renderForEyes(panel, name + "-600");
        for (EmptyNote* each : panel.findChildren<EmptyNote*>()) {
            if (each->isVisible()) Q_EMIT each->remedyRequested();
        }
        protocol::AttributionResult whole = sampleAttribution(2);
        whole.delta_nll = -0.00203;
        whole.delta_nll_se = 0.00015;
        sample.engine.lastAttribution(whole);
        sample.engine.lastDone({}, {});
        const auto pick = [&](int mode) {
            for (SegmentedSwitch* each : panel.findChildren<SegmentedSwitch*>()) {
                if (each->accessibleName() != QStringLiteral("Spectra")) continue;
                each->setCurrent(mode);
                Q_EMIT each->picked(mode);
            }
        };
        pick(1);
        renderForEyes(panel, name + "-overlay");
        pick(2);
        renderForEyes(panel, name + "-difference");
        pick(0);
        showAt(panel, 530, 480);
        for (const auto part :
             {ComparePanel::Part::Numbers, ComparePanel::Part::Spectra, ComparePanel::Part::Layers}) {
            panel.showPart(part);
            QApplication::processEvents();
            renderForEyes(panel, name + "-tab" + std::to_string(static_cast<int>(part)));
        }
    }
    Look look(Theme::light(), QStringLiteral("DejaVu Sans"), 1.5);
    SampleWorkspace sample;
    measureAnother(sample);
    sample.document.renamePoint(QStringLiteral("drrqr-0.5"),
                                QStringLiteral("A plan whose name is rather long"));
    sample.document.pin(true, QStringLiteral("drrqr-0.5"));
    ComparePanel panel(sample.workspace);
    showAt(panel, 800, 720);
    renderForEyes(panel, "compare-dejavu-150");
    EXPECT_LE(panel.minimumSizeHint().width(), 800);
    EXPECT_LE(panel.minimumSizeHint().height(), 720);
    sample.document.pin(true, {});
    sample.document.pin(false, {});
    sample.document.setPlan({}, fullModelChoice(sample.document));
    renderForEyes(panel, "compare-missing");
}

}  // namespace
}  // namespace rankscope::gui
