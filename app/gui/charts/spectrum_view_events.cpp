// SPDX-License-Identifier: GPL-3.0-or-later
// What of the spectrum a person touches: painting over the curves, the pointer, keys.
#include "app/gui/charts/spectrum_view.hpp"
#include "app/gui/theme/fonts.hpp"
#include "app/gui/theme/number_text.hpp"

#include <QApplication>
#include <QClipboard>
#include <QFontMetricsF>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>

#include <algorithm>
#include <cmath>

namespace rankscope::gui {
namespace {

constexpr std::size_t kMostSingleLines = 8;  // more heads than this: single lines only as a faint cloud
constexpr double kHitDistance = 6;

}  // namespace

double SpectrumView::cutX() const {
    return toPixel({axisX(std::min(cut_.value + 0.5, static_cast<double>(std::max(cut_.count, 1)))), 0}).x();
}

double SpectrumView::indexAt(const QPointF& pixel) const {
    const double x = toValue(pixel).x();
    return logIndex_ ? std::pow(10.0, x) : x;
}

void SpectrumView::moveCut(int kept) {
    const QRectF before = cut_.paintedRect(cutX(), plotRect(), font());
    const QRectF label = headLabelRect();
    const double from = cutX();
    cut_.value = kept;
    cut_.text = cutText();
    const double to = cutX();
    // Three rectangles, no series: this is what makes a drag cheap.
    updateOver(before);
    updateOver(cut_.paintedRect(to, plotRect(), font()));
    if (headLabelRect() != label) {
        updateOver(label);
        updateOver(headLabelRect());
    }
    updateUnder(
        QRectF(std::min(from, to) - 1, plotRect().top(), std::abs(to - from) + 2, plotRect().height()));
    setAccessibleDescription(describe());
}

void SpectrumView::paintUnder(QPainter& painter) {
    if (cut_.count < 1 || cut_.value >= cut_.count) return;
    const double x = cutX();
    painter.fillRect(QRectF(QPointF(x, plotRect().top()), plotRect().bottomRight()),
                     theme().isDark() ? QColor(0, 0, 0, 70) : QColor(24, 32, 43, 14));
}

QList<PlotView::Curve> SpectrumView::faintCurves() const {
    const std::vector<double> x = positions();
    const QRectF range = axisRange();
    QList<Curve> lines;
    // The more there are, the fainter each: together they are a cloud, not a wall.
    const double opacity =
        std::clamp(20.0 / static_cast<double>(std::max<std::size_t>(1, data_.others.size())), 0.05, 0.25);
    for (const auto& other : data_.others) {
        lines.append({cutCurve(x, shown(other, scaleOf(other)), range),
                      QPen(theme().color(Role::Strong, opacity), 0.8)});
    }
    const bool few = curves_.size() <= kMostSingleLines;
    for (std::size_t h = 0; h < curves_.size(); ++h) {
        if (static_cast<int>(h) != data_.selected)
            lines.append(
                {cutCurve(x, curves_[h], range), QPen(theme().color(Role::Strong, few ? 0.9 : 0.35), 0.9)});
    }
    return lines;
}

QList<QLineF> SpectrumView::guides() const {
    if (cut_.count < 1) return {};
    const double x = axisX(std::min(cut_.value + 0.5, static_cast<double>(cut_.count)));
    return {QLineF(x, yAxis().low, x, yAxis().high)};
}

QPointF SpectrumView::headLabelAt() const {
    // One line alone is named by the legend.
    if (curves_.size() + data_.added.size() < 2) return {};
    const double u = unit();
    const QFontMetricsF metrics(scaledFont(this->font(), TextRole::LabelStrong));
    const auto& selected = curves_[static_cast<std::size_t>(data_.selected)];
    auto at = static_cast<std::size_t>(std::max(0, length_ / 6));
    if (at >= selected.size() || !std::isfinite(selected[at]) || selected[at] < yAxis().low) return {};
    const QRectF inside = plotRect().adjusted(4 * u, metrics.height(), -4 * u, -4 * u);
    const double width = metrics.horizontalAdvance(tr("head %1").arg(headNumber()));
    const auto pointOn = [&](std::size_t i) {
        return toPixel({axisX(static_cast<double>(i) + 1), selected[i]});
    };
    // As far to the right as large type needs to stand over the curve and not on it.
    for (std::size_t i = at; i < selected.size() && selected[i] >= yAxis().low; ++i) {
        if (pointOn(i).x() + 3 * u + width > inside.right()) break;
        if (pointOn(i).y() - 6 * u < inside.top() - 4 * u) continue;
        at = i;
        break;
    }
    const QPointF on = pointOn(at);
    // Curves fall to the right: over it and to the right of the point the name is clear of a steep one, too.
    QPointF text(on.x() + 3 * u, on.y() - 6 * u);
    text.setX(std::clamp(text.x(), inside.left(), std::max(inside.left(), inside.right() - width)));
    text.setY(std::clamp(text.y(), inside.top() - 4 * u, inside.bottom()));
    if (cut_.count < 1) return text;
    // The grip of the cut line stands at the top as well: the name makes way to the left of it, to the right,
    // or under its curve.
    const QRectF grip = cut_.gripRect(cutX(), plotRect(), font()).adjusted(-6 * u, -3 * u, 6 * u, 3 * u);
    if (!grip.intersects(QRectF(text.x(), text.y() - metrics.ascent(), width, metrics.height()))) return text;
    if (const double left = grip.left() - width; left >= inside.left()) {
        // Further left the curve is higher.
        const double index = std::clamp(std::floor(indexAt({left, 0})) - 1, 0.0, static_cast<double>(at));
        const double y = std::min(text.y(), pointOn(static_cast<std::size_t>(index)).y() - 6 * u);
        if (y >= inside.top() - 4 * u) return {left, y};
    }
    const auto beside = static_cast<std::size_t>(std::max(0.0, std::floor(indexAt(grip.topRight())) - 1));
    if (grip.right() + width <= inside.right() && beside < selected.size()
        && std::isfinite(selected[beside])) {
        const double y = toPixel({0, selected[beside]}).y() - 6 * u;
        return {grip.right(), std::clamp(y, inside.top() - 4 * u, inside.bottom())};
    }
    return {text.x(), std::max(grip.bottom(), on.y()) + metrics.ascent() + 3 * u};
}

QRectF SpectrumView::headLabelRect() const {
    const QPointF at = headLabelAt();
    const QFontMetricsF metrics(scaledFont(this->font(), TextRole::LabelStrong));
    const double width = metrics.horizontalAdvance(tr("head %1").arg(headNumber()));
    return QRectF(at.x(), at.y() - metrics.ascent(), width, metrics.height()).adjusted(-3, -3, 3, 3);
}

void SpectrumView::paintLabels(QPainter& painter) const {
    const double u = unit();
    const QFont font = scaledFont(this->font(), TextRole::LabelStrong);
    const QFontMetricsF metrics(font);
    const QColor ground = theme().color(Role::Panel);
    const QRectF inside = plotRect().adjusted(4 * u, metrics.height(), -4 * u, -4 * u);
    if (const QPointF text = headLabelAt(); !text.isNull()) {
        drawHaloText(painter, text, tr("head %1").arg(headNumber()), font, theme().color(Role::Ink), ground);
    }
    paintAdded(painter);
    if (data_.afterPruning.empty()) return;
    const double scale = scaleOf(data_.heads[static_cast<std::size_t>(data_.selected)]);
    const std::vector<double> after = shown(data_.afterPruning, scale);
    for (auto i = static_cast<int>(after.size()) - 1; i >= 0; --i) {
        const double y = after[static_cast<std::size_t>(i)];
        if (!std::isfinite(y) || y < yAxis().low) continue;
        const QPointF end = toPixel({axisX(i + 1), y});
        const QString text = tr("after pruning");
        const double width = metrics.horizontalAdvance(text);
        const double left = std::clamp(end.x() - width - 2 * u, inside.left(),
                                       std::max(inside.left(), inside.right() - width));
        const double base = std::clamp(end.y() + metrics.ascent() + 5 * u, inside.top(), inside.bottom());
        drawHaloText(painter, {left, base}, text, font, theme().color(data_.method), ground);
        break;
    }
}

// Names of added curves stand at their right ends, one under the other.
void SpectrumView::paintAdded(QPainter& painter) const {
    const double u = unit();
    const QFont font = scaledFont(this->font(), TextRole::Label);
    const QFontMetricsF metrics(font);
    QList<double> heights;
    for (const NamedSpectrum& added : data_.added) {
        const std::vector<double> values = shown(added.values, scaleOf(added.values));
        double y = yAxis().low;
        const std::size_t at = values.size() * 9 / 10;
        if (at < values.size() && std::isfinite(values[at]))
            y = std::clamp(values[at], yAxis().low, yAxis().high);
        heights.append(toPixel({0, y}).y());
    }
    const QList<double> spread = spreadLabels(heights, metrics.height(), plotRect().top() + metrics.height(),
                                              plotRect().bottom() - metrics.height());
    for (qsizetype i = 0; i < spread.size(); ++i) {
        const QString& name = data_.added[static_cast<std::size_t>(i)].name;
        drawHaloText(
            painter,
            {plotRect().right() - metrics.horizontalAdvance(name) - 4 * u, centeredBaseline(font, spread[i])},
            name, font, theme().color(Role::Ink2), theme().color(Role::Panel));
    }
}

void SpectrumView::paintNotes(QPainter& painter) const {
    const HiddenValues counts = hidden();
    QStringList notes;
    if (counts.belowFloor > 0) {
        const int exponent = static_cast<int>(std::lround(std::log10(data_.floor)));
        notes.append(tr("%1 below %2").arg(counts.belowFloor).arg(number_text::power(exponent)));
    }
    if (counts.exactZeros > 0) notes.append(tr("%1 exact zeros").arg(counts.exactZeros));
    if (counts.notNumbers > 0) notes.append(tr("not numbers: %1").arg(counts.notNumbers));
    if (notes.isEmpty()) return;
    const double u = unit();
    const QFont font = scaledFont(this->font(), TextRole::Label);
    double x = plotRect().left() + 8 * u;
    const double y = plotRect().bottom() - 8 * u;
    if (counts.belowFloor > 0) {
        painter.save();
        painter.translate(x + 4 * u, y - QFontMetricsF(font).capHeight() / 2);
        painter.rotate(180);
        painter.fillPath(markerPath(Method::SWanda, 7 * u), theme().color(Role::Ink2));
        painter.restore();
        x += 12 * u;
    }
    drawHaloText(painter, {x, y}, notes.join(QStringLiteral(" · ")), font, theme().color(Role::Ink2),
                 theme().color(Role::Panel));
}

QList<CardRow> SpectrumView::cardRows(int index) const {
    const auto& sigma = data_.heads[static_cast<std::size_t>(data_.selected)];
    const auto at = static_cast<std::size_t>(index - 1);
    const double scale = scaleOf(sigma);
    const double value = at < sigma.size() ? sigma[at] : std::nan("");
    QList<CardRow> rows;
    rows.append({QStringLiteral("σ%1 / σ₁").arg(number_text::subscript(index)),
                 number_text::significant(value / scale, 4)});
    rows.append({tr("energy up to here"), number_text::percent(energyUpTo(index))});
    if (data_.heads.size() > 1 && quantity_ == SpectrumQuantity::Relative) {
        const double median = at < median_.size() ? median_[at] : std::nan("");
        rows.append({tr("median of heads"),
                     number_text::significant(std::isinf(median) ? 0 : std::pow(10.0, median), 3)});
    }
    return rows;
}

void SpectrumView::paintHover(QPainter& painter, int index, bool pinned) const {
    const auto& selected = curves_[static_cast<std::size_t>(data_.selected)];
    const auto at = static_cast<std::size_t>(index - 1);
    const double y = at < selected.size() ? selected[at] : std::nan("");
    const bool onPlot = std::isfinite(y) && y >= yAxis().low && y <= yAxis().high;
    const QPointF point = toPixel({axisX(index), onPlot ? y : yAxis().low});
    if (!pinned) {
        QPen pen(theme().color(Role::Accent), 1.2);
        pen.setDashPattern({2.5, 2});
        painter.setPen(pen);
        painter.drawLine(QPointF(point.x(), plotRect().top()), QPointF(point.x(), plotRect().bottom()));
        if (onPlot)
            painter.drawLine(QPointF(plotRect().left(), point.y()), QPointF(plotRect().right(), point.y()));
    }
    if (onPlot) {
        painter.setPen(QPen(theme().color(Role::Panel), 1));
        painter.setBrush(theme().color(Role::Accent));
        painter.drawEllipse(point, 4 * unit(), 4 * unit());
    }
    const QList<CardRow> rows = cardRows(index);
    const QSizeF size = cardSize({}, rows, font());
    QPointF corner = placeCard(size, point, 14 * unit(), plotRect().adjusted(4, 4, -4, -4));
    // The moving card keeps off the curves, which fall to the right: near the axis, beside the cross-hair.
    if (!pinned) corner.setY(std::max(corner.y(), plotRect().bottom() - size.height() - 26 * unit()));
    drawCard(painter, corner, {}, rows, font(), theme());
}

void SpectrumView::paintOver(QPainter& painter) {
    if (hoverHead_ >= 0 && hoverHead_ < static_cast<int>(curves_.size()) && hoverHead_ != data_.selected) {
        painter.setPen(QPen(theme().color(Role::Ink2), 2.2, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
        for (QPolygonF& piece :
             cutCurve(positions(), curves_[static_cast<std::size_t>(hoverHead_)], axisRange())) {
            for (QPointF& point : piece)
                point = toPixel(point);
            painter.drawPolyline(piece);
        }
    }
    paintLabels(painter);
    paintNotes(painter);
    cut_.paint(painter, cutX(), plotRect(), font(), theme());
    for (const int index : pinned_)
        paintHover(painter, index, true);
    if (hover_ > 0 && !cut_.isDragging()) paintHover(painter, hover_, false);
}

int SpectrumView::headAt(const QPointF& pixel) const {
    const double index = indexAt(pixel);
    const auto left = static_cast<int>(std::floor(index)) - 1;
    int nearest = -1;
    double least = kHitDistance * unit();
    for (std::size_t h = 0; h < curves_.size(); ++h) {
        if (left < 0 || left + 1 >= static_cast<int>(curves_[h].size())) continue;
        const auto at = static_cast<std::size_t>(left);
        const double share = index - (left + 1);
        const double y = curves_[h][at] + share * (curves_[h][at + 1] - curves_[h][at]);
        const double distance = std::abs(toPixel({0, y}).y() - pixel.y());
        if (distance < least) {  // false for NaN
            least = distance;
            nearest = static_cast<int>(h);
        }
    }
    return nearest;
}

void SpectrumView::hoverAt(int index) {
    if (index == hover_) return;
    hover_ = index;
    updateOver();
    Q_EMIT indexHovered(index);
    if (index == 0) {
        Q_EMIT readoutChanged({});
        return;
    }
    const QList<CardRow> rows = cardRows(index);
    Q_EMIT readoutChanged(tr("Layer %1 · head %2 · %3 = %4 · energy up to here %5")
                              .arg(data_.layer)
                              .arg(headNumber())
                              .arg(rows[0].label, rows[0].value, rows[1].value));
}

void SpectrumView::mousePressEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton || isEmpty()) {
        event->ignore();
        return;
    }
    const QPointF at = event->position();
    if (cut_.hit(at, cutX(), plotRect(), font())) {
        cut_.begin();
        updateOver();
        Q_EMIT cutDragStarted(cut_.value);
        return;
    }
    if (!plotRect().contains(at)) return;
    const int head = headAt(at);
    if (head >= 0 && head != data_.selected) {
        Q_EMIT headPicked(head);
        return;
    }
    pin(std::clamp(static_cast<int>(std::lround(indexAt(at))), 1, length_));
}

void SpectrumView::pin(int index) {
    if (!pinned_.removeOne(index)) pinned_.append(index);
    updateOver();
}

void SpectrumView::copyPinned() const {
    QStringList lines;
    for (const int index : pinned_) {
        QStringList cells{QString::number(index)};
        const auto& sigma = data_.heads[static_cast<std::size_t>(data_.selected)];
        const auto at = static_cast<std::size_t>(index - 1);
        const double value = at < sigma.size() ? sigma[at] : std::nan("");
        cells << number_text::exact(value) << number_text::exact(value / scaleOf(sigma))
              << number_text::exact(energyUpTo(index));
        lines << cells.join(QLatin1Char('\t'));
    }
    lines.prepend(tr("i\tσᵢ of head %1\tσᵢ / σ₁\tenergy up to i").arg(headNumber()));
    QApplication::clipboard()->setText(lines.join(QLatin1Char('\n')));
}

void SpectrumView::mouseMoveEvent(QMouseEvent* event) {
    if (isEmpty()) return;
    const QPointF at = event->position();
    if (cut_.isDragging()) {
        const int kept = cut_.valueAt(indexAt(at), event->modifiers().testFlag(Qt::ShiftModifier));
        if (kept == cut_.value) return;
        moveCut(kept);
        Q_EMIT cutDragged(kept);
        return;
    }
    const bool onCut = cut_.hit(at, cutX(), plotRect(), font());
    viewport()->setCursor(onCut ? Qt::SplitHCursor : Qt::ArrowCursor);
    const bool inside = plotRect().contains(at) && !onCut;
    hoverAt(inside ? std::clamp(static_cast<int>(std::lround(indexAt(at))), 1, length_) : 0);
    const int head = inside ? headAt(at) : -1;
    hoverLine(head == data_.selected ? -1 : head);
}

void SpectrumView::mouseReleaseEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton || !cut_.isDragging()) return;
    cut_.end();
    data_.kept = cut_.value;
    updateOver();
    Q_EMIT cutDragFinished(cut_.value);
}

