// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/teaching/lecture.hpp"

#include "app/gui/charts/heads_by_layer_view.hpp"
#include "app/gui/charts/spectrum_view.hpp"
#include "app/gui/teaching/lecture_panel.hpp"
#include "app/gui/teaching/lecture_view.hpp"
#include "app/gui/teaching/question_card.hpp"
#include "app/gui/tradeoff_panels/ribbon.hpp"
#include "app/gui/tradeoff_panels/ribbon_readout.hpp"
#include "app/gui/window/banner.hpp"
#include "app/gui/window/command_palette.hpp"
#include "tests/app/gui/layer_panels/pointer.hpp"
#include "tests/app/gui/teaching/demo_window.hpp"

#include <QFile>
#include <QLabel>
#include <QMenuBar>
#include <QPushButton>
#include <QSplitter>
#include <QStatusBar>
#include <QTemporaryDir>

namespace rankscope::gui {
namespace {

class LectureTest : public testing::Test {
protected:
    void begin(const QString& demo, const QSize& size = {1440, 900}) {
        demo_.reset();
        demo_ = std::make_unique<DemoWindow>(demo, size);
        demo_->window.setLecture(true);
        ASSERT_TRUE(demo_->window.isLecture());
        demo_->settle();
    }

    [[nodiscard]] Lecture& lecture() const { return *demo_->window.lecture(); }

    [[nodiscard]] LectureRun& run() const { return lecture().run(); }

    [[nodiscard]] LectureView& view() const { return *lecture().stage()->view(); }

    void press(Qt::Key key, Qt::KeyboardModifiers modifiers = {}) const {
        QTest::keyClick(lecture().stage(), key, modifiers);
        if (demo_->window.isLecture()) demo_->settle();
    }

    [[nodiscard]] QString readout(const char* topic) const {
        for (const RibbonReadout* each : view().ribbon()->shownReadouts()) {
            if (each->topic() == QLatin1String(topic)) return each->text().value;
        }
        return {};
    }

