// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/theme/theme.hpp"

#include <QWidget>

QT_BEGIN_NAMESPACE
class QLabel;
class QPushButton;
QT_END_NAMESPACE

namespace rankscope::gui {

class ElidedLabel;
class LecturePanel;
class LectureRun;
class QuestionCard;
class Ribbon;
class StepDots;

/// A step of a lecture: numbered title, two pictures, the question, the ribbon, the dots. Made at the type
/// size of a lecture hall, which the window sets.
class LectureView : public QWidget {
    Q_OBJECT

public:
    /// `audience`: without the speaker's buttons.
    LectureView(LectureRun& run, bool audience, QWidget* parent = nullptr);

    void applyTheme(const Theme& theme);

    /// What the buttons show.
    void setFrozen(bool frozen);
    void setBlack(bool black);

    [[nodiscard]] LecturePanel* left() const { return left_; }

    [[nodiscard]] LecturePanel* right() const { return right_; }

    [[nodiscard]] QuestionCard* card() const { return card_; }

    [[nodiscard]] Ribbon* ribbon() const { return ribbon_; }

    [[nodiscard]] QPushButton* forward() const { return forward_; }

Q_SIGNALS:
    void freezeRequested();
    void blackRequested();
    void leaveRequested();
    void explainRequested(const QString& topic);

protected:
    void changeEvent(QEvent* event) override;

private:
    void showStep();
    void setLook();

    LectureRun& run_;
    const Theme* theme_ = &Theme::light();
    QLabel* number_;
    ElidedLabel* title_;
    QLabel* where_;
    QPushButton* freeze_;
    QPushButton* black_;
    QPushButton* leave_;
    LecturePanel* left_;
    LecturePanel* right_;
    QuestionCard* card_;
    Ribbon* ribbon_;
    QPushButton* back_;
    QPushButton* forward_;
    StepDots* dots_;
};

}  // namespace rankscope::gui
