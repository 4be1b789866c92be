// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/plan_panels/kept_editor.hpp"

#include "app/gui/plan_panels/presets.hpp"
#include "app/gui/theme/fonts.hpp"

#include <QApplication>
#include <QKeyEvent>
#include <QLabel>
#include <QPainter>

namespace rankscope::gui {

KeptEditor::KeptEditor(QWidget* parent) : QLineEdit(parent), problem_(new QLabel(parent)) {
    hide();
    problem_->hide();
    problem_->setMargin(3);
    problem_->setAutoFillBackground(true);
    // In a table's viewport the roles would be Base and Text.
    problem_->setBackgroundRole(QPalette::Window);
    problem_->setForegroundRole(QPalette::WindowText);
    setAlignment(Qt::AlignRight);
    setFrame(false);
    connect(this, &QLineEdit::textChanged, this, &KeptEditor::check);
    applyTheme(*theme_);
}

void KeptEditor::applyTheme(const Theme& theme) {
    theme_ = &theme;
    QPalette palette = problem_->palette();
    palette.setColor(QPalette::Window, theme.color(Role::ErrSurface));
    palette.setColor(QPalette::WindowText, theme.color(Role::Err));
    problem_->setPalette(palette);
    check();
}

void KeptEditor::open(int layer, std::int64_t keyDim, const QRect& place, const QString& text, bool select) {
    layer_ = layer;
    keyDim_ = keyDim;
    setAccessibleName(tr("Kept channels of layer %1, 1 to %2").arg(layer).arg(keyDim));
    setFont(scaledFont(QApplication::font(), TextRole::Body));
    problem_->setFont(scaledFont(QApplication::font(), TextRole::Label));
    setGeometry(place);
    setText(text);
    show();
    raise();
    setFocus();
    if (select) {
        selectAll();
    } else {
        end(false);
    }
    check();
}

void KeptEditor::close() {
    const bool focused = hasFocus();
    hide();
    problem_->hide();
    if (focused && parentWidget() != nullptr) parentWidget()->setFocus();
}

QString KeptEditor::problem() const {
    // Nothing typed yet is nothing wrong yet.
    if (text().trimmed().isEmpty() || parseKept(text().toStdString(), keyDim_)) return {};
    return text().contains(QLatin1Char('%')) ? tr("0 % to 100 %") : tr("1 to %1").arg(keyDim_);
}

void KeptEditor::check() {
    const QString wrong = problem();
    QPalette palette = this->palette();
    palette.setColor(QPalette::Text, theme_->color(wrong.isEmpty() ? Role::Ink : Role::Err));
    palette.setColor(QPalette::Base, theme_->color(wrong.isEmpty() ? Role::Panel : Role::ErrSurface));
    setPalette(palette);
    problem_->setText(wrong);
    setAccessibleDescription(wrong);
    problem_->setVisible(isVisible() && !wrong.isEmpty());
    if (wrong.isEmpty() || parentWidget() == nullptr) return;
    problem_->adjustSize();
    // Under the field; over it in the last row.
    int y = geometry().bottom() + 2;
    if (y + problem_->height() > parentWidget()->height()) y = geometry().top() - 1 - problem_->height();
    problem_->move(std::max(0, geometry().right() + 1 - problem_->width()), y);
    problem_->raise();
}

bool KeptEditor::event(QEvent* event) {
    // Esc is for the innermost thing, which is this one.
    if (event->type() == QEvent::ShortcutOverride
        && static_cast<QKeyEvent*>(event)->key() == Qt::Key_Escape) {
        event->accept();
        return true;
    }
    return QLineEdit::event(event);
}

void KeptEditor::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Escape) {
        close();
        return;
    }
    if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter) {
        const std::optional<std::int64_t> kept = parseKept(text().toStdString(), keyDim_);
        if (kept) {
            const int layer = layer_;
            close();
            Q_EMIT committed(layer, *kept);
        } else if (text().trimmed().isEmpty()) {
            close();
        }
        return;
    }
    QLineEdit::keyPressEvent(event);
}

void KeptEditor::focusOutEvent(QFocusEvent* event) {
    QLineEdit::focusOutEvent(event);
    // A menu over the field is no reason to leave.
    if (event->reason() != Qt::PopupFocusReason) {
        hide();
        problem_->hide();
    }
}

void KeptEditor::paintEvent(QPaintEvent* event) {
    QLineEdit::paintEvent(event);
    QPainter painter(this);
    painter.setPen(QPen(theme_->color(problem().isEmpty() ? Role::Accent : Role::Err), 2));
    painter.drawRect(QRectF(rect()).adjusted(1, 1, -1, -1));
}

}  // namespace rankscope::gui
