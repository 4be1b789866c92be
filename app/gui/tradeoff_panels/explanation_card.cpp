// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/tradeoff_panels/explanation_card.hpp"

#include "app/gui/client/engine_control.hpp"
#include "app/gui/data/state_source.hpp"
#include "app/gui/document/document.hpp"
#include "app/gui/document/selection.hpp"
#include "app/gui/theme/fonts.hpp"
#include "app/gui/theme/icons.hpp"
#include "app/gui/tradeoff_panels/explanation.hpp"
#include "app/gui/tradeoff_panels/explanation_table.hpp"

#include <QApplication>
#include <QClipboard>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QPainter>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace rankscope::gui {
namespace {

constexpr double kWidth = 400;

QLabel* wrapped(QWidget* parent) {
    auto* label = new QLabel(parent);
    label->setTextFormat(Qt::PlainText);
    label->setWordWrap(true);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    label->setFocusPolicy(Qt::NoFocus);
    return label;
}

}  // namespace

ExplanationCard::ExplanationCard(Workspace workspace, QWidget* parent)
    : QFrame(parent), workspace_(workspace), theme_(&Theme::light()) {
    setFrameShape(QFrame::NoFrame);
    setFocusPolicy(Qt::StrongFocus);
    build();
    hide();
    const auto refill = [this] {
        if (isVisible()) fill();
    };
    const Document& document = workspace_.document;
    connect(&document, &Document::planChanged, this, refill);
    connect(&document, &Document::resultChanged, this, refill);
    connect(&document, &Document::scoresChanged, this, refill);
    connect(&document, &Document::modelChanged, this, &QWidget::hide);
    connect(&workspace_.selection, &Selection::layerChanged, this, refill);
    connect(&workspace_.selection, &Selection::headChanged, this, refill);
    connect(&workspace_.states, &StateSource::opened, this, refill);
    connect(&workspace_.engine, &EngineControl::jobsChanged, this, refill);
    connect(qApp, &QApplication::focusChanged, this, [this](QWidget* /*old*/, QWidget* now) {
        if (!isVisible() || pin_->isChecked() || now == nullptr) return;
        if (now != this && !isAncestorOf(now)) hide();
    });
    applyTheme(*theme_);
}

// Deleted with the focus inside, its children tell of that when it is a card no more.
ExplanationCard::~ExplanationCard() {
    disconnect(qApp, nullptr, this, nullptr);
}

void ExplanationCard::build() {
    auto* column = new QVBoxLayout(this);
    auto* head = new QHBoxLayout;
    title_ = new QLabel(this);
    title_->setTextFormat(Qt::PlainText);
    title_->setWordWrap(true);
    pin_ = new QToolButton(this);
    pin_->setCheckable(true);
    pin_->setAutoRaise(true);
    pin_->setAccessibleName(tr("Keep the card open"));
    pin_->setToolTip(tr("Keeps the card open; its numbers follow the plan"));
    close_ = new QToolButton(this);
    close_->setAutoRaise(true);
    close_->setAccessibleName(tr("Close the card"));
    close_->setToolTip(tr("Close (Esc)"));
    head->addWidget(title_, 1);
    head->addWidget(pin_);
    head->addWidget(close_);
    column->addLayout(head);
    definition_ = wrapped(this);
    column->addWidget(definition_);
    formula_ = wrapped(this);
    formula_->setAutoFillBackground(true);
    column->addWidget(formula_);
    lines_ = new QGridLayout;
    lines_->setColumnStretch(1, 1);
    for (const QString& name : {tr("Unit"), tr("From"), tr("Certainty"), tr("Careful"), tr("See")}) {
        Line line{new QLabel(name, this), wrapped(this)};
        const int row = static_cast<int>(rows_.size());
        lines_->addWidget(line.name, row, 0, Qt::AlignTop);
        lines_->addWidget(line.text, row, 1);
        rows_.append(line);
    }
    QLabel* see = rows_.last().text;
    see->setTextFormat(Qt::RichText);
    see->setTextInteractionFlags(Qt::LinksAccessibleByMouse | Qt::LinksAccessibleByKeyboard);
    see->setFocusPolicy(Qt::StrongFocus);
    see->setAccessibleName(tr("See"));
    connect(see, &QLabel::linkActivated, this, &ExplanationCard::follow);
    column->addLayout(lines_);
    auto* buttons = new QHBoxLayout;
    copy_ = new QPushButton(tr("Copy value"), this);
    help_ = new QPushButton(tr("Open help page"), this);
    help_->hide();
    for (QPushButton* button : {copy_, help_}) {
        button->setAutoDefault(false);
        buttons->addWidget(button);
    }
    buttons->addStretch(1);
    column->addLayout(buttons);
    connect(close_, &QToolButton::clicked, this, &ExplanationCard::dismiss);
    connect(copy_, &QPushButton::clicked, this, &ExplanationCard::copyValue);
    connect(help_, &QPushButton::clicked, this, [this] { Q_EMIT helpRequested(topic_); });
}

