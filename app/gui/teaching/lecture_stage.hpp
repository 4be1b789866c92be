// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/theme/theme.hpp"

#include <QPixmap>
#include <QWidget>

namespace rankscope::gui {

class LectureRun;
class LectureView;

/// What is seen of a lecture: live, held still, or black. Of two screens the speaker's stays live.
class LectureStage : public QWidget {
    Q_OBJECT

public:
    /// `audience`: a window of its own, without the speaker's buttons.
    LectureStage(LectureRun& run, bool audience, QWidget* parent);

    [[nodiscard]] LectureView* view() const { return view_; }

    void setFrozen(bool frozen);
    void setBlack(bool black);

    [[nodiscard]] bool isFrozen() const { return frozen_; }

    [[nodiscard]] bool isBlack() const { return black_; }

    /// What lies over the view; null while it is live.
    [[nodiscard]] QWidget* cover() const { return frozen_ || black_ ? cover_ : nullptr; }

    void applyTheme(const Theme& theme);

Q_SIGNALS:
    void closed();

protected:
    void resizeEvent(QResizeEvent* event) override;
    void closeEvent(QCloseEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

private:
    void showCover();

    const Theme* theme_ = &Theme::light();
    LectureView* view_;
    QWidget* cover_;
    QPixmap picture_;
    bool audience_;
    bool frozen_ = false;
    bool black_ = false;
};

}  // namespace rankscope::gui
