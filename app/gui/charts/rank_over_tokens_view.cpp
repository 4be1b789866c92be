// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/charts/rank_over_tokens_view.hpp"

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

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t kMostSingleLines = 4;  // more heads than this: a band stands for them
constexpr double kHitDistance = 6;

}  // namespace

RankOverTokensView::RankOverTokensView(QWidget* parent) : PlotView(parent) {
    setAccessibleName(tr("Rank over tokens"));
    refresh();
}

void RankOverTokensView::setData(const RankOverTokensData& data) {
    data_ = data;
    if (!data_.ranks.empty())
        data_.selected = std::clamp(data.selected, 0, static_cast<int>(data.ranks.size()) - 1);
    for (auto& head : data_.ranks)
        head.resize(data_.positions.size(), std::numeric_limits<float>::quiet_NaN());
    if (data_.token >= 0) data_.token = nearestCaptured(data_.token);
    setAccessibleName(tr("%1 over tokens, layer %2").arg(data_.metric).arg(data_.layer));
    refresh();
}

void RankOverTokensView::setToken(int token) {
    const int nearest = token < 0 ? -1 : nearestCaptured(token);
    if (nearest == data_.token) return;
    data_.token = nearest;
    updateOver();
    setAccessibleDescription(describe());
}

void RankOverTokensView::setHoverToken(int token) {
    if (token == hoverToken_) return;
    hoverToken_ = token;
    updateOver();
}

void RankOverTokensView::setHoverHead(int head) {
    if (head == hoverHead_) return;
    hoverHead_ = head;
    updateOver();
}

bool RankOverTokensView::isEmpty() const {
    return data_.positions.empty() || data_.ranks.empty();
}

std::vector<double> RankOverTokensView::line(std::size_t head) const {
    std::vector<double> result;
    for (const float value : data_.ranks[head])
        result.push_back(std::isfinite(value) ? value : kNaN);
    return result;
}

std::vector<double> RankOverTokensView::positions() const {
    return {data_.positions.begin(), data_.positions.end()};
}

void RankOverTokensView::rebuild() {
    double largest = 1;
    std::size_t longest = 0;
    for (std::size_t h = 0; h < data_.ranks.size(); ++h) {
        for (const double value : line(h))
            largest = std::isfinite(value) ? std::max(largest, value) : largest;
        longest = h;
    }
    const int end = std::max({data_.tokens, data_.positions.empty() ? 1 : data_.positions.back(), 1});
    setAxes({AxisScale::Linear, 0, static_cast<double>(end), tr("token position"), 64, 0, false},
            {AxisScale::Linear, 0, largest * 1.06, data_.metric, 0, 0, true});
    const QFontMetricsF metrics(scaledFont(font(), TextRole::LabelStrong));
    setRightMargin(metrics.horizontalAdvance(tr("head %1").arg(longest)) + 12 * unit());

    QList<Band> bands;
    QList<Curve> curves;
    const std::vector<double> x = positions();
    if (data_.ranks.size() > kMostSingleLines) {
        std::vector<double> low;
        std::vector<double> middle;
        std::vector<double> high;
        for (std::size_t i = 0; i < x.size(); ++i) {
            std::vector<double> column;
            for (const auto& head : data_.ranks)
                column.push_back(head[i]);
            low.push_back(quantile(column, 0.25));
            middle.push_back(quantile(column, 0.5));
            high.push_back(quantile(column, 0.75));
        }
        bands.append({cutBand(x, low, high, axisRange()), theme().color(Role::Strong, 0.3)});
        QPen pen(theme().color(Role::Ink2), 1.1);
        pen.setDashPattern({4, 3});
        curves.append({cutCurve(x, middle, axisRange()), pen});
    }
    if (!isEmpty()) {
        const QPen pen(theme().color(Role::Ink), 2.2, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin);
        curves.append({cutCurve(x, line(static_cast<std::size_t>(data_.selected)), axisRange()), pen});
    }
    setBands(bands);
    setCurves(curves);
    updateLines();
}

