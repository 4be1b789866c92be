// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/teaching/lecture_view.hpp"

#include "app/gui/teaching/lecture_panel.hpp"
#include "app/gui/teaching/lecture_run.hpp"
#include "app/gui/teaching/question_card.hpp"
#include "app/gui/teaching/step_dots.hpp"
#include "app/gui/theme/fonts.hpp"
#include "app/gui/theme/icons.hpp"
#include "app/gui/tradeoff_panels/ribbon.hpp"
#include "app/gui/widgets/elided_label.hpp"

#include <QApplication>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

namespace rankscope::gui {
namespace {

int px(double units) {
    return qRound(units * designUnit(QApplication::font()));
}

}  // namespace

LectureView::LectureView(LectureRun& run, bool audience, QWidget* parent) : QWidget(parent), run_(run) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(px(14), px(8), px(14), px(8));
    column->setSpacing(px(8));
    const auto button = [this](const QString& text, const QString& tip) {
        auto* made = new QPushButton(text, this);
        made->setAutoDefault(false);
        made->setToolTip(tip);
        return made;
    };
    auto* top = new QHBoxLayout;
    top->setSpacing(px(10));
    number_ = new QLabel(this);
    title_ = new ElidedLabel({}, this);
    where_ = new QLabel(this);
    freeze_ = button(tr("Freeze  F"),
                     tr("Holds the picture of the second screen, or of this one, while steps go on"));
    black_ = button(tr("Black  B"), tr("Blacks out the second screen, or this one"));
    leave_ = button(tr("Leave  Esc"), tr("Back to the window as it was"));
    freeze_->setCheckable(true);
    black_->setCheckable(true);
    top->addWidget(number_);
    top->addWidget(title_, 1);
    top->addWidget(where_);
    for (QPushButton* each : {freeze_, black_, leave_}) {
        top->addWidget(each);
        each->setVisible(!audience);
    }
    column->addLayout(top);

    auto* pictures = new QHBoxLayout;
    pictures->setSpacing(px(8));
    left_ = new LecturePanel(run, this);
    right_ = new LecturePanel(run, this);
    pictures->addWidget(left_, 1);
    pictures->addWidget(right_, 1);
    column->addLayout(pictures, 1);
    card_ = new QuestionCard(this);
    column->addWidget(card_);
    ribbon_ = new Ribbon(run.workspace(), this);
    ribbon_->setReadOnly(true);
    column->addWidget(ribbon_);

    auto* foot = new QGridLayout;
    back_ = button(tr("‹  Page Up"), tr("The step before"));
    forward_ = button({}, {});
    dots_ = new StepDots(this);
    foot->addWidget(back_, 0, 0, Qt::AlignLeft);
    foot->addWidget(dots_, 0, 1, Qt::AlignCenter);
    foot->addWidget(forward_, 0, 2, Qt::AlignRight);
    foot->setColumnStretch(0, 1);
    foot->setColumnStretch(2, 1);
    column->addLayout(foot);
    back_->setVisible(!audience);
    forward_->setVisible(!audience);

    connect(freeze_, &QPushButton::clicked, this, &LectureView::freezeRequested);
    connect(black_, &QPushButton::clicked, this, &LectureView::blackRequested);
    connect(leave_, &QPushButton::clicked, this, &LectureView::leaveRequested);
    connect(back_, &QPushButton::clicked, &run_, &LectureRun::previous);
    connect(forward_, &QPushButton::clicked, &run_, &LectureRun::next);
    connect(card_, &QuestionCard::answered, &run_, &LectureRun::answer);
    connect(ribbon_, &Ribbon::explainRequested, this, &LectureView::explainRequested);
    if (!audience) connect(dots_, &StepDots::picked, &run_, &LectureRun::goTo);
    connect(&run_, &LectureRun::changed, this, &LectureView::showStep);
    setLook();
    showStep();
}

void LectureView::showStep() {
    const LectureStep& step = run_.step();
    const bool open = run_.isOpen();
    const bool last = run_.index() + 1 >= run_.count();
    number_->setText(QString::number(run_.index() + 1));
    title_->setFullText(step.title);
    where_->setText(tr("Step %1 of %2").arg(run_.index() + 1).arg(run_.count()));
    ribbon_->setAnswerHidden(open);
    left_->show(step.left);
    right_->show(step.right);
    card_->setQuestion(run_.question(), run_.questionText(), !open, run_.chosen(), run_.revealText());
    dots_->setSteps(run_.count(), run_.index());
    back_->setEnabled(run_.index() > 0);
    forward_->setText(open ? tr("Page Down  show the answer") : tr("Page Down  ›"));
    forward_->setToolTip(open ? tr("Shows the answer") : tr("The next step"));
    forward_->setEnabled(open || !last);
    setAccessibleName(
        tr("Lecture, step %1 of %2: %3").arg(run_.index() + 1).arg(run_.count()).arg(step.title));
}

void LectureView::setFrozen(bool frozen) {
    freeze_->setChecked(frozen);
}

void LectureView::setBlack(bool black) {
    black_->setChecked(black);
}

void LectureView::applyTheme(const Theme& theme) {
    theme_ = &theme;
    left_->applyTheme(theme);
    right_->applyTheme(theme);
    card_->applyTheme(theme);
    ribbon_->applyTheme(theme);
    dots_->applyTheme(theme);
    setLook();
}

void LectureView::setLook() {
    const QFont application = QApplication::font();
    QFont large = scaledFont(application, TextRole::PanelTitle);
    large.setPointSizeF(1.45 * application.pointSizeF());
    const auto look = [&](QLabel* label, const QFont& font, Role role) {
        label->setFont(font);
        QPalette palette = label->palette();
        palette.setColor(QPalette::WindowText, theme_->color(role));
        label->setPalette(palette);
    };
    look(number_, large, Role::Accent);
    look(title_, large, Role::Ink);
    const QFont small = scaledFont(application, TextRole::Label);
    look(where_, small, Role::Ink2);
    for (QPushButton* each : {freeze_, black_, leave_, back_, forward_})
        each->setFont(small);
    freeze_->setIcon(themedIcon(QStringLiteral("freeze"), *theme_, Role::Ink, px(12)));
    freeze_->setIconSize(QSize(px(12), px(12)));
    forward_->setStyleSheet(
        QStringLiteral("QPushButton { background: %1; color: %2; border: 1px solid %1; border-radius: %4px; }"
                       "QPushButton:disabled { background: %5; color: %6; border-color: %5; }"
                       "QPushButton:focus { border: 2px solid %3; }")
            .arg(theme_->color(Role::Accent).name(), theme_->color(Role::OnAccent).name(),
                 theme_->color(Role::Ink).name())
            .arg(px(3))
            .arg(theme_->color(Role::Track).name(), theme_->color(Role::Faint).name()));
    const QString on = QStringLiteral("QPushButton:checked { background: %1; border: 2px solid %2; }")
                           .arg(theme_->color(Role::Select).name(), theme_->color(Role::Accent).name());
    freeze_->setStyleSheet(on);
    black_->setStyleSheet(on);
}

void LectureView::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (event->type() == QEvent::FontChange && dots_ != nullptr) setLook();
}

}  // namespace rankscope::gui
