// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/charts/noise_view.hpp"

#include "app/gui/charts/hit_test.hpp"
#include "app/gui/theme/fonts.hpp"
#include "app/gui/theme/number_text.hpp"

#include <QFontMetricsF>
#include <QMouseEvent>
#include <QPainter>

#include <algorithm>
#include <cmath>
#include <limits>

namespace rankscope::gui {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

bool drawable(const NoiseData::Head& head) {
    return std::isfinite(head.stableRank) && std::isfinite(head.amplification) && head.amplification > 0;
}

QString nameOf(int layer, int head) {
    return NoiseView::tr("Layer %1, head %2").arg(layer).arg(head);
}

QString number4(double value) {
    return number_text::significant(value, 4);
}

}  // namespace

NoiseView::NoiseView(QWidget* parent) : PlotView(parent) {
    setMode(NoiseMode::Amplification);
}

void NoiseView::setData(const NoiseData& data) {
    data_ = data;
    for (NoiseData::Curve& curve : data_.curves) {
        const std::size_t count = std::min(curve.level.size(), curve.perplexity.size());
        curve.level.resize(count);
        curve.perplexity.resize(count);
        if (!curve.error.empty()) curve.error.resize(count, std::numeric_limits<float>::quiet_NaN());
    }
    refresh();
}

void NoiseView::setMode(NoiseMode mode) {
    mode_ = mode;
    hoverPoint_ = {-1, -1};
    setAccessibleName(mode == NoiseMode::Amplification ? tr("Noise amplification of every head")
                                                       : tr("Perplexity against query noise"));
    refresh();
}

void NoiseView::setSelected(int layer, int head) {
    data_.layer = layer;
    data_.head = head;
    updateOver();
}

void NoiseView::setHover(int layer, int head) {
    if (layer == hoverLayer_ && head == hoverHead_) return;
    hoverLayer_ = layer;
    hoverHead_ = head;
    updateOver();
}

bool NoiseView::isEmpty() const {
    if (mode_ == NoiseMode::Amplification)
        return std::none_of(data_.heads.begin(), data_.heads.end(), drawable);
    return std::all_of(data_.curves.begin(), data_.curves.end(),
                       [](const NoiseData::Curve& curve) { return curve.level.empty(); });
}

void NoiseView::rebuild() {
    mode_ == NoiseMode::Amplification ? rebuildAmplification() : rebuildPerplexity();
}

void NoiseView::rebuildAmplification() {
    double right = 1;
    double low = kInfinity;
    double high = -kInfinity;
    for (const NoiseData::Head& head : data_.heads) {
        if (!drawable(head)) continue;
        right = std::max(right, static_cast<double>(head.stableRank));
        low = std::min(low, std::log10(static_cast<double>(head.amplification)));
        high = std::max(high, std::log10(static_cast<double>(head.amplification)));
    }
    if (!(low <= high)) low = high = 0;
    const double pad = std::max(0.06 * (high - low), 0.05);
    setAxes({AxisScale::Linear, 0, right * 1.06, tr("stable rank"), 0, 0, false},
            {AxisScale::Log10, low - pad, high + pad, tr("noise amplification"), 0, 0, true});
    setCurves({});
}

double NoiseView::axisY(double perplexity) const {
    if (!logPerplexity_) return perplexity;
    return perplexity > 0 ? std::log10(perplexity) : std::numeric_limits<double>::quiet_NaN();
}

void NoiseView::rebuildPerplexity() {
    double right = 0;
    double low = kInfinity;
    double high = -kInfinity;
    for (const NoiseData::Curve& curve : data_.curves) {
        for (std::size_t i = 0; i < curve.level.size(); ++i) {
            if (!std::isfinite(curve.perplexity[i]) || !std::isfinite(curve.level[i])) continue;
            right = std::max(right, static_cast<double>(curve.level[i]));
            low = std::min(low, static_cast<double>(curve.perplexity[i]));
            high = std::max(high, static_cast<double>(curve.perplexity[i]));
        }
    }
    if (!(low <= high)) {
        low = 0;
        high = 1;
    }
    // Noise that ruins a model would press everything else onto the axis.
    logPerplexity_ = low > 0 && high / low > 8;
    const double from = axisY(low);
    const double to = axisY(high);
    const double pad =
        std::max(0.06 * (to - from), logPerplexity_ ? 0.05 : 0.01 * std::max(std::abs(high), 1e-6));
    setAxes({AxisScale::Linear, 0, right > 0 ? right * 1.06 : 1, tr("query noise, share of the query's norm"),
             0, 0, false},
            {logPerplexity_ ? AxisScale::Log10 : AxisScale::Linear, from - pad, to + pad, tr("perplexity"), 0,
             0, true});
    QList<Curve> curves;
    for (const NoiseData::Curve& curve : data_.curves) {
        std::vector<double> y;
        for (const float value : curve.perplexity)
            y.push_back(axisY(value));
        const std::vector<double> x(curve.level.begin(), curve.level.end());
        curves.append({cutCurve(x, y, axisRange()),
                       QPen(theme().color(curve.method), curve.method == Method::FullModel ? 2 : 1.5)});
    }
    setCurves(curves);
}

