// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/tradeoff_panels/contribution_view.hpp"

#include "app/gui/charts/chart_text.hpp"
#include "app/gui/theme/fonts.hpp"
#include "app/gui/theme/number_text.hpp"

#include <QFontMetricsF>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace rankscope::gui {
namespace {

constexpr double kHalfBar = 0.32;
constexpr double kScale = 1000;  // nats per token are shown times 10³
constexpr double kSure = 2;      // standard errors

}  // namespace

ContributionView::ContributionView(QWidget* parent) : PlotView(parent) {
    setAccessibleName(tr("Where the difference comes from"));
    refresh();
}

void ContributionView::setData(const ContributionData& data) {
    data_ = data;
    refresh();
}

void ContributionView::setSelected(int layer) {
    if (layer == data_.selected) return;
    data_.selected = layer;
    updateUnder(QRectF(rect()));
}

void ContributionView::setHover(int layer) {
    if (layer == hover_) return;
    hover_ = layer;
    updateOver();
}

bool ContributionView::isEmpty() const {
    return data_.layers.isEmpty();
}

const ContributionData::Layer* ContributionView::find(int layer) const {
    for (const ContributionData::Layer& each : data_.layers) {
        if (each.index == layer) return &each;
    }
    return nullptr;
}

QColor ContributionView::color(const ContributionData::Layer& layer) const {
    // What cannot be told from zero says nothing of better and worse.
    if (std::isfinite(layer.error) && std::abs(layer.deltaNll) < kSure * layer.error)
        return theme().color(Role::Strong);
    return theme().color(layer.deltaNll < 0 ? Role::Better : Role::Worse);
}

void ContributionView::rebuild() {
    double first = 0, last = 0;
    bool any = false;
    const auto take = [&](int layer) {
        first = any ? std::min<double>(first, layer) : layer;
        last = any ? std::max<double>(last, layer) : layer;
        any = true;
    };
    double low = 0, high = 0;
    for (const ContributionData::Layer& layer : data_.layers) {
        take(layer.index);
        const double error = std::isfinite(layer.error) ? layer.error : 0;
        low = std::min(low, kScale * (layer.deltaNll - error));
        high = std::max(high, kScale * (layer.deltaNll + error));
    }
    for (const int layer : data_.unchanged)
        take(layer);
    // Both sides of zero are there, so that "better" and "worse" have a place.
    const double span = std::max({high - low, std::abs(low), std::abs(high), 1e-6});
    high = std::max(high + 0.1 * span, 0.25 * span);
    low = std::min(low - 0.1 * span, -0.25 * span);
    setAxes({AxisScale::Linear, first - 0.6, last + 0.6, tr("layer"), 1, 0, false, 26, true},
            {AxisScale::Linear, low, high, tr("Δ nll × 10³"), 0, 0, true});
    QList<Band> bars;
    QList<Curve> whiskers;
    for (const ContributionData::Layer& layer : data_.layers) {
        const double value = kScale * layer.deltaNll;
        const double left = layer.index - kHalfBar, right = layer.index + kHalfBar;
        QColor fill = color(layer);
        fill.setAlphaF(0.78F);
        bars.append({{BandPiece{QPolygonF{{left, std::min(value, 0.0)}, {right, std::min(value, 0.0)}},
                                QPolygonF{{left, std::max(value, 0.0)}, {right, std::max(value, 0.0)}}}},
                     fill});
        if (!std::isfinite(layer.error)) continue;
        whiskers.append({{QPolygonF{{static_cast<double>(layer.index), value - kScale * layer.error},
                                    {static_cast<double>(layer.index), value + kScale * layer.error}}},
                         QPen(theme().color(Role::Ink), 1.4)});
    }
    setBands(bars);
    setCurves(whiskers);
}

QRectF ContributionView::barRect(int layer) const {
    const ContributionData::Layer* found = find(layer);
    if (found == nullptr) return {};
    const double value = kScale * found->deltaNll;
    return QRectF(toPixel({layer - kHalfBar, std::max(value, 0.0)}),
                  toPixel({layer + kHalfBar, std::min(value, 0.0)}));
}

QList<QLineF> ContributionView::guides() const {
    return {QLineF(xAxis().low, 0, xAxis().high, 0)};
}

void ContributionView::paintUnder(QPainter& painter) {
    if (data_.selected < 0 || data_.selected < xAxis().low || data_.selected > xAxis().high) return;
    const double left = toPixel({data_.selected - 0.48, 0}).x();
    const double right = toPixel({data_.selected + 0.48, 0}).x();
    painter.fillRect(QRectF(left, plotRect().top(), right - left, plotRect().height()),
                     theme().color(Role::Select));
}

