// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/plan_panels/layer_table.hpp"

#include "app/gui/document/plan_record.hpp"
#include "app/gui/plan_panels/kept_editor.hpp"
#include "app/gui/plan_panels/layer_table_model.hpp"
#include "app/gui/plan_panels/plan_panel.hpp"
#include "tests/app/gui/plan_panels/shown_panel.hpp"
#include "tests/app/gui/support/sample_workspace.hpp"

#include <gtest/gtest.h>

#include <QAccessible>
#include <QClipboard>
#include <QLabel>
#include <QMenu>
#include <QSignalSpy>

namespace rankscope::gui {
namespace {

class LayerTableTest : public testing::Test {
protected:
    explicit LayerTableTest(const SampleModel& model = {})
        : sample(model), panel(sample.workspace), table(*panel.table()) {
        look.show(panel, 640, 420);
    }

    [[nodiscard]] std::int64_t kept(int layer) const { return sample.document.layerChoice(layer)->kept; }

    [[nodiscard]] QPoint at(int row, double channels) const {
        const KeptTrack track = table.trackOf(row);
        return {qRound(track.x(channels)), qRound(track.track.center().y())};
    }

    [[nodiscard]] QPoint cell(int row, LayerColumn column) const {
        return table.cellOf(row, column).center();
    }

    void press(const QPoint& point, Qt::KeyboardModifiers modifiers = {}) {
        QTest::mousePress(table.viewport(), Qt::LeftButton, modifiers, point);
    }

    void move(const QPoint& point, Qt::KeyboardModifiers modifiers = {}) {
        QMouseEvent event(QEvent::MouseMove, point, table.viewport()->mapToGlobal(point), Qt::NoButton,
                          Qt::LeftButton, modifiers);
        QApplication::sendEvent(table.viewport(), &event);
    }

    void release(const QPoint& point) { QTest::mouseRelease(table.viewport(), Qt::LeftButton, {}, point); }

    void key(int code, Qt::KeyboardModifiers modifiers = {}) {
        QTest::keyClick(&table, static_cast<Qt::Key>(code), modifiers);
    }

    [[nodiscard]] int steps() { return sample.document.undoStack()->count(); }

