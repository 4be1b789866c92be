// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/teaching/tour_card.hpp"

#include "app/gui/teaching/step_dots.hpp"
#include "app/gui/theme/fonts.hpp"
#include "app/gui/theme/icons.hpp"
#include "app/gui/theme/unbroken.hpp"

#include <QApplication>
#include <QKeyEvent>
#include <QLabel>
#include <QPainter>
#include <QPainterPath>
#include <QPolygonF>
#include <QPushButton>
#include <QToolButton>

#include <algorithm>
#include <array>

namespace rankscope::gui {
namespace {

constexpr double kWidth = 372;
constexpr double kPadding = 16;
constexpr double kArrow = 9;
constexpr double kMargin = 8;  // kept free at the window's edges

QLabel* wrapped(QWidget* parent) {
    auto* label = new QLabel(parent);
    label->setTextFormat(Qt::PlainText);
    label->setWordWrap(true);
    return label;
}

int px(double units) {
    return qRound(units * designUnit(QApplication::font()));
}

int heightOf(const QLabel* label, int width) {
    return label->text().isEmpty() ? 0
                                   : std::max(label->heightForWidth(width), label->fontMetrics().height());
}

}  // namespace

TourCard::TourCard(QWidget* window) : QFrame(window) {
    setFrameShape(QFrame::NoFrame);
    setFocusPolicy(Qt::NoFocus);
    where_ = new QLabel(this);
    title_ = wrapped(this);
    text_ = wrapped(this);
    doneIcon_ = new QLabel(this);
    done_ = new QLabel(tr("Done"), this);
    dots_ = new StepDots(this);
    const auto button = [this](const QString& text) {
        auto* made = new QPushButton(text, this);
        made->setAutoDefault(false);
        return made;
    };
    back_ = button(tr("Back"));
    doIt_ = button(tr("Do it for me"));
    next_ = button(tr("Next"));
    leave_ = new QToolButton(this);
    leave_->setAutoRaise(true);
    leave_->setFocusPolicy(Qt::TabFocus);
    leave_->setAccessibleName(tr("Leave the tour"));
    leave_->setToolTip(tr("Leave the tour (Esc). Help > Tour goes on from here"));
    setTabOrder(next_, doIt_);
    setTabOrder(doIt_, back_);
    setTabOrder(back_, leave_);
    connect(back_, &QPushButton::clicked, this, &TourCard::backRequested);
    connect(doIt_, &QPushButton::clicked, this, &TourCard::doItRequested);
    connect(next_, &QPushButton::clicked, this, &TourCard::nextRequested);
    connect(leave_, &QToolButton::clicked, this, &TourCard::leaveRequested);
    setLook();
}

void TourCard::setContent(const Content& content) {
    content_ = content;
    where_->setText(tr("%1 · step %2 of %3").arg(content.tour).arg(content.step + 1).arg(content.count));
    title_->setText(content.title);
    text_->setText(unbroken(content.text));
    dots_->setSteps(content.count, content.step);
    done_->setVisible(content.done);
    doneIcon_->setVisible(content.done);
    // A disabled button would take the focus along.
    if (content.done && doIt_->hasFocus()) next_->setFocus();
    doIt_->setEnabled(!content.done);
    back_->setEnabled(content.step > 0);
    next_->setText(content.step + 1 < content.count ? tr("Next") : tr("Finish"));
    const QString state = content.done ? tr("Done. ") : QString();
    setAccessibleName(
        tr("Tour, step %1 of %2: %3").arg(content.step + 1).arg(content.count).arg(content.title));
    setAccessibleDescription(state + content.text);
    // Who listens instead of looking hears the step from the button that has the focus.
    next_->setAccessibleDescription(accessibleName() + QStringLiteral(". ") + accessibleDescription());
    setLook();
    if (isVisible()) placeBeside(beside_);
}

void TourCard::focusNext() {
    next_->setFocus(Qt::OtherFocusReason);
}

void TourCard::layOut() {
    // The arrow's room is all around, so that the card does not move inside when the side changes.
    const int arrow = px(kArrow);
    const int padding = arrow + px(kPadding);
    const int outer = px(kWidth) + 2 * arrow;
    const int room = outer - 2 * padding;
    const int close = px(24);
    int y = arrow + px(12);
    const int line = where_->fontMetrics().height();
    where_->setGeometry(padding, y, room - close, line);
    leave_->setGeometry(outer - padding - close + px(6), arrow + px(8), close, close);
    y += line + px(5);
    const auto put = [&](QLabel* label) {
        const int height = heightOf(label, room);
        label->setGeometry(padding, y, room, height);
        y += height;
    };
    put(title_);
    y += px(6);
    put(text_);
    y += px(12);
    // Buttons; the dots stand over them when the row gets too long.
    const int height = px(28);
    const auto width = [&](QPushButton* each) { return each->sizeHint().width() + px(8); };
    const int needed = width(back_) + width(doIt_) + width(next_) + 2 * px(8);
    const QSize dots = dots_->sizeHint();
    const bool oneRow = needed + dots.width() + px(12) <= room;
    const int dotsTop = oneRow ? y + (height - dots.height()) / 2 : y;
    dots_->setGeometry(padding - px(5), dotsTop, dots.width(), dots.height());
    const int icon = px(16);
    doneIcon_->setGeometry(padding + dots.width() + px(4), dotsTop + (dots.height() - icon) / 2, icon, icon);
    done_->setGeometry(doneIcon_->geometry().right() + px(4), dotsTop, room - dots.width() - icon,
                       dots.height());
    if (!oneRow) y += dots.height() + px(6);
    int x = outer - padding;
    for (QPushButton* each : {next_, doIt_, back_}) {
        x -= width(each);
        each->setGeometry(x, y, width(each), height);
        x -= px(8);
    }
    resize(outer, y + height + px(14) + arrow);
}

void TourCard::placeBeside(const QRect& place) {
    beside_ = place;
    layOut();
    const int gap = px(1);
    const QRect room = parentWidget()->rect().adjusted(px(kMargin), px(kMargin), -px(kMargin), -px(kMargin));
    arrow_ = Side::None;
    if (!place.isValid()) {
        move(room.center() - rect().center());
        show();
        update();
        return;
    }

    struct Candidate {
        Side arrow;
        QRect at;
    };

    const int middle = std::clamp(place.center().y() - height() / 3, room.top(),
                                  std::max(room.top(), room.bottom() - height()));
    const int along = std::clamp(place.center().x() - width() / 2, room.left(),
                                 std::max(room.left(), room.right() - width()));
    const std::array<Candidate, 4> candidates{{
        {Side::Left, {QPoint(place.right() + gap, middle), size()}},
        {Side::Right, {QPoint(place.left() - gap - width(), middle), size()}},
        {Side::Top, {QPoint(along, place.bottom() + gap), size()}},
        {Side::Bottom, {QPoint(along, place.top() - gap - height()), size()}},
    }};
    const auto fits =
        std::ranges::find_if(candidates, [&](const Candidate& each) { return room.contains(each.at); });
    if (fits == candidates.end()) {
        // As far from its middle as it goes: at the bottom right of the place.
        QPoint corner = QPoint(place.right() - width() - px(12), place.bottom() - height() - px(12));
        corner.setX(std::clamp(corner.x(), room.left(), std::max(room.left(), room.right() - width())));
        corner.setY(std::clamp(corner.y(), room.top(), std::max(room.top(), room.bottom() - height())));
        move(corner);
    } else {
        arrow_ = fits->arrow;
        move(fits->at.topLeft());
        const QPoint center = place.center() - pos();
        const int edge = px(kArrow) + px(18);
        switch (arrow_) {
            case Side::Left:
                arrowAt_ = {0, std::clamp(center.y(), edge, height() - edge)};
                break;
            case Side::Right:
                arrowAt_ = {width(), std::clamp(center.y(), edge, height() - edge)};
                break;
            case Side::Top:
                arrowAt_ = {std::clamp(center.x(), edge, width() - edge), 0};
                break;
            default:
                arrowAt_ = {std::clamp(center.x(), edge, width() - edge), height()};
                break;
        }
    }
    show();
    update();
}

void TourCard::applyTheme(const Theme& theme) {
    theme_ = &theme;
    dots_->applyTheme(theme);
    setLook();
    update();
}

void TourCard::setLook() {
    const auto look = [&](QLabel* label, TextRole text, Role role) {
        label->setFont(scaledFont(QApplication::font(), text));
        QPalette palette = label->palette();
        palette.setColor(QPalette::WindowText, theme_->color(role));
        label->setPalette(palette);
    };
    look(where_, TextRole::Label, Role::Ink2);
    look(text_, TextRole::Body, Role::Ink);
    look(done_, TextRole::LabelStrong, Role::Ok);
    look(title_, TextRole::PanelTitle, Role::Ink);
    QFont title = title_->font();
    title.setPointSizeF(title.pointSizeF() * 1.2);
    title_->setFont(title);
    if (content_.done)
        doneIcon_->setPixmap(
            iconPixmap(QStringLiteral("check"), theme_->color(Role::Ok), px(14), devicePixelRatioF()));
    for (QPushButton* button : {back_, doIt_, next_})
        button->setFont(scaledFont(QApplication::font(), TextRole::Body));
    leave_->setIcon(themedIcon(QStringLiteral("close"), *theme_));
    // The way on is the filled one: to do it first, to go on after that.
    const QString filled =
        QStringLiteral(
            "QPushButton { background: %1; color: %2; border: 1px solid %1; border-radius: 3px; }"
            "QPushButton:focus { border: 2px solid %3; }")
            .arg(theme_->color(Role::Accent).name(), theme_->color(Role::OnAccent).name(),
                 theme_->color(Role::Ink).name());
    const QString forDoIt = content_.done ? QString() : filled;
    const QString forNext = content_.done ? filled : QString();
    if (doIt_->styleSheet() != forDoIt) doIt_->setStyleSheet(forDoIt);
    if (next_->styleSheet() != forNext) next_->setStyleSheet(forNext);
}

void TourCard::paintEvent(QPaintEvent* /*event*/) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(theme_->color(Role::Accent), 1.5));
    painter.setBrush(theme_->color(Role::InfoSurface));
    const double radius = px(6);
    const double inset = px(kArrow);
    QPainterPath path;
    path.addRoundedRect(QRectF(rect()).adjusted(inset, inset, -inset, -inset), radius, radius);
    if (arrow_ != Side::None) {
        const QPointF tip = arrowAt_;
        const bool across = arrow_ == Side::Left || arrow_ == Side::Right;
        const QPointF out = arrow_ == Side::Left    ? QPointF(inset, 0)
                            : arrow_ == Side::Right ? QPointF(-inset, 0)
                            : arrow_ == Side::Top   ? QPointF(0, inset)
                                                    : QPointF(0, -inset);
        const QPointF half = across ? QPointF(0, inset) : QPointF(inset, 0);
        QPainterPath arrow;
        arrow.addPolygon(QPolygonF{tip, tip + out * 1.2 + half, tip + out * 1.2 - half, tip});
        path = path.united(arrow);
    }
    painter.drawPath(path);
}

void TourCard::keyPressEvent(QKeyEvent* event) {
    switch (event->key()) {
        case Qt::Key_Escape:
            Q_EMIT leaveRequested();
            return;
        case Qt::Key_PageDown:
            Q_EMIT nextRequested();
            return;
        case Qt::Key_PageUp:
            Q_EMIT backRequested();
            return;
        case Qt::Key_Return:
        case Qt::Key_Enter:
            // Of the button that has the focus; not of the window.
            for (QPushButton* button : {back_, doIt_, next_}) {
                if (button->hasFocus()) button->click();
            }
            if (leave_->hasFocus()) leave_->click();
            return;
        default:
            QFrame::keyPressEvent(event);
    }
}

void TourCard::changeEvent(QEvent* event) {
    QFrame::changeEvent(event);
    if (event->type() == QEvent::FontChange && next_ != nullptr) {
        setLook();
        if (isVisible()) placeBeside(beside_);
    }
}

}  // namespace rankscope::gui