bool ExplanationCard::showTopic(const QString& topic, const QRect& beside) {
    if (!explain(topic, workspace_)) return false;
    topic_ = topic;
    beside_ = beside;
    QWidget* focus = QApplication::focusWidget();
    if (focus != nullptr && focus != this && !isAncestorOf(focus)) before_ = focus;
    fill();
    show();
    place();
    raise();
    setFocus(Qt::PopupFocusReason);
    return true;
}

void ExplanationCard::fill() {
    const std::optional<Explanation> e = explain(topic_, workspace_);
    if (!e) return;
    title_->setText(e->title);
    setAccessibleName(tr("Explanation of %1").arg(e->title));
    definition_->setText(e->definition);
    QString formula = e->formula;
    if (!e->result.isEmpty()) {
        formula += QStringLiteral("\n= ");
        if (!e->numbers.isEmpty()) formula += e->numbers + QStringLiteral("\n= ");
        formula += e->result;
    }
    formula_->setText(formula);
    formula_->setVisible(!formula.isEmpty());
    const QString texts[] = {e->unit, e->from, e->certainty, e->careful, seeText()};
    for (qsizetype i = 0; i < rows_.size(); ++i) {
        rows_[i].text->setText(texts[i]);
        rows_[i].text->setVisible(!texts[i].isEmpty());
        rows_[i].name->setVisible(!texts[i].isEmpty());
    }
    exact_ = e->exact;
    copy_->setEnabled(!exact_.isEmpty());
    copy_->setToolTip(exact_);
    if (isVisible()) place();
}

QString ExplanationCard::seeText() const {
    const std::optional<Explanation> e = explain(topic_, workspace_);
    if (!e) return {};
    const auto link = [this](const QString& target, const QString& text) {
        if (!links_) return text.toHtmlEscaped();
        return QStringLiteral("<a href=\"%1\" style=\"color:%2\">%3</a>")
            .arg(target.toHtmlEscaped(), theme_->color(Role::Accent).name(), text.toHtmlEscaped());
    };
    QStringList topics, places, parts;
    for (const QString& id : e->related) {
        if (const ExplanationTopic* topic = explanationTopic(id.section(QLatin1Char('/'), 0, 0)))
            topics << link(QStringLiteral("topic:") + id, explanationText(topic->title));
    }
    for (const QString& name : e->places) {
        if (const ExplanationPlace* place = explanationPlace(name))
            places << link(QStringLiteral("place:") + name, explanationText(place->title));
    }
    if (!topics.isEmpty()) parts << topics.join(QStringLiteral(", "));
    if (!places.isEmpty()) parts << tr("shown in %1").arg(places.join(QStringLiteral(", ")));
    if (!e->source.isEmpty()) parts << e->source.toHtmlEscaped();
    return parts.join(QStringLiteral("<br>"));
}

void ExplanationCard::follow(const QString& link) {
    if (link.startsWith(QLatin1String("topic:"))) {
        showTopic(link.mid(6), beside_);
    } else if (link.startsWith(QLatin1String("place:"))) {
        if (!pin_->isChecked()) dismiss();
        Q_EMIT placeRequested(link.mid(6));
    }
}

void ExplanationCard::setLinks(bool links) {
    links_ = links;
    rows_.last().text->setFocusPolicy(links ? Qt::StrongFocus : Qt::NoFocus);
    if (isVisible()) fill();
}

