// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/widgets/empty_note.hpp"

#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

namespace rankscope::gui {
namespace {

constexpr int kRoomy = 12;
constexpr int kTight = 3;

}  // namespace

EmptyNote::EmptyNote(QWidget* parent) : QWidget(parent) {
    sentence_ = new QLabel(this);
    sentence_->setWordWrap(true);
    sentence_->setAlignment(Qt::AlignCenter);
    sentence_->setTextFormat(Qt::PlainText);
    remedy_ = new QPushButton(this);
    connect(remedy_, &QPushButton::clicked, this, &EmptyNote::remedyRequested);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(24, kRoomy, 24, kRoomy);
    column->setSpacing(kRoomy);
    column->addStretch(1);
    column->addWidget(sentence_);
    column->addWidget(remedy_, 0, Qt::AlignHCenter);
    column->addStretch(1);
}

void EmptyNote::setNote(const QString& sentence, const QString& remedy) {
    sentence_->setText(sentence);
    remedy_->setText(remedy);
    remedy_->setVisible(!remedy.isEmpty());
    setAccessibleName(sentence);
}

// A low panel has room for the words or for what is around them.
void EmptyNote::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    const int text = sentence_->heightForWidth(width() - 48);
    const int button = remedy_->isHidden() ? 0 : remedy_->sizeHint().height() + kRoomy;
    const int around = text + button + 2 * kRoomy > height() ? kTight : kRoomy;
    layout()->setContentsMargins(24, around, 24, around);
    layout()->setSpacing(around);
}

QString EmptyNote::sentence() const {
    return sentence_->text();
}

QString EmptyNote::remedy() const {
    return remedy_->isHidden() ? QString() : remedy_->text();
}

void EmptyNote::applyTheme(const Theme& theme) {
    QPalette palette = sentence_->palette();
    palette.setColor(QPalette::WindowText, theme.color(Role::Ink2));
    sentence_->setPalette(palette);
}

}  // namespace rankscope::gui
