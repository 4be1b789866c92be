// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/plan_panels/channel_strip.hpp"

#include "app/gui/charts/chart_text.hpp"
#include "app/gui/theme/fonts.hpp"
#include "app/gui/theme/number_text.hpp"

#include <QAccessible>
#include <QApplication>
#include <QFontMetricsF>
#include <QHelpEvent>
#include <QPainter>
#include <QToolTip>

#include <algorithm>
#include <cmath>

namespace rankscope::gui {
namespace {

constexpr double kRow = 16, kLeastRow = 4, kLabelledRow = 12, kAxis = 18, kTop = 2;  // units

double unit() {
    return designUnit(QApplication::font());
}

QFont labelFont(bool strong) {
    return scaledFont(QApplication::font(), strong ? TextRole::LabelStrong : TextRole::Label);
}

}  // namespace

ChannelStrip::ChannelStrip(QWidget* parent) : QWidget(parent) {
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
}

void ChannelStrip::setData(ChannelStripData data) {
    data_ = std::move(data);
    index();
    measure();
    cursor_.head = std::clamp(cursor_.head, 0, std::max(0, static_cast<int>(data_.heads.size()) - 1));
    cursor_.channel = std::clamp(cursor_.channel, 0, std::max(0, data_.keyDim - 1));
    hover_ = {};
    setAccessibleName(tr("Channels of layer %1").arg(data_.layer));
    describeCursor();
    updateGeometry();
    update();
}

void ChannelStrip::index() {
    places_.assign(data_.heads.size(), {});
    isKept_.assign(data_.heads.size(), std::vector<char>(static_cast<std::size_t>(data_.keyDim), 0));
    for (std::size_t h = 0; h < data_.heads.size(); ++h) {
        const ChannelStripData::Head& head = data_.heads[h];
        for (const std::int32_t channel : head.kept) {
            if (channel >= 0 && channel < data_.keyDim) isKept_[h][static_cast<std::size_t>(channel)] = 1;
        }
        if (std::ssize(head.order) != data_.keyDim) continue;
        places_[h].resize(head.order.size());
        for (std::size_t place = 0; place < head.order.size(); ++place)
            places_[h][static_cast<std::size_t>(head.order[place])] = static_cast<int>(place);
    }
}

void ChannelStrip::setKept(const std::vector<std::vector<std::int32_t>>& kept) {
    for (std::size_t h = 0; h < data_.heads.size() && h < kept.size(); ++h)
        data_.heads[h].kept = kept[h];
    index();
    describeCursor();
    update();
}

void ChannelStrip::setSelected(int keyHead) {
    if (keyHead == data_.selected) return;
    data_.selected = keyHead;
    update();
}

void ChannelStrip::setByScore(bool byScore) {
    byScore_ = byScore;
    update();
}

void ChannelStrip::setMarks(int channel, int keyHead, int place) {
    if (channel == markChannel_ && keyHead == markHead_ && place == markPlace_) return;
    markChannel_ = channel;
    markHead_ = keyHead;
    markPlace_ = place;
    update();
}

void ChannelStrip::applyTheme(const Theme& theme) {
    theme_ = &theme;
    update();
}

QSize ChannelStrip::sizeHint() const {
    const double u = unit();
    const double rows = static_cast<double>(std::max<std::size_t>(1, data_.heads.size()));
    const double row = rows > 8 ? 7 : kRow;
    return {qRound(300 * u), qRound((rows * row + kAxis + kTop + 4) * u)};
}

QSize ChannelStrip::minimumSizeHint() const {
    const double u = unit();
    const double rows = static_cast<double>(std::max<std::size_t>(1, data_.heads.size()));
    return {qRound(200 * u), qRound((rows * kLeastRow + kAxis + kTop) * u)};
}

void ChannelStrip::measure() {
    const double u = unit();
    const double rows = static_cast<double>(std::max<std::size_t>(1, data_.heads.size()));
    const double pitch = (height() - (kAxis + kTop) * u) / rows;
    geometry_.row = std::max(1.0, std::min(22 * u, pitch >= 4 ? std::floor(pitch) : pitch));
    geometry_.labelled = geometry_.row >= kLabelledRow * u;
    const QFontMetricsF metrics(labelFont(true));
    double labels = 0;
    for (const ChannelStripData::Head& head : data_.heads)
        labels =
            std::max(labels, metrics.horizontalAdvance(geometry_.labelled ? head.label : head.shortLabel));
    const double left = std::round(12 * u + labels + 8 * u);
    geometry_.plot = QRectF(left, kTop * u, std::max(1.0, width() - 12 * u - left),
                            geometry_.row * static_cast<double>(data_.heads.size()));
}

QRectF ChannelStrip::Geometry::cell(int head, int column, int keyDim) const {
    const double pitch = plot.width() / std::max(1, keyDim);
    const double gap = row >= 6 ? 2 : 1;
    const double columnGap = pitch >= 4 ? 1 : 0;
    const double left = std::round(plot.left() + column * pitch);
    const double right = std::max(left + 1, std::round(plot.left() + (column + 1) * pitch) - columnGap);
    const double top = std::round(plot.top() + head * row);
    return {left, top, right - left, std::max(1.0, std::round(plot.top() + (head + 1) * row - gap) - top)};
}

QRectF ChannelStrip::columnCell(int keyHead, int column) const {
    return geometry_.cell(keyHead, column, data_.keyDim);
}

void ChannelStrip::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    measure();
}

