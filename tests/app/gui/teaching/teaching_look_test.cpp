// SPDX-License-Identifier: GPL-3.0-or-later
// Pictures of every step for people to look at, and what must fit at every size.
#include "app/gui/teaching/lecture.hpp"
#include "app/gui/teaching/lecture_panel.hpp"
#include "app/gui/teaching/lecture_view.hpp"
#include "app/gui/teaching/question_card.hpp"
#include "app/gui/teaching/tour_card.hpp"
#include "app/gui/teaching/tour_frame.hpp"
#include "app/gui/teaching/tour_run.hpp"
#include "app/gui/tradeoff_panels/ribbon.hpp"
#include "tests/app/gui/teaching/demo_window.hpp"

#include <QLabel>
#include <QPushButton>

namespace rankscope::gui {
namespace {

struct Case {
    QString demo;
    bool dark;
    QSize size;
};

// Every demo once, every size once; with a folder for pictures all of it.
QList<Case> cases() {
    QList<Case> all;
    for (const QString& demo : SessionKeeper::demos()) {
        for (const bool dark : {false, true}) {
            for (const QSize size : {QSize(1440, 900), QSize(1280, 720), QSize(1920, 1080)}) {
                const bool one = !dark && (demo == QLatin1String("books-delta") || size.width() == 1280);
                if (one || qEnvironmentVariableIsSet("RANKSCOPE_RENDER_DIR")) all.append({demo, dark, size});
            }
        }
    }
    return all;
}

// Every text of the children that are shown lies inside its widget.
void expectWhole(const QWidget& parent) {
    for (const QLabel* label : parent.findChildren<QLabel*>()) {
        if (!label->isVisible() || label->text().isEmpty() || label->inherits("rankscope::gui::ElidedLabel")) continue;
        const int needed = label->wordWrap() ? label->heightForWidth(label->width()) : label->sizeHint().height();
        EXPECT_GE(label->height(), needed) << label->text().toStdString();
        if (!label->wordWrap()) {
            EXPECT_GE(label->width(), label->sizeHint().width()) << label->text().toStdString();
        }
    }
    for (const QPushButton* button : parent.findChildren<QPushButton*>()) {
        if (!button->isVisible()) continue;
        EXPECT_GE(button->width(), button->minimumSizeHint().width()) << button->text().toStdString();
        const QRect place(button->mapTo(&parent, QPoint()), button->size());
        EXPECT_TRUE(parent.rect().contains(place)) << button->text().toStdString();
    }
}

TEST(TeachingLook, TheTourFitsEverywhereAndLeavesItsPlaceInSight) {
    for (const Case& each : cases()) {
        DemoWindow window(each.demo, each.size, each.dark ? Theme::dark() : Theme::light());
        window.window.startTour();
        ASSERT_TRUE(window.window.tour()->isRunning());
        // The story card, which is gone now, asks for more height than the smallest window has.
        window.settle();
        window.window.resize(each.size);
        for (int step = 0; step < 5; ++step) {
            window.settle();
            const TourRun& tour = *window.window.tour();
            ASSERT_EQ(tour.step(), step);
            EXPECT_EQ(window.window.size(), each.size);
            EXPECT_TRUE(window.window.rect().contains(tour.card()->geometry()));
            EXPECT_TRUE(tour.frame()->isVisible());
            // Not the whole place is under the card.
            EXPECT_FALSE(tour.card()->geometry().contains(tour.frame()->geometry()));
            expectWhole(*tour.card());
            renderForEyes(window.window, "tour-" + each.demo.toStdString() + "-" + std::to_string(step + 1) + "-" + std::to_string(each.size.width()) + (each.dark ? "-dark" : ""));
            window.window.tour()->doIt();
            window.window.tour()->next();
        }
        EXPECT_FALSE(window.window.tour()->isRunning());
    }
}

TEST(TeachingLook, TheLectureFitsEveryScreen) {
    for (const Case& each : cases()) {
        DemoWindow window(each.demo, each.size, each.dark ? Theme::dark() : Theme::light());
        window.window.setLecture(true);
        ASSERT_TRUE(window.window.isLecture());
        window.settle();
        window.window.resize(each.size);
        for (int step = 0; step < 5; ++step) {
            for (const bool open : {true, false}) {
                window.settle();
                LectureRun& run = window.window.lecture()->run();
                ASSERT_EQ(run.index(), step);
                ASSERT_EQ(run.isOpen(), open);
                EXPECT_EQ(window.window.size(), each.size);
                EXPECT_LE(window.window.minimumSizeHint().width(), 1280);
                EXPECT_LE(window.window.minimumSizeHint().height(), 720);
                const LectureView& view = *window.window.lecture()->stage()->view();
                expectWhole(view);
                EXPECT_GE(view.left()->height(), 200);
                QTest::qWait(60);
                renderForEyes(window.window, "lecture-" + each.demo.toStdString() + "-" + std::to_string(step + 1) + (open ? "" : "-answered") + "-" + std::to_string(each.size.width()) + (each.dark ? "-dark" : ""));
                // Wrong on every second one.
                if (open) {
                    run.answer(static_cast<int>(run.question().right.indexOf(step % 2 == 0)));
                } else {
                    run.next();
                }
            }
        }
    }
}

}  // namespace
}  // namespace rankscope::gui
