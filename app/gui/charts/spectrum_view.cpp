// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/charts/spectrum_view.hpp"

#include "app/gui/theme/number_text.hpp"

#include <QPen>

#include <algorithm>
#include <cmath>
#include <limits>

namespace rankscope::gui {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

}  // namespace

SpectrumView::SpectrumView(QWidget* parent) : PlotView(parent) {
    setAccessibleName(tr("Singular values"));
    refresh();
}

void SpectrumView::setData(const SpectrumData& data) {
    data_ = data;
    data_.floor = std::clamp(data.floor, 1e-12, 1e-3);
    if (data_.heads.empty()) {
        data_.selected = 0;
    } else {
        data_.selected = std::clamp(data.selected, 0, static_cast<int>(data.heads.size()) - 1);
    }
    if (!cut_.isDragging()) cut_.value = data.kept;
    cut_.count = data.channels;
    cut_.snap = data.snap;
    cut_.movable = data.cutMovable;
    pinned_.clear();
    setAccessibleName(tr("Singular values of layer %1").arg(data.layer));
    refresh();
}

void SpectrumView::setQuantity(SpectrumQuantity quantity) {
    quantity_ = quantity;
    refresh();
}

void SpectrumView::setLogIndex(bool log) {
    logIndex_ = log;
    refresh();
}

void SpectrumView::setKept(int kept) {
    data_.kept = kept;
    if (kept != cut_.value) moveCut(kept);
}

void SpectrumView::setAfterPruning(const std::vector<float>& values, bool captured) {
    const bool legendChanges =
        data_.afterPruning.empty() != values.empty() || data_.afterPruningCaptured != captured;
    data_.afterPruning = values;
    data_.afterPruningCaptured = captured;
    if (legendChanges) {
        refresh();
        return;
    }
    setLiveCurves(afterPruningCurves());
    if (hasTableModel()) tableModel()->setTable(table());
}

void SpectrumView::setCutHeld(bool held) {
    if (cut_.held == held) return;
    cut_.held = held;
    updateOver(cut_.paintedRect(cutX(), plotRect(), font()));
}

void SpectrumView::setHoverIndex(int index) {
    const int held = std::clamp(index, 0, length_);
    if (held == hover_) return;
    hover_ = held;
    updateOver();
}

void SpectrumView::setHoverHead(int head) {
    if (head == hoverHead_) return;
    hoverHead_ = head;
    updateOver();
}

bool SpectrumView::isEmpty() const {
    return length_ == 0;
}

double SpectrumView::scaleOf(const std::vector<float>& sigma) const {
    double scale = 0;
    for (const float value : sigma) {
        if (std::isfinite(value)) scale = std::max(scale, static_cast<double>(value));
    }
    return scale;
}

std::vector<double> SpectrumView::shown(const std::vector<float>& sigma, double scale) const {
    std::vector<double> result;
    result.reserve(sigma.size());
    if (quantity_ == SpectrumQuantity::ResidualEnergy) {
        double total = 0;
        for (const float value : sigma)
            total += std::isfinite(value) ? static_cast<double>(value) * value : 0;
        double beyond = total;
        for (const float value : sigma) {
            beyond -= std::isfinite(value) ? static_cast<double>(value) * value : 0;
            // The difference of near numbers: what is left of rounding is no energy.
            const double share = beyond / total;
            result.push_back(share > 1e-14 ? std::log10(share) : kNaN);
        }
        return result;
    }
    result = logValues(sigma);
    const double shift = quantity_ == SpectrumQuantity::Relative && scale > 0 ? std::log10(scale) : 0;
    for (double& value : result)
        value -= shift;
    return result;
}

double SpectrumView::axisX(double index) const {
    return logIndex_ ? std::log10(std::max(index, 1e-3)) : index;
}

std::vector<double> SpectrumView::positions() const {
    std::vector<double> x;
    for (int i = 1; i <= length_; ++i)
        x.push_back(axisX(i));
    return x;
}

