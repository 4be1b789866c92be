// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/teaching/tour.hpp"

#include "app/gui/charts/spectrum_view.hpp"
#include "app/gui/charts/tradeoff_view.hpp"
#include "app/gui/layer_panels/layer_panel.hpp"
#include "app/gui/plan_panels/field_box.hpp"
#include "app/gui/plan_panels/layer_table.hpp"
#include "app/gui/plan_panels/plan_panel.hpp"
#include "app/gui/teaching/tour_card.hpp"
#include "app/gui/teaching/tour_frame.hpp"
#include "app/gui/teaching/tour_run.hpp"
#include "app/gui/tradeoff_panels/plan_facts.hpp"
#include "app/gui/tradeoff_panels/story_card.hpp"
#include "app/gui/tradeoff_panels/tradeoff_panel.hpp"
#include "app/gui/window/banner.hpp"
#include "tests/app/gui/layer_panels/pointer.hpp"
#include "tests/app/gui/teaching/demo_window.hpp"

#include <QFile>
#include <QPushButton>
#include <QTemporaryDir>
#include <QToolButton>

namespace rankscope::gui {
namespace {

class TourTest : public testing::Test {
protected:
    void open(const QString& demo) {
        demo_ = std::make_unique<DemoWindow>(demo);
        demo_->window.activateWindow();
    }

    [[nodiscard]] TourRun& tour() const { return *demo_->window.tour(); }

    [[nodiscard]] TourCard& card() const { return *tour().card(); }

    template <typename Widget>
    [[nodiscard]] Widget* find() const {
        return demo_->window.findChild<Widget*>();
    }

    void settle() { demo_->settle(); }