void ExplanationCard::place() {
    const double u = designUnit(QApplication::font());
    const QRect bounds = parentWidget()->rect().adjusted(6, 6, -6, -6);
    const int width = std::min(qRound(kWidth * u), bounds.width());
    // Texts that changed just now count already.
    for (const Line& line : rows_)
        line.text->updateGeometry();
    layout()->activate();
    const int height = std::min(layout()->totalHeightForWidth(width), bounds.height());
    // Under the number if there is room, else over it; never out of the window.
    int x = beside_.left();
    int y = beside_.bottom() + 6;
    if (y + height > bounds.bottom()) y = beside_.top() - 6 - height;
    if (y < bounds.top()) y = bounds.bottom() - height;
    x = std::clamp(x, bounds.left(), std::max(bounds.left(), bounds.right() + 1 - width));
    y = std::clamp(y, bounds.top(), std::max(bounds.top(), bounds.bottom() + 1 - height));
    setGeometry(x, y, width, height);
}

// The keyboard goes back to where it was.
void ExplanationCard::dismiss() {
    const QPointer<QWidget> before = before_;
    hide();
    if (before != nullptr && before->isVisible()) before->setFocus();
}

void ExplanationCard::copyValue() {
    QApplication::clipboard()->setText(exact_);
    Q_EMIT message(tr("Copied %1").arg(exact_));
}

void ExplanationCard::setHasHelp(bool help) {
    help_->setVisible(help);
}

void ExplanationCard::applyTheme(const Theme& theme) {
    theme_ = &theme;
    setLook();
    if (isVisible()) fill();  // links carry their colour
    update();
}

void ExplanationCard::setLook() {
    const double u = designUnit(QApplication::font());
    auto* column = static_cast<QVBoxLayout*>(layout());
    column->setContentsMargins(qRound(14 * u), qRound(10 * u), qRound(14 * u), qRound(13 * u));
    column->setSpacing(qRound(9 * u));
    lines_->setHorizontalSpacing(qRound(14 * u));
    lines_->setVerticalSpacing(qRound(5 * u));
    const auto look = [&](QLabel* label, TextRole font, Role role) {
        QPalette palette = label->palette();
        palette.setColor(QPalette::WindowText, theme_->color(role));
        palette.setColor(QPalette::Window, theme_->color(Role::Raised));
        label->setPalette(palette);
        label->setFont(scaledFont(QApplication::font(), font));
    };
    look(title_, TextRole::PanelTitle, Role::Ink);
    look(definition_, TextRole::Body, Role::Ink);
    look(formula_, TextRole::Body, Role::Ink);
    formula_->setContentsMargins(qRound(10 * u), qRound(8 * u), qRound(10 * u), qRound(8 * u));
    for (const Line& line : rows_) {
        look(line.name, TextRole::Label, Role::Ink2);
        look(line.text, TextRole::Label, Role::Ink);
    }
    pin_->setIcon(themedIcon(QStringLiteral("pin"), *theme_));
    close_->setIcon(themedIcon(QStringLiteral("close"), *theme_));
    for (QToolButton* button : {pin_, close_})
        button->setFixedSize(qRound(26 * u), qRound(26 * u));
    for (QPushButton* button : {copy_, help_})
        button->setFont(scaledFont(QApplication::font(), TextRole::Body));
}

void ExplanationCard::paintEvent(QPaintEvent* /*event*/) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(theme_->color(Role::Strong), 1));
    painter.setBrush(theme_->color(Role::Panel));
    const double radius = 4 * designUnit(QApplication::font());
    painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), radius, radius);
}

void ExplanationCard::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Escape) {
        dismiss();
    } else if (event->matches(QKeySequence::Copy) && !exact_.isEmpty()) {
        copyValue();
    } else {
        QFrame::keyPressEvent(event);
    }
}

void ExplanationCard::changeEvent(QEvent* event) {
    QFrame::changeEvent(event);
    if (event->type() != QEvent::FontChange || layout() == nullptr) return;
    setLook();
    if (isVisible()) place();
}

void ExplanationCard::hideEvent(QHideEvent* event) {
    QFrame::hideEvent(event);
    if (!event->spontaneous()) Q_EMIT closed();
}

}  // namespace rankscope::gui