QList<PlotView::Curve> SpectrumView::mainCurves() const {
    if (curves_.empty()) return {};
    const QRectF range = axisRange();
    const std::vector<double> x = positions();
    QList<Curve> result;
    if (curves_.size() > 1) {
        QPen pen(theme().color(Role::Ink2), 1.1);
        pen.setDashPattern({4, 3});
        result.append({cutCurve(x, median_, range), pen});
    }
    for (const NamedSpectrum& added : data_.added) {
        QPen pen(theme().color(Role::Ink2), 1.4);
        pen.setDashPattern({6, 2, 1.5, 2});
        result.append({cutCurve(x, shown(added.values, scaleOf(added.values)), range), pen});
    }
    const auto& selected = curves_[static_cast<std::size_t>(data_.selected)];
    result.append({cutCurve(x, selected, range),
                   QPen(theme().color(Role::Ink), 2.2, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin)});
    return result;
}

QList<PlotView::Curve> SpectrumView::afterPruningCurves() const {
    if (curves_.empty() || data_.afterPruning.empty()) return {};
    const double scale = scaleOf(data_.heads[static_cast<std::size_t>(data_.selected)]);
    QPen pen(theme().color(data_.method), 2, Qt::SolidLine, Qt::FlatCap, Qt::RoundJoin);
    if (!data_.afterPruningCaptured) pen.setDashPattern({3.5, 2});
    return {{cutCurve(positions(), shown(data_.afterPruning, scale), axisRange()), pen}};
}

void SpectrumView::rebuild() {
    curves_.clear();
    median_.clear();
    energy_.clear();
    length_ = 0;
    double largest = 0;
    for (const auto& head : data_.heads) {
        length_ = std::max(length_, static_cast<int>(head.size()));
        largest = std::max(largest, scaleOf(head));
    }
    hover_ = std::min(hover_, length_);
    for (const auto& head : data_.heads)
        curves_.push_back(shown(head, scaleOf(head)));

    for (const NamedSpectrum& added : data_.added)
        largest = std::max(largest, scaleOf(added.values));

    const int last = std::max({length_, data_.channels, 2});
    const double decades = -std::log10(data_.floor);
    const double top = quantity_ == SpectrumQuantity::Absolute && largest > 0 ? std::log10(largest) : 0;
    AxisSpec x{
        AxisScale::Index, 1, static_cast<double>(last), tr("index i of the singular value"), 0, last, false};
    if (logIndex_) x = {AxisScale::Log10, 0, std::log10(last), x.title, 0, last, false};
    const QString titles[] = {QStringLiteral("σᵢ / σ₁"), QStringLiteral("σᵢ"),
                              tr("energy beyond i, share of ‖S‖²")};
    setAxes(x, {AxisScale::Log10, top - decades, top + decades * 0.033, titles[static_cast<int>(quantity_)],
                0, 0, true});

    // Quantiles over heads. A zero is the lowest of all; only NaN in the data itself does not count.
    std::vector<double> low;
    std::vector<double> quarter;
    std::vector<double> threeQuarters;
    std::vector<double> high;
    constexpr double kLowest = -std::numeric_limits<double>::infinity();
    for (int i = 0; i < length_; ++i) {
        const auto at = static_cast<std::size_t>(i);
        std::vector<double> column;
        for (std::size_t h = 0; h < curves_.size(); ++h) {
            if (at >= curves_[h].size()) continue;
            const bool zero = std::isnan(curves_[h][at]) && data_.heads[h][at] >= 0;
            column.push_back(zero ? kLowest : curves_[h][at]);
        }
        low.push_back(quantile(column, 0));
        quarter.push_back(quantile(column, 0.25));
        median_.push_back(quantile(column, 0.5));
        threeQuarters.push_back(quantile(column, 0.75));
        high.push_back(quantile(column, 1));
    }
    const std::vector<double> xs = positions();
    QList<Band> bands;
    if (curves_.size() > 1) {
        bands.append({cutBand(xs, low, high, axisRange()), theme().color(Role::Strong, 0.16)});
        if (curves_.size() > 3)
            bands.append(
                {cutBand(xs, quarter, threeQuarters, axisRange()), theme().color(Role::Strong, 0.3)});
    }
    setBands(bands);
    setCurves(mainCurves());
    setLiveCurves(afterPruningCurves());

    if (!data_.heads.empty()) {
        double sum = 0;
        for (const float value : data_.heads[static_cast<std::size_t>(data_.selected)]) {
            sum += std::isfinite(value) ? static_cast<double>(value) * value : 0;
            energy_.push_back(sum);
        }
        for (double& value : energy_)
            value = sum > 0 ? value / sum : kNaN;
    }
    cut_.text = cutText();
    updateLines();
}