    std::unique_ptr<DemoWindow> demo_;
};

TEST_F(LectureTest, FiveStepsRunWithARemoteOnEveryDemo) {
    for (const QString& name : SessionKeeper::demos()) {
        begin(name);
        ASSERT_EQ(run().count(), 5) << name.toStdString();
        for (int step = 0; step < 5; ++step) {
            EXPECT_EQ(run().index(), step);
            EXPECT_TRUE(run().isOpen());
            EXPECT_EQ(readout("perplexity"), QStringLiteral("?"));
            EXPECT_EQ(readout("delta"), QStringLiteral("?"));
            EXPECT_TRUE(view().card()->verdict().isEmpty());
            press(Qt::Key_PageDown);
            EXPECT_FALSE(run().isOpen());
            EXPECT_EQ(run().index(), step) << "the answer comes first";
            EXPECT_NE(readout("perplexity"), QStringLiteral("?"));
            EXPECT_FALSE(view().left()->isCovered());
            EXPECT_FALSE(view().right()->isCovered());
            EXPECT_TRUE(view().card()->verdict().contains(run().question().rightOptions().first()));
            press(Qt::Key_PageDown);
        }
        EXPECT_EQ(run().index(), 4) << "the last step stays";
        for (int step = 3; step >= 0; --step) {
            press(Qt::Key_PageUp);
            EXPECT_EQ(run().index(), step);
            EXPECT_FALSE(run().isOpen()) << "what was answered stays answered";
        }
        press(Qt::Key_PageUp);
        EXPECT_EQ(run().index(), 0);
        press(Qt::Key_Right);
        press(Qt::Key_Down);
        EXPECT_EQ(run().index(), 2);
        press(Qt::Key_Left);
        press(Qt::Key_Up);
        EXPECT_EQ(run().index(), 0);
        press(Qt::Key_Escape);
        EXPECT_FALSE(demo_->window.isLecture());
    }
}

TEST_F(LectureTest, NumberKeysAnswerAndTheDataJudge) {
    begin(QStringLiteral("books-delta"));
    const auto& right = run().question().right;
    const int wrong = static_cast<int>(right.indexOf(false));
    press(static_cast<Qt::Key>(Qt::Key_1 + wrong));
    EXPECT_FALSE(run().isOpen());
    EXPECT_EQ(run().chosen(), wrong);
    EXPECT_TRUE(view().card()->verdict().contains(run().question().rightOptions().first()));
    EXPECT_TRUE(view().card()->buttons()[wrong]->accessibleName().contains(QStringLiteral("wrong")));
    press(Qt::Key_1);
    EXPECT_EQ(run().chosen(), wrong) << "one answer to a question";
    press(Qt::Key_PageDown);
    // By the pointer.
    const int good = static_cast<int>(run().question().right.indexOf(true));
    QTest::mouseClick(view().card()->buttons()[good], Qt::LeftButton);
    EXPECT_EQ(run().chosen(), good);
    EXPECT_TRUE(view().card()->verdict().startsWith(QStringLiteral("Right")));
    // A key without an answer does nothing.
    run().goTo(4);
    demo_->settle();
    ASSERT_EQ(run().question().options.size(), 3);
    press(Qt::Key_4);
    EXPECT_TRUE(run().isOpen());
}

TEST_F(LectureTest, LeavingPutsEverythingBack) {
    demo_ = std::make_unique<DemoWindow>(QStringLiteral("books-delta"));
    MainWindow& window = demo_->window;
    demo_->action("layout.inspect")->trigger();
    demo_->selection.setLayerAndHead(2, 1);
    demo_->selection.setMetric(QStringLiteral("rank_entropy"));
    demo_->document.setPlan(QStringLiteral("mine"), demo_->document.withKept(1, 24));
    demo_->document.setPlan(QStringLiteral("mine too"), demo_->document.withKept(1, 16));
    demo_->document.undoStack()->undo();
    auto* columns = window.findChild<QSplitter*>();
    columns->setSizes({400, 640, 388});
    demo_->settle();
    const QList<QSplitter*> splitters = window.findChildren<QSplitter*>();
    QList<QList<int>> sizes;
    for (const QSplitter* splitter : splitters) sizes.append(splitter->sizes());
    const DocumentState state = demo_->document.state();
    const QUndoStack& undo = *demo_->document.undoStack();
    const int index = undo.index();
    const int count = undo.count();
    const double points = QApplication::font().pointSizeF();
    const QRect geometry = window.geometry();
    const int token = demo_->selection.token();

    window.setLecture(true);
    ASSERT_TRUE(window.isLecture());
    EXPECT_NEAR(QApplication::font().pointSizeF(), 1.65 * points, 1e-6);
    EXPECT_FALSE(window.menuBar()->isVisible());
    EXPECT_FALSE(window.statusBar()->isVisible());
    EXPECT_FALSE(columns->isVisible());
    run().goTo(2);
    run().reveal();
    demo_->settle();
    // Play: a drag of the cut line moves the plan, and no step comes of it.
    auto* spectrum = dynamic_cast<SpectrumView*>(view().left()->view());
    ASSERT_NE(spectrum, nullptr);
    const auto at = [&](double k) { return QPointF(spectrum->toPixel({k + 0.5, 0}).x(), spectrum->plotRect().center().y()); };
    Pointer line(*spectrum);
    line.press(at(32));
    line.drag(at(20));
    line.drag(at(16));
    line.release(at(16));
    EXPECT_EQ(demo_->document.layerChoice(demo_->selection.layer())->kept, 16);
    EXPECT_EQ(undo.count(), count);
    press(Qt::Key_F);
    press(Qt::Key_B);
    press(Qt::Key_Escape);

    EXPECT_FALSE(window.isLecture());
    demo_->settle();
    EXPECT_FALSE(demo_->action("view.lecture")->isChecked());
    EXPECT_NEAR(QApplication::font().pointSizeF(), points, 1e-6);
    EXPECT_TRUE(window.menuBar()->isVisible());
    EXPECT_TRUE(window.statusBar()->isVisible());
    EXPECT_EQ(window.geometry(), geometry);
    EXPECT_EQ(window.currentLayout(), Layout::Inspect);
    for (qsizetype i = 0; i < splitters.size(); ++i) EXPECT_EQ(splitters[i]->sizes(), sizes[i]) << i;
    EXPECT_EQ(demo_->document.state(), state);
    EXPECT_FALSE(demo_->document.isDragging());
    EXPECT_EQ(planKey(demo_->document.plan()), planKey(state.plan));
    EXPECT_EQ(undo.index(), index);
    EXPECT_EQ(undo.count(), count) << "what could be done again still can";
    EXPECT_EQ(demo_->selection.layer(), 2);
    EXPECT_EQ(demo_->selection.head(), 1);
    EXPECT_EQ(demo_->selection.token(), token);
    EXPECT_EQ(demo_->selection.metric(), QStringLiteral("rank_entropy"));
}

TEST_F(LectureTest, NoShortcutOfTheWindowWorksMeanwhile) {
    begin(QStringLiteral("books-delta"));
    const DocumentState state = demo_->document.state();
    const auto calls = demo_->engine.calls;
    for (const Qt::Key key : {Qt::Key_A, Qt::Key_T, Qt::Key_R, Qt::Key_K, Qt::Key_L, Qt::Key_Plus, Qt::Key_Minus, Qt::Key_F5, Qt::Key_F6})
        press(key);
    for (const Qt::Key key : {Qt::Key_K, Qt::Key_D, Qt::Key_Z, Qt::Key_A, Qt::Key_1, Qt::Key_4}) press(key, Qt::ControlModifier);
    EXPECT_EQ(demo_->document.state(), state);
    EXPECT_EQ(demo_->engine.calls, calls);
    EXPECT_FALSE(demo_->window.palettePanel()->isVisible());
    EXPECT_TRUE(run().isOpen());
    EXPECT_EQ(run().index(), 0);
    // Keys that reach the window itself count as well.
    QTest::keyClick(&demo_->window, Qt::Key_PageDown);
    EXPECT_FALSE(run().isOpen());
    press(Qt::Key_L, Qt::ControlModifier | Qt::ShiftModifier);
    EXPECT_FALSE(demo_->window.isLecture());
}

TEST_F(LectureTest, WithOneScreenThePictureItselfIsHeldOrBlack) {
    begin(QStringLiteral("story-delta"));
    EXPECT_EQ(lecture().audience(), nullptr);
    press(Qt::Key_F);
    ASSERT_TRUE(lecture().stage()->isFrozen());
    const QImage held = lecture().stage()->grab().toImage();
    press(Qt::Key_PageDown);
    press(Qt::Key_PageDown);
    EXPECT_EQ(run().index(), 1) << "steps go on under it";
    EXPECT_EQ(lecture().stage()->grab().toImage(), held);
    press(Qt::Key_F);
    EXPECT_FALSE(lecture().stage()->isFrozen());
    EXPECT_NE(lecture().stage()->grab().toImage(), held);
    for (const Qt::Key key : {Qt::Key_B, Qt::Key_Period}) {
        press(key);
        const QImage dark = lecture().stage()->grab().toImage();
        for (int x = 0; x < dark.width(); x += 37) EXPECT_EQ(dark.pixelColor(x, dark.height() / 2), QColor(Qt::black));
        press(key);
        EXPECT_EQ(lecture().stage()->cover(), nullptr);
    }
}

TEST_F(LectureTest, TheAudienceHasAWindowOfItsOwn) {
    begin(QStringLiteral("books-delta"));
    press(Qt::Key_W);
    LectureStage* audience = lecture().audience();
    ASSERT_NE(audience, nullptr);
    EXPECT_TRUE(audience->isWindow());
    EXPECT_TRUE(audience->isVisible());
    press(Qt::Key_F);
    EXPECT_TRUE(audience->isFrozen());
    EXPECT_FALSE(lecture().stage()->isFrozen()) << "the speaker goes on";
    const QImage held = audience->grab().toImage();
    press(Qt::Key_2);
    EXPECT_EQ(audience->grab().toImage(), held);
    press(Qt::Key_F);
    EXPECT_NE(audience->grab().toImage(), held);
    EXPECT_EQ(audience->view()->card()->verdict(), view().card()->verdict());
    press(Qt::Key_B);
    EXPECT_TRUE(audience->isBlack());
    EXPECT_FALSE(lecture().stage()->isBlack());
    // A remote's key may land in either window.
    QTest::keyClick(audience, Qt::Key_PageDown);
    EXPECT_EQ(run().index(), 1);
    // No speaker's buttons there.
    for (const QPushButton* button : audience->findChildren<QPushButton*>()) {
        if (button->isVisible()) {
            EXPECT_TRUE(audience->view()->card()->isAncestorOf(button)) << button->text().toStdString();
        }
    }
    audience->close();
    demo_->settle();
    EXPECT_EQ(lecture().audience(), nullptr);
    press(Qt::Key_W);
    EXPECT_NE(lecture().audience(), nullptr);
    press(Qt::Key_Escape);
    demo_->settle();
    for (const QWidget* widget : QApplication::topLevelWidgets()) EXPECT_FALSE(widget->isVisible() && widget->inherits("rankscope::gui::LectureStage"));
}

TEST_F(LectureTest, AnotherSessionEndsIt) {
    begin(QStringLiteral("books-delta"));
    press(Qt::Key_PageDown);
    demo_->window.openDemo(QStringLiteral("story-delta"));
    EXPECT_FALSE(demo_->window.isLecture());
    EXPECT_FALSE(demo_->document.isDragging());
    EXPECT_EQ(demo_->document.plan().layers.size(), 2U);
}

TEST_F(LectureTest, APictureNamesThePartOfTheCaptureThatItLacks) {
    SampleWorkspace sample;
    sample.states.setCapture(ranksAlone(*sampleCapture()));
    MainWindow window(sample.workspace);
    window.setTheme(Theme::light());
    window.show();
    window.setLecture(true);
    ASSERT_TRUE(window.isLecture());
    int spectra = 0, heads = 0;
    for (int step = 0; step < window.lecture()->run().count(); ++step) {
        window.lecture()->run().goTo(step);
        window.lecture()->run().reveal();
        const LectureView& shown = *window.lecture()->stage()->view();
        for (const LecturePanel* panel : {shown.left(), shown.right()}) {
            if (auto* spectrum = qobject_cast<SpectrumView*>(panel->view())) {
                ++spectra;
                EXPECT_TRUE(spectrum->data().heads.empty());
                EXPECT_EQ(spectrum->emptyText().toStdString(),
                          "The capture holds ranks without singular values, which this needs");
            } else if (auto* ranks = qobject_cast<HeadsByLayerView*>(panel->view())) {
                ++heads;
                EXPECT_FALSE(ranks->data().ranks.empty());
            }
        }
    }
    EXPECT_GE(spectra, 1);
    EXPECT_GE(heads, 1);
    window.setLecture(false);
}

TEST_F(LectureTest, WhatCannotBeGivenIsRefused) {
    demo_ = std::make_unique<DemoWindow>(QStringLiteral("books-delta"));
    QTemporaryDir folder;
    const QString path = folder.filePath(QStringLiteral("mine.json"));
    QFile file(path);
    ASSERT_TRUE(file.open(QIODevice::WriteOnly));
    file.write("{\"format\": \"rankscope-lecture\", \"version\": 1, \"title\": \"x\", \"steps\": 5}");
    file.close();
    const double points = QApplication::font().pointSizeF();
    demo_->window.setLecture(true, path);
    EXPECT_FALSE(demo_->window.isLecture());
    EXPECT_FALSE(demo_->action("view.lecture")->isChecked());
    EXPECT_TRUE(demo_->window.banner()->text().sentence.contains(QStringLiteral(".steps")));
    EXPECT_TRUE(demo_->window.menuBar()->isVisible());
    // Nothing was measured: nothing can be asked.
    demo_->document.openModel(demo_->document.model());
    demo_->states.close();
    demo_->settle();
    demo_->action("view.lecture")->trigger();
    EXPECT_FALSE(demo_->window.isLecture());
    EXPECT_TRUE(demo_->window.banner()->text().title.contains(QStringLiteral("nothing to ask")));
    EXPECT_EQ(demo_->window.banner()->text().sentence.toStdString(),
              "For a lecture it lacks measured plans and a capture of the model. Every demo has what a lecture needs.");
    EXPECT_NEAR(QApplication::font().pointSizeF(), points, 1e-6);
    // A slider that is held.
    demo_->window.openDemo(QStringLiteral("story-delta"));
    demo_->document.dragTo(demo_->document.withKept(0, 8));
    demo_->action("view.lecture")->trigger();
    EXPECT_FALSE(demo_->window.isLecture());
    EXPECT_TRUE(demo_->document.isDragging());
    demo_->document.cancelDrag();
}

}  // namespace
}  // namespace rankscope::gui