    Look look;
    SampleWorkspace sample;
    PlanPanel panel;
    LayerTable& table;
};

TEST_F(LayerTableTest, ADragIsOneUndoStepAndMovesThePlanAllTheWay) {
    const int before = steps();
    QSignalSpy moved(&sample.document, &Document::planChanged);
    QSignalSpy said(&panel, &Panel::readoutChanged);
    ASSERT_EQ(kept(2), 32);
    press(at(2, 32));
    EXPECT_TRUE(table.isDraggingSlider());
    EXPECT_EQ(sample.selection.layer(), 2);
    move(at(2, 40));
    EXPECT_EQ(kept(2), 40);
    EXPECT_TRUE(sample.document.isDragging());
    move(at(2, 48));
    EXPECT_EQ(kept(2), 48);
    EXPECT_EQ(moved.count(), 2);
    EXPECT_TRUE(said.last().first().toString().contains(QStringLiteral("K′ 32 → 48")))
        << qPrintable(said.last().first().toString());
    EXPECT_EQ(steps(), before);
    release(at(2, 48));
    EXPECT_FALSE(sample.document.isDragging());
    EXPECT_EQ(steps(), before + 1);
    EXPECT_EQ(sample.document.undoStack()->undoText(), QStringLiteral("Layer 2: K′ 32 → 48"));
    EXPECT_TRUE(said.last().first().toString().isEmpty());
    sample.document.undoStack()->undo();
    EXPECT_EQ(kept(2), 32);
}

TEST_F(LayerTableTest, TheRowIsHeldWhereverThePointerGoes) {
    press(at(1, 32));
    move(at(3, 48) + QPoint(0, 300));
    EXPECT_EQ(kept(1), 48);
    EXPECT_EQ(kept(3), 32);
    move({-200, -50});
    EXPECT_EQ(kept(1), 1);
    release({-200, -50});
    EXPECT_EQ(kept(1), 1);
    EXPECT_FALSE(table.isDraggingSlider());
}

TEST_F(LayerTableTest, EscapePutsEverythingBack) {
    const int before = steps();
    const PlanChoice plan = sample.document.plan();
    press(at(2, 32));
    move(at(2, 8));
    EXPECT_EQ(kept(2), 8);
    key(Qt::Key_Escape);
    EXPECT_EQ(sample.document.plan(), plan);
    EXPECT_FALSE(sample.document.isDragging());
    // The button is still down: what follows is no drag.
    move(at(2, 56));
    release(at(2, 56));
    EXPECT_EQ(sample.document.plan(), plan);
    EXPECT_EQ(steps(), before);
}

TEST_F(LayerTableTest, AClickThatMovesNothingIsNoStep) {
    const int before = steps();
    press(at(2, 32));
    release(at(2, 32));
    press(at(2, 32));
    move(at(2, 48));
    move(at(2, 32));
    release(at(2, 32));
    EXPECT_EQ(steps(), before);
    EXPECT_FALSE(sample.document.isDragging());
}

TEST_F(LayerTableTest, AClickOnTheTrackGoesThereAndShiftKnowsSingleChannels) {
    press(at(0, 50.6));
    release(at(0, 50.6));
    EXPECT_EQ(kept(0), 48);
    press(at(0, 20.6), Qt::ShiftModifier);
    release(at(0, 20.6));
    EXPECT_NEAR(static_cast<double>(kept(0)), 20.6, 1);
    EXPECT_NE(kept(0) % 8, 0);
}

TEST_F(LayerTableTest, ADragPaintsOneRowAlone) {
    struct Painted : QObject {
        QRegion region;

        bool eventFilter(QObject*, QEvent* event) override {
            if (event->type() == QEvent::Paint) region += static_cast<QPaintEvent*>(event)->region();
            return false;
        }
    } painted;

    press(at(2, 32));
    QApplication::processEvents();
    table.viewport()->installEventFilter(&painted);
    move(at(2, 40));
    QApplication::processEvents();
    const QRect row(0, table.rowViewportPosition(2), table.viewport()->width(), table.rowHeight(2));
    EXPECT_FALSE(painted.region.isEmpty());
    EXPECT_EQ(painted.region.subtracted(QRegion(row)), QRegion());
    release(at(2, 40));
}

TEST_F(LayerTableTest, AnotherHandleOfTheSameSliderMovesTheSameRow) {
    sample.selection.setLayer(1);
    const double energy = panel.model()->row(1).energy;
    sample.document.dragTo(sample.document.withKept(1, 8));
    EXPECT_EQ(panel.model()->row(1).choice.kept, 8);
    EXPECT_LT(panel.model()->row(1).energy, energy);
    sample.document.cancelDrag();
    EXPECT_EQ(panel.model()->row(1).choice.kept, 32);
    EXPECT_DOUBLE_EQ(panel.model()->row(1).energy, energy);
}

TEST_F(LayerTableTest, KeysSelectLayersAndHeads) {
    sample.selection.setLayerAndHead(0, 0);
    key(Qt::Key_Down);
    key(Qt::Key_Right);
    EXPECT_EQ(sample.selection.layer(), 1);
    EXPECT_EQ(sample.selection.head(), 1);
    key(Qt::Key_Up);
    key(Qt::Key_Up);
    key(Qt::Key_Left);
    key(Qt::Key_Left);
    EXPECT_EQ(sample.selection.layer(), 0);
    EXPECT_EQ(sample.selection.head(), 0);
    key(Qt::Key_End);
    EXPECT_EQ(sample.selection.layer(), 3);
}

TEST_F(LayerTableTest, StepsByKeyInARowAreOneUndoStep) {
    const int before = steps();
    sample.selection.setLayer(1);
    key(Qt::Key_Minus);
    key(Qt::Key_Minus);
    EXPECT_EQ(kept(1), 16);
    key(Qt::Key_Plus, Qt::ShiftModifier);
    EXPECT_EQ(kept(1), 17);
    EXPECT_EQ(steps(), before + 1);
    EXPECT_EQ(sample.document.undoStack()->undoText(), QStringLiteral("Layer 1: K′ 32 → 17"));
    sample.selection.setLayer(2);
    key(Qt::Key_Plus);
    EXPECT_EQ(kept(2), 40);
    EXPECT_EQ(steps(), before + 2);
    sample.document.undoStack()->undo();
    sample.document.undoStack()->undo();
    EXPECT_EQ(kept(1), 32);
}

TEST_F(LayerTableTest, TypedDigitsBecomeKept) {
    sample.selection.setLayer(2);
    table.setFocus();
    key(Qt::Key_4);
    KeptEditor& editor = *table.keptEditor();
    ASSERT_TRUE(editor.isVisible());
    EXPECT_EQ(editor.text(), QStringLiteral("4"));
    QTest::keyClicks(&editor, QStringLiteral("1"));
    QTest::keyClick(&editor, Qt::Key_Return);
    EXPECT_EQ(kept(2), 41);
    EXPECT_FALSE(editor.isVisible());
    key(Qt::Key_7);
    QTest::keyClicks(&editor, QStringLiteral("5%"));
    QTest::keyClick(&editor, Qt::Key_Return);
    EXPECT_EQ(kept(2), 16);
}

TEST_F(LayerTableTest, WrongNumbersAreRefusedWithTheReason) {
    sample.selection.setLayer(2);
    key(Qt::Key_9);
    KeptEditor& editor = *table.keptEditor();
    QTest::keyClicks(&editor, QStringLiteral("9"));
    EXPECT_EQ(editor.problem(), QStringLiteral("1 to 64"));
    EXPECT_TRUE(editor.problemLabel()->isVisible());
    EXPECT_EQ(editor.problemLabel()->text(), QStringLiteral("1 to 64"));
    renderForEyes(panel, "plan_wrong_number");
    QTest::keyClick(&editor, Qt::Key_Return);
    EXPECT_TRUE(editor.isVisible());
    EXPECT_EQ(kept(2), 32);
    QTest::keyClick(&editor, Qt::Key_Escape);
    EXPECT_FALSE(editor.isVisible());
    EXPECT_FALSE(editor.problemLabel()->isVisible());
    EXPECT_EQ(kept(2), 32);
}

TEST_F(LayerTableTest, AClickOnAHeadSelectsItAndTwoGoDown) {
    const QPoint head = table.headsOf(2).cell(1).center().toPoint();
    press(head);
    release(head);
    EXPECT_EQ(sample.selection.layer(), 2);
    EXPECT_EQ(sample.selection.head(), 1);
    EXPECT_EQ(sample.selection.level(), Selection::Level::Layer);
    QTest::mouseDClick(table.viewport(), Qt::LeftButton, {}, table.headsOf(3).cell(2).center().toPoint());
    EXPECT_EQ(sample.selection.layer(), 3);
    EXPECT_EQ(sample.selection.head(), 2);
    EXPECT_EQ(sample.selection.level(), Selection::Level::State);
}

TEST_F(LayerTableTest, ControlAndShiftSelectSeveralLayers) {
    press(cell(0, LayerColumn::Layer));
    press(cell(2, LayerColumn::Kept), Qt::ControlModifier);
    EXPECT_EQ(sample.selection.layers(), (std::set<int>{0, 2}));
    EXPECT_FALSE(table.isDraggingSlider());
    press(cell(2, LayerColumn::Layer), Qt::ControlModifier);
    EXPECT_EQ(sample.selection.layers(), (std::set<int>{0}));
    press(cell(3, LayerColumn::Layer), Qt::ShiftModifier);
    EXPECT_EQ(sample.selection.layers(), (std::set<int>{0, 1, 2, 3}));
    EXPECT_EQ(sample.selection.layer(), 0);
    press(cell(1, LayerColumn::Layer));
    EXPECT_EQ(sample.selection.layers(), (std::set<int>{1}));
}

TEST_F(LayerTableTest, LockByMouseAndKey) {
    press(cell(1, LayerColumn::Lock));
    EXPECT_TRUE(sample.document.layerChoice(1)->locked);
    sample.selection.setLayers(0, {0, 1});
    key(Qt::Key_K);
    EXPECT_TRUE(sample.document.layerChoice(0)->locked);
    EXPECT_TRUE(sample.document.layerChoice(1)->locked);
    key(Qt::Key_K);
    EXPECT_FALSE(sample.document.layerChoice(1)->locked);
    EXPECT_TRUE(
        panel.model()
            ->data(panel.model()->index(1, static_cast<int>(LayerColumn::Kept)), Qt::AccessibleTextRole)
            .toString()
            .startsWith(QStringLiteral("Layer 1, keeps 32 of 64 channels, DRRQR, energy")));
}

TEST_F(LayerTableTest, TheMethodMenuHasAllMethodsAndOneStepForTheSelection) {
    sample.selection.setLayers(1, {1, 2});
    QMenu menu;
    table.fillMethods(menu, 1);
    QStringList names;
    for (const QAction* action : menu.actions())
        if (!action->isSeparator()) names << action->text();
    EXPECT_EQ(names, (QStringList{"Random", "L1", "S-Wanda", "Taylor", "Energy", "DRRQR", "DRRQR normalised",
                                  "DRRQR sampled", "Keep all"}));
    const int before = steps();
    menu.actions()[3]->trigger();
    EXPECT_EQ(sample.document.layerChoice(1)->method, "taylor");
    EXPECT_EQ(sample.document.layerChoice(2)->method, "taylor");
    EXPECT_EQ(sample.document.layerChoice(0)->method, "drrqr");
    EXPECT_EQ(steps(), before + 1);
    EXPECT_EQ(sample.document.undoStack()->undoText(), QStringLiteral("2 layers: method DRRQR → Taylor"));
    menu.actions().last()->trigger();
    EXPECT_EQ(kept(1), 64);
    EXPECT_TRUE(sample.document.layerChoice(1)->method.empty());
}

TEST_F(LayerTableTest, TheContextMenuCopiesSettingsAndResets) {
    sample.document.setPlan(QStringLiteral("x"), sample.document.withKept(2, 8));
    sample.document.setPlan(QStringLiteral("x"), sample.document.withKept(1, 16));
    sample.selection.setLayer(1);
    QMenu menu;
    table.fillContextMenu(menu, 1);
    const auto run = [](const QMenu& owner, const QString& text) {
        for (QAction* action : owner.actions()) {
            if (action->text() == text) {
                action->trigger();
                return true;
            }
        }
        return false;
    };
    const QMenu* copy = nullptr;
    for (const QAction* action : menu.actions())
        if (action->menu() != nullptr && action->text() == QStringLiteral("Copy settings to"))
            copy = action->menu();
    ASSERT_NE(copy, nullptr);
    ASSERT_TRUE(run(*copy, QStringLiteral("Layers below")));
    EXPECT_EQ(kept(0), 32);
    EXPECT_EQ(kept(2), 16);
    EXPECT_EQ(kept(3), 16);
    ASSERT_TRUE(run(*copy, QStringLiteral("All unlocked layers")));
    EXPECT_EQ(kept(0), 16);
    ASSERT_TRUE(run(menu, QStringLiteral("Keep all channels")));
    EXPECT_EQ(kept(1), 64);
    ASSERT_TRUE(run(menu, QStringLiteral("Open state level")));
    EXPECT_EQ(sample.selection.level(), Selection::Level::State);
}

TEST_F(LayerTableTest, HoverIsSharedBothWays) {
    const QPoint head = table.headsOf(1).cell(2).center().toPoint();
    QMouseEvent event(QEvent::MouseMove, head, table.viewport()->mapToGlobal(head), Qt::NoButton,
                      Qt::NoButton, Qt::NoModifier);
    QApplication::sendEvent(table.viewport(), &event);
    EXPECT_EQ(sample.selection.hover().layer, 1);
    EXPECT_EQ(sample.selection.hover().head, 2);
    QEvent leave(QEvent::Leave);
    QApplication::sendEvent(&table, &leave);
    EXPECT_EQ(sample.selection.hover(), Hover{});
}

TEST_F(LayerTableTest, NumbersAreOfTheCurrentPlan) {
    const LayerTableModel& model = *panel.model();
    const LayerRow& row = model.row(0);
    const double nll = *sample.document.layerDelta(row.choice);
    EXPECT_DOUBLE_EQ(row.deltaNll, nll);
    EXPECT_NEAR(row.deltaPpl, sample.document.fullQuality()->perplexity * (std::exp(nll) - 1), 1e-9);
    EXPECT_DOUBLE_EQ(row.stateBytes(), 3 * 32 * 64 * 4);
    EXPECT_EQ(model.data(model.index(0, static_cast<int>(LayerColumn::State))).toString(),
              QStringLiteral("24.0"));
    // The kept channels of the order, and their share of the captured state.
    const auto channels = *sample.document.keptChannels(row.choice);
    double sum = 0;
    for (int head = 0; head < 3; ++head) {
        for (const std::int32_t channel : channels[static_cast<std::size_t>(head)])
            sum += sample.states.capture()
                       ->layers[0]
                       .channelShare[static_cast<std::size_t>(head * 64 + channel)];
    }
    EXPECT_NEAR(row.energy, sum / 3, 1e-6);
}

TEST_F(LayerTableTest, WithoutACaptureCellsAreEmptyAndTheHeaderOffersOne) {
    QSignalSpy wanted(&panel, &PlanPanel::captureRequested);
    sample.states.close();
    EXPECT_FALSE(panel.model()->row(0).heads[0].has_value());
    EXPECT_TRUE(std::isnan(panel.model()->row(0).energy));
    QWidget* button = panel.findChild<QWidget*>(QStringLiteral("capture"));
    ASSERT_NE(button, nullptr);
    ASSERT_TRUE(button->isVisible());
    renderForEyes(panel, "plan_no_capture");
    QTest::mouseClick(button, Qt::LeftButton);
    EXPECT_EQ(wanted.count(), 1);
    sample.states.setCapture(sampleCapture());
    EXPECT_FALSE(button->isVisible());
}

TEST_F(LayerTableTest, MetricsThatAreNoNumberAreHatchedNotColoured) {
    auto capture = std::make_shared<CaptureData>(*sampleCapture());
    for (float& value : capture->layers[1].metrics["rank_stable"])
        value = std::numeric_limits<float>::quiet_NaN();
    sample.states.setCapture(capture);
    ASSERT_TRUE(panel.model()->row(1).heads[0].has_value());
    EXPECT_TRUE(std::isnan(*panel.model()->row(1).heads[0]));
    EXPECT_TRUE(std::isfinite(panel.model()->high()));
    renderForEyes(panel, "plan_nan");
}

TEST_F(LayerTableTest, ARankThatWasNotCapturedLeavesItsCellsEmpty) {
    sample.states.setCapture(ranksAlone(*sampleCapture()));
    EXPECT_TRUE(panel.model()->row(1).heads[0].has_value());
    sample.selection.setMetric(QStringLiteral("rank_entropy"));
    EXPECT_FALSE(panel.model()->row(1).heads[0].has_value())
        << "not captured is not the same as not a number";
    renderForEyes(panel, "plan_ranks_alone");
}

TEST_F(LayerTableTest, AnOpenedPlanIsCalledByItsMethodUntilTheEngineSaysOtherwise) {
    // A width that no measured plan has.
    PlanChoice wanted = sample.document.withKept(0, 20);
    wanted.layers[1].kept = 20;
    Plan file = *sample.document.toPlan(wanted);
    // A hand was at layer 1.
    auto& swapped = file.layers[1].keep[0];
    std::int32_t free = 0;
    while (std::ranges::binary_search(swapped, free))
        ++free;
    swapped.back() = free;
    std::ranges::sort(swapped);
    SavedSession session = sampleSession();
    const std::vector<SessionScores> scores = std::exchange(session.scores, {});
    sample.document.openSession(session, QString());
    sample.document.setPlan(QStringLiteral("Open"), sample.document.choiceOf(file, true, "file"));
    ASSERT_EQ(sample.document.plan().layers[0].by_hand, file.layers[0].keep)
        << "the file's channels are kept";
    const QString method = methodTitle(file.layers[0].method);
    const auto text = [&](int row) { return methodText(panel.model()->row(row)); };
    EXPECT_EQ(text(0), method);
    EXPECT_EQ(text(1), method);
    EXPECT_EQ(planMethodName(sample.document.asNamed(sample.document.plan())), method);
    QSignalSpy changed(panel.model(), &QAbstractItemModel::dataChanged);
    for (const SessionScores& each : scores)
        sample.document.setScores(each);
    EXPECT_EQ(text(0), method);
    EXPECT_EQ(text(1), method) << "the swap stage may have done it: the order cannot tell";
    EXPECT_EQ(planMethodName(sample.document.asNamed(sample.document.plan())), method);
    // What the engine chooses at this width.
    Plan answer = file;
    const auto wholeOrder = std::ranges::find(scores, file.layers[1].method, &SessionScores::method);
    ASSERT_NE(wholeOrder, scores.end());
    answer.layers[1].keep[0] = kept_channels(wholeOrder->heads[1][0].order, 20);
    sample.document.setExactChannels(answer);
    EXPECT_EQ(text(0), method);
    EXPECT_EQ(text(1), QStringLiteral("by hand"));
    EXPECT_FALSE(changed.isEmpty());
    EXPECT_EQ(planMethodName(sample.document.asNamed(sample.document.plan())), methodName(Method::Mixed));
    EXPECT_EQ(sample.document.toPlan(sample.document.plan())->layers, file.layers);
}

TEST_F(LayerTableTest, TheMetricIsShared) {
    sample.selection.setMetric(QStringLiteral("norm_frobenius"));
    const double norm = panel.model()->high();
    EXPECT_GT(norm, 10);
    sample.selection.setMetric(QStringLiteral("sensitivity"));
    EXPECT_FLOAT_EQ(*panel.model()->row(1).heads[2], static_cast<float>(std::sqrt(64 / 5.5)));
}

TEST_F(LayerTableTest, CompareShowsBothPlans) {
    sample.document.pin(true, QStringLiteral("drrqr-0.75"));
    sample.document.pin(false, QStringLiteral("l1-0.25"));
    panel.setCompare(true);
    const LayerTableModel& model = *panel.model();
    EXPECT_EQ(model.data(model.index(2, static_cast<int>(LayerColumn::Kept))).toString(),
              QStringLiteral("16 | 48"));
    renderForEyes(panel, "plan_compare");
    panel.resize(340, 420);
    renderForEyes(panel, "plan_compare_340");
    // Without a second pin the current plan is B.
    sample.document.pin(false, {});
    EXPECT_EQ(model.data(model.index(2, static_cast<int>(LayerColumn::Kept))).toString(),
              QStringLiteral("16 | 32"));
    panel.setCompare(false);
    EXPECT_EQ(model.data(model.index(2, static_cast<int>(LayerColumn::Kept))).toString(),
              QStringLiteral("32 / 64"));
}

TEST_F(LayerTableTest, APlanUnderThePointerLeavesItsMarkInEveryRow) {
    const QImage before = table.viewport()->grab().toImage();
    Hover hover;
    hover.point = QStringLiteral("drrqr-0.75");
    sample.selection.setHover(hover);
    const QImage marked = table.viewport()->grab().toImage();
    for (int row = 0; row < 4; ++row) {
        const QPoint mark = at(row, 16);
        const QRect around(mark - QPoint(6, 12), QSize(12, 24));
        EXPECT_NE(marked.copy(around), before.copy(around)) << row;
    }
    sample.selection.setHover({});
    EXPECT_EQ(table.viewport()->grab().toImage(), before);
}

TEST_F(LayerTableTest, ScreenReadersHearTheRow) {
    QAccessibleInterface* interface = QAccessible::queryAccessibleInterface(&table);
    ASSERT_NE(interface, nullptr);
    ASSERT_NE(interface->tableInterface(), nullptr);
    QAccessibleInterface* kept = interface->tableInterface()->cellAt(2, static_cast<int>(LayerColumn::Kept));
    ASSERT_NE(kept, nullptr);
    EXPECT_TRUE(kept->text(QAccessible::Name)
                    .startsWith(QStringLiteral("Layer 2, keeps 32 of 64 channels, DRRQR, energy")))
        << qPrintable(kept->text(QAccessible::Name));
}

TEST_F(LayerTableTest, EveryStateOfARowCanBeSeen) {
    PlanChoice plan = sample.document.withKept(3, 24);
    plan.layers[3].locked = true;
    plan.layers[2].method = "drrqr-normalised";
    plan.layers[1].method.clear();
    plan.layers[1].kept = 64;
    sample.document.setPlan(QStringLiteral("x"), plan);
    sample.selection.setLayers(0, {0, 2});
    Hover hover;
    hover.point = QStringLiteral("drrqr-0.75");
    sample.selection.setHover(hover);
    press(at(0, 32));
    move(at(0, 40));
    const QImage held = table.viewport()->grab().toImage();
    renderForEyes(panel, "plan_states");
    release(at(0, 40));
    // The handle is wide and of another colour only while it is held.
    EXPECT_NE(table.viewport()->grab().toImage(), held);
}

TEST_F(LayerTableTest, CopyTakesTheRowWithTitles) {
    sample.selection.setLayer(1);
    QTest::keySequence(&table, QKeySequence::Copy);
    const QStringList lines = QApplication::clipboard()->text().split(QLatin1Char('\n'), Qt::SkipEmptyParts);
    ASSERT_EQ(lines.size(), 2);
    EXPECT_TRUE(lines[0].startsWith(QStringLiteral("Layer\tK′\tK\tMethod")));
    EXPECT_TRUE(lines[1].startsWith(QStringLiteral("1\t32\t64\tDRRQR")));
}

TEST_F(LayerTableTest, TheTableOfNumbersFollows) {
    sample.document.setPlan(QStringLiteral("x"), sample.document.withKept(0, 8));
    QTest::qWait(100);
    panel.copyData();
    const QStringList lines = QApplication::clipboard()->text().split(QLatin1Char('\n'), Qt::SkipEmptyParts);
    ASSERT_EQ(lines.size(), 5);
    EXPECT_TRUE(lines[1].startsWith(QStringLiteral("0\t8\t64\tDRRQR\t"))) << qPrintable(lines[1]);
    EXPECT_EQ(lines[0].count(QLatin1Char('\t')), 8 + 3);
}

class HybridTableTest : public LayerTableTest {
protected:
    HybridTableTest() : LayerTableTest(SampleModel{4, 2, 4, 64, 64, 2}) {}
};

TEST_F(HybridTableTest, AttentionLayersHaveNoSliderAndAreNotSelectedForSet) {
    const LayerTableModel& model = *panel.model();
    EXPECT_EQ(model.data(model.index(2, static_cast<int>(LayerColumn::Kept))).toString(),
              QStringLiteral("attention, no state"));
    press(cell(2, LayerColumn::Kept));
    EXPECT_FALSE(table.isDraggingSlider());
    EXPECT_EQ(sample.selection.layer(), 2);
    press(cell(0, LayerColumn::Layer));
    press(cell(3, LayerColumn::Layer), Qt::ShiftModifier);
    EXPECT_EQ(sample.selection.layers(), (std::set<int>{0, 1, 3}));
    const int before = steps();
    sample.selection.setLayer(2);
    key(Qt::Key_Minus);
    key(Qt::Key_4);
    key(Qt::Key_K);
    EXPECT_FALSE(table.keptEditor()->isVisible());
    EXPECT_EQ(steps(), before);
    // One cell per value head.
    EXPECT_EQ(table.headsOf(0).count, 4);
}

}  // namespace
}  // namespace rankscope::gui
