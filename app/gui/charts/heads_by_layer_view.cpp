// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/charts/heads_by_layer_view.hpp"

#include "app/gui/charts/chart_text.hpp"
#include "app/gui/charts/hit_test.hpp"
#include "app/gui/theme/color_map.hpp"
#include "app/gui/theme/fonts.hpp"
#include "app/gui/theme/number_text.hpp"

#include <QFontMetricsF>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace rankscope::gui {

double largestGap(std::span<const float> values) {
    std::vector<double> logs;
    for (const float value : values) {
        if (std::isfinite(value) && value > 0) logs.push_back(std::log(static_cast<double>(value)));
    }
    std::sort(logs.begin(), logs.end());
    double widest = 0;
    double split = std::numeric_limits<double>::quiet_NaN();
    for (std::size_t i = 1; i < logs.size(); ++i) {
        if (logs[i] - logs[i - 1] <= widest) continue;
        widest = logs[i] - logs[i - 1];
        split = std::exp((logs[i] + logs[i - 1]) / 2);
    }
    return split;
}

namespace {

// Places in the sorted order from 0 on; equal values share the mean of theirs.
std::vector<double> places(const std::vector<float>& values) {
    std::vector<std::size_t> order(values.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, {}, [&](std::size_t i) { return values[i]; });
    std::vector<double> result(values.size());
    for (std::size_t from = 0; from < order.size();) {
        std::size_t to = from;
        while (to < order.size() && values[order[to]] == values[order[from]])
            ++to;
        for (std::size_t i = from; i < to; ++i)
            result[order[i]] = (static_cast<double>(from) + static_cast<double>(to) - 1) / 2;
        from = to;
    }
    return result;
}

}  // namespace

double spearman(std::span<const float> a, std::span<const float> b) {
    std::vector<float> x, y;
    for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
        if (std::isnan(a[i]) || std::isnan(b[i])) continue;
        x.push_back(a[i]);
        y.push_back(b[i]);
    }
    if (x.size() < 3) return std::numeric_limits<double>::quiet_NaN();
    const std::vector<double> p = places(x), q = places(y);
    const double mean = (static_cast<double>(p.size()) - 1) / 2;
    double both = 0, ofX = 0, ofY = 0;
    for (std::size_t i = 0; i < p.size(); ++i) {
        both += (p[i] - mean) * (q[i] - mean);
        ofX += (p[i] - mean) * (p[i] - mean);
        ofY += (q[i] - mean) * (q[i] - mean);
    }
    return both / std::sqrt(ofX * ofY);
}

HeadsByLayerView::HeadsByLayerView(QWidget* parent) : PlotView(parent) {
    setAccessibleName(tr("Heads by layer"));
    refresh();
}

void HeadsByLayerView::setData(const HeadsByLayerData& data) {
    data_ = data;
    setAccessibleName(tr("%1 of every head, by layer").arg(data.metric));
    refresh();
}

void HeadsByLayerView::setSelected(int layer, int head) {
    data_.layer = layer;
    data_.head = head;
    updateUnder(rect());
    updateOver();
}

void HeadsByLayerView::setHover(int layer, int head) {
    if (layer == hoverLayer_ && head == hoverHead_) return;
    hoverLayer_ = layer;
    hoverHead_ = head;
    updateOver();
}

bool HeadsByLayerView::isEmpty() const {
    return marks_.empty();
}