void ChannelStrip::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (event->type() != QEvent::FontChange) return;
    measure();
    updateGeometry();
}

int ChannelStrip::channelAt(int keyHead, int column) const {
    if (keyHead < 0 || keyHead >= std::ssize(data_.heads) || column < 0 || column >= data_.keyDim) return -1;
    const auto h = static_cast<std::size_t>(keyHead);
    if (!byScore_ || places_[h].empty()) return column;
    return data_.heads[h].order[static_cast<std::size_t>(column)];
}

QRectF ChannelStrip::cell(int keyHead, int channel) const {
    if (keyHead < 0 || keyHead >= std::ssize(data_.heads) || channel < 0 || channel >= data_.keyDim)
        return {};
    const auto& places = places_[static_cast<std::size_t>(keyHead)];
    const bool moved = byScore_ && !places.empty();
    return columnCell(keyHead, moved ? places[static_cast<std::size_t>(channel)] : channel);
}

double ChannelStrip::opacity(int keyHead, int channel) const {
    const auto h = static_cast<std::size_t>(keyHead);
    if (places_[h].empty()) return 0.6;
    // By rank of the score, so that one huge score does not make all the others pale.
    const double last = std::max(1.0, static_cast<double>(data_.heads[h].kept.size()) - 1);
    return 0.25 + 0.75 * (1 - std::min(1.0, places_[h][static_cast<std::size_t>(channel)] / last));
}

QString ChannelStrip::text(int keyHead, int channel) const {
    if (keyHead < 0 || keyHead >= std::ssize(data_.heads) || channel < 0 || channel >= data_.keyDim)
        return {};
    const auto h = static_cast<std::size_t>(keyHead);
    const auto c = static_cast<std::size_t>(channel);
    const ChannelStripData::Head& head = data_.heads[h];
    QString text = tr("%1, channel %2: %3")
                       .arg(head.label)
                       .arg(channel)
                       .arg(isKept_[h][c] != 0 ? tr("kept") : tr("removed"));
    if (c < head.scores.size()) {
        text += tr(", score %1").arg(number_text::significant(head.scores[c], 3));
        if (!places_[h].empty()) text += tr(", number %1 of %2").arg(places_[h][c] + 1).arg(data_.keyDim);
    }
    return text;
}

void ChannelStrip::paintEvent(QPaintEvent* /*event*/) {
    QPainter painter(this);
    painter.fillRect(rect(), theme_->color(Role::Panel));
    if (data_.heads.empty() || data_.keyDim < 1) return;
    paintLabels(painter);
    for (int head = 0; head < std::ssize(data_.heads); ++head)
        paintHead(painter, head);
    paintAxis(painter);
    painter.setBrush(Qt::NoBrush);
    // The same channel in all heads.
    const int channel = hover_.channel >= 0 ? hover_.channel : markChannel_;
    if (channel >= 0) {
        for (int head = 0; head < std::ssize(data_.heads); ++head) {
            const bool own = head == hover_.head;
            painter.setPen(QPen(theme_->color(own ? Role::Ink : Role::Ink2), 1));
            painter.drawRect(cell(head, channel).adjusted(-0.5, -0.5, own ? 0.5 : -0.5, 0.5));
        }
    }
    if (markPlace_ > 0 && markHead_ >= 0 && markHead_ < std::ssize(data_.heads)) {
        const auto& order = data_.heads[static_cast<std::size_t>(markHead_)].order;
        if (markPlace_ <= std::ssize(order)) {
            painter.setPen(QPen(theme_->color(Role::Ink), 2));
            painter.drawRect(cell(markHead_, order[static_cast<std::size_t>(markPlace_ - 1)]));
        }
    }
    if (hasFocus()) {
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setPen(QPen(theme_->color(Role::Accent), 2));
        painter.drawRect(cell(cursor_.head, cursor_.channel).adjusted(-1.5, -1.5, 1.5, 1.5));
    }
}

