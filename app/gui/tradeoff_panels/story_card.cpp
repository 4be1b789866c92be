// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/tradeoff_panels/story_card.hpp"

#include "app/gui/document/document.hpp"
#include "app/gui/theme/fonts.hpp"
#include "app/gui/theme/icons.hpp"
#include "app/gui/theme/unbroken.hpp"

#include <QApplication>
#include <QFontMetrics>
#include <QLabel>
#include <QMenu>
#include <QPainter>
#include <QPushButton>
#include <QToolButton>

#include <algorithm>
#include <cmath>

namespace rankscope::gui {
namespace {

constexpr double kPadding = 16;
constexpr double kGap = 8;
constexpr double kLeastWidth = 300;

QLabel* wrapped(QWidget* parent) {
    auto* label = new QLabel(parent);
    label->setTextFormat(Qt::PlainText);
    label->setWordWrap(true);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    return label;
}

QPushButton* plainButton(const QString& text, QWidget* parent) {
    auto* button = new QPushButton(text, parent);
    button->setAutoDefault(false);
    return button;
}

}  // namespace

StoryCard::StoryCard(Document& document, QWidget* parent)
    : QFrame(parent), document_(document), theme_(&Theme::light()) {
    setFrameShape(QFrame::NoFrame);
    title_ = wrapped(this);
    text_ = wrapped(this);
    tour_ = plainButton({}, this);
    open_ = plainButton(tr("Open a model folder…"), this);
    demos_ = plainButton(tr("Other demos"), this);
    demoMenu_ = new QMenu(this);
    demos_->setMenu(demoMenu_);
    close_ = new QToolButton(this);
    close_->setAutoRaise(true);
    close_->setAccessibleName(tr("Close the story"));
    close_->setToolTip(tr("Close. Help > Story brings it back"));
    QSizePolicy policy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
    connect(tour_, &QPushButton::clicked, this, &StoryCard::tourRequested);
    connect(open_, &QPushButton::clicked, this, &StoryCard::openModelRequested);
    connect(close_, &QToolButton::clicked, this, [this] {
        closed_ = true;
        hide();
        Q_EMIT closed();
    });
    connect(&document_, &Document::modelChanged, this, [this] {
        closed_ = false;
        showStory();
    });
    setTourSteps(0);
    setDemos({});
    applyTheme(*theme_);
    showStory();
}

double StoryCard::unit() const {
    return designUnit(QApplication::font());
}

bool StoryCard::hasStory() const {
    return document_.story().has_value();
}

void StoryCard::setTourSteps(int steps, int resume) {
    tourSteps_ = steps;
    tour_->setText(QLatin1Char(' ')
                   + (resume > 0   ? tr("Go on with the tour (step %1 of %2)").arg(resume + 1).arg(steps)
                      : steps == 1 ? tr("Start the tour (1 step)")
                                   : tr("Start the tour (%1 steps)").arg(steps)));
    tour_->setVisible(steps > 0);
    place();
}

void StoryCard::setDemos(const QStringList& names) {
    demoMenu_->clear();
    for (qsizetype i = 0; i < names.size(); ++i)
        connect(demoMenu_->addAction(names[i]), &QAction::triggered, this,
                [this, i] { Q_EMIT demoRequested(static_cast<int>(i)); });
    demos_->setVisible(!names.isEmpty());
    place();
}

void StoryCard::setAside(bool aside) {
    if (aside == aside_) return;
    aside_ = aside;
    showStory();
}

void StoryCard::reopen() {
    closed_ = false;
    showStory();
}

void StoryCard::showStory() {
    const auto& story = document_.story();
    if (story) {
        title_->setText(QString::fromStdString(story->title));
        text_->setText(unbroken(QString::fromStdString(story->text)));
        setAccessibleName(title_->text());
        setAccessibleDescription(text_->text());
    }
    setVisible(story && !closed_ && !aside_);
    place();
}

QList<QWidget*> StoryCard::buttons() const {
    QList<QWidget*> shown;
    for (QWidget* each :
         {static_cast<QWidget*>(tour_), static_cast<QWidget*>(open_), static_cast<QWidget*>(demos_)}) {
        if (!each->isHidden()) shown.append(each);
    }
    return shown;
}

int StoryCard::arrange(int width, bool apply) const {
    const double u = unit();
    const int padding = qRound(kPadding * u);
    const int gap = qRound(kGap * u);
    const int room = std::max(1, width - 2 * padding);
    const int corner = qRound(26 * u);
    int y = qRound(12 * u);
    const int titleHeight =
        std::max(title_->heightForWidth(room - corner - gap), QFontMetrics(title_->font()).height());
    const int textHeight = text_->heightForWidth(room);
    if (apply) {
        title_->setGeometry(padding, y, room - corner - gap, titleHeight);
        close_->setGeometry(width - padding - corner + qRound(6 * u), qRound(10 * u), corner, corner);
        text_->setGeometry(padding, y + titleHeight + gap, room, textHeight);
    }
    y += titleHeight + gap + textHeight + qRound(10 * u);
    // Buttons in as many rows as they need.
    int x = padding;
    const int height = qRound(28 * u);
    for (QWidget* button : buttons()) {
        const int needed = std::min(button->sizeHint().width() + qRound(8 * u), room);
        if (x > padding && x + needed > width - padding) {
            x = padding;
            y += height + gap;
        }
        if (apply) button->setGeometry(x, y, needed, height);
        x += needed + gap;
    }
    return y + height + qRound(13 * u);
}

void StoryCard::place() {
    updateGeometry();
    arrange(width(), true);
}

int StoryCard::heightForWidth(int width) const {
    return arrange(width, false);
}

QSize StoryCard::sizeHint() const {
    const int width = qRound(560 * unit());
    return {width, arrange(width, false)};
}

QSize StoryCard::minimumSizeHint() const {
    int widest = qRound(kLeastWidth * unit());
    for (const QWidget* button : buttons())
        widest = std::max(widest, button->sizeHint().width() + qRound((2 * kPadding + 8) * unit()));
    // A column of a splitter asks for no height for its width: the text as it stands now must fit.
    return {widest, arrange(std::max(width(), widest), false)};
}

void StoryCard::applyTheme(const Theme& theme) {
    theme_ = &theme;
    setLook();
    update();
}

void StoryCard::setLook() {
    const auto ink = [&](QLabel* label, Role role) {
        QPalette palette = label->palette();
        palette.setColor(QPalette::WindowText, theme_->color(role));
        label->setPalette(palette);
    };
    ink(title_, Role::Ink);
    ink(text_, Role::Ink);
    QFont title = scaledFont(QApplication::font(), TextRole::RibbonValue);
    title.setPointSizeF(title.pointSizeF() * 0.92);
    title_->setFont(title);
    text_->setFont(scaledFont(QApplication::font(), TextRole::Body));
    for (QPushButton* button : {tour_, open_, demos_})
        button->setFont(scaledFont(QApplication::font(), TextRole::Body));
    tour_->setIcon(themedIcon(QStringLiteral("play"), *theme_, Role::OnAccent));
    tour_->setStyleSheet(
        QStringLiteral("QPushButton { background: %1; color: %2; border: 1px solid %1; border-radius: 3px; }"
                       "QPushButton:focus { border: 2px solid %3; }")
            .arg(theme_->color(Role::Accent).name(), theme_->color(Role::OnAccent).name(),
                 theme_->color(Role::Ink).name()));
    close_->setIcon(themedIcon(QStringLiteral("close"), *theme_));
}

void StoryCard::paintEvent(QPaintEvent* /*event*/) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    QColor border = theme_->color(Role::Accent);
    border.setAlphaF(0.45F);
    painter.setPen(QPen(border, 1));
    painter.setBrush(theme_->color(Role::InfoSurface));
    const double radius = 4 * unit();
    painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), radius, radius);
}

void StoryCard::resizeEvent(QResizeEvent* event) {
    QFrame::resizeEvent(event);
    place();
}

void StoryCard::changeEvent(QEvent* event) {
    QFrame::changeEvent(event);
    if (event->type() == QEvent::FontChange) {
        setLook();
        place();
    }
}

}  // namespace rankscope::gui
