// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/teaching/lecture_run.hpp"
#include "app/gui/teaching/lecture_stage.hpp"
#include "app/gui/theme/theme.hpp"

#include <QObject>
#include <QPointer>

QT_BEGIN_NAMESPACE
class QKeyEvent;
class QWidget;
QT_END_NAMESPACE

namespace rankscope::gui {

/// A lecture from the first step to Esc: the stage in the window, the audience's window where there is a
/// second screen, and the keys of keyboards and presenters' remotes, wherever the focus is. No shortcut of
/// the window works meanwhile.
class Lecture : public QObject {
    Q_OBJECT

public:
    /// The stage becomes a child of `parent`. Nothing to give: run().count() is 0 and there is no stage.
    Lecture(Workspace workspace, const LectureScript& script, const Theme& theme, QWidget* parent);
    ~Lecture() override;

    [[nodiscard]] LectureRun& run() { return run_; }

    [[nodiscard]] LectureStage* stage() const { return stage_; }

    /// Null without one.
    [[nodiscard]] LectureStage* audience() const { return audience_; }

    /// Makes the stage, and the audience's window if there is a second screen. After the type size was set.
    void begin();
    /// Everything back as it was; the stage is gone. To be deleted later: a key that ends it comes from
    /// there.
    void end();

    void applyTheme(const Theme& theme);

public Q_SLOTS:
    /// The audience's window, or no longer.
    void setAudience(bool shown);
    void toggleFrozen();
    void toggleBlack();

Q_SIGNALS:
    void leaveRequested();
    void fullScreenRequested();
    void explainRequested(const QString& topic);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    [[nodiscard]] bool isOurs(const QObject* watched) const;
    [[nodiscard]] bool handle(const QKeyEvent& event);
    /// What the audience looks at.
    [[nodiscard]] LectureStage* seen() const;
    void showState();

    LectureRun run_;
    const Theme* theme_;
    QWidget* parent_;
    QPointer<LectureStage> stage_, audience_;
};

}  // namespace rankscope::gui
