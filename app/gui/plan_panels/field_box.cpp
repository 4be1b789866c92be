// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/plan_panels/field_box.hpp"

#include "app/gui/theme/fonts.hpp"

#include <QApplication>
#include <QLabel>
#include <QWheelEvent>

namespace rankscope::gui {

CalmBox::CalmBox(QWidget* parent) : QComboBox(parent) {
    setFocusPolicy(Qt::StrongFocus);
    setMaxVisibleItems(20);
}

void CalmBox::wheelEvent(QWheelEvent* event) {
    if (hasFocus()) {
        QComboBox::wheelEvent(event);
    } else {
        event->ignore();
    }
}

FieldProblem::FieldProblem(QLineEdit* edit, QWidget* field, std::function<QString(const QString&)> problem)
    : QObject(field),
      edit_(edit),
      field_(field),
      label_(new QLabel(field->window())),
      problem_(std::move(problem)) {
    label_->hide();
    label_->setMargin(3);
    label_->setAutoFillBackground(true);
    connect(edit_, &QLineEdit::textChanged, this, &FieldProblem::check);
    connect(field_, &QObject::destroyed, label_, &QObject::deleteLater);
    edit_->installEventFilter(this);
    applyTheme(*theme_);
}

void FieldProblem::applyTheme(const Theme& theme) {
    theme_ = &theme;
    QPalette palette = label_->palette();
    palette.setColor(QPalette::Window, theme.color(Role::ErrSurface));
    palette.setColor(QPalette::WindowText, theme.color(Role::Err));
    label_->setPalette(palette);
    check();
}

QString FieldProblem::problem() const {
    return problem_(edit_->text());
}

QLabel* FieldProblem::label() const {
    return label_;
}

void FieldProblem::check() {
    if (label_.isNull()) return;
    const QString wrong = problem();
    QPalette palette = field_->palette();
    for (const QPalette::ColorRole role : {QPalette::Text, QPalette::ButtonText})
        palette.setColor(role, theme_->color(wrong.isEmpty() ? Role::Ink : Role::Err));
    palette.setColor(QPalette::Base, theme_->color(wrong.isEmpty() ? Role::Panel : Role::ErrSurface));
    field_->setPalette(palette);
    edit_->setPalette(palette);
    edit_->setAccessibleDescription(wrong);
    label_->setText(wrong);
    QWidget* window = field_->window();
    if (wrong.isEmpty() || !field_->isVisible() || !edit_->hasFocus()) {
        label_->hide();
        return;
    }
    label_->setFont(scaledFont(QApplication::font(), TextRole::Label));
    label_->adjustSize();
    if (label_->parentWidget() != window) label_->setParent(window);
    const QPoint under = field_->mapTo(window, QPoint(0, field_->height() + 2));
    const bool below = under.y() + label_->height() <= window->height();
    label_->move(under.x(), below ? under.y() : under.y() - field_->height() - 4 - label_->height());
    label_->show();
    label_->raise();
}

bool FieldProblem::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::FocusIn || event->type() == QEvent::FocusOut
        || event->type() == QEvent::Hide) {
        // The focus is where the event says only after it.
        QMetaObject::invokeMethod(this, &FieldProblem::check, Qt::QueuedConnection);
    }
    return QObject::eventFilter(watched, event);
}

}  // namespace rankscope::gui
