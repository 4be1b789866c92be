// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/teaching/question_card.hpp"

#include "app/gui/theme/fonts.hpp"
#include "app/gui/theme/icons.hpp"
#include "app/gui/widgets/panel_ground.hpp"

#include <QApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QPushButton>
#include <QVBoxLayout>

#include <algorithm>

namespace rankscope::gui {
namespace {

constexpr int kMostOptions = 4;
constexpr double kBeside = 0.46;  // share of the width that the buttons may take beside the text

int px(double units) {
    return qRound(units * designUnit(QApplication::font()));
}

}  // namespace

QuestionCard::QuestionCard(QWidget* parent) : QFrame(parent) {
    setFrameShape(QFrame::NoFrame);
    row_ = new QBoxLayout(QBoxLayout::LeftToRight, this);
    auto* texts = new QVBoxLayout;
    texts->setSpacing(px(2));
    verdict_ = new QLabel(this);
    text_ = new QLabel(this);
    for (QLabel* label : {verdict_, text_}) {
        label->setTextFormat(Qt::PlainText);
        label->setWordWrap(true);
        texts->addWidget(label);
    }
    texts->insertStretch(0, 1);
    texts->addStretch(1);
    row_->addLayout(texts, 1);
    answers_ = new QWidget(this);
    auto* answers = new QHBoxLayout(answers_);
    answers->setContentsMargins(0, 0, 0, 0);
    answers->setSpacing(px(8));
    for (int i = 0; i < kMostOptions; ++i) {
        auto* button = new QPushButton(answers_);
        button->setAutoDefault(false);
        connect(button, &QPushButton::clicked, this, [this, i] {
            if (!answered_) Q_EMIT answered(i);
        });
        buttons_.append(button);
        answers->addWidget(button);
    }
    row_->addWidget(answers_, 0, Qt::AlignVCenter);
    QSizePolicy policy(QSizePolicy::Preferred, QSizePolicy::Minimum);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
}

void QuestionCard::setQuestion(const Question& question, const QString& text, bool answered, int chosen,
                               const QString& reveal) {
    question_ = question;
    answered_ = answered;
    chosen_ = chosen;
    text_->setText(answered ? reveal : text);
    const QString right = question.rightOptions().join(tr(" or "));
    QString said;
    if (answered) {
        said = chosen < 0                  ? tr("The data say: %1").arg(right)
               : question.right.at(chosen) ? tr("Right: %1").arg(question.options.at(chosen))
                                           : tr("The data say otherwise: %1").arg(right);
    }
    verdict_->setText(said);
    verdict_->setVisible(answered);
    for (int i = 0; i < kMostOptions; ++i) {
        QPushButton* button = buttons_[i];
        button->setVisible(i < question.options.size());
        if (i >= question.options.size()) continue;
        button->setText(QStringLiteral(" %1   %2").arg(i + 1).arg(question.options[i]));
        QString spoken = tr("Answer %1: %2").arg(i + 1).arg(question.options[i]);
        if (answered)
            spoken += question.right[i] ? tr(", right") : i == chosen ? tr(", chosen, wrong") : QString();
        button->setAccessibleName(spoken);
        button->setFocusPolicy(answered ? Qt::NoFocus : Qt::StrongFocus);
    }
    setAccessibleName(answered ? tr("Answer") : tr("Question"));
    setAccessibleDescription(answered ? said + QStringLiteral(". ") + reveal : text);
    setLook();
    arrange();
}

QString QuestionCard::text() const {
    return text_->text();
}

QString QuestionCard::verdict() const {
    return verdict_->text();
}

void QuestionCard::arrange() {
    row_->setContentsMargins(px(18), px(8), px(18), px(10));
    row_->setSpacing(px(14));
    int width = 0;
    for (QPushButton* button : buttons_) {
        if (!button->isHidden()) width += button->sizeHint().width() + px(8);
    }
    row_->setDirection(width < kBeside * this->width() ? QBoxLayout::LeftToRight : QBoxLayout::TopToBottom);
    const bool beside = row_->direction() == QBoxLayout::LeftToRight;
    row_->setSpacing(beside ? px(14) : px(6));
    // Room for a verdict and two lines from the beginning: pictures do not move when the answer comes.
    const int lines = text_->fontMetrics().lineSpacing() * 2 + verdict_->fontMetrics().lineSpacing() + px(2);
    setMinimumHeight(lines + px(18) + (beside ? 0 : buttons_.first()->sizeHint().height() + px(6)));
}

void QuestionCard::applyTheme(const Theme& theme) {
    theme_ = &theme;
    setLook();
}

void QuestionCard::setLook() {
    QFont font = QApplication::font();
    font.setPointSizeF(1.08 * font.pointSizeF());
    text_->setFont(font);
    QFont strong = font;
    strong.setWeight(QFont::DemiBold);
    verdict_->setFont(strong);
    const auto ink = [&](QLabel* label, Role role) {
        QPalette palette = label->palette();
        palette.setColor(QPalette::WindowText, theme_->color(role));
        label->setPalette(palette);
    };
    const bool wrong = chosen_ >= 0 && chosen_ < question_.right.size() && !question_.right[chosen_];
    ink(text_, Role::Ink);
    ink(verdict_, wrong ? Role::Warn : Role::Ok);
    for (int i = 0; i < buttons_.size(); ++i) {
        QPushButton* button = buttons_[i];
        button->setFont(font);
        const bool right = answered_ && i < question_.right.size() && question_.right[i];
        const bool missed = answered_ && i == chosen_ && !right;
        const Role line = right ? Role::Ok : missed ? Role::Warn : answered_ ? Role::Border : Role::Strong;
        const Role text = answered_ && !right && !missed ? Role::Ink2 : Role::Ink;
        button->setStyleSheet(
            QStringLiteral(
                "QPushButton { background: %1; color: %2; border: %3px solid %4; border-radius: %5px; "
                "padding: %6px %7px; }"
                "QPushButton:hover { background: %8; }"
                "QPushButton:focus { border: 2px solid %9; }")
                .arg(theme_->color(Role::Panel).name(), theme_->color(text).name())
                .arg(right || missed ? 2 : 1)
                .arg(theme_->color(line).name())
                .arg(px(3))
                .arg(px(4))
                .arg(px(7))
                .arg(theme_->color(answered_ ? Role::Panel : Role::Hover).name(),
                     theme_->color(Role::Accent).name()));
        // Not by colour alone.
        button->setIconSize(QSize(px(12), px(12)));
        button->setIcon(right    ? themedIcon(QStringLiteral("check"), *theme_, Role::Ok)
                        : missed ? themedIcon(QStringLiteral("close"), *theme_, Role::Warn)
                                 : QIcon());
    }
    update();
}

void QuestionCard::paintEvent(QPaintEvent* /*event*/) {
    QPainter painter(this);
    paintPanelGround(painter, rect(), *theme_);
}

void QuestionCard::resizeEvent(QResizeEvent* event) {
    QFrame::resizeEvent(event);
    arrange();
}

void QuestionCard::changeEvent(QEvent* event) {
    QFrame::changeEvent(event);
    if (event->type() == QEvent::FontChange && !buttons_.isEmpty()) {
        setLook();
        arrange();
    }
}

}  // namespace rankscope::gui
