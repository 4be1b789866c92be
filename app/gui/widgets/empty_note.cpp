// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/widgets/empty_note.hpp"

#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

namespace rankscope::gui {

EmptyNote::EmptyNote(QWidget* parent) : QWidget(parent) {
    sentence_ = new QLabel(this);
    sentence_->setWordWrap(true);
    sentence_->setAlignment(Qt::AlignCenter);
    sentence_->setTextFormat(Qt::PlainText);
    remedy_ = new QPushButton(this);
    connect(remedy_, &QPushButton::clicked, this, &EmptyNote::remedyRequested);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(24, 12, 24, 12);
    column->setSpacing(12);
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