void HeadsByLayerView::rebuild() {
    marks_.clear();
    std::vector<float> pooled;
    double largest = 1;
    for (std::size_t l = 0; l < data_.ranks.size(); ++l) {
        for (std::size_t h = 0; h < data_.ranks[l].size(); ++h) {
            const float rank = data_.ranks[l][h];
            if (!std::isfinite(rank)) continue;
            marks_.push_back({static_cast<int>(l), static_cast<int>(h), rank});
            pooled.push_back(rank);
            largest = std::max(largest, static_cast<double>(rank));
        }
    }
    if (!dragging_) split_ = std::isnan(data_.split) ? largestGap(pooled) : data_.split;
    if (isScatter()) {
        std::vector<float> early, late;
        double right = 1, top = 1;
        // Only what has both numbers has a place.
        std::erase_if(marks_, [&](const Mark& mark) {
            const QPointF at = placeOf(mark.layer, mark.head);
            return !std::isfinite(at.x()) || !std::isfinite(at.y());
        });
        for (const Mark& mark : marks_) {
            const QPointF at = placeOf(mark.layer, mark.head);
            early.push_back(static_cast<float>(at.x()));
            late.push_back(static_cast<float>(at.y()));
            right = std::max(right, at.x());
            top = std::max(top, at.y());
        }
        correlation_ = spearman(early, late);
        setAxes({AxisScale::Linear, 0, right * 1.06, data_.earlyTitle, 0, 0, false},
                {AxisScale::Linear, 0, top * 1.06, data_.lateTitle, 0, 0, true});
        return;
    }
    const double layers = std::max(1.0, static_cast<double>(data_.ranks.size()));
    setAxes({AxisScale::Linear, -0.6, layers - 0.4, tr("layer"), 1, 0, false, 26, true},
            {AxisScale::Linear, 0, largest * 1.06, data_.metric, 0, 0, true});
}

int HeadsByLayerView::highCount() const {
    return static_cast<int>(
        std::count_if(marks_.begin(), marks_.end(), [&](const Mark& mark) { return !(mark.rank < split_); }));
}

int HeadsByLayerView::lowCount() const {
    return static_cast<int>(marks_.size()) - highCount();
}

QColor HeadsByLayerView::color(bool high) const {
    // The two sides of the diverging map, far enough out to stand on the panel.
    const QList<QRgb>& map = divergingColors(theme());
    const qsizetype fromEnd = map.size() / 10;
    return QColor::fromRgb(high ? map[fromEnd] : map[map.size() - 1 - 2 * fromEnd]);
}

QList<LegendEntry> HeadsByLayerView::legend() const {
    if (isEmpty()) return {};
    return {{LegendEntry::Sign::TriangleUp, color(true), 1, {}, tr("%1 high").arg(highCount())},
            {LegendEntry::Sign::TriangleDown, color(false), 1, {}, tr("%1 low").arg(lowCount())}};
}

QPointF HeadsByLayerView::headPixel(int layer, int head) const {
    return toPixel(placeOf(layer, head));
}

QList<PlotMarks> HeadsByLayerView::marks() const {
    PlotMarks groups[2];
    for (const bool high : {true, false}) {
        PlotMarks& group = groups[high ? 0 : 1];
        group.shape = high ? PlotMarks::Shape::TriangleUp : PlotMarks::Shape::TriangleDown;
        group.color = color(high);
        for (const Mark& mark : marks_) {
            if (high == !(mark.rank < split_)) group.points.append(placeOf(mark.layer, mark.head));
        }
    }
    return {groups[0], groups[1]};
}

QList<QLineF> HeadsByLayerView::guides() const {
    // Where nothing changes between the two tokens.
    if (isScatter()) {
        const double end = std::min(xAxis().high, yAxis().high);
        return {QLineF(0, 0, end, end)};
    }
    if (!std::isfinite(split_) || split_ > yAxis().high) return {};
    return {QLineF(xAxis().low, split_, xAxis().high, split_)};
}

QPointF HeadsByLayerView::placeOf(int layer, int head) const {
    if (isScatter()) {
        const auto value = [&](const std::vector<std::vector<float>>& of) {
            const auto l = static_cast<std::size_t>(layer);
            const auto h = static_cast<std::size_t>(head);
            return l < of.size() && h < of[l].size() ? static_cast<double>(of[l][h])
                                                     : std::numeric_limits<double>::quiet_NaN();
        };
        return {value(data_.early), value(data_.late)};
    }
    const auto& heads = data_.ranks.at(static_cast<std::size_t>(layer));
    const auto count = static_cast<double>(heads.size());
    const double aside = (head - (count - 1) / 2) * 0.62 / std::max(count, 1.0);
    return {layer + aside, heads.at(static_cast<std::size_t>(head))};
}

