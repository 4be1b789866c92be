// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/tradeoff_panels/plan_title.hpp"

#include "app/gui/theme/fonts.hpp"

#include <QApplication>
#include <QFontMetricsF>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QPainter>
#include <QToolTip>

#include <algorithm>
#include <cmath>

namespace rankscope::gui {
namespace {

constexpr double kLeft = 12;
constexpr double kHeight = 62;

double unit() {
    return designUnit(QApplication::font());
}

QFont labelFont() {
    return scaledFont(QApplication::font(), TextRole::Label);
}

QFont wordFont() {
    return scaledFont(QApplication::font(), TextRole::LabelStrong);
}

QFont nameFont() {
    QFont font = scaledFont(QApplication::font(), TextRole::PanelTitle);
    font.setPointSizeF(font.pointSizeF() * 1.12);
    return font;
}

}  // namespace

PlanNameEdit::PlanNameEdit(QWidget* parent) : QLineEdit(parent) {
    setFrame(false);
    setAccessibleName(tr("Name of the plan"));
    connect(this, &QLineEdit::returnPressed, this, &PlanNameEdit::commit);
}

void PlanNameEdit::setName(const QString& name) {
    name_ = name;
    if (!hasFocus() || !isModified()) {
        setText(name);
        setCursorPosition(0);
    }
    setToolTip(name);
    update();
}

void PlanNameEdit::applyTheme(const Theme& theme) {
    theme_ = &theme;
    QPalette palette = this->palette();
    palette.setColor(QPalette::Base, theme.color(Role::Panel));
    palette.setColor(QPalette::Text, theme.color(Role::Ink));
    palette.setColor(QPalette::Highlight, theme.color(Role::Accent));
    palette.setColor(QPalette::HighlightedText, theme.color(Role::OnAccent));
    setPalette(palette);
}

void PlanNameEdit::paintEvent(QPaintEvent* event) {
    if (hasFocus()) {
        QLineEdit::paintEvent(event);
        QPainter painter(this);
        painter.setPen(QPen(theme_->color(Role::Accent), 2));
        painter.drawLine(QPointF(0, height() - 1), QPointF(width(), height() - 1));
        return;
    }
    QPainter painter(this);
    painter.setFont(font());
    painter.setPen(theme_->color(Role::Ink));
    const QRect area = rect().adjusted(2, 0, -2, 0);  // where the field writes
    painter.drawText(area, Qt::AlignLeft | Qt::AlignVCenter,
                     fontMetrics().elidedText(text(), Qt::ElideMiddle, area.width()));
    if (!underMouse()) return;
    painter.setPen(QPen(theme_->color(Role::Strong), 1, Qt::DotLine));
    painter.drawLine(QPointF(0, height() - 1.5), QPointF(width(), height() - 1.5));
}

void PlanNameEdit::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Escape && isModified()) {
        setText(name_);
        setModified(false);
        selectAll();
        return;
    }
    QLineEdit::keyPressEvent(event);
}

void PlanNameEdit::focusOutEvent(QFocusEvent* event) {
    QLineEdit::focusOutEvent(event);
    commit();
    setCursorPosition(0);
}

void PlanNameEdit::commit() {
    const QString typed = text().simplified();
    const bool another = isModified() && !typed.isEmpty() && typed != name_;
    setModified(false);
    if (another) {
        name_ = typed;
        Q_EMIT renamed(typed);
    } else {
        setText(name_);
    }
}

PlanTitle::PlanTitle(QWidget* parent) : QWidget(parent), name_(new PlanNameEdit(this)) {
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    layoutName();
}

void PlanTitle::setPlan(const PlanFacts& facts, const StateWord& word) {
    word_ = word;
    look_ = {facts.method, facts.state, facts.fraction(), !facts.recoveredFrom.isEmpty(), {}};
    name_->setName(facts.name);
    setAccessibleName(tr("Plan %1, %2").arg(facts.name, word.text));
    updateGeometry();
    update();
}

void PlanTitle::applyTheme(const Theme& theme) {
    theme_ = &theme;
    name_->applyTheme(theme);
    update();
}

double PlanTitle::wordLeft() const {
    return (kLeft + 24) * unit() + QFontMetricsF(labelFont()).horizontalAdvance(tr("Plan"));
}

QSize PlanTitle::minimumSizeHint() const {
    // The longest word there is with these counts; it comes and goes, the ribbon stays.
    const QString longest = word_.text.size() > 13 ? word_.text : tr("measuring 88 / 88");
    const double width = wordLeft() + QFontMetricsF(wordFont()).horizontalAdvance(longest) + 8 * unit();
    return {static_cast<int>(std::ceil(std::max(150 * unit(), width))), qRound(kHeight * unit())};
}

QSize PlanTitle::sizeHint() const {
    const int name = static_cast<int>(
        std::ceil(QFontMetricsF(nameFont()).horizontalAdvance(name_->text()) + (kLeft + 16) * unit()));
    return {std::clamp(name, minimumSizeHint().width(),
                       std::max(minimumSizeHint().width(), qRound(300 * unit()))),
            minimumSizeHint().height()};
}

bool PlanTitle::event(QEvent* event) {
    if (event->type() == QEvent::ToolTip) {
        QToolTip::showText(static_cast<QHelpEvent*>(event)->globalPos(), word_.toolTip, this);
        return true;
    }
    return QWidget::event(event);
}

void PlanTitle::paintEvent(QPaintEvent* /*event*/) {
    QPainter painter(this);
    const double u = unit();
    const QFontMetricsF labels(labelFont());
    const double line = height() * 0.29;
    const double base = line + labels.capHeight() / 2;
    painter.setFont(labelFont());
    painter.setPen(theme_->color(Role::Ink2));
    painter.drawText(QPointF(kLeft * u, base), tr("Plan"));
    if (word_.text.isEmpty()) return;
    drawMarker(painter, {wordLeft() - 11 * u, line}, 10 * u, look_, *theme_, theme_->color(Role::Panel));
    painter.setFont(wordFont());
    painter.setPen(theme_->color(word_.role));
    painter.drawText(QPointF(wordLeft(), base), word_.text);
}

void PlanTitle::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    layoutName();
}

void PlanTitle::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (event->type() == QEvent::FontChange) layoutName();
}

void PlanTitle::layoutName() {
    name_->setFont(nameFont());
    const double u = unit();
    const int height = std::max(qRound(24 * u), QFontMetrics(nameFont()).height() + 2);
    const int center = qRound(this->height() * 0.66);
    name_->setGeometry(qRound(kLeft * u) - 2, center - height / 2,
                       std::max(0, width() - qRound((kLeft + 8) * u)), height);
}

}  // namespace rankscope::gui
