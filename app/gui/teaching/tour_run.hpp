// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/document/workspace.hpp"
#include "app/gui/teaching/lesson_facts.hpp"
#include "app/gui/teaching/tour.hpp"

#include <QObject>
#include <QPointer>
#include <QTimer>

#include <memory>

namespace rankscope::gui {

class LessonHost;
class TourCard;
class TourFrame;

/// A tour while somebody takes it: the card, the frame around what it points at, and where one is. The window
/// stays free: a step is done as soon as its condition holds, whoever brought that about.
class TourRun : public QObject {
    Q_OBJECT

public:
    /// Card and frame are children of `window`.
    TourRun(Workspace workspace, LessonHost& host, QWidget* window);
    ~TourRun() override;

    /// Steps of a tour that the open session can fill with its numbers.
    [[nodiscard]] static int countOf(const Tour& tour, const Workspace& workspace);

    /// False: the session knows too little for any step; nothing happens.
    bool start(const Tour& tour, int step = 0);
    void leave();

    [[nodiscard]] bool isRunning() const { return running_; }

    /// From 0; that of the last tour while none runs.
    [[nodiscard]] int step() const { return step_; }

    [[nodiscard]] int count() const { return static_cast<int>(steps_.size()); }

    [[nodiscard]] bool isDone() const { return done_; }

    [[nodiscard]] TourCard* card() const { return card_; }

    [[nodiscard]] TourFrame* frame() const { return frame_; }

    void applyTheme(const Theme& theme);

public Q_SLOTS:
    void next();  ///< from the last step: the end
    void back();
    void doIt();

Q_SIGNALS:
    /// `finished`: at the end, not in the middle.
    void left(bool finished);
    void stepChanged();

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void enter(int step);
    void end(bool finished);
    void later();
    void refresh();
    void place();
    [[nodiscard]] QWidget* target() const;

    Workspace workspace_;
    LessonHost& host_;
    QWidget* window_;
    Tour tour_;
    QList<int> steps_;  // of the tour, those the session can fill
    std::unique_ptr<LessonFacts> facts_;
    TourCard* card_;
    TourFrame* frame_;
    QPointer<QWidget> target_, before_;
    QTimer soon_;
    int step_ = 0;
    bool running_ = false;
    bool done_ = false;
};

}  // namespace rankscope::gui