void HeadsByLayerView::paintUnder(QPainter& painter) {
    if (isScatter()) {
        QPen pen(theme().color(Role::Strong), 1);
        pen.setDashPattern({1.5, 2.5});
        painter.setPen(pen);
        for (const QLineF& line : guides())
            painter.drawLine(toPixel(line.p1()), toPixel(line.p2()));
        return;
    }
    if (data_.layer < 0 || data_.layer >= static_cast<int>(data_.ranks.size())) return;
    const double left = toPixel({data_.layer - 0.45, 0}).x();
    const double right = toPixel({data_.layer + 0.45, 0}).x();
    painter.fillRect(QRectF(left, plotRect().top(), right - left, plotRect().height()),
                     theme().color(Role::Select));
}

void HeadsByLayerView::paintOver(QPainter& painter) {
    const double u = unit();
    if (isScatter() && std::isfinite(correlation_)) {
        const QFont font = scaledFont(this->font(), TextRole::LabelStrong);
        drawHaloText(painter, plotRect().topLeft() + QPointF(8 * u, QFontMetricsF(font).ascent() + 2 * u),
                     tr("Spearman ρ = %1").arg(number_text::fixed(correlation_, 2)), font,
                     theme().color(Role::Ink), theme().color(Role::Panel));
    }
    if (!isScatter() && std::isfinite(split_) && split_ <= yAxis().high) {
        const double y = std::floor(toPixel({0, split_}).y()) + 0.5;
        QPen pen(theme().color(dragging_ ? Role::Accent : Role::Strong), dragging_ ? 1.6 : 1);
        pen.setDashPattern({5, 3});
        painter.setPen(pen);
        painter.drawLine(QPointF(plotRect().left(), y), QPointF(plotRect().right(), y));
    }
    const auto draw = [&](const Mark& mark, double size, const QColor& fill) {
        painter.save();
        painter.translate(headPixel(mark.layer, mark.head));
        if (mark.rank < split_) painter.rotate(180);
        const QPainterPath path = markerPath(Method::SWanda, size * u);
        painter.strokePath(path, QPen(theme().color(Role::Panel), 1));
        painter.fillPath(path, fill);
        painter.restore();
    };
    // Many layers or heads: smaller marks.
    const double room = isScatter() ? 30 * u : plotRect().width() / std::max(xAxis().high - xAxis().low, 1.0);
    const double size = room > 40 * u ? 8 : room > 20 * u ? 6.5 : 5;
    for (const Mark& mark : marks_) {
        const bool selected = mark.layer == data_.layer && mark.head == data_.head;
        const bool hovered = mark.layer == hoverLayer_ && mark.head == hoverHead_;
        if (!selected && !hovered) draw(mark, size, color(!(mark.rank < split_)));
    }
    for (const Mark& mark : marks_) {
        const bool selected = mark.layer == data_.layer && mark.head == data_.head;
        const bool hovered = mark.layer == hoverLayer_ && mark.head == hoverHead_;
        if (selected || hovered) draw(mark, 1.35 * size, theme().color(selected ? Role::Ink : Role::Ink2));
        if (!hovered) continue;
        QList<CardRow> rows{{data_.metric, number_text::rank(mark.rank)}};
        if (isScatter()) {
            const QPointF at = placeOf(mark.layer, mark.head);
            rows = {{data_.earlyTitle, number_text::rank(at.x())},
                    {data_.lateTitle, number_text::rank(at.y())}};
        }
        const QString title = tr("Layer %1, head %2").arg(mark.layer).arg(mark.head);
        drawCard(
            painter,
            placeCard(cardSize(title, rows, font()), headPixel(mark.layer, mark.head), 12 * u, plotRect()),
            title, rows, font(), theme());
    }
}

const HeadsByLayerView::Mark* HeadsByLayerView::markAt(const QPointF& pixel) const {
    QList<QPointF> points;
    for (const Mark& mark : marks_)
        points.append(headPixel(mark.layer, mark.head));
    const qsizetype hit = nearestPoint(points, pixel, 9 * unit());
    return hit < 0 ? nullptr : &marks_[static_cast<std::size_t>(hit)];
}

bool HeadsByLayerView::onSplit(const QPointF& pixel) const {
    return !isScatter() && std::isfinite(split_) && plotRect().contains(pixel)
           && std::abs(toPixel({0, split_}).y() - pixel.y()) < 5 * unit();
}