QList<LegendEntry> NoiseView::legend() const {
    if (mode_ == NoiseMode::Amplification || isEmpty()) return {};
    QList<LegendEntry> entries;
    for (const NoiseData::Curve& curve : data_.curves) {
        entries.append(
            {LegendEntry::Sign::Marker, {}, 1, {curve.method, PlanState::Exact, 1, false, {}}, curve.name});
    }
    return entries;
}

QPointF NoiseView::pixelOf(const NoiseData::Head& head) const {
    return toPixel({head.stableRank, std::log10(static_cast<double>(head.amplification))});
}

QPointF NoiseView::headPixel(int layer, int head) const {
    for (const NoiseData::Head& h : data_.heads) {
        if (h.layer == layer && h.head == head && drawable(h)) return pixelOf(h);
    }
    return {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::quiet_NaN()};
}

QList<PlotMarks> NoiseView::marks() const {
    QList<PlotMarks> groups;
    if (mode_ == NoiseMode::Amplification) {
        PlotMarks others;
        others.color = theme().color(Role::Strong);
        PlotMarks ofLayer;
        ofLayer.color = theme().color(Role::Accent);
        for (const NoiseData::Head& head : data_.heads) {
            if (!drawable(head)) continue;
            (head.layer == data_.layer ? ofLayer : others)
                .points.append({head.stableRank, std::log10(static_cast<double>(head.amplification))});
        }
        return {others, ofLayer};
    }
    for (const NoiseData::Curve& curve : data_.curves) {
        PlotMarks group;
        group.method = curve.method;
        group.color = theme().color(curve.method);
        for (std::size_t i = 0; i < curve.level.size(); ++i) {
            const double y = axisY(curve.perplexity[i]);
            if (std::isfinite(y) && std::isfinite(curve.level[i])) group.points.append({curve.level[i], y});
        }
        groups.append(group);
    }
    return groups;
}

void NoiseView::paintOver(QPainter& painter) {
    mode_ == NoiseMode::Amplification ? paintAmplification(painter) : paintPerplexity(painter);
}

QRectF NoiseView::nameRect() const {
    const double u = unit();
    const QPointF at = headPixel(data_.layer, data_.head);
    if (!std::isfinite(at.x())) return {};
    const QFontMetricsF metrics(scaledFont(font(), TextRole::LabelStrong));
    const QSizeF size(metrics.horizontalAdvance(nameOf(data_.layer, data_.head)), metrics.capHeight());
    // Right of it and above where all other heads are as far away.
    QRectF best(
        QPointF(std::min(at.x() + 9 * u, plotRect().right() - size.width()), at.y() - 7 * u - size.height()),
        size);
    std::ptrdiff_t least = std::ssize(data_.heads);
    for (const double down : {-7 * u, 7 * u + size.height(), size.height() / 2}) {
        for (const double x : {at.x() + 9 * u, at.x() - 9 * u - size.width()}) {
            const QRectF box(QPointF(x, at.y() + down - size.height()), size);
            if (!plotRect().contains(box)) continue;
            const QRectF kept = box.adjusted(-4 * u, -4 * u, 4 * u, 4 * u);
            const auto covered =
                std::count_if(data_.heads.begin(), data_.heads.end(), [&](const NoiseData::Head& head) {
                    const bool own = head.layer == data_.layer && head.head == data_.head;
                    return !own && drawable(head) && kept.contains(pixelOf(head));
                });
            if (covered >= least) continue;
            least = covered;
            best = box;
        }
    }
    return best;
}

