// SPDX-License-Identifier: GPL-3.0-or-later
// What of the trade-off a person touches: dots, names at lines, the pointer, keys.
#include "app/gui/charts/hit_test.hpp"
#include "app/gui/charts/tradeoff_view.hpp"
#include "app/gui/theme/fonts.hpp"
#include "app/gui/theme/number_text.hpp"

#include <QApplication>
#include <QDrag>
#include <QFontMetricsF>
#include <QKeyEvent>
#include <QMimeData>
#include <QMouseEvent>
#include <QPainter>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace rankscope::gui {
namespace {

constexpr double kDotSize = 8;
constexpr double kCurrentSize = 11;

}  // namespace

void TradeoffView::paintUnder(QPainter& painter) {
    const TradeoffDot* full = fullModel();
    if (full == nullptr || !(full->quality >= yAxis().low && full->quality <= yAxis().high)) return;
    QPen pen(theme().color(Role::Ink2), 1.1 * lineFactor());
    pen.setDashPattern({1.5, 2.5});
    painter.setPen(pen);
    const double y = std::floor(toPixel({0, full->quality}).y()) + 0.5;
    painter.drawLine(QPointF(plotRect().left(), y), QPointF(plotRect().right(), y));
}

void TradeoffView::paintDot(QPainter& painter, const TradeoffDot& dot) const {
    const double u = unit();
    const QPointF at = pixelOf(dot);
    const bool current = dot.id == data_.current;
    const bool marked = dot.id == hover_ || dot.id == data_.selected;
    if (std::isfinite(dot.standardError) && dot.method != Method::FullModel) {
        const double top = std::max(toPixel({0, qualityOf(dot) + dot.standardError}).y(), plotRect().top());
        const double bottom =
            std::min(toPixel({0, qualityOf(dot) - dot.standardError}).y(), plotRect().bottom());
        painter.setPen(QPen(theme().color(dot.method), 1.3 * lineFactor()));
        painter.drawLine(QPointF(at.x(), top), QPointF(at.x(), bottom));
    }
    if (current) {
        painter.setPen(QPen(theme().color(Role::Accent), 1.8 * lineFactor()));
        painter.setBrush(theme().color(Role::Accent, 0.1));
        painter.drawEllipse(at, 12 * u, 12 * u);
    } else if (marked) {
        painter.setPen(QPen(theme().color(Role::Strong), 1.4));
        painter.setBrush(Qt::NoBrush);
        painter.drawEllipse(at, 9 * u, 9 * u);
    }
    drawMarker(painter, at, (current ? kCurrentSize : kDotSize) * u,
               {dot.method, dot.state, dot.fraction, dot.recovered, {}}, theme(), theme().color(Role::Panel));
}

QList<TradeoffView::MethodName> TradeoffView::methodNames() const {
    const double u = unit();
    const QFont font = scaledFont(this->font(), TextRole::LabelStrong);
    const QFontMetricsF metrics(font);
    QList<MethodName> names;

    // Names stand at the end of a line that is farthest from the full model, outside of it.
    const TradeoffDot* full = fullModel();
    for (const MethodLine& line : methodLines()) {
        QList<const TradeoffDot*> dots = line.dots;
        const double reference = full == nullptr ? xOf(*dots.last()) : xOf(*full);
        const bool atRight =
            std::abs(xOf(*dots.last()) - reference) > std::abs(xOf(*dots.first()) - reference);
        if (atRight) std::reverse(dots.begin(), dots.end());
        const auto end =
            std::find_if(dots.begin(), dots.end(), [&](const TradeoffDot* dot) { return isShown(*dot); });
        if (end == dots.end()) continue;
        const QPointF at = pixelOf(**end);
        const double width = metrics.horizontalAdvance(line.name);
        const double left = at.x() - width - 8 * u;
        const double right = at.x() + 9 * u;
        const bool fits = atRight ? right + width <= plotRect().right() + 12 * u : left >= plotRect().left();
        const bool goesOn = end != dots.begin();  // beyond the range: the line leaves on the outer side
        double x = atRight ? right : left;
        if (goesOn || !fits)
            x = atRight ? std::max(left, plotRect().left()) : std::min(right, plotRect().right() - width);
        names.append(
            {line.method, line.name, {x, at.y() - metrics.height() / 2, width, metrics.height()}, at});
    }
    spreadNames(names, metrics.height() * 0.9);
    return names;
}

