// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/plan_panels/ask_row.hpp"

#include "app/gui/plan_panels/field_box.hpp"
#include "app/gui/theme/fonts.hpp"
#include "app/gui/theme/icons.hpp"
#include "app/gui/widgets/elided_label.hpp"

#include <QApplication>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QPushButton>
#include <QToolButton>

namespace rankscope::gui {

AskRow::AskRow(QWidget* parent) : QWidget(parent) {
    setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
    label_ = new QLabel(this);
    field_ = new QLineEdit(this);
    field_->setAlignment(Qt::AlignRight);
    unit_ = new QLabel(this);
    preview_ = new ElidedLabel({}, this);
    apply_ = new QPushButton(tr("Apply"), this);
    close_ = new QToolButton(this);
    close_->setAutoRaise(true);
    close_->setAccessibleName(tr("Back to Set"));
    close_->setToolTip(tr("Back to Set (Esc)"));
    label_->setBuddy(field_);
    auto* row = new QHBoxLayout(this);
    row->addWidget(label_);
    row->addWidget(field_);
    row->addWidget(unit_);
    row->addWidget(apply_);
    row->addWidget(preview_, 1);
    row->addWidget(close_);
    problem_ = new FieldProblem(field_, field_, [this](const QString& text) { return problemOf(text); });
    connect(field_, &QLineEdit::textChanged, this, &AskRow::check);
    connect(field_, &QLineEdit::returnPressed, this, &AskRow::commit);
    connect(apply_, &QPushButton::clicked, this, &AskRow::commit);
    connect(close_, &QToolButton::clicked, this, &AskRow::closed);
    layOut();
}

void AskRow::ask(Question question) {
    question_ = std::move(question);
    label_->setText(question_.label);
    field_->setAccessibleName(question_.label);
    unit_->setText(question_.unit);
    field_->setText(question_.start);
    field_->selectAll();
    check();
    field_->setFocus(Qt::OtherFocusReason);
}

std::optional<double> AskRow::value() const {
    QString text = field_->text().trimmed();
    if (text.endsWith(QLatin1Char('%'))) text.chop(1);
    bool good = false;
    const double number = text.trimmed().replace(QLatin1Char(','), QLatin1Char('.')).toDouble(&good);
    return good ? std::optional(number) : std::nullopt;
}

QString AskRow::problemOf(const QString& text) const {
    if (text.trimmed().isEmpty() || !question_.problem) return {};
    const std::optional<double> number = value();
    return number ? question_.problem(*number) : tr("a number");
}

QString AskRow::problem() const {
    return problemOf(field_->text());
}

QString AskRow::preview() const {
    return preview_->fullText();
}

void AskRow::check() {
    const std::optional<double> number = value();
    const bool good = number && problem().isEmpty();
    apply_->setEnabled(good);
    preview_->setFullText(good && question_.preview ? question_.preview(*number) : QString());
}

void AskRow::commit() {
    const std::optional<double> number = value();
    if (!number || !problem().isEmpty() || !question_.apply) return;
    question_.apply(*number);
    Q_EMIT closed();
}

bool AskRow::event(QEvent* event) {
    // Esc is for the innermost thing, which is this one.
    if (event->type() == QEvent::ShortcutOverride
        && static_cast<QKeyEvent*>(event)->key() == Qt::Key_Escape) {
        event->accept();
        return true;
    }
    return QWidget::event(event);
}

void AskRow::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Escape) {
        Q_EMIT closed();
        return;
    }
    QWidget::keyPressEvent(event);
}

void AskRow::layOut() {
    const QFont body = scaledFont(QApplication::font(), TextRole::Body);
    const double u = designUnit(QApplication::font());
    for (QWidget* widget : std::initializer_list<QWidget*>{label_, field_, unit_, apply_})
        widget->setFont(body);
    preview_->setFont(scaledFont(QApplication::font(), TextRole::Label));
    field_->setFixedWidth(qRound(56 * u));
    close_->setFixedSize(qRound(26 * u), qRound(26 * u));
    layout()->setContentsMargins(qRound(12 * u), qRound(4 * u), qRound(10 * u), qRound(6 * u));
    layout()->setSpacing(qRound(6 * u));
}

void AskRow::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (event->type() == QEvent::FontChange && close_ != nullptr) layOut();
}

void AskRow::applyTheme(const Theme& theme) {
    problem_->applyTheme(theme);
    close_->setIcon(themedIcon(QStringLiteral("close"), theme));
    for (QLabel* label : {label_, unit_, static_cast<QLabel*>(preview_)}) {
        QPalette palette = label->palette();
        palette.setColor(QPalette::WindowText, theme.color(Role::Ink2));
        label->setPalette(palette);
    }
}

}  // namespace rankscope::gui