int RankOverTokensView::nearestCaptured(double token) const {
    if (data_.positions.empty()) return -1;
    return *std::min_element(data_.positions.begin(), data_.positions.end(),
                             [&](int a, int b) { return std::abs(a - token) < std::abs(b - token); });
}

double RankOverTokensView::rankAt(std::size_t head, int token) const {
    const auto at = std::find(data_.positions.begin(), data_.positions.end(), token);
    if (at == data_.positions.end() || head >= data_.ranks.size()) return kNaN;
    return data_.ranks[head][static_cast<std::size_t>(at - data_.positions.begin())];
}

void RankOverTokensView::strokeHead(QPainter& painter, std::size_t head, const QPen& pen) const {
    strokeLines(painter, cutCurve(positions(), line(head), axisRange()), pen);
}

void RankOverTokensView::paintUnder(QPainter& painter) {
    if (!(data_.limit > 0 && data_.limit <= yAxis().high)) return;
    QPen pen(theme().color(Role::Strong), 1);
    pen.setDashPattern({1.5, 3});
    painter.setPen(pen);
    const double y = toPixel({0, data_.limit}).y();
    painter.drawLine(QPointF(plotRect().left(), y), QPointF(plotRect().right(), y));
}

QList<PlotView::Curve> RankOverTokensView::faintCurves() const {
    const bool few = data_.ranks.size() <= kMostSingleLines;
    QList<Curve> lines;
    for (std::size_t h = 0; h < data_.ranks.size(); ++h) {
        if (static_cast<int>(h) == data_.selected) continue;
        lines.append({cutCurve(positions(), line(h), axisRange()),
                      QPen(theme().color(Role::Strong, few ? 1 : 0.35), few ? 1.2 : 0.8)});
    }
    return lines;
}

QList<QLineF> RankOverTokensView::guides() const {
    if (data_.token < 0) return {};
    const auto x = static_cast<double>(data_.token);
    return {QLineF(x, yAxis().low, x, yAxis().high)};
}

QList<PlotLabel> RankOverTokensView::labels() const {
    QList<PlotLabel> names;
    for (std::size_t h = 0; h < data_.ranks.size(); ++h) {
        const bool selected = static_cast<int>(h) == data_.selected;
        if (!selected && data_.ranks.size() > kMostSingleLines) continue;
        for (std::size_t i = data_.positions.size(); i-- > 0;) {
            if (!std::isfinite(data_.ranks[h][i])) continue;
            names.append({{static_cast<double>(data_.positions[i]), data_.ranks[h][i]},
                          tr("head %1").arg(h),
                          theme().color(selected ? Role::Ink : Role::Ink2)});
            break;
        }
    }
    return names;
}

