// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/layer_panels/token_scrubber.hpp"

#include "app/gui/data/state_source.hpp"
#include "app/gui/document/selection.hpp"
#include "app/gui/layer_panels/token_slider.hpp"
#include "app/gui/layer_panels/token_strip.hpp"
#include "app/gui/theme/fonts.hpp"
#include "app/gui/theme/icons.hpp"
#include "app/gui/theme/number_text.hpp"

#include <QActionGroup>
#include <QApplication>
#include <QComboBox>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QMenu>
#include <QPainter>
#include <QSpinBox>
#include <QToolButton>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>

namespace rankscope::gui {
namespace {

/// Steps from captured position to captured position, and takes the nearest one for what is typed.
class TokenBox : public QSpinBox {
public:
    using QSpinBox::QSpinBox;

    std::function<void(int)> step;

    void stepBy(int steps) override {
        if (step) step(steps);
    }

protected:
    void wheelEvent(QWheelEvent* event) override {
        hasFocus() ? QSpinBox::wheelEvent(event) : event->ignore();
    }
};

class WindowBox : public QComboBox {
public:
    using QComboBox::QComboBox;

protected:
    void wheelEvent(QWheelEvent* event) override {
        hasFocus() ? QComboBox::wheelEvent(event) : event->ignore();
    }
};

int px(double units) {
    return qRound(units * designUnit(QApplication::font()));
}

}  // namespace

TokenScrubber::TokenScrubber(const Workspace& workspace, QWidget* parent)
    : QWidget(parent), workspace_(workspace) {
    setAccessibleName(tr("Token scrubber"));
    buildRow();
    strip_ = new TokenStrip(this);
    auto* column = new QVBoxLayout(this);
    column->addWidget(row_);
    column->addWidget(strip_);

    connect(&timer_, &QTimer::timeout, this, [this] {
        if (slider_->value() >= slider_->maximum()) {
            stop();
        } else {
            step(1);
        }
    });
    Selection& selection = workspace_.selection;
    connect(strip_, &TokenStrip::tokenPicked, this, &TokenScrubber::pickToken);
    connect(strip_, &TokenStrip::tokenHovered, this, [&selection](int token) {
        Hover hover;
        hover.token = token;
        selection.setHover(hover);
    });
    connect(&selection, &Selection::tokenChanged, this, [this] {
        if (workspace_.selection.window() != shownWindow_) showWindow();
        showToken();
    });
    connect(&selection, &Selection::hoverChanged, this,
            [this, &selection] { strip_->setHovered(selection.hover().token); });
    connect(&workspace_.states, &StateSource::opened, this, &TokenScrubber::captureChanged);
    connect(&workspace_.states, &StateSource::closed, this, &TokenScrubber::captureChanged);
    layOut();
    captureChanged();
    applyTheme(*theme_);
}

TokenScrubber::~TokenScrubber() {
    // A field that is deleted loses the focus, which ends its editing: to nobody by then.
    number_->disconnect(this);
}

void TokenScrubber::buildRow() {
    row_ = new QWidget(this);
    windowLabel_ = new QLabel(tr("Window"), row_);
    windows_ = new WindowBox(row_);
    windows_->setAccessibleName(tr("Window of the text"));
    windows_->setToolTip(tr("Window of the text ([ and ])"));
    windows_->setFocusPolicy(Qt::StrongFocus);
    windows_->setMaxVisibleItems(20);
    windowLabel_->setBuddy(windows_);
    connect(windows_, &QComboBox::activated, this,
            [this](int index) { workspace_.selection.setWindow(index); });
    play_ = new QToolButton(row_);
    play_->setAutoRaise(true);
    play_->setFocusPolicy(Qt::TabFocus);
    connect(play_, &QToolButton::clicked, this, &TokenScrubber::togglePlay);
    // The speeds are actions of the button: no arrow for them.
    play_->setStyleSheet(QStringLiteral("QToolButton::menu-indicator { image: none; }"));
    play_->setContextMenuPolicy(Qt::ActionsContextMenu);
    auto* speeds = new QActionGroup(this);
    for (const auto& [text, times] : {std::pair{QStringLiteral("½×"), 0.5},
                                      {QStringLiteral("1×"), 1.0},
                                      {QStringLiteral("2×"), 2.0},
                                      {QStringLiteral("4×"), 4.0}}) {
        auto* action = new QAction(text, play_);
        action->setCheckable(true);
        action->setChecked(times == 1.0);
        action->setData(times);
        speeds->addAction(action);
        play_->addAction(action);
        connect(action, &QAction::triggered, this, [this, times = times] { setSpeed(times); });
    }
    slider_ = new TokenSlider(row_);
    slider_->setAccessibleName(tr("Captured position"));
    connect(slider_, &QAbstractSlider::valueChanged, this, [this](int index) {
        if (const CaptureData* data = capture();
            data != nullptr && index < std::ssize(data->layout.positions))
            workspace_.selection.setToken(
                static_cast<int>(data->layout.positions[static_cast<std::size_t>(index)]));
    });
    auto* number = new TokenBox(row_);
    number->step = [this](int steps) { step(steps); };
    number_ = number;
    number_->setAccessibleName(tr("Token"));
    number_->setToolTip(tr("Token position; the nearest captured one is taken"));
    number_->setKeyboardTracking(false);
    number_->setFocusPolicy(Qt::StrongFocus);
    connect(number_, &QSpinBox::editingFinished, this, [this] { pickToken(number_->value()); });
    of_ = new QLabel(row_);
    auto* row = new QHBoxLayout(row_);
    for (QWidget* widget : std::initializer_list<QWidget*>{windowLabel_, windows_, play_})
        row->addWidget(widget);
    row->addWidget(slider_, 1);
    row->addWidget(number_);
    row->addWidget(of_);
}

const CaptureData* TokenScrubber::capture() const {
    return workspace_.states.capture().get();
}

void TokenScrubber::captureChanged() {
    stop();
    const CaptureData* data = capture();
    setEnabled(data != nullptr && data->windows > 0);
    if (!isEnabled()) {
        windows_->clear();
        slider_->setPositions({}, 1);
        number_->setRange(0, 0);
        of_->clear();
        strip_->setTokens({}, {});
        shownWindow_ = -1;
        return;
    }
    windows_->clear();
    for (std::int64_t i = 0; i < data->windows; ++i)
        windows_->addItem(tr("%1 of %2").arg(i + 1).arg(data->windows));
    const int tokens = static_cast<int>(data->layout.window_tokens);
    slider_->setPositions({data->layout.positions.begin(), data->layout.positions.end()}, tokens);
    number_->setRange(0, std::max(0, tokens - 1));
    of_->setText(QStringLiteral("/ ") + number_text::integer(std::max(0, tokens - 1)));
    layOut();
    // What was selected in another capture may not be in this one.
    Selection& selection = workspace_.selection;
    selection.setWindow(std::clamp(selection.window(), 0, static_cast<int>(data->windows) - 1));
    showWindow();
    pickToken(selection.token());
    showToken();
}

void TokenScrubber::showWindow() {
    const CaptureData* data = capture();
    const int window = workspace_.selection.window();
    shownWindow_ = window;
    if (data == nullptr || window < 0 || window >= data->windows) return;
    windows_->setCurrentIndex(window);
    const auto at = static_cast<std::size_t>(window);
    static const std::vector<std::string> kNoTexts;
    static const std::vector<std::int32_t> kNoIds;
    strip_->setTokens(at < data->tokenText.size() ? data->tokenText[at] : kNoTexts,
                      at < data->tokens.size() ? data->tokens[at] : kNoIds);
}

void TokenScrubber::showToken() {
    const CaptureData* data = capture();
    if (data == nullptr || data->layout.positions.empty()) return;
    const int token = workspace_.selection.token();
    const QSignalBlocker quiet(slider_);
    slider_->setValue(static_cast<int>(data->nearestPosition(token)));
    slider_->update();
    number_->setValue(token);
    strip_->setCurrent(token);
}

void TokenScrubber::pickToken(int token) {
    const CaptureData* data = capture();
    if (data == nullptr || data->layout.positions.empty()) return;
    workspace_.selection.setToken(static_cast<int>(data->layout.positions[data->nearestPosition(token)]));
    number_->setValue(workspace_.selection.token());
}

void TokenScrubber::step(int positions) {
    slider_->setValue(slider_->value() + positions);
}

void TokenScrubber::previousToken() {
    step(-1);
}

void TokenScrubber::nextToken() {
    step(1);
}

void TokenScrubber::previousWindow() {
    if (workspace_.selection.window() > 0) workspace_.selection.setWindow(workspace_.selection.window() - 1);
}

void TokenScrubber::nextWindow() {
    if (capture() != nullptr && workspace_.selection.window() + 1 < capture()->windows)
        workspace_.selection.setWindow(workspace_.selection.window() + 1);
}

void TokenScrubber::togglePlay() {
    if (isPlaying()) {
        stop();
        return;
    }
    if (capture() == nullptr || slider_->maximum() < 1) return;
    if (slider_->value() >= slider_->maximum()) slider_->setValue(0);
    timer_.start(qRound(1000 / (kPositionsPerSecond * speed_)));
    showPlayIcon();
    Q_EMIT playingChanged(true);
}

void TokenScrubber::stop() {
    if (!isPlaying()) return;
    timer_.stop();
    showPlayIcon();
    Q_EMIT playingChanged(false);
}

void TokenScrubber::setSpeed(double times) {
    speed_ = std::clamp(times, 0.5, 4.0);
    timer_.setInterval(qRound(1000 / (kPositionsPerSecond * speed_)));
    for (QAction* action : play_->actions()) {
        if (action->data().toDouble() == speed_) action->setChecked(true);
    }
}

void TokenScrubber::showPlayIcon() {
    play_->setIcon(
        themedIcon(isPlaying() ? QStringLiteral("stop") : QStringLiteral("play"), *theme_, Role::Ink));
    play_->setAccessibleName(isPlaying() ? tr("Stop") : tr("Play"));
    play_->setToolTip(isPlaying()
                          ? tr("Stop (Space)")
                          : tr("Play through the captured positions (Space); right-click for the speed"));
}

void TokenScrubber::applyTheme(const Theme& theme) {
    theme_ = &theme;
    slider_->applyTheme(theme);
    strip_->applyTheme(theme);
    for (QLabel* label : {windowLabel_, of_}) {
        QPalette palette = label->palette();
        palette.setColor(QPalette::WindowText, theme.color(Role::Ink2));
        label->setPalette(palette);
    }
    showPlayIcon();
    update();
}

void TokenScrubber::layOut() {
    const QFont body = scaledFont(QApplication::font(), TextRole::Body);
    for (QWidget* widget : std::initializer_list<QWidget*>{windowLabel_, windows_, number_, of_})
        widget->setFont(body);
    play_->setFixedSize(px(26), px(26));
    auto* row = static_cast<QHBoxLayout*>(row_->layout());
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(px(6));
    layout()->setContentsMargins(px(12), px(5), px(12), px(4));
    layout()->setSpacing(px(1));
    // The word gives way first: the box says what it is by its numbers.
    windowLabel_->setVisible(width() >= px(360));
    updateGeometry();
}

QSize TokenScrubber::minimumSizeHint() const {
    int width = px(24);
    for (const QWidget* widget : std::initializer_list<const QWidget*>{windows_, slider_, number_, of_})
        width += widget->minimumSizeHint().width() + px(6);
    return {width + px(26), layout()->minimumSize().height()};
}

void TokenScrubber::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (event->type() == QEvent::ApplicationFontChange) layOut();
}

void TokenScrubber::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    layOut();
}

void TokenScrubber::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Space) {
        togglePlay();
    } else {
        event->ignore();
    }
}

void TokenScrubber::paintEvent(QPaintEvent* /*event*/) {
    QPainter painter(this);
    painter.fillRect(rect(), theme_->color(Role::Panel));
    painter.setPen(QPen(theme_->color(Role::Border), 1));
    painter.drawLine(QPointF(0, 0.5), QPointF(width(), 0.5));
}

}  // namespace rankscope::gui