void ChannelStrip::paintLabels(QPainter& painter) const {
    const double u = unit();
    const QRectF& area = geometry_.plot;
    const double row = geometry_.row;
    const bool labelled = geometry_.labelled;
    const int every = std::max(1, static_cast<int>(std::ceil(kLabelledRow * u / row)));
    for (int head = 0; head < std::ssize(data_.heads); ++head) {
        if (head % every != 0) continue;
        const ChannelStripData::Head& data = data_.heads[static_cast<std::size_t>(head)];
        const bool strong = head == data_.selected;
        const QFont font = labelFont(strong);
        painter.setFont(font);
        painter.setPen(theme_->color(strong ? Role::Ink : Role::Ink2));
        const QString& label = labelled ? data.label : data.shortLabel;
        const QRectF first = columnCell(head, 0);
        painter.drawText(QPointF(area.left() - 8 * u - QFontMetricsF(font).horizontalAdvance(label),
                                 centeredBaseline(font, first.center().y())),
                         label);
    }
    painter.setRenderHint(QPainter::Antialiasing);
    for (int head = 0; head < std::ssize(data_.heads); ++head) {
        if (!data_.heads[static_cast<std::size_t>(head)].byHand) continue;
        // A small hand-made mark between name and cells.
        const QPointF at(area.left() - 4 * u, columnCell(head, 0).center().y());
        painter.setPen(Qt::NoPen);
        painter.setBrush(theme_->color(Role::Ink));
        painter.drawPolygon(
            QPolygonF({at + QPointF(-2 * u, -3 * u), at + QPointF(2.5 * u, 0), at + QPointF(-2 * u, 3 * u)}));
    }
    painter.setRenderHint(QPainter::Antialiasing, false);
}

void ChannelStrip::paintHead(QPainter& painter, int head) const {
    const QColor line = theme_->color(Role::Strong);
    const auto h = static_cast<std::size_t>(head);
    for (int column = 0; column < data_.keyDim; ++column) {
        const int channel = channelAt(head, column);
        const QRectF box = columnCell(head, column);
        if (isKept_[h][static_cast<std::size_t>(channel)] == 0) {
            painter.fillRect(QRectF(box.left(), std::floor(box.center().y()), box.width(), 1), line);
            continue;
        }
        QColor color = data_.color;
        color.setAlphaF(static_cast<float>(opacity(head, channel)));
        painter.fillRect(box, color);
    }
}

void ChannelStrip::paintAxis(QPainter& painter) const {
    const QRectF& area = geometry_.plot;
    const double u = unit();
    const QFont font = scaledFont(QApplication::font(), TextRole::Axis);
    const QFontMetricsF metrics(font);
    painter.setFont(font);
    const double pitch = area.width() / data_.keyDim;
    // K/8 where there is room for the numbers, else K/4, K/2.
    int parts = 8;
    while (parts > 2
           && pitch * data_.keyDim / parts
                  < metrics.horizontalAdvance(QString::number(data_.keyDim)) + 20 * u)
        parts /= 2;
    const double bottom = area.bottom() + 1;
    for (int part = 0; part <= parts; ++part) {
        const int channel = data_.keyDim * part / parts;
        const QString label = QString::number(byScore_ ? std::max(1, channel) : channel);
        const double x = area.left() + channel * pitch;
        painter.fillRect(QRectF(std::round(x), bottom, 1, 3), theme_->color(Role::Strong));
        painter.setPen(theme_->color(Role::Ink2));
        const double width = metrics.horizontalAdvance(label);
        painter.drawText(
            QPointF(std::min(x - width / 2, this->width() - width - 4 * u), bottom + 3 + metrics.ascent()),
            label);
    }
}