void HeadsByLayerView::hover(const Mark* mark) {
    const int layer = mark == nullptr ? -1 : mark->layer;
    const int head = mark == nullptr ? -1 : mark->head;
    if (layer == hoverLayer_ && head == hoverHead_) return;
    setHover(layer, head);
    Q_EMIT headHovered(layer, head);
    Q_EMIT readoutChanged(mark == nullptr ? QString()
                                          : tr("Layer %1 · head %2 · %3 %4")
                                                .arg(layer)
                                                .arg(head)
                                                .arg(data_.metric, number_text::rank(mark->rank)));
}

void HeadsByLayerView::mousePressEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton) {
        event->ignore();
        return;
    }
    if (const Mark* mark = markAt(event->position())) {
        // A copy: who listens may set new data.
        const Mark picked = *mark;
        setSelected(picked.layer, picked.head);
        Q_EMIT headPicked(picked.layer, picked.head);
    } else if (onSplit(event->position())) {
        dragging_ = true;
        updateOver();
    }
}

void HeadsByLayerView::mouseMoveEvent(QMouseEvent* event) {
    if (dragging_) {
        split_ = std::clamp(toValue(event->position()).y(), 0.0, yAxis().high);
        data_.split = split_;
        refresh();
        Q_EMIT splitMoved(split_);
        return;
    }
    const Mark* mark = markAt(event->position());
    viewport()->setCursor(mark == nullptr && onSplit(event->position()) ? Qt::SplitVCursor : Qt::ArrowCursor);
    hover(mark);
}

void HeadsByLayerView::mouseReleaseEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton || !dragging_) return;
    dragging_ = false;
    updateOver();
}

void HeadsByLayerView::mouseDoubleClickEvent(QMouseEvent* event) {
    if (const Mark* mark = markAt(event->position())) Q_EMIT headActivated(mark->layer, mark->head);
}

void HeadsByLayerView::leaveEvent(QEvent* event) {
    PlotView::leaveEvent(event);
    hover(nullptr);
}

std::unique_ptr<PlotView> HeadsByLayerView::copy() const {
    auto twin = std::make_unique<HeadsByLayerView>();
    HeadsByLayerData data = data_;
    data.split = split_;
    twin->setData(data);
    copyLookTo(*twin);
    return twin;
}

ColumnTable HeadsByLayerView::table() const {
    ColumnTable result;
    result.columns = {{tr("layer"), {}, {}},
                      {tr("head"), {}, {}},
                      {data_.metric, {}, number_text::rank},
                      {tr("group"), {}, {}}};
    if (isScatter()) {
        result.columns.append({data_.earlyTitle, {}, number_text::rank});
        result.columns.append({data_.lateTitle, {}, number_text::rank});
    }
    for (const Mark& mark : marks_) {
        result.rows.append({mark.layer, mark.head, static_cast<float>(mark.rank),
                            mark.rank < split_ ? tr("low") : tr("high")});
        if (!isScatter()) continue;
        const QPointF at = placeOf(mark.layer, mark.head);
        result.rows.last() << static_cast<float>(at.x()) << static_cast<float>(at.y());
    }
    return result;
}

QString HeadsByLayerView::describe() const {
    if (isEmpty()) return tr("No ranks.");
    if (isScatter())
        return tr("%1 against %2 of %3 heads; Spearman's correlation %4.")
            .arg(data_.lateTitle, data_.earlyTitle)
            .arg(marks_.size())
            .arg(number_text::fixed(correlation_, 2));
    const auto [least, most] = std::minmax_element(
        marks_.begin(), marks_.end(), [](const Mark& a, const Mark& b) { return a.rank < b.rank; });
    return tr("%1 of %2 heads from %3 to %4; %5 high and %6 low, split at %7.")
        .arg(data_.metric)
        .arg(marks_.size())
        .arg(number_text::rank(least->rank), number_text::rank(most->rank))
        .arg(highCount())
        .arg(lowCount())
        .arg(number_text::rank(split_));
}

}  // namespace rankscope::gui