void NoiseView::paintAmplification(QPainter& painter) {
    const double u = unit();
    const auto draw = [&](const NoiseData::Head& head, double radius, const QColor& fill) {
        painter.setPen(QPen(theme().color(Role::Panel), 1));
        painter.setBrush(fill);
        painter.drawEllipse(pixelOf(head), radius * u, radius * u);
    };
    const NoiseData::Head* front = nullptr;
    const NoiseData::Head* hovered = nullptr;
    // Heads of other layers, then those of the selected one, then the selected head.
    for (const bool ofLayer : {false, true}) {
        for (const NoiseData::Head& head : data_.heads) {
            if (!drawable(head) || (head.layer == data_.layer) != ofLayer) continue;
            draw(head, ofLayer ? 4 : 3.2, theme().color(ofLayer ? Role::Accent : Role::Strong));
            if (ofLayer && head.head == data_.head) front = &head;
            if (head.layer == hoverLayer_ && head.head == hoverHead_) hovered = &head;
        }
    }
    if (front != nullptr) draw(*front, 5.2, theme().color(Role::Ink));
    const auto name = [](const NoiseData::Head& head) { return nameOf(head.layer, head.head); };
    if (front != nullptr && front != hovered) {
        const QFont font = scaledFont(this->font(), TextRole::LabelStrong);
        drawHaloText(painter, nameRect().bottomLeft(), name(*front), font, theme().color(Role::Ink),
                     theme().color(Role::Panel));
    }
    if (hovered == nullptr) return;
    draw(*hovered, 5.2, theme().color(hovered == front ? Role::Ink : Role::Ink2));
    const QList<CardRow> rows{{tr("stable rank"), number_text::rank(hovered->stableRank)},
                              {tr("amplification"), number_text::significant(hovered->amplification, 3)}};
    drawCard(painter,
             placeCard(cardSize(name(*hovered), rows, font()), pixelOf(*hovered), 12 * u, plotRect()),
             name(*hovered), rows, font(), theme());
}

void NoiseView::paintPerplexity(QPainter& painter) {
    const double u = unit();
    for (const NoiseData::Curve& curve : data_.curves) {
        for (std::size_t i = 0; i < curve.level.size(); ++i) {
            const QPointF at = toPixel({curve.level[i], axisY(curve.perplexity[i])});
            if (!std::isfinite(at.y()) || !std::isfinite(at.x())) continue;
            if (i < curve.error.size() && std::isfinite(curve.error[i])) {
                const auto held = [&](double value) {
                    const double y = toPixel({0, axisY(value)}).y();
                    return std::isfinite(y) ? std::clamp(y, plotRect().top(), plotRect().bottom())
                                            : plotRect().bottom();
                };
                painter.setPen(QPen(theme().color(curve.method), 1.3));
                painter.drawLine(QPointF(at.x(), held(curve.perplexity[i] + curve.error[i])),
                                 QPointF(at.x(), held(curve.perplexity[i] - curve.error[i])));
            }
            drawMarker(painter, at, 7.5 * u, {curve.method, PlanState::Exact, 1, false, {}}, theme(),
                       theme().color(Role::Panel));
        }
    }
    if (hoverPoint_.x() < 0) return;
    const NoiseData::Curve& curve = data_.curves[hoverPoint_.x()];
    const auto i = static_cast<std::size_t>(hoverPoint_.y());
    const QPointF at = toPixel({curve.level[i], axisY(curve.perplexity[i])});
    QString value = number_text::perplexity(curve.perplexity[i]);
    if (i < curve.error.size()) value += QLatin1Char(' ') + number_text::plusMinus(curve.error[i]);
    const QList<CardRow> rows{{tr("noise"), number_text::percent(curve.level[i])}, {tr("perplexity"), value}};
    drawCard(painter, placeCard(cardSize(curve.name, rows, font()), at, 12 * u, plotRect()), curve.name, rows,
             font(), theme());
}

const NoiseData::Head* NoiseView::headAt(const QPointF& pixel) const {
    if (mode_ != NoiseMode::Amplification) return nullptr;
    QList<QPointF> points;
    for (const NoiseData::Head& head : data_.heads)
        points.append(pixelOf(head));
    const qsizetype hit = nearestPoint(points, pixel, 9 * unit());
    return hit >= 0 && drawable(data_.heads[hit]) ? &data_.heads[hit] : nullptr;
}