ChannelStrip::Place ChannelStrip::placeAt(const QPointF& position) const {
    const QRectF& area = geometry_.plot;
    if (data_.keyDim < 1 || !area.contains(position)) return {};
    const int head = std::min(static_cast<int>((position.y() - area.top()) / geometry_.row),
                              static_cast<int>(data_.heads.size()) - 1);
    const int column = std::min(static_cast<int>((position.x() - area.left()) / area.width() * data_.keyDim),
                                data_.keyDim - 1);
    return {head, channelAt(head, column)};
}

void ChannelStrip::mouseMoveEvent(QMouseEvent* event) {
    const Place place = placeAt(event->position());
    setCursor(place.head >= 0 ? Qt::PointingHandCursor : Qt::ArrowCursor);
    if (place == hover_) return;
    hover_ = place;
    update();
    Q_EMIT channelHovered(place.head, place.channel);
}

void ChannelStrip::mousePressEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton) {
        event->ignore();
        return;
    }
    pressed_ = placeAt(event->position());
    if (pressed_.head >= 0) {
        cursor_ = pressed_;
        return;
    }
    const QRectF& area = geometry_.plot;
    const QPointF at = event->position();
    if (at.x() < area.left() && at.y() >= area.top() && at.y() < area.bottom())
        Q_EMIT headPicked(static_cast<int>((at.y() - area.top()) / geometry_.row));
}

void ChannelStrip::mouseReleaseEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton) return;
    const Place place = placeAt(event->position());
    if (place.head >= 0 && place == pressed_) Q_EMIT channelToggled(place.head, place.channel);
    pressed_ = {};
}

void ChannelStrip::leaveEvent(QEvent* event) {
    QWidget::leaveEvent(event);
    if (hover_.head < 0) return;
    hover_ = {};
    update();
    Q_EMIT channelHovered(-1, -1);
}

void ChannelStrip::keyPressEvent(QKeyEvent* event) {
    if (data_.heads.empty() || data_.keyDim < 1) {
        event->ignore();
        return;
    }
    // Along the columns that are seen.
    const auto& places = places_[static_cast<std::size_t>(cursor_.head)];
    const int column =
        byScore_ && !places.empty() ? places[static_cast<std::size_t>(cursor_.channel)] : cursor_.channel;
    const int last = static_cast<int>(data_.heads.size()) - 1;
    switch (event->key()) {
        case Qt::Key_Left:
            cursor_.channel = channelAt(cursor_.head, std::max(0, column - 1));
            break;
        case Qt::Key_Right:
            cursor_.channel = channelAt(cursor_.head, std::min(data_.keyDim - 1, column + 1));
            break;
        case Qt::Key_Up:
            cursor_.head = std::max(0, cursor_.head - 1);
            cursor_.channel = channelAt(cursor_.head, column);
            break;
        case Qt::Key_Down:
            cursor_.head = std::min(last, cursor_.head + 1);
            cursor_.channel = channelAt(cursor_.head, column);
            break;
        case Qt::Key_Space:
        case Qt::Key_Return:
        case Qt::Key_Enter:
            Q_EMIT channelToggled(cursor_.head, cursor_.channel);
            return;
        default:
            event->ignore();
            return;
    }
    describeCursor();
    update();
    Q_EMIT channelHovered(cursor_.head, cursor_.channel);
}

void ChannelStrip::describeCursor() {
    const QString text = this->text(cursor_.head, cursor_.channel);
    if (text == accessibleDescription()) return;
    setAccessibleDescription(text);
    if (!hasFocus()) return;
    QAccessibleEvent changed(this, QAccessible::DescriptionChanged);
    QAccessible::updateAccessibility(&changed);
}

void ChannelStrip::focusInEvent(QFocusEvent* event) {
    QWidget::focusInEvent(event);
    update();
}

void ChannelStrip::focusOutEvent(QFocusEvent* event) {
    QWidget::focusOutEvent(event);
    update();
}

bool ChannelStrip::event(QEvent* event) {
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        const Place place = placeAt(help->pos());
        if (place.head < 0) {
            QToolTip::hideText();
            return true;
        }
        const bool kept =
            isKept_[static_cast<std::size_t>(place.head)][static_cast<std::size_t>(place.channel)] != 0;
        QToolTip::showText(help->globalPos(),
                           text(place.head, place.channel) + QLatin1Char('\n')
                               + (kept ? tr("Click: the strongest removed channel takes its place")
                                       : tr("Click: it takes the place of the weakest kept channel")),
                           this);
        return true;
    }
    return QWidget::event(event);
}

}  // namespace rankscope::gui
