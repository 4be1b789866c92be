// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/tradeoff_panels/spectra_pair_view.hpp"

#include "app/gui/charts/chart_text.hpp"
#include "app/gui/theme/fonts.hpp"
#include "app/gui/theme/number_text.hpp"

#include <QFontMetricsF>
#include <QPainter>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace rankscope::gui {
namespace {

std::vector<double> indices(std::size_t count) {
    std::vector<double> x(count);
    std::iota(x.begin(), x.end(), 1.0);
    return x;
}

}  // namespace

SpectraPairView::SpectraPairView(QWidget* parent) : PlotView(parent) {
    setAccessibleName(tr("Singular values under A and B"));
    refresh();
}

void SpectraPairView::setData(const SpectraPairData& data) {
    data_ = data;
    refresh();
}

void SpectraPairView::setMode(Mode mode) {
    mode_ = mode;
    setAccessibleName(mode == Mode::Overlay ? tr("Singular values under A and B")
                                            : tr("Singular values under B minus those under A"));
    refresh();
}

bool SpectraPairView::isEmpty() const {
    return data_.full.empty()
           || (mode_ == Mode::Difference && (data_.a.sigma.empty() || data_.b.sigma.empty()));
}

double SpectraPairView::scale() const {
    return data_.full.empty() || !(data_.full.front() > 0) ? 1 : data_.full.front();
}

std::vector<double> SpectraPairView::difference() const {
    if (data_.a.sigma.empty() || data_.b.sigma.empty()) return {};
    std::vector<double> result(std::max(data_.a.sigma.size(), data_.b.sigma.size()));
    const auto at = [](const std::vector<float>& values, std::size_t i) {
        return i < values.size() ? static_cast<double>(values[i]) : 0.0;
    };
    for (std::size_t i = 0; i < result.size(); ++i)
        result[i] = (at(data_.b.sigma, i) - at(data_.a.sigma, i)) / scale();
    return result;
}

QPen SpectraPairView::penOf(bool a) const {
    const SpectraPairData::Side& side = a ? data_.a : data_.b;
    // Both plans may have one method: A is broken, B is whole.
    QPen pen(theme().color(side.method), 2, Qt::SolidLine, Qt::FlatCap, Qt::RoundJoin);
    if (a) pen.setDashPattern({3.5, 2});
    return pen;
}

void SpectraPairView::rebuild() {
    const int count = std::max<int>(2, static_cast<int>(data_.full.size()));
    const AxisSpec x{AxisScale::Index,
                     1,
                     static_cast<double>(count),
                     tr("index i of the singular value"),
                     0,
                     count,
                     false};
    if (mode_ == Mode::Overlay) {
        rebuildOverlay(x);
    } else {
        rebuildDifference(x);
    }
}

void SpectraPairView::rebuildOverlay(const AxisSpec& x) {
    const auto logs = [&](const std::vector<float>& values) {
        std::vector<float> relative(values.size());
        std::transform(values.begin(), values.end(), relative.begin(),
                       [&](float value) { return static_cast<float>(value / scale()); });
        return logValues(relative);
    };
    double lowest = 0;
    for (const std::vector<float>* values : {&data_.full, &data_.a.sigma, &data_.b.sigma}) {
        for (const double value : logs(*values)) {
            if (std::isfinite(value)) lowest = std::min(lowest, value);
        }
    }
    const double low = std::max(std::floor(lowest), std::log10(data_.floor));
    setAxes(x, {AxisScale::Log10, std::min(low, -1.0), 0.08, tr("σᵢ / σ₁"), 0, 0, true});
    QList<Curve> curves;
    const auto add = [&](const std::vector<float>& values, const QPen& pen) {
        if (!values.empty())
            curves.append({cutCurve(indices(values.size()), logs(values), axisRange()), pen});
    };
    add(data_.full, QPen(theme().color(Role::Strong), 1.1));
    add(data_.a.sigma, penOf(true));
    add(data_.b.sigma, penOf(false));
    setCurves(curves);
}