// Names side by side keep their height; those that would lie on each other move up and down, no farther than
// needed. A moved name may meet another one: as often as names come together, they are spread together.
void TradeoffView::spreadNames(QList<MethodName>& names, double spacing) const {
    const double half = spacing / 2;
    QList<int> group(names.size());
    std::iota(group.begin(), group.end(), 0);
    for (bool met = true; met;) {
        met = false;
        for (qsizetype i = 0; i < names.size(); ++i) {
            for (qsizetype j = 0; j < i; ++j) {
                const QRectF& a = names[i].place;
                const QRectF& b = names[j].place;
                const bool beside = a.right() + 4 * unit() <= b.left() || b.right() + 4 * unit() <= a.left();
                if (group[i] == group[j] || beside
                    || std::abs(a.center().y() - b.center().y()) >= spacing - 0.01)
                    continue;
                std::replace(group.begin(), group.end(), group[i], int(group[j]));
                met = true;
            }
        }
        if (!met) return;
        for (int id = 0; id < names.size(); ++id) {
            QList<qsizetype> members;
            QList<double> heights;
            for (qsizetype i = 0; i < names.size(); ++i) {
                if (group[i] != id) continue;
                members.append(i);
                heights.append(names[i].dot.y());
            }
            if (members.size() < 2) continue;
            const QList<double> spread =
                spreadLabels(heights, spacing, plotRect().top() + half, plotRect().bottom() - half);
            for (qsizetype i = 0; i < members.size(); ++i)
                names[members[i]].place.moveCenter({names[members[i]].place.center().x(), spread[i]});
        }
    }
}