void SpectrumView::hoverLine(int head) {
    if (head == hoverHead_) return;
    setHoverHead(head);
    Q_EMIT headHovered(head);
}

void SpectrumView::leaveEvent(QEvent* event) {
    PlotView::leaveEvent(event);
    hoverLine(-1);
    hoverAt(0);
}

void SpectrumView::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Escape && cut_.isDragging()) {
        const int before = cut_.valueBefore();
        if (before != cut_.value) moveCut(before);
        cut_.cancel();
        updateOver();
        Q_EMIT cutDragCancelled(before);
    } else if ((event->key() == Qt::Key_Left || event->key() == Qt::Key_Right) && length_ > 0) {
        hoverAt(std::clamp(hover_ + (event->key() == Qt::Key_Right ? 1 : -1), 1, length_));
    } else if ((event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter) && hover_ > 0) {
        pin(hover_);
    } else if (event->matches(QKeySequence::Copy) && !pinned_.isEmpty()) {
        copyPinned();
        Q_EMIT message(pinned_.size() == 1 ? tr("Copied the card")
                                           : tr("Copied %1 cards").arg(pinned_.size()));
    } else if ((event->key() == Qt::Key_Delete || event->key() == Qt::Key_Escape) && !pinned_.isEmpty()) {
        // The card under the pointer, else the one pinned last.
        if (!pinned_.removeOne(hover_)) pinned_.removeLast();
        updateOver();
    } else {
        event->ignore();  // the window's keys
    }
}

}  // namespace rankscope::gui