    std::unique_ptr<DemoWindow> demo_;
};

TEST_F(TourTest, EveryStepCanBeDoneForOneOnEveryDemo) {
    for (const QString& demo : SessionKeeper::demos()) {
        open(demo);
        demo_->window.startTour();
        ASSERT_TRUE(tour().isRunning()) << demo.toStdString();
        ASSERT_EQ(tour().count(), 5);
        for (int step = 0; step < 5; ++step) {
            settle();
            EXPECT_EQ(tour().step(), step);
            EXPECT_FALSE(tour().isDone()) << demo.toStdString() << ", step " << step + 1 << " was done before it began";
            EXPECT_TRUE(card().doItButton()->isEnabled());
            QTest::mouseClick(card().doItButton(), Qt::LeftButton);
            settle();
            EXPECT_TRUE(tour().isDone()) << demo.toStdString() << ", step " << step + 1;
            EXPECT_FALSE(card().doItButton()->isEnabled());
            EXPECT_TRUE(card().accessibleDescription().startsWith(QStringLiteral("Done")));
            QTest::mouseClick(card().nextButton(), Qt::LeftButton);
        }
        EXPECT_FALSE(tour().isRunning());
        EXPECT_FALSE(card().isVisible());
        EXPECT_FALSE(tour().frame()->isVisible());
        // Everything it did is an undo step; nothing is lost.
        const int steps = demo_->document.undoStack()->index();
        EXPECT_GT(steps, 1);
        for (int i = 0; i < steps; ++i) demo_->action("edit.undo")->trigger();
        EXPECT_FALSE(demo_->document.isModified());
    }
}

TEST_F(TourTest, EveryStepCanBeDoneByHandOnEveryDemo) {
    for (const QString& name : SessionKeeper::demos()) {
        open(name);
        demo_->document.pin(true, {});
        demo_->document.pin(false, {});
        demo_->window.startTour();
        const LessonFacts facts(demo_->workspace);
        const auto done = [&](int step) {
            settle();
            EXPECT_EQ(tour().step(), step) << name.toStdString();
            const bool is = tour().isDone();
            tour().next();
            settle();
            return is;
        };
        // The colour box, by its keys.
        auto* box = find<PlanPanel>()->metricBox();
        box->setFocus();
        for (int i = 0; i < box->count() && box->currentData().toString() != QLatin1String("rank_entropy"); ++i) QTest::keyClick(box, Qt::Key_Down);
        EXPECT_TRUE(done(0));
        // The cell of a head, double-clicked.
        auto* table = find<LayerTable>();
        const QPoint cell = table->cellOf(*facts.layer(QStringLiteral("high")), LayerColumn::Heads).center();
        Pointer(*table->viewport()).press(cell);
        Pointer(*table->viewport()).release(cell);
        Pointer(*table->viewport()).doubleClick(cell);
        if (demo_->selection.level() != Selection::Level::State) QTest::keyClick(table, Qt::Key_Return);
        EXPECT_TRUE(done(1));
        // The cut line: a drag that is not over yet is not done.
        SpectrumView* spectrum = find<LayerPanel>()->spectrum();
        const auto kept = [&](double k) { return QPointF(spectrum->toPixel({k + 0.5, 0}).x(), spectrum->plotRect().center().y()); };
        Pointer line(*spectrum);
        line.press(kept(spectrum->kept()));
        line.drag(kept(24));
        line.drag(kept(16));
        settle();
        EXPECT_FALSE(tour().isDone());
        EXPECT_TRUE(demo_->document.isDragging());
        line.release(kept(16));
        EXPECT_TRUE(done(2)) << demo_->document.layerChoice(demo_->selection.layer())->kept;
        // The dot of the other plan.
        TradeoffView* dots = find<TradeoffPanel>()->findChild<TradeoffView*>();
        Pointer(*dots).doubleClick(dots->dotPixel(facts.plan(QStringLiteral("other"))));
        EXPECT_TRUE(done(3)) << currentFacts(demo_->document).name.toStdString();
        // Two dots, A and B, and the layout.
        for (const bool a : {true, false}) {
            const QString id = facts.plan(a ? QStringLiteral("other") : QStringLiteral("half"));
            Pointer(*dots).click(dots->dotPixel(id));
            EXPECT_EQ(demo_->selection.point(), id);
            demo_->action(a ? "plan.pin_a" : "plan.pin_b")->trigger();
            settle();
            EXPECT_FALSE(tour().isDone());
        }
        demo_->action("layout.compare")->trigger();
        EXPECT_TRUE(done(4));
        EXPECT_FALSE(tour().isRunning());
    }
}

TEST_F(TourTest, TheFramePointsAtWhatTheStepIsAbout) {
    open(QStringLiteral("books-delta"));
    demo_->window.startTour();
    tour().next();
    settle();
    const auto around = [&](const char* place) {
        const QWidget* widget = demo_->window.place(QLatin1String(place));
        return QRect(widget->mapTo(&demo_->window, QPoint()), widget->size());
    };
    EXPECT_TRUE(tour().frame()->geometry().contains(around("layer")));
    demo_->action("view.level_down")->trigger();
    settle();
    EXPECT_TRUE(tour().frame()->geometry().contains(around("state")));
    // It follows when the window changes.
    demo_->window.resize(1300, 760);
    settle();
    settle();
    EXPECT_TRUE(tour().frame()->geometry().contains(around("state")));
    EXPECT_FALSE(tour().frame()->geometry().isEmpty());
    // A click goes through it.
    EXPECT_TRUE(tour().frame()->testAttribute(Qt::WA_TransparentForMouseEvents));
}

TEST_F(TourTest, LeavingGoesOnWhereItWasLeft) {
    open(QStringLiteral("story-delta"));
    auto* story = find<StoryCard>();
    EXPECT_TRUE(story->isVisible());
    demo_->window.startTour();
    EXPECT_FALSE(story->isVisible());
    tour().next();
    tour().next();
    settle();
    EXPECT_EQ(demo_->window.currentLayout(), Layout::Tune);
    EXPECT_FALSE(story->isVisible()) << "one card at a time";
    QTest::keyClick(card().nextButton(), Qt::Key_Escape);
    EXPECT_FALSE(tour().isRunning());
    EXPECT_TRUE(story->isVisible());
    const auto* button = story->findChildren<QPushButton*>().first();
    EXPECT_TRUE(button->text().contains(QStringLiteral("step 3 of 5"))) << button->text().toStdString();
    QTest::mouseClick(const_cast<QPushButton*>(button), Qt::LeftButton);
    ASSERT_TRUE(tour().isRunning());
    EXPECT_EQ(tour().step(), 2);
    // The window's Esc ends it as well, wherever the focus is; so does the cross.
    QTest::keyClick(&demo_->window, Qt::Key_Escape);
    EXPECT_FALSE(tour().isRunning());
    demo_->action("help.tour")->trigger();
    EXPECT_EQ(tour().step(), 2);
    QTest::mouseClick(card().leaveButton(), Qt::LeftButton);
    EXPECT_FALSE(tour().isRunning());
    // To the end: the next time begins anew.
    demo_->action("help.tour")->trigger();
    for (int i = 0; i < 3; ++i) tour().next();
    EXPECT_FALSE(tour().isRunning());
    demo_->action("help.tour")->trigger();
    EXPECT_EQ(tour().step(), 0);
}

TEST_F(TourTest, KeysAloneWalkThroughIt) {
    open(QStringLiteral("books-gated"));
    ASSERT_TRUE(QTest::qWaitForWindowActive(&demo_->window));
    demo_->action("help.tour")->trigger();
    EXPECT_EQ(QApplication::focusWidget(), card().nextButton());
    QTest::keyClick(QApplication::focusWidget(), Qt::Key_Tab);
    EXPECT_EQ(QApplication::focusWidget(), card().doItButton());
    QTest::keyClick(QApplication::focusWidget(), Qt::Key_Space);
    settle();
    EXPECT_TRUE(tour().isDone());
    EXPECT_EQ(QApplication::focusWidget(), card().nextButton());
    QTest::keyClick(QApplication::focusWidget(), Qt::Key_Return);
    EXPECT_EQ(tour().step(), 1);
    EXPECT_EQ(demo_->selection.level(), Selection::Level::Layer) << "Enter was the button's, not the window's";
    QTest::keyClick(QApplication::focusWidget(), Qt::Key_PageUp);
    EXPECT_EQ(tour().step(), 0);
    EXPECT_TRUE(tour().isDone()) << "what was done stays done";
    // F6 finds the card among the panels.
    find<PlanPanel>()->table()->setFocus();
    for (int i = 0; i < 14 && !card().isAncestorOf(QApplication::focusWidget()); ++i) demo_->action("panel.next")->trigger();
    EXPECT_TRUE(card().isAncestorOf(QApplication::focusWidget()));
    EXPECT_FALSE(card().accessibleName().isEmpty());
    EXPECT_FALSE(card().leaveButton()->accessibleName().isEmpty());
}

TEST_F(TourTest, SaysWhetherTheEngineIsThere) {
    open(QStringLiteral("books-delta"));
    demo_->window.startTour();
    tour().next();
    tour().next();
    settle();
    EXPECT_TRUE(card().content().text.contains(QStringLiteral("not running"))) << card().content().text.toStdString();
    EngineStatus status;
    status.state = EngineStatus::State::Ready;
    demo_->engine.setStatus(status);
    settle();
    EXPECT_FALSE(card().content().text.contains(QStringLiteral("not running")));
}

TEST_F(TourTest, AnotherSessionEndsIt) {
    open(QStringLiteral("books-delta"));
    demo_->window.startTour();
    tour().next();
    demo_->window.openDemo(QStringLiteral("story-delta"));
    EXPECT_FALSE(tour().isRunning());
    EXPECT_FALSE(card().isVisible());
    demo_->window.startTour();
    EXPECT_EQ(tour().step(), 0);
}

TEST_F(TourTest, AFileThatIsWrongIsRefusedInTheWindow) {
    open(QStringLiteral("books-delta"));
    QTemporaryDir folder;
    const QString path = folder.filePath(QStringLiteral("mine.json"));
    const auto write = [&](const QByteArray& text) {
        QFile file(path);
        ASSERT_TRUE(file.open(QIODevice::WriteOnly));
        file.write(text);
    };
    write("{\"format\": \"rankscope-tour\", \"version\": 1, \"title\": \"x\", \"steps\": [{\"title\": 3}]}");
    demo_->window.startTour(path);
    EXPECT_FALSE(tour().isRunning());
    EXPECT_TRUE(demo_->window.banner()->isVisible());
    EXPECT_TRUE(demo_->window.banner()->text().sentence.contains(QStringLiteral("mine.json")));
    EXPECT_TRUE(demo_->window.banner()->text().sentence.contains(QStringLiteral(".steps[0].title")));
    demo_->window.startTour(folder.filePath(QStringLiteral("none.json")));
    EXPECT_FALSE(tour().isRunning());
    // One of one's own that is right.
    QFile shipped(Tour::pathOf(Tour::shipped().value(0)));
    ASSERT_TRUE(shipped.open(QIODevice::ReadOnly));
    write(shipped.readAll());
    demo_->window.startTour(path);
    EXPECT_TRUE(tour().isRunning());
    EXPECT_EQ(tour().count(), 5);
}

TEST(TourWithoutData, IsNotOffered) {
    DemoWindow demo(QStringLiteral("books-delta"));
    demo.document.openModel(demo.document.model());
    demo.states.close();
    demo.settle();
    demo.window.startTour();
    EXPECT_FALSE(demo.window.tour()->isRunning());
    EXPECT_TRUE(demo.window.banner()->isVisible());
}

}  // namespace
}  // namespace rankscope::gui