void TradeoffView::paintBeyond(QPainter& painter) const {
    const int count = countBeyond();
    if (count == 0) return;
    const double u = unit();
    double leftmost = plotRect().right();
    double rightmost = plotRect().left();
    for (const TradeoffDot& dot : data_.dots) {
        const double x = xOf(dot);
        if (!(dot.quality > yAxis().high) || !(x >= xAxis().low && x <= xAxis().high)) continue;
        const QPointF tip(toPixel({x, 0}).x(), plotRect().top() + 4 * u);
        painter.setPen(
            QPen(theme().color(dot.method), 1.8 * lineFactor(), Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
        painter.setBrush(Qt::NoBrush);
        painter.drawPolyline(QPolygonF{tip + QPointF(-4 * u, 5 * u), tip, tip + QPointF(4 * u, 5 * u)});
        leftmost = std::min(leftmost, tip.x());
        rightmost = std::max(rightmost, tip.x());
    }
    const QFont font = scaledFont(this->font(), TextRole::Label);
    const QString text =
        QStringLiteral("↑ ") + tr("%1 above %2").arg(count).arg(number_text::significant(yAxis().high, 3));
    const double width = QFontMetricsF(font).horizontalAdvance(text);
    // On the side where the carets leave more room.
    const bool atRight = plotRect().right() - rightmost >= leftmost - plotRect().left();
    drawHaloText(painter,
                 {atRight ? plotRect().right() - width - 4 * u : plotRect().left() + 6 * u,
                  plotRect().top() + QFontMetricsF(font).ascent()},
                 text, font, theme().color(Role::Ink2), theme().color(Role::Panel));
}

void TradeoffView::paintArrow(QPainter& painter, const TradeoffDot& dot) const {
    const TradeoffDot* from = find(dot.recoveredFrom);
    if (from == nullptr || !isShown(*from)) return;
    const QPointF a = pixelOf(*from);
    const QPointF b = pixelOf(dot);
    const double length = std::hypot(b.x() - a.x(), b.y() - a.y());
    const double u = unit();
    if (length < 16 * u) return;
    const QPointF along = (b - a) / length;
    const QPointF across(-along.y(), along.x());
    const QPointF tip = b - 7 * u * along;
    painter.setPen(QPen(theme().color(dot.method), 1.2, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    painter.drawLine(a + 6 * u * along, tip);
    painter.drawPolyline(
        QPolygonF{tip - 5 * u * along + 3 * u * across, tip, tip - 5 * u * along - 3 * u * across});
}

void TradeoffView::paintBadge(QPainter& painter, const QString& id, const QString& letter, bool disc) const {
    const TradeoffDot* dot = find(id);
    if (dot == nullptr || !isShown(*dot)) return;
    const double u = unit();
    // Under the dot; A to the left and B to the right, so that both fit on one plan.
    // Where that would cover the axis: beside it.
    QPointF center = pixelOf(*dot) + QPointF((disc ? -9 : 9) * u, 15 * u);
    if (center.y() + 8 * u > plotRect().bottom()) center = pixelOf(*dot) + QPointF((disc ? -16 : 16) * u, 0);
    painter.setPen(QPen(theme().color(disc ? Role::Panel : Role::Ink), disc ? 1 : 1.6));
    painter.setBrush(theme().color(disc ? Role::Ink : Role::Panel));
    painter.drawEllipse(center, 7.5 * u, 7.5 * u);
    const QFont font = scaledFont(this->font(), TextRole::LabelStrong);
    painter.setFont(font);
    painter.setPen(theme().color(disc ? Role::Panel : Role::Ink));
    painter.drawText(QPointF(center.x() - QFontMetricsF(font).horizontalAdvance(letter) / 2,
                             centeredBaseline(font, center.y())),
                     letter);
}

QList<CardRow> TradeoffView::cardRows(const TradeoffDot& dot) const {
    const QString about = dot.state == PlanState::Estimate ? QStringLiteral("≈ ") : QString();
    const auto withError = [&](const QString& value) {
        return std::isfinite(dot.standardError)
                   ? value + QLatin1Char(' ') + number_text::plusMinus(dot.standardError)
                   : value;
    };
    QString known = planStateName(dot.state);
    if (dot.state == PlanState::Measuring) known += QLatin1Char(' ') + number_text::percent(dot.fraction);
    QList<CardRow> rows{{tr("state"), number_text::bytes(dot.stateKib * 1024)},
                        {data_.qualityTitle, about + number_text::perplexity(dot.quality)},
                        {tr("Δ to full model"), about + withError(number_text::perplexityDelta(dot.delta))}};
    if (std::isfinite(dot.decodeSpeed)) rows.append({tr("decode"), number_text::speed(dot.decodeSpeed)});
    if (!dot.provenance.isEmpty())
        rows.append({tr("speed is"), dot.otherRun ? tr("%1, another run").arg(dot.provenance) : dot.provenance});
    rows.append({tr("known"), known});
    return rows;
}

void TradeoffView::paintOver(QPainter& painter) {
    const double u = unit();
    const QList<MethodName> names = methodNames();
    if (const TradeoffDot* full = fullModel(); full != nullptr && isShown(*full)) {
        const QFont font = scaledFont(this->font(), TextRole::Label);
        const QString text = tr("full model %1").arg(number_text::perplexity(full->quality));
        const double y = toPixel({0, full->quality}).y();
        const bool under = plotRect().bottom() - y > QFontMetricsF(font).height();
        const double width = QFontMetricsF(font).horizontalAdvance(text);
        const double base = under ? y + QFontMetricsF(font).ascent() + u : y - 4 * u;
        // At the left, unless a method's name ends there.
        const QRectF place(plotRect().left() + 6 * u, base - QFontMetricsF(font).ascent(), width,
                           QFontMetricsF(font).height());
        const bool taken =
            std::ranges::any_of(names, [&](const MethodName& name) { return name.place.intersects(place); });
        drawHaloText(painter, {taken ? plotRect().right() - width - 4 * u : place.left(), base}, text, font,
                     theme().color(Role::Ink2), theme().color(Role::Panel));
    }
    paintBeyond(painter);
    const TradeoffDot* last = find(data_.current);
    const QRectF changed = painter.hasClipping() ? painter.clipBoundingRect() : QRectF();
    for (const TradeoffDot& dot : data_.dots) {
        if (!isShown(dot) || &dot == last) continue;
        // While one dot moves only its surroundings are painted.
        const std::optional<QRectF> alone = changed.isNull() ? std::nullopt : paintedAlone(dot);
        if (alone && !alone->intersects(changed)) continue;
        if (dot.recovered) paintArrow(painter, dot);
        paintDot(painter, dot);
    }
    const QFont nameFont = scaledFont(this->font(), TextRole::LabelStrong);
    for (const MethodName& name : names) {
        // A name that had to move far says with a thin line where it belongs.
        const bool atRight = name.place.left() > name.dot.x();
        if (std::abs(name.place.center().y() - name.dot.y()) > 0.6 * name.place.height()) {
            painter.setPen(QPen(theme().color(name.method), 0.9));
            painter.drawLine(name.dot, {atRight ? name.place.left() - 2 * u : name.place.right() + 2 * u,
                                        name.place.center().y()});
        }
        drawHaloText(painter, {name.place.left(), centeredBaseline(nameFont, name.place.center().y())},
                     name.text, nameFont, theme().color(name.method), theme().color(Role::Panel));
    }
    if (last != nullptr && data_.hideCurrent) {
        QPen pen(theme().color(Role::Accent), 1.6 * lineFactor());
        pen.setDashPattern({4, 3});
        painter.setPen(pen);
        const double x = toPixel({xOf(*last), 0}).x();
        if (x >= plotRect().left() && x <= plotRect().right()) {
            painter.drawLine(QPointF(x, plotRect().top()), QPointF(x, plotRect().bottom()));
            const QPointF at(x, plotRect().top() + 9 * u);
            painter.setPen(Qt::NoPen);
            painter.setBrush(theme().color(Role::Accent));
            painter.drawEllipse(at, 9 * u, 9 * u);
            const QFont font = scaledFont(this->font(), TextRole::PanelTitle);
            painter.setFont(font);
            painter.setPen(theme().color(Role::OnAccent));
            const QString mark = QStringLiteral("?");
            painter.drawText(QPointF(at.x() - QFontMetricsF(font).horizontalAdvance(mark) / 2,
                                     centeredBaseline(font, at.y())),
                             mark);
        }
    } else if (last != nullptr && isShown(*last)) {
        if (last->recovered) paintArrow(painter, *last);
        paintDot(painter, *last);
    }
    paintBadge(painter, data_.pinA, QStringLiteral("A"), true);
    paintBadge(painter, data_.pinB, QStringLiteral("B"), false);
    const TradeoffDot* hovered = find(hover_);
    if (hovered == nullptr || !isShown(*hovered)) return;
    const QList<CardRow> rows = cardRows(*hovered);
    const QSizeF size = cardSize(hovered->name, rows, font());
    drawCard(painter, placeCard(size, pixelOf(*hovered), 14 * u, QRectF(viewport()->rect())), hovered->name,
             rows, font(), theme());
}

const TradeoffDot* TradeoffView::dotAt(const QPointF& pixel) const {
    QList<QPointF> points;
    QList<const TradeoffDot*> dots;
    for (const TradeoffDot& dot : data_.dots) {
        const bool hidden = data_.hideCurrent && dot.id == data_.current;
        if (!isShown(dot) || hidden) continue;
        points.append(pixelOf(dot));
        dots.append(&dot);
    }
    const qsizetype hit = nearestPoint(points, pixel, 12 * unit());
    return hit < 0 ? nullptr : dots[hit];
}

void TradeoffView::hover(const QString& id) {
    if (id == hover_) return;
    setHover(id);
    Q_EMIT dotHovered(id);
    const TradeoffDot* dot = find(id);
    Q_EMIT readoutChanged(dot == nullptr
                              ? QString()
                              : tr("%1 · %2 · %3 %4")
                                    .arg(dot->name, number_text::bytes(dot->stateKib * 1024),
                                         data_.qualityTitle, number_text::perplexity(dot->quality)));
}

void TradeoffView::mousePressEvent(QMouseEvent* event) {
    const TradeoffDot* dot = event->button() == Qt::LeftButton ? dotAt(event->position()) : nullptr;
    if (dot == nullptr) {
        event->ignore();
        return;
    }
    const QString id = dot->id;  // who listens may set new data
    pressed_ = id;
    pressedAt_ = event->position();
    setSelected(id);
    Q_EMIT dotPicked(id);
}

void TradeoffView::dragOut(const QString& id) {
    const TradeoffDot* dot = find(id);
    if (dot == nullptr) return;
    auto* data = new QMimeData;
    data->setData(QLatin1String(kPointMimeType), id.toUtf8());
    data->setText(dot->name);
    const double size = 20 * unit();
    QPixmap picture((QSizeF(size, size) * devicePixelRatioF()).toSize());
    picture.setDevicePixelRatio(devicePixelRatioF());
    picture.fill(Qt::transparent);
    QPainter painter(&picture);
    painter.setRenderHint(QPainter::Antialiasing);
    drawMarker(painter, {size / 2, size / 2}, 0.6 * size,
               {dot->method, dot->state, dot->fraction, dot->recovered, {}}, theme(),
               theme().color(Role::Panel));
    painter.end();
    auto* drag = new QDrag(this);
    drag->setMimeData(data);
    drag->setPixmap(picture);
    drag->setHotSpot(QPoint(qRound(size / 2), qRound(size / 2)));
    drag->exec(Qt::CopyAction);
}

void TradeoffView::mouseMoveEvent(QMouseEvent* event) {
    if (!pressed_.isEmpty() && event->buttons().testFlag(Qt::LeftButton)) {
        const QPointF moved = event->position() - pressedAt_;
        if (std::hypot(moved.x(), moved.y()) < QApplication::startDragDistance()) return;
        const QString id = std::exchange(pressed_, QString());
        hover({});
        dragOut(id);
        return;
    }
    const TradeoffDot* dot = dotAt(event->position());
    viewport()->setCursor(dot == nullptr ? Qt::ArrowCursor : Qt::PointingHandCursor);
    hover(dot == nullptr ? QString() : dot->id);
}

void TradeoffView::mouseReleaseEvent(QMouseEvent* event) {
    pressed_.clear();
    event->ignore();
}

void TradeoffView::mouseDoubleClickEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton) return;
    if (const TradeoffDot* dot = dotAt(event->position())) {
        const QString id = dot->id;
        Q_EMIT dotActivated(id);
    } else {
        resetZoom();
    }
}

void TradeoffView::wheelEvent(QWheelEvent* event) {
    const QPointF at = event->position();
    const bool overX = at.y() > plotRect().bottom() && at.x() >= plotRect().left();
    const bool overY = at.x() < plotRect().left() && at.y() <= plotRect().bottom();
    if ((!overX && !overY) || isEmpty()) {
        event->ignore();
        return;
    }
    // 1.15 a notch about the value under the pointer.
    const double factor = std::pow(1.15, -event->angleDelta().y() / 120.0);
    const QPointF fixed = toValue(at);
    QRectF range = axisRange();
    const QRectF widest = dataRange();
    const auto zoomed = [&](double low, double high, double center, double most) {
        const double span = std::clamp(factor, 1e-3 * most / (high - low), 4 * most / (high - low));
        return std::pair(center - (center - low) * span, center + (high - center) * span);
    };
    if (overX) {
        const auto [low, high] = zoomed(range.left(), range.right(), fixed.x(), widest.width());
        range.setLeft(low);
        range.setRight(high);
    } else {
        const auto [low, high] = zoomed(range.top(), range.bottom(), fixed.y(), widest.height());
        range.setTop(low);
        range.setBottom(high);
    }
    zoom_ = range;
    refresh();
    event->accept();
}

void TradeoffView::leaveEvent(QEvent* event) {
    PlotView::leaveEvent(event);
    hover({});
}

void TradeoffView::keyPressEvent(QKeyEvent* event) {
    const int key = event->key();
    if ((key == Qt::Key_Return || key == Qt::Key_Enter) && find(data_.selected) != nullptr) {
        Q_EMIT dotActivated(data_.selected);
        return;
    }
    if (key == Qt::Key_Delete && find(data_.selected) != nullptr) {
        Q_EMIT dotDeleteRequested(data_.selected);
        return;
    }
    if (key != Qt::Key_Left && key != Qt::Key_Right) {
        event->ignore();
        return;
    }
    // Dots by their place from left to right.
    QList<const TradeoffDot*> shown;
    for (const TradeoffDot& dot : data_.dots) {
        if (isShown(dot) && !(data_.hideCurrent && dot.id == data_.current)) shown.append(&dot);
    }
    if (shown.isEmpty()) return;
    std::stable_sort(shown.begin(), shown.end(), [&](const TradeoffDot* a, const TradeoffDot* b) {
        return pixelOf(*a).x() < pixelOf(*b).x();
    });
    const qsizetype at = shown.indexOf(find(data_.selected));
    const qsizetype next =
        at < 0 ? 0 : std::clamp<qsizetype>(at + (key == Qt::Key_Right ? 1 : -1), 0, shown.size() - 1);
    const QString id = shown[next]->id;
    setSelected(id);
    Q_EMIT dotPicked(id);
}

}  // namespace rankscope::gui