QString SpectrumView::cutText() const {
    // Where it only shows a plan's width, two of them may stand side by side in little room.
    if (!cut_.movable) return tr("K′ = %1").arg(cut_.value);
    return tr("K′ = %1, %2 removed").arg(cut_.value).arg(cut_.count - cut_.value);
}

HiddenValues SpectrumView::hidden() const {
    if (data_.heads.empty()) return {};
    const auto& sigma = data_.heads[static_cast<std::size_t>(data_.selected)];
    return hiddenValues(sigma, scaleOf(sigma), data_.floor);
}

double SpectrumView::energyUpTo(int index) const {
    return index >= 1 && index <= static_cast<int>(energy_.size())
               ? energy_[static_cast<std::size_t>(index - 1)]
               : kNaN;
}

std::unique_ptr<PlotView> SpectrumView::copy() const {
    auto twin = std::make_unique<SpectrumView>();
    twin->quantity_ = quantity_;
    twin->logIndex_ = logIndex_;
    SpectrumData data = data_;
    data.kept = cut_.value;
    twin->setData(data);
    copyLookTo(*twin);
    return twin;
}

// What is drawn comes first; what it was made of follows.
ColumnTable SpectrumView::table() const {
    struct Line {
        QString name;
        const std::vector<float>* sigma;
        std::vector<double> drawn;
    };

    std::vector<Line> lines;
    const auto add = [&](const QString& name, const std::vector<float>& sigma, double scale) {
        lines.push_back({name, &sigma, {}});
        if (quantity_ == SpectrumQuantity::Relative) {
            for (const float value : sigma)
                lines.back().drawn.push_back(scale > 0 ? value / scale : kNaN);
        } else if (quantity_ == SpectrumQuantity::ResidualEnergy) {
            for (const double value : shown(sigma, scale))
                lines.back().drawn.push_back(std::pow(10.0, value));
        }
    };
    for (std::size_t h = 0; h < data_.heads.size(); ++h)
        add(tr("head %1").arg(data_.firstHead + static_cast<int>(h)), data_.heads[h],
            scaleOf(data_.heads[h]));
    if (!data_.afterPruning.empty())
        add(tr("head %1 after pruning").arg(headNumber()), data_.afterPruning,
            data_.heads.empty() ? 0 : scaleOf(data_.heads[static_cast<std::size_t>(data_.selected)]));
    for (const NamedSpectrum& added : data_.added)
        add(added.name, added.values, scaleOf(added.values));

    ColumnTable result;
    result.columns.append({tr("index i"), {}, {}});
    const auto four = [](double value) { return number_text::significant(value, 4); };
    const bool drawn = quantity_ != SpectrumQuantity::Absolute;
    if (drawn) {
        for (const Line& line : lines)
            result.columns.append({quantity_ == SpectrumQuantity::Relative
                                       ? tr("σᵢ/σ₁ of %1").arg(line.name)
                                       : tr("energy beyond i of %1").arg(line.name),
                                   quantity_ == SpectrumQuantity::Relative ? QString() : tr("share"), four});
    }
    for (const Line& line : lines)
        result.columns.append({tr("σᵢ of %1").arg(line.name), {}, four});
    result.columns.append(
        {tr("energy up to i, head %1").arg(headNumber()), tr("share"), number_text::percent});
    const auto cell = [](const auto& values, int i) {
        return i < static_cast<int>(values.size()) ? QVariant(values[static_cast<std::size_t>(i)])
                                                   : QVariant();
    };
    for (int i = 0; i < length_; ++i) {
        QList<QVariant> row{i + 1};
        for (const Line& line : lines) {
            if (drawn) row.append(cell(line.drawn, i));
        }
        for (const Line& line : lines)
            row.append(cell(*line.sigma, i));
        const double energy = energyUpTo(i + 1);
        row.append(std::isnan(energy) ? QVariant() : QVariant(energy));
        result.rows.append(row);
    }
    return result;
}