void SpectraPairView::rebuildDifference(const AxisSpec& x) {
    const std::vector<double> values = difference();
    double low = 0, high = 0;
    for (const double value : values) {
        if (!std::isfinite(value)) continue;
        low = std::min(low, value);
        high = std::max(high, value);
    }
    const double pad = std::max(0.08 * (high - low), 1e-6);
    setAxes(x, {AxisScale::Linear, low - pad, high + pad, tr("(σᵢ of B − σᵢ of A) / σ₁"), 0, 0, true});
    QPen pen(theme().color(Role::Ink), 2, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin);
    setCurves({{cutCurve(indices(values.size()), values, axisRange()), pen}});
}

QList<LegendEntry> SpectraPairView::legend() const {
    if (isEmpty() || mode_ == Mode::Difference) return {};
    return {
        {LegendEntry::Sign::Line, theme().color(Role::Strong), 1.1, {}, tr("whole state")},
        {LegendEntry::Sign::DashedLine,
         theme().color(data_.a.method),
         2,
         {},
         tr("A, K′ = %1").arg(data_.a.kept)},
        {LegendEntry::Sign::Line, theme().color(data_.b.method), 2, {}, tr("B, K′ = %1").arg(data_.b.kept)}};
}

QList<QLineF> SpectraPairView::guides() const {
    if (mode_ == Mode::Difference) return {QLineF(xAxis().low, 0, xAxis().high, 0)};
    return {};
}

void SpectraPairView::paintOver(QPainter& painter) {
    if (isEmpty()) return;
    const double u = unit();
    if (mode_ == Mode::Difference) {
        const double zero = std::floor(toPixel({1, 0}).y()) + 0.5;
        painter.setPen(QPen(theme().color(Role::Strong), 1));
        painter.drawLine(QPointF(plotRect().left(), zero), QPointF(plotRect().right(), zero));
    }
    // Where each plan cuts: a line with its letter at the foot.
    const QFont font = scaledFont(this->font(), TextRole::LabelStrong);
    const bool same = data_.a.kept == data_.b.kept;
    for (const bool a : {true, false}) {
        const SpectraPairData::Side& side = a ? data_.a : data_.b;
        if (side.kept < 1 || side.kept >= data_.channels || side.kept + 0.5 > xAxis().high || (same && !a))
            continue;
        const double x = std::floor(toPixel({side.kept + 0.5, 0}).x()) + 0.5;
        QPen pen(theme().color(Role::Ink2), 1);
        pen.setDashPattern({2, 3});
        painter.setPen(pen);
        painter.drawLine(QPointF(x, plotRect().top()), QPointF(x, plotRect().bottom()));
        const QString letter = same ? tr("A, B") : a ? QStringLiteral("A") : QStringLiteral("B");
        const double width = QFontMetricsF(font).horizontalAdvance(letter);
        drawHaloText(painter,
                     {std::min(x + 4 * u, plotRect().right() - width),
                      plotRect().top() + QFontMetricsF(font).ascent() + 2 * u},
                     letter, font, theme().color(Role::Ink), theme().color(Role::Panel));
    }
}

std::unique_ptr<PlotView> SpectraPairView::copy() const {
    auto twin = std::make_unique<SpectraPairView>();
    twin->setMode(mode_);
    twin->setData(data_);
    copyLookTo(*twin);
    return twin;
}

ColumnTable SpectraPairView::table() const {
    ColumnTable result;
    const auto four = [](double value) { return number_text::significant(value, 4); };
    result.columns = {{tr("i"), {}, {}},
                      {tr("σᵢ of the whole state"), {}, four},
                      {tr("σᵢ under A"), {}, four},
                      {tr("σᵢ under B"), {}, four},
                      {tr("(B − A) / σ₁"), {}, four}};
    const std::vector<double> b = difference();
    const auto at = [](const auto& values, std::size_t i) {
        return i < values.size() ? QVariant(values[i]) : QVariant();
    };
    for (std::size_t i = 0; i < data_.full.size(); ++i)
        result.rows.append({static_cast<int>(i) + 1, at(data_.full, i), at(data_.a.sigma, i),
                            at(data_.b.sigma, i), at(b, i)});
    return result;
}

QString SpectraPairView::describe() const {
    if (isEmpty()) return tr("No spectra.");
    return tr("%1 singular values; A keeps %2 channels, B %3.")
        .arg(data_.full.size())
        .arg(data_.a.kept)
        .arg(data_.b.kept);
}

}  // namespace rankscope::gui
