// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/charts/tradeoff_view.hpp"

#include "app/gui/theme/number_text.hpp"

#include <QSet>

#include <algorithm>
#include <cmath>

namespace rankscope::gui {
namespace {

constexpr int kLeastLine = 3;  // a method with fewer points has no line, but a row in the legend

}  // namespace

TradeoffView::TradeoffView(QWidget* parent) : PlotView(parent) {
    setAccessibleName(tr("Trade-off"));
    refresh();
}

void TradeoffView::setData(const TradeoffData& data) {
    data_ = data;
    refresh();
}

void TradeoffView::setX(TradeoffX x) {
    data_.x = x;
    zoom_.reset();
    refresh();
}

void TradeoffView::setDot(const TradeoffDot& dot) {
    const auto found = std::find_if(data_.dots.begin(), data_.dots.end(),
                                    [&](const TradeoffDot& other) { return other.id == dot.id; });
    if (found == data_.dots.end()) {
        data_.dots.append(dot);
        refresh();
        return;
    }
    // Lines and range hang on exact and uniform dots only.
    const bool light =
        !dot.uniform && !found->uniform && dot.state != PlanState::Exact && found->state != PlanState::Exact;
    const std::optional<QRectF> before = paintedAlone(*found);
    *found = dot;
    if (!light) {
        refresh();
        return;
    }
    const std::optional<QRectF> after = paintedAlone(dot);
    if (before && after) {
        updateOver(*before);
        updateOver(*after);
    } else {
        updateOver();
    }
    if (hasTableModel()) tableModel()->setTable(table());
}

void TradeoffView::setSelected(const QString& id) {
    data_.selected = id;
    updateOver();
}

void TradeoffView::setHover(const QString& id) {
    if (id == hover_) return;
    hover_ = id;
    updateOver();
}

void TradeoffView::resetZoom() {
    zoom_.reset();
    refresh();
}

bool TradeoffView::isEmpty() const {
    return data_.dots.isEmpty();
}

const TradeoffDot* TradeoffView::find(const QString& id) const {
    if (id.isEmpty()) return nullptr;
    for (const TradeoffDot& dot : data_.dots) {
        if (dot.id == id) return &dot;
    }
    return nullptr;
}

const TradeoffDot* TradeoffView::fullModel() const {
    for (const TradeoffDot& dot : data_.dots) {
        if (dot.method == Method::FullModel) return &dot;
    }
    return nullptr;
}

double TradeoffView::xOf(const TradeoffDot& dot) const {
    const double x = tradeoffX(dot, data_.x);
    return data_.x == TradeoffX::StateSize ? x / stateUnit_ : x;
}

double TradeoffView::qualityOf(const TradeoffDot& dot) const {
    // Without a number the dot waits at the baseline.
    const TradeoffDot* full = fullModel();
    return std::isfinite(dot.quality) || full == nullptr ? dot.quality : full->quality;
}

QPointF TradeoffView::pixelOf(const TradeoffDot& dot) const {
    return toPixel({xOf(dot), qualityOf(dot)});
}

bool TradeoffView::isShown(const TradeoffDot& dot) const {
    const double x = xOf(dot);
    const double y = qualityOf(dot);
    return x >= xAxis().low && x <= xAxis().high && y >= yAxis().low && y <= yAxis().high;
}

QPointF TradeoffView::dotPixel(const QString& id) const {
    const TradeoffDot* dot = find(id);
    return dot != nullptr && isShown(*dot) ? pixelOf(*dot) : QPointF();
}

std::optional<QRectF> TradeoffView::paintedAlone(const TradeoffDot& dot) const {
    const bool named =
        dot.id == hover_ || dot.id == data_.selected || dot.id == data_.pinA || dot.id == data_.pinB;
    if (!isShown(dot) || dot.recovered || named || (data_.hideCurrent && dot.id == data_.current)) return {};
    const QPointF at = pixelOf(dot);
    const double reach = 13 * unit() + 2;
    QRectF painted(at.x() - reach, at.y() - reach, 2 * reach, 2 * reach);
    if (std::isfinite(dot.standardError)) {  // its bar may reach from edge to edge
        painted.setTop(std::min(painted.top(), plotRect().top()));
        painted.setBottom(std::max(painted.bottom(), plotRect().bottom()));
    }
    return painted;
}

int TradeoffView::countBeyond() const {
    return static_cast<int>(std::count_if(data_.dots.begin(), data_.dots.end(), [&](const TradeoffDot& dot) {
        const double x = xOf(dot);
        return dot.quality > yAxis().high && x >= xAxis().low && x <= xAxis().high;
    }));
}

QRectF TradeoffView::dataRange() const {
    double left = std::numeric_limits<double>::infinity();
    double right = -left;
    double low = left;
    double high = -left;
    for (const TradeoffDot& dot : data_.dots) {
        const double x = xOf(dot);
        if (std::isfinite(x)) {
            left = std::min(left, x);
            right = std::max(right, x);
        }
        if (std::isfinite(dot.quality)) {
            low = std::min(low, dot.quality);
            // With the whisker; what is still measured would move the axis.
            const bool still = dot.state == PlanState::Exact && std::isfinite(dot.standardError);
            high = std::max(high, dot.quality + (still && data_.lowerIsBetter ? dot.standardError : 0));
        }
    }
    if (!(left <= right)) {
        left = 0;
        right = 1;
    }
    if (!(low <= high)) {
        low = 0;
        high = 1;
    }
    // Sizes start at zero. Speeds and parameters differ by less than their own size.
    if (data_.x == TradeoffX::StateSize) {
        left = 0;
        right *= 1.06;
    } else {
        const double pad = std::max((right - left) * 0.1, std::abs(right) * 0.005);
        left = std::max(0.0, left - pad);
        right += pad;
    }
    const TradeoffDot* full = fullModel();
    if (data_.lowerIsBetter && full != nullptr && std::isfinite(full->quality) && full->quality > 0) {
        low = 0.972 * full->quality;
        high = std::min(1.3 * full->quality, std::max(high + 0.05 * (high - low), 1.02 * full->quality));
    } else {
        const double pad = std::max((high - low) * 0.08, std::max(std::abs(high), 1e-6) * 0.01);
        low -= pad;
        high += pad;
    }
    return {left, low, std::max(right - left, 1e-9), high - low};
}

QList<TradeoffView::MethodLine> TradeoffView::methodLines() const {
    QList<MethodLine> lines;
    for (const TradeoffDot& dot : data_.dots) {
        if (!dot.uniform || dot.recovered || !std::isfinite(dot.quality) || !std::isfinite(xOf(dot)))
            continue;
        auto line = std::find_if(lines.begin(), lines.end(),
                                 [&](const MethodLine& l) { return l.name == methodNameOf(dot); });
        if (line == lines.end())
            line = lines.insert(lines.end(), MethodLine{dot.method, methodNameOf(dot), {}});
        line->dots.append(&dot);
    }
    erase_if(lines, [](const MethodLine& line) { return line.dots.size() < kLeastLine; });
    for (MethodLine& line : lines) {
        std::stable_sort(line.dots.begin(), line.dots.end(),
                         [&](const TradeoffDot* a, const TradeoffDot* b) { return xOf(*a) < xOf(*b); });
    }
    return lines;
}

QString TradeoffView::otherRunsNote() const {
    if (data_.x != TradeoffX::DecodeSpeed && data_.x != TradeoffX::PrefillSpeed) return {};
    const auto count = std::count_if(data_.dots.begin(), data_.dots.end(), [](const TradeoffDot& dot) { return dot.otherRun; });
    if (count == 0) return {};
    return count == 1 ? tr("1 plan of another run not shown") : tr("%1 plans of other runs not shown").arg(count);
}

void TradeoffView::rebuild() {
    constexpr double kMiB = 1024;
    const auto large = [](const TradeoffDot& dot) { return dot.stateKib >= 4 * kMiB; };
    stateUnit_ = std::any_of(data_.dots.begin(), data_.dots.end(), large) ? kMiB : 1;
    const QRectF range = zoom_.value_or(dataRange());
    QString title;
    double step = 0;
    const TradeoffDot* full = fullModel();
    switch (data_.x) {
        case TradeoffX::StateSize:
            title = stateUnit_ > 1 ? tr("recurrent state per sequence, MiB")
                                   : tr("recurrent state per sequence, KiB");
            // Quarters of the full state: where the sweeps stand.
            step = full != nullptr && full->stateKib >= 4 && std::isfinite(full->stateKib)
                       ? full->stateKib / stateUnit_ / 4
                       : 0;
            break;
        case TradeoffX::DecodeSpeed:
            title = tr("decode speed, tokens/s");
            break;
        case TradeoffX::PrefillSpeed:
            title = tr("prefill speed, tokens/s");
            break;
        case TradeoffX::Parameters:
            title = tr("parameters, millions");
            break;
    }
    if (const QString note = otherRunsNote(); !note.isEmpty()) title += QStringLiteral("  (%1)").arg(note);
    setAxes({AxisScale::Linear, range.left(), range.right(), title, step, 0, false},
            {AxisScale::Linear, range.top(), range.bottom(), data_.qualityTitle, 0, 0, true});

    QList<Curve> curves;
    const auto add = [&](const QList<const TradeoffDot*>& dots, const QPen& pen) {
        std::vector<double> x;
        std::vector<double> y;
        for (const TradeoffDot* dot : dots) {
            x.push_back(xOf(*dot));
            y.push_back(dot->quality);
        }
        curves.append({cutCurve(x, y, axisRange()), pen});
    };
    for (const MethodLine& line : methodLines()) {
        QColor color = theme().color(line.method);
        color.setAlphaF(0.45F);
        add(line.dots, QPen(color, 1.1));
    }
    for (const bool recovered : {false, true}) {
        QList<const TradeoffDot*> front;
        if (!data_.front) break;
        for (const QString& id : paretoFront(data_, recovered))
            front.append(find(id));
        if (!front.isEmpty())
            add(front, QPen(theme().color(Role::Ink), recovered ? 0.9 : 1.6, Qt::SolidLine, Qt::RoundCap,
                            Qt::RoundJoin));
    }
    setCurves(curves);
}

QList<LegendEntry> TradeoffView::legend() const {
    if (isEmpty()) return {};
    const auto state = [&](PlanState s, double fraction) {
        return LegendEntry{LegendEntry::Sign::Marker,
                           {},
                           1,
                           {Method::Drrqr, s, fraction, false, theme().color(Role::Ink2)},
                           planStateName(s)};
    };
    QList<LegendEntry> entries{state(PlanState::Estimate, 0), state(PlanState::Measuring, 0.5),
                               state(PlanState::Exact, 1)};
    if (data_.front)
        entries.append({LegendEntry::Sign::Line, theme().color(Role::Ink), 1.6, {}, tr("Pareto front")});
    QSet<QString> named{methodName(Method::FullModel)};
    for (const MethodLine& line : methodLines())
        named.insert(line.name);
    for (const TradeoffDot& dot : data_.dots) {
        if (named.contains(methodNameOf(dot))) continue;
        named.insert(methodNameOf(dot));
        entries.append({LegendEntry::Sign::Marker,
                        {},
                        1,
                        {dot.method, PlanState::Exact, 1, false, {}},
                        methodNameOf(dot)});
    }
    return entries;
}

QList<PlotMarks> TradeoffView::marks() const {
    QList<PlotMarks> groups;
    for (const TradeoffDot& dot : data_.dots) {
        if (!isShown(dot) || (data_.hideCurrent && dot.id == data_.current)) continue;
        const bool hollow = dot.state != PlanState::Exact || dot.recovered;
        auto group = std::find_if(groups.begin(), groups.end(), [&](const PlotMarks& marks) {
            return marks.method == dot.method && marks.hollow == hollow;
        });
        if (group == groups.end()) {
            group = groups.insert(groups.end(), PlotMarks{});
            group->method = dot.method;
            group->hollow = hollow;
            group->color = theme().color(dot.method);
            if (dot.method == Method::FullModel) group->size = 7;
        }
        group->points.append({xOf(dot), qualityOf(dot)});
    }
    return groups;
}

QList<PlotLabel> TradeoffView::labels() const {
    QList<PlotLabel> names;
    for (const MethodLine& line : methodLines()) {
        const auto shown = std::find_if(line.dots.begin(), line.dots.end(),
                                        [&](const TradeoffDot* dot) { return isShown(*dot); });
        if (shown != line.dots.end())
            names.append({{xOf(**shown), (*shown)->quality}, line.name, theme().color(line.method), true});
    }
    return names;
}

QList<QLineF> TradeoffView::guides() const {
    const TradeoffDot* full = fullModel();
    if (full == nullptr || !(full->quality >= yAxis().low && full->quality <= yAxis().high)) return {};
    return {QLineF(xAxis().low, full->quality, xAxis().high, full->quality)};
}

std::unique_ptr<PlotView> TradeoffView::copy() const {
    auto twin = std::make_unique<TradeoffView>();
    twin->zoom_ = zoom_;
    twin->setData(data_);
    copyLookTo(*twin);
    return twin;
}

ColumnTable TradeoffView::table() const {
    ColumnTable result;
    const auto whole = [](double value) { return number_text::fixed(value, 0); };
    result.columns = {
        {tr("plan"), {}, {}},
        {tr("method"), {}, {}},
        {tr("known"), {}, {}},
        {data_.qualityTitle, {}, number_text::perplexity},
        {tr("difference to full model"), {}, number_text::perplexityDelta},
        {tr("standard error of the difference"),
         {},
         [](double value) { return number_text::fixed(value, 2); }},
        {tr("state"), tr("KiB"), [](double value) { return number_text::significant(value, 3); }},
        {tr("decode"), tr("tokens/s"), whole},
        {tr("prefill"), tr("tokens/s"), whole},
        {tr("parameters"), {}, [](double value) { return number_text::integer(static_cast<qint64>(value)); }},
        {tr("speed is"), {}, {}}};
    const auto number = [](double value) { return std::isfinite(value) ? QVariant(value) : QVariant(); };
    for (const TradeoffDot& dot : data_.dots) {
        // While a question is open the table gives nothing away either.
        const bool hidden = data_.hideCurrent && dot.id == data_.current;
        QString known = planStateName(dot.state);
        if (dot.state == PlanState::Measuring) known += QLatin1Char(' ') + number_text::percent(dot.fraction);
        result.rows.append({dot.name, methodNameOf(dot), known, hidden ? QVariant() : number(dot.quality),
                            hidden ? QVariant() : number(dot.delta),
                            hidden ? QVariant() : number(dot.standardError), number(dot.stateKib),
                            number(dot.decodeSpeed), number(dot.prefillSpeed), number(dot.parameters),
                            dot.otherRun ? tr("%1, another run").arg(dot.provenance) : dot.provenance});
    }
    return result;
}

QString TradeoffView::describe() const {
    if (isEmpty()) return tr("No plans.");
    QString text = tr("%1 plans").arg(data_.dots.size());
    if (const TradeoffDot* full = fullModel())
        text += tr("; full model %1 %2").arg(data_.qualityTitle, number_text::perplexity(full->quality));
    const TradeoffDot* current = find(data_.current);
    if (current != nullptr && !data_.hideCurrent) {
        text += tr("; current plan %1, %2: %3 %4")
                    .arg(current->name, planStateName(current->state), data_.qualityTitle,
                         number_text::perplexity(current->quality));
        if (std::isfinite(current->standardError))
            text += QLatin1Char(' ') + number_text::plusMinus(current->standardError);
    }
    if (const int beyond = countBeyond())
        text += tr("; %1 above %2").arg(beyond).arg(number_text::significant(yAxis().high, 3));
    if (const QString note = otherRunsNote(); !note.isEmpty()) text += QStringLiteral("; ") + note;
    return text + QLatin1Char('.');
}

}  // namespace rankscope::gui