void ContributionView::paintOver(QPainter& painter) {
    if (isEmpty()) return;
    const double u = unit();
    const double zero = std::floor(toPixel({0, 0}).y()) + 0.5;
    painter.setPen(QPen(theme().color(Role::Strong), 1));
    painter.drawLine(QPointF(plotRect().left(), zero), QPointF(plotRect().right(), zero));

    const QFont font = scaledFont(this->font(), TextRole::LabelStrong);
    const QFontMetricsF metrics(font);
    const auto corner = [&](const QString& text, Role role, double y) {
        drawHaloText(painter, {plotRect().right() - metrics.horizontalAdvance(text) - 4 * u, y}, text, font,
                     theme().color(role), theme().color(Role::Panel));
    };
    if (!data_.alone) {
        corner(tr("↑ A better"), Role::Worse, plotRect().top() + metrics.ascent() + 2 * u);
        corner(tr("↓ B better"), Role::Better, plotRect().bottom() - metrics.descent() - 3 * u);
    }

    const ContributionData::Layer* hovered = find(hover_);
    if (hovered == nullptr) return;
    QString value = number_text::signedFixed(kScale * hovered->deltaNll, 2);
    if (std::isfinite(hovered->error))
        value += QLatin1Char(' ') + number_text::plusMinus(kScale * hovered->error, 2);
    const QString title = tr("Layer %1").arg(hovered->index);
    const QList<CardRow> rows{{tr("Δ nll × 10³"), value},
                              {data_.alone ? tr("K′") : tr("K′ in A and B"), tr("%1 → %2").arg(hovered->keptA).arg(hovered->keptB)}};
    drawCard(painter,
             placeCard(cardSize(title, rows, this->font()), barRect(hover_).center(), 14 * u,
                       QRectF(viewport()->rect())),
             title, rows, this->font(), theme());
}

int ContributionView::layerAt(const QPointF& pixel) const {
    if (!plotRect().contains(pixel)) return -1;
    const int layer = static_cast<int>(std::lround(toValue(pixel).x()));
    return find(layer) != nullptr || data_.unchanged.contains(layer) ? layer : -1;
}

void ContributionView::hover(int layer) {
    if (layer == hover_) return;
    setHover(layer);
    Q_EMIT layerHovered(layer);
    const ContributionData::Layer* found = find(layer);
    Q_EMIT readoutChanged(found == nullptr ? QString()
                                           : tr("Layer %1 · Δ nll %2 nats per token")
                                                 .arg(layer)
                                                 .arg(number_text::significant(found->deltaNll, 3)));
}

void ContributionView::mousePressEvent(QMouseEvent* event) {
    const int layer = event->button() == Qt::LeftButton ? layerAt(event->position()) : -1;
    if (layer < 0) {
        event->ignore();
        return;
    }
    setSelected(layer);
    Q_EMIT layerPicked(layer);
}

void ContributionView::mouseMoveEvent(QMouseEvent* event) {
    hover(layerAt(event->position()));
}

void ContributionView::leaveEvent(QEvent* event) {
    PlotView::leaveEvent(event);
    hover(-1);
}

void ContributionView::keyPressEvent(QKeyEvent* event) {
    if (event->key() != Qt::Key_Left && event->key() != Qt::Key_Right) {
        PlotView::keyPressEvent(event);
        return;
    }
    QList<int> layers = data_.unchanged;
    for (const ContributionData::Layer& layer : data_.layers)
        layers.append(layer.index);
    if (layers.isEmpty()) return;
    std::sort(layers.begin(), layers.end());
    const qsizetype at = layers.indexOf(data_.selected);
    const qsizetype next =
        at < 0 ? 0
               : std::clamp<qsizetype>(at + (event->key() == Qt::Key_Right ? 1 : -1), 0, layers.size() - 1);
    setSelected(layers[next]);
    Q_EMIT layerPicked(layers[next]);
}

std::unique_ptr<PlotView> ContributionView::copy() const {
    auto twin = std::make_unique<ContributionView>();
    twin->setData(data_);
    copyLookTo(*twin);
    return twin;
}

ColumnTable ContributionView::table() const {
    ColumnTable result;
    const auto four = [](double value) { return number_text::significant(value, 4); };
    result.columns = {{tr("layer"), {}, {}},
                      {tr("K′ in A"), {}, {}},
                      {tr("K′ in B"), {}, {}},
                      {tr("Δ nll"), tr("nats per token"), four},
                      {tr("standard error"), tr("nats per token"), four}};
    for (const ContributionData::Layer& layer : data_.layers)
        result.rows.append({layer.index, layer.keptA, layer.keptB, layer.deltaNll,
                            std::isfinite(layer.error) ? QVariant(layer.error) : QVariant()});
    return result;
}

QString ContributionView::describe() const {
    if (isEmpty()) return tr("No contributions.");
    const auto [best, worst] =
        std::minmax_element(data_.layers.begin(), data_.layers.end(),
                            [](const auto& a, const auto& b) { return a.deltaNll < b.deltaNll; });
    QString text = tr("%1 layers; lowest layer %2 with %3, highest layer %4 with %5 × 10⁻³ nats per token.")
                       .arg(data_.layers.size())
                       .arg(best->index)
                       .arg(number_text::signedFixed(kScale * best->deltaNll, 2))
                       .arg(worst->index)
                       .arg(number_text::signedFixed(kScale * worst->deltaNll, 2));
    if (data_.layers.size() < data_.expected)
        text += tr(" %1 are to come.").arg(data_.expected - data_.layers.size());
    return text;
}

}  // namespace rankscope::gui