QString SpectrumView::describe() const {
    if (isEmpty()) return tr("No singular values.");
    const auto& sigma = data_.heads[static_cast<std::size_t>(data_.selected)];
    const double scale = scaleOf(sigma);
    double smallest = kNaN;
    for (const float value : sigma) {
        if (std::isfinite(value) && value > 0 && !(smallest <= value)) smallest = value;
    }
    QString text = tr("Head %1 of %2: %3 values").arg(headNumber()).arg(data_.heads.size()).arg(sigma.size());
    if (scale > 0)
        text += tr(", from 1 to %1 relative to the first").arg(number_text::significant(smallest / scale, 2));
    if (data_.channels > 0) text += tr("; cut at %1 of %2").arg(cut_.value).arg(data_.channels);
    const HiddenValues counts = hidden();
    if (counts.belowFloor > 0) {
        text += tr("; %1 below %2")
                    .arg(counts.belowFloor)
                    .arg(number_text::power(static_cast<int>(std::lround(std::log10(data_.floor)))));
    }
    if (counts.exactZeros > 0) text += tr("; exact zeros: %1").arg(counts.exactZeros);
    if (counts.notNumbers > 0) text += tr("; not numbers: %1").arg(counts.notNumbers);
    return text + QLatin1Char('.');
}

QList<LegendEntry> SpectrumView::legend() const {
    if (isEmpty()) return {};
    QList<LegendEntry> entries;
    entries.append(
        {LegendEntry::Sign::Line, theme().color(Role::Ink), 2.2, {}, tr("head %1").arg(headNumber())});
    if (data_.heads.size() > 3) {
        entries.append(
            {LegendEntry::Sign::Band, theme().color(Role::Strong, 0.42), 2, {}, tr("all heads, quartiles")});
    }
    const qsizetype median = data_.heads.size() > 1 ? entries.size() : -1;
    if (median >= 0)
        entries.append({LegendEntry::Sign::DashedLine, theme().color(Role::Ink2), 1.1, {}, tr("median")});
    if (!data_.afterPruning.empty()) {
        const auto sign =
            data_.afterPruningCaptured ? LegendEntry::Sign::Line : LegendEntry::Sign::DashedLine;
        entries.append(
            {sign, theme().color(data_.method), 2, {}, tr("head %1 after pruning").arg(headNumber())});
    }
    // Rather than a second row: the median, which the band tells already, then words that can be guessed.
    const double room = viewport()->width() - plotRect().left() - 4 * unit() - 2;
    const auto tooWide = [&] { return legendWidth(entries, font()) > room; };
    if (median >= 0 && tooWide()) entries.removeAt(median);
    if (tooWide() && !data_.afterPruning.empty()) entries.last().text = tr("after pruning");
    if (tooWide() && data_.heads.size() > 3) entries[1].text = tr("quartiles");
    return entries;
}

}  // namespace rankscope::gui