void NoiseView::hover(const NoiseData::Head* head, const QPointF& pixel) {
    if (mode_ == NoiseMode::Perplexity) {
        QList<QPointF> points;
        QList<QPoint> places;
        for (int c = 0; c < data_.curves.size(); ++c) {
            for (int i = 0; i < static_cast<int>(data_.curves[c].level.size()); ++i) {
                const auto at = static_cast<std::size_t>(i);
                points.append(toPixel({data_.curves[c].level[at], axisY(data_.curves[c].perplexity[at])}));
                places.append({c, i});
            }
        }
        const qsizetype hit = nearestPoint(points, pixel, 9 * unit());
        const QPoint place = hit < 0 ? QPoint(-1, -1) : places[hit];
        if (place == hoverPoint_) return;
        hoverPoint_ = place;
        updateOver();
        return;
    }
    const int layer = head == nullptr ? -1 : head->layer;
    const int index = head == nullptr ? -1 : head->head;
    if (layer == hoverLayer_ && index == hoverHead_) return;
    setHover(layer, index);
    Q_EMIT headHovered(layer, index);
    Q_EMIT readoutChanged(head == nullptr ? QString()
                                          : tr("Layer %1 · head %2 · stable rank %3 · amplification %4")
                                                .arg(layer)
                                                .arg(index)
                                                .arg(number_text::rank(head->stableRank),
                                                     number_text::significant(head->amplification, 3)));
}

void NoiseView::mousePressEvent(QMouseEvent* event) {
    const NoiseData::Head* head = event->button() == Qt::LeftButton ? headAt(event->position()) : nullptr;
    if (head == nullptr) {
        event->ignore();
        return;
    }
    const NoiseData::Head picked = *head;  // who listens may set new data
    setSelected(picked.layer, picked.head);
    Q_EMIT headPicked(picked.layer, picked.head);
}

void NoiseView::mouseMoveEvent(QMouseEvent* event) {
    hover(headAt(event->position()), event->position());
}

void NoiseView::leaveEvent(QEvent* event) {
    PlotView::leaveEvent(event);
    hover(nullptr, {-1e6, -1e6});
}

std::unique_ptr<PlotView> NoiseView::copy() const {
    auto twin = std::make_unique<NoiseView>();
    twin->setMode(mode_);
    twin->setData(data_);
    copyLookTo(*twin);
    return twin;
}

ColumnTable NoiseView::table() const {
    ColumnTable result;
    const auto number = [](float value) { return std::isfinite(value) ? QVariant(value) : QVariant(); };
    if (mode_ == NoiseMode::Amplification) {
        result.columns = {{tr("layer"), {}, {}},
                          {tr("head"), {}, {}},
                          {tr("stable rank"), {}, number_text::rank},
                          {tr("noise amplification"), {}, number4}};
        for (const NoiseData::Head& head : data_.heads) {
            result.rows.append({head.layer, head.head, number(head.stableRank), number(head.amplification)});
        }
        return result;
    }
    result.columns = {{tr("plan"), {}, {}},
                      {tr("query noise"), tr("share of its norm"), number4},
                      {tr("perplexity"), {}, number_text::perplexity},
                      {tr("standard error"), {}, number4}};
    for (const NoiseData::Curve& curve : data_.curves) {
        for (std::size_t i = 0; i < curve.level.size(); ++i) {
            result.rows.append({curve.name, number(curve.level[i]), number(curve.perplexity[i]),
                                i < curve.error.size() ? number(curve.error[i]) : QVariant()});
        }
    }
    return result;
}

QString NoiseView::describe() const {
    if (isEmpty()) return tr("No noise measurements.");
    if (mode_ == NoiseMode::Perplexity) {
        QStringList parts;
        for (const NoiseData::Curve& curve : data_.curves) {
            if (curve.level.empty()) continue;
            parts.append(tr("%1 from %2 to %3")
                             .arg(curve.name, number_text::perplexity(curve.perplexity.front()),
                                  number_text::perplexity(curve.perplexity.back())));
        }
        return tr("Perplexity without noise and with the most: %1.").arg(parts.join(QStringLiteral("; ")));
    }
    double low = kInfinity;
    double high = -kInfinity;
    int count = 0;
    for (const NoiseData::Head& head : data_.heads) {
        if (!drawable(head)) continue;
        ++count;
        low = std::min(low, static_cast<double>(head.amplification));
        high = std::max(high, static_cast<double>(head.amplification));
    }
    return tr("%1 heads amplify noise by %2 to %3.")
        .arg(count)
        .arg(number_text::significant(low, 3), number_text::significant(high, 3));
}

}  // namespace rankscope::gui