void RankOverTokensView::paintOver(QPainter& painter) {
    const double u = unit();
    if (hoverHead_ >= 0 && hoverHead_ < static_cast<int>(data_.ranks.size())
        && hoverHead_ != data_.selected) {
        strokeHead(painter, static_cast<std::size_t>(hoverHead_), QPen(theme().color(Role::Ink2), 2.2));
    }
    // Names at the right ends, apart from each other; with many heads only of those that stand out.
    QList<int> named;
    QList<double> heights;
    for (int h = 0; h < static_cast<int>(data_.ranks.size()); ++h) {
        const bool wanted = data_.ranks.size() <= kMostSingleLines || h == data_.selected || h == hoverHead_;
        const auto& values = data_.ranks[static_cast<std::size_t>(h)];
        const auto last =
            std::find_if(values.rbegin(), values.rend(), [](float value) { return std::isfinite(value); });
        if (!wanted || last == values.rend()) continue;
        named.append(h);
        heights.append(toPixel({0, *last}).y());
    }
    const QFontMetricsF metrics(scaledFont(font(), TextRole::Label));
    const QList<double> spread =
        spreadLabels(heights, metrics.height() * 0.95, plotRect().top(), plotRect().bottom() - 4 * u);
    for (qsizetype i = 0; i < named.size(); ++i) {
        const bool strong = named[i] == data_.selected;
        const QFont font = scaledFont(this->font(), strong ? TextRole::LabelStrong : TextRole::Label);
        painter.setFont(font);
        painter.setPen(theme().color(strong ? Role::Ink : Role::Ink2));
        painter.drawText(QPointF(plotRect().right() + 5 * u, centeredBaseline(font, spread[i])),
                         tr("head %1").arg(named[i]));
    }
    if (hoverToken_ >= 0 && hoverToken_ != data_.token && hoverToken_ <= xAxis().high) {
        QPen pen(theme().color(Role::Accent), 1.2);
        pen.setDashPattern({2.5, 2});
        painter.setPen(pen);
        const double x = std::floor(toPixel({static_cast<double>(hoverToken_), 0}).x()) + 0.5;
        painter.drawLine(QPointF(x, plotRect().top()), QPointF(x, plotRect().bottom()));
    }
    if (data_.token < 0) return;
    const double rank = rankAt(static_cast<std::size_t>(data_.selected), data_.token);
    const QPointF at = toPixel({static_cast<double>(data_.token), std::isfinite(rank) ? rank : 0});
    painter.setPen(QPen(theme().color(Role::Accent), 1.6 * lineFactor()));
    const double x = std::floor(at.x()) + 0.5;
    painter.drawLine(QPointF(x, plotRect().top()), QPointF(x, plotRect().bottom()));
    if (std::isfinite(rank)) {
        painter.setPen(QPen(theme().color(Role::Panel), 1.5));
        painter.setBrush(theme().color(Role::Ink));
        painter.drawEllipse(at, 4.2 * u, 4.2 * u);
    }
    const QFont font = scaledFont(this->font(), TextRole::LabelStrong);
    const QString text = tr("token %1: %2").arg(number_text::integer(data_.token), number_text::rank(rank));
    const double width = QFontMetricsF(font).horizontalAdvance(text);
    double left = x + 6 * u + width > plotRect().right() ? x - 6 * u - width : x + 6 * u;
    left = std::max(left, plotRect().left() + 3 * u);
    drawHaloText(painter, {left, plotRect().bottom() - 7 * u}, text, font, theme().color(Role::Ink),
                 theme().color(Role::Panel));
}

int RankOverTokensView::headAt(const QPointF& pixel) const {
    const auto next = std::lower_bound(data_.positions.begin(), data_.positions.end(), toValue(pixel).x());
    if (next == data_.positions.end() || next == data_.positions.begin()) return -1;
    const auto right = static_cast<std::size_t>(next - data_.positions.begin());
    int nearest = -1;
    double least = kHitDistance * unit();
    for (std::size_t h = 0; h < data_.ranks.size(); ++h) {
        const QPointF a =
            toPixel({static_cast<double>(data_.positions[right - 1]), data_.ranks[h][right - 1]});
        const QPointF b = toPixel({static_cast<double>(data_.positions[right]), data_.ranks[h][right]});
        const double share = (pixel.x() - a.x()) / std::max(b.x() - a.x(), 1e-9);
        const double distance = std::abs(a.y() + share * (b.y() - a.y()) - pixel.y());
        if (distance < least) {  // false for NaN
            least = distance;
            nearest = static_cast<int>(h);
        }
    }
    return nearest;
}

void RankOverTokensView::pick(const QPointF& pixel) {
    const int token = nearestCaptured(toValue(pixel).x());
    if (token == data_.token) return;
    setToken(token);
    Q_EMIT tokenPicked(token);
}

void RankOverTokensView::mousePressEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton || isEmpty()
        || !plotRect().adjusted(-4, -4, 4, 4).contains(event->position())) {
        event->ignore();
        return;
    }
    const int head = headAt(event->position());
    if (head >= 0 && head != data_.selected) {
        Q_EMIT headPicked(head);
        return;
    }
    dragging_ = true;
    pick(event->position());
}

