// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/layer_panels/token_strip.hpp"

#include "app/gui/theme/fonts.hpp"

#include <QApplication>
#include <QFontMetricsF>
#include <QMouseEvent>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace rankscope::gui {
namespace {

constexpr double kCurrentAt = 0.5;  // of the width: as much past as future

QFont textFont() {
    return scaledFont(QApplication::font(), TextRole::Body);
}

double unit() {
    return designUnit(QApplication::font());
}

}  // namespace

QString visibleToken(const QString& token) {
    QString text = token;
    // A space in front of a word is the gap between words; alone it would be nothing to see.
    if (text.trimmed().isEmpty()) text.replace(QLatin1Char(' '), QChar(0x2423));
    text.replace(QLatin1String("\r\n"), QString(QChar(0x23CE)));
    text.replace(QLatin1Char('\n'), QChar(0x23CE));
    text.replace(QLatin1Char('\r'), QChar(0x23CE));
    text.replace(QLatin1Char('\t'), QChar(0x21E5));
    return text;
}

TokenStrip::TokenStrip(QWidget* parent) : QWidget(parent) {
    setAccessibleName(tr("Text"));
    setMouseTracking(true);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void TokenStrip::setTokens(const std::vector<std::string>& texts, const std::vector<std::int32_t>& ids) {
    tokens_.clear();
    if (!texts.empty()) {
        tokens_.reserve(texts.size());
        // Word-level tokenizers keep the gaps to themselves: without any space in the window, every token is
        // a word.
        const bool words = std::ranges::none_of(texts, [](const std::string& text) {
            return text.find_first_of(" \t\r\n") != std::string::npos;
        });
        for (const std::string& text : texts)
            tokens_.push_back((words ? QStringLiteral(" ") : QString())
                              + visibleToken(QString::fromStdString(text)));
    } else {
        tokens_.reserve(ids.size());
        for (const std::int32_t id : ids)
            tokens_.push_back(QStringLiteral(" %1").arg(id));
    }
    layOut();
}

void TokenStrip::setCurrent(int token) {
    if (token == current_) return;
    current_ = token;
    layOut();
}

void TokenStrip::setHovered(int token) {
    if (token == hovered_) return;
    hovered_ = token;
    update();
}

void TokenStrip::applyTheme(const Theme& theme) {
    theme_ = &theme;
    update();
}

QSize TokenStrip::sizeHint() const {
    return {static_cast<int>(300 * unit()), minimumSizeHint().height()};
}

QSize TokenStrip::minimumSizeHint() const {
    return {0, static_cast<int>(std::ceil(QFontMetricsF(textFont()).height() + 6 * unit()))};
}

void TokenStrip::layOut() {
    pieces_.clear();
    update();
    if (current_ < 0 || current_ >= count()) {
        setAccessibleDescription({});
        return;
    }
    const QFontMetricsF metrics(textFont());
    const double u = unit();
    const double pad = 4 * u;
    const auto piece = [&](int token, double x) {
        return Piece{token, x, metrics.horizontalAdvance(tokens_[static_cast<std::size_t>(token)])};
    };
    // The box holds the token without the space in front of it.
    const QString own = tokens_[static_cast<std::size_t>(current_)].trimmed();
    const double width = metrics.horizontalAdvance(own);
    const double start =
        std::clamp(kCurrentAt * this->width() - width / 2, pad, std::max(pad, this->width() - width - pad));
    pieces_.push_back({current_, start, width});
    double right = start + width + pad;
    // Whole tokens only: half a letter at the edge is no letter.
    for (int token = current_ + 1; token < count(); ++token) {
        const Piece next = piece(token, right);
        if (next.x + next.width > this->width()) break;
        pieces_.push_back(next);
        right += next.width;
    }
    double left = start - pad;
    QString before;
    for (int token = current_ - 1; token >= 0; --token) {
        const QString& text = tokens_[static_cast<std::size_t>(token)];
        const double needed = metrics.horizontalAdvance(text);
        // The space in front of a word may hang over the edge.
        if (left < metrics.horizontalAdvance(text.trimmed())) break;
        left -= needed;
        pieces_.push_back({token, left, needed});
        before.prepend(tokens_[static_cast<std::size_t>(token)]);
    }
    setAccessibleDescription(tr("Token %1 is “%2”, after “%3”").arg(current_).arg(own, before.trimmed()));
}

QRectF TokenStrip::tokenRect(int token) const {
    for (const Piece& piece : pieces_) {
        if (piece.token == token) return {piece.x, 0, piece.width, static_cast<double>(height())};
    }
    return {};
}

int TokenStrip::tokenAt(const QPointF& at) const {
    for (const Piece& piece : pieces_) {
        if (at.x() >= piece.x && at.x() < piece.x + piece.width) return piece.token;
    }
    return -1;
}

void TokenStrip::paintEvent(QPaintEvent* /*event*/) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QFont font = textFont();
    const QFontMetricsF metrics(font);
    const double u = unit();
    const double base = (height() + metrics.ascent() - metrics.descent()) / 2;
    painter.setFont(font);
    for (const Piece& piece : pieces_) {
        const QString& text = tokens_[static_cast<std::size_t>(piece.token)];
        if (piece.token == current_) {
            painter.setPen(Qt::NoPen);
            painter.setBrush(theme_->color(Role::Accent));
            painter.drawRoundedRect(QRectF(piece.x - 3 * u, 1, piece.width + 6 * u, height() - 2), 2 * u,
                                    2 * u);
            painter.setPen(theme_->color(Role::OnAccent));
            painter.drawText(QPointF(piece.x, base), text.trimmed());
            continue;
        }
        painter.setPen(theme_->color(piece.token < current_ ? Role::Ink : Role::Faint));
        painter.drawText(QPointF(piece.x, base), text);
        if (piece.token != hovered_) continue;
        painter.setPen(QPen(theme_->color(Role::Accent), 1.6));
        const double from = piece.x + piece.width - metrics.horizontalAdvance(text.trimmed());
        painter.drawLine(QPointF(from, base + 3 * u), QPointF(piece.x + piece.width, base + 3 * u));
    }
}

void TokenStrip::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    layOut();
}

void TokenStrip::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (event->type() == QEvent::FontChange) {
        updateGeometry();
        layOut();
    }
}

void TokenStrip::mousePressEvent(QMouseEvent* event) {
    const int token = tokenAt(event->position());
    if (event->button() == Qt::LeftButton && token >= 0) Q_EMIT tokenPicked(token);
}

void TokenStrip::mouseMoveEvent(QMouseEvent* event) {
    const int token = tokenAt(event->position());
    setCursor(token >= 0 ? Qt::PointingHandCursor : Qt::ArrowCursor);
    if (token == hovered_) return;
    setHovered(token);
    Q_EMIT tokenHovered(token);
}

void TokenStrip::leaveEvent(QEvent* event) {
    QWidget::leaveEvent(event);
    if (hovered_ < 0) return;
    setHovered(-1);
    Q_EMIT tokenHovered(-1);
}

}  // namespace rankscope::gui