void RankOverTokensView::mouseMoveEvent(QMouseEvent* event) {
    if (isEmpty()) return;
    if (dragging_) {
        pick(event->position());
        return;
    }
    const bool inside = plotRect().contains(event->position());
    const int head = inside ? headAt(event->position()) : -1;
    if (head != hoverHead_) {
        setHoverHead(head);
        Q_EMIT headHovered(head);
    }
    hoverAt(inside ? nearestCaptured(toValue(event->position()).x()) : -1);
}

void RankOverTokensView::hoverAt(int token) {
    if (token == hoverToken_) return;
    setHoverToken(token);
    Q_EMIT tokenHovered(token);
    if (token < 0) {
        Q_EMIT readoutChanged({});
        return;
    }
    const int head = hoverHead_ >= 0 ? hoverHead_ : data_.selected;
    Q_EMIT readoutChanged(tr("Layer %1 · head %2 · token %3 · %4 %5")
                              .arg(data_.layer)
                              .arg(head)
                              .arg(number_text::integer(token), data_.metric,
                                   number_text::rank(rankAt(static_cast<std::size_t>(head), token))));
}

void RankOverTokensView::mouseReleaseEvent(QMouseEvent* event) {
    if (event->button() == Qt::LeftButton) dragging_ = false;
}

void RankOverTokensView::leaveEvent(QEvent* event) {
    PlotView::leaveEvent(event);
    hoverAt(-1);
    if (hoverHead_ < 0) return;
    setHoverHead(-1);
    Q_EMIT headHovered(-1);
}

void RankOverTokensView::keyPressEvent(QKeyEvent* event) {
    const int step = event->key() == Qt::Key_Right ? 1 : event->key() == Qt::Key_Left ? -1 : 0;
    if (step == 0 || isEmpty()) {
        event->ignore();
        return;
    }
    const auto at = std::find(data_.positions.begin(), data_.positions.end(), data_.token);
    const auto index = at == data_.positions.end() ? 0 : at - data_.positions.begin() + step;
    const auto last = static_cast<std::ptrdiff_t>(data_.positions.size()) - 1;
    const int token = data_.positions[static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(index, 0, last))];
    if (token == data_.token) return;
    setToken(token);
    Q_EMIT tokenPicked(token);
}

std::unique_ptr<PlotView> RankOverTokensView::copy() const {
    auto twin = std::make_unique<RankOverTokensView>();
    twin->setData(data_);
    copyLookTo(*twin);
    return twin;
}

ColumnTable RankOverTokensView::table() const {
    ColumnTable result;
    result.columns.append({tr("token position"), {}, {}});
    for (std::size_t h = 0; h < data_.ranks.size(); ++h) {
        result.columns.append({tr("%1 of head %2").arg(data_.metric).arg(h), {}, number_text::rank});
    }
    for (std::size_t i = 0; i < data_.positions.size(); ++i) {
        QList<QVariant> row{data_.positions[i]};
        for (const auto& head : data_.ranks)
            row.append(std::isfinite(head[i]) ? QVariant(head[i]) : QVariant());
        result.rows.append(row);
    }
    return result;
}

QString RankOverTokensView::describe() const {
    if (isEmpty()) return tr("No ranks.");
    const auto selected = static_cast<std::size_t>(data_.selected);
    const double first = data_.ranks[selected].front();
    const double last = data_.ranks[selected].back();
    QString text = tr("%1 heads at %2 tokens; head %3 goes from %4 to %5")
                       .arg(data_.ranks.size())
                       .arg(data_.positions.size())
                       .arg(data_.selected)
                       .arg(number_text::rank(first), number_text::rank(last));
    if (data_.token >= 0)
        text +=
            tr("; at token %1: %2").arg(data_.token).arg(number_text::rank(rankAt(selected, data_.token)));
    return text + QLatin1Char('.');
}

}  // namespace rankscope::gui
