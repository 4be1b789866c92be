// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/charts/singular_values_view.hpp"

#include "app/gui/charts/chart_text.hpp"
#include "app/gui/theme/fonts.hpp"
#include "app/gui/theme/number_text.hpp"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace rankscope::gui {

int directionsFor(const std::vector<float>& sigma, double share) {
    double total = 0;
    for (const float value : sigma)
        total += std::isfinite(value) ? static_cast<double>(value) * value : 0;
    if (!(total > 0)) return 0;
    double sum = 0;
    for (std::size_t i = 0; i < sigma.size(); ++i) {
        sum += std::isfinite(sigma[i]) ? static_cast<double>(sigma[i]) * sigma[i] : 0;
        if (sum >= share * total) return static_cast<int>(i) + 1;
    }
    return static_cast<int>(sigma.size());
}

SingularValuesView::SingularValuesView(QWidget* parent) : PlotView(parent) {
    setLeftMargin(46);
    setAccessibleName(tr("Singular values of this state"));
    cut_.snap = 1;
    refresh();
}

void SingularValuesView::setData(const SingularValuesData& data) {
    data_ = data;
    data_.floor = std::clamp(data.floor, 1e-12, 1e-3);
    cut_.count = static_cast<int>(data.sigma.size());
    if (!cut_.isDragging())
        cut_.value = std::clamp(data.k > 0 ? data.k : directionsFor(data.sigma, 0.9), std::min(1, cut_.count),
                                cut_.count);
    refresh();
}

void SingularValuesView::setK(int k) {
    const int held = std::clamp(k, std::min(1, cut_.count), cut_.count);
    if (held != cut_.value) moveTo(held);
}

bool SingularValuesView::isEmpty() const {
    return data_.sigma.empty();
}

double SingularValuesView::scale() const {
    double largest = 0;
    for (const float value : data_.sigma) {
        if (std::isfinite(value)) largest = std::max(largest, static_cast<double>(value));
    }
    return largest;
}

double SingularValuesView::cutX() const {
    return toPixel({std::min(cut_.value + 0.5, static_cast<double>(std::max(cut_.count, 1))), 0}).x();
}

void SingularValuesView::rebuild() {
    const int last = std::max(2, static_cast<int>(data_.sigma.size()));
    const double decades = -std::log10(data_.floor);
    setAxes({AxisScale::Index, 1, static_cast<double>(last), tr("index i"), 0, last, false},
            {AxisScale::Log10, -decades, decades * 0.033, QStringLiteral("σᵢ / σ₁"), 0, 0, true});
    std::vector<double> x;
    for (int i = 1; i <= static_cast<int>(data_.sigma.size()); ++i)
        x.push_back(i);
    std::vector<double> y = logValues(data_.sigma);
    const double shift = scale() > 0 ? std::log10(scale()) : 0;
    for (double& value : y)
        value -= shift;
    setCurves({{cutCurve(x, y, axisRange()),
                QPen(theme().color(Role::Ink), 2, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin)}});
    cut_.text = QStringLiteral("k = %1").arg(cut_.value);
    cut_.outlined = cut_.value != data_.kept;
}

void SingularValuesView::moveTo(int k) {
    const QRectF before = cut_.paintedRect(cutX(), plotRect(), font());
    const double from = cutX();
    cut_.value = k;
    cut_.text = QStringLiteral("k = %1").arg(k);
    cut_.outlined = k != data_.kept;
    updateOver(before);
    updateOver(cut_.paintedRect(cutX(), plotRect(), font()));
    updateUnder(QRectF(std::min(from, cutX()) - 1, plotRect().top(), std::abs(cutX() - from) + 2,
                       plotRect().height()));
    setAccessibleDescription(describe());
}

QList<QLineF> SingularValuesView::guides() const {
    const double x = std::min(cut_.value + 0.5, static_cast<double>(std::max(cut_.count, 1)));
    return {QLineF(x, yAxis().low, x, yAxis().high)};
}

HiddenValues SingularValuesView::hidden() const {
    return hiddenValues(data_.sigma, scale(), data_.floor);
}

void SingularValuesView::paintUnder(QPainter& painter) {
    if (cut_.value >= cut_.count) return;
    painter.fillRect(QRectF(QPointF(cutX(), plotRect().top()), plotRect().bottomRight()),
                     theme().isDark() ? QColor(0, 0, 0, 70) : QColor(24, 32, 43, 14));
}

void SingularValuesView::paintOver(QPainter& painter) {
    const HiddenValues counts = hidden();
    QStringList notes;
    if (counts.belowFloor > 0) {
        notes.append(tr("%1 below %2")
                         .arg(counts.belowFloor)
                         .arg(number_text::power(static_cast<int>(std::lround(std::log10(data_.floor))))));
    }
    if (counts.exactZeros > 0) notes.append(tr("%1 exact zeros").arg(counts.exactZeros));
    if (counts.notNumbers > 0) notes.append(tr("not numbers: %1").arg(counts.notNumbers));
    const QFont small = scaledFont(font(), TextRole::Label);
    double y = plotRect().bottom() - 6 * unit();
    for (auto note = notes.rbegin(); note != notes.rend(); ++note) {
        drawHaloText(painter, {plotRect().left() + 6 * unit(), y}, *note, small, theme().color(Role::Ink2),
                     theme().color(Role::Panel));
        y -= 15 * unit();
    }
    cut_.paint(painter, cutX(), plotRect(), font(), theme());
}

void SingularValuesView::mousePressEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton || isEmpty()
        || !cut_.hit(event->position(), cutX(), plotRect(), font())) {
        event->ignore();
        return;
    }
    cut_.begin();
    updateOver();
}

void SingularValuesView::mouseMoveEvent(QMouseEvent* event) {
    if (isEmpty()) return;
    if (!cut_.isDragging()) {
        viewport()->setCursor(cut_.hit(event->position(), cutX(), plotRect(), font()) ? Qt::SplitHCursor
                                                                                      : Qt::ArrowCursor);
        return;
    }
    const int k = cut_.valueAt(toValue(event->position()).x(), true);
    if (k == cut_.value) return;
    moveTo(k);
    Q_EMIT kChanged(k);
}

void SingularValuesView::mouseReleaseEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton || !cut_.isDragging()) return;
    cut_.end();
    updateOver();
    Q_EMIT kDragFinished(cut_.value);
}

void SingularValuesView::keyPressEvent(QKeyEvent* event) {
    const int step = event->key() == Qt::Key_Right ? 1 : event->key() == Qt::Key_Left ? -1 : 0;
    if (event->key() == Qt::Key_Escape && cut_.isDragging()) {
        const int before = cut_.valueBefore();
        if (before != cut_.value) {
            moveTo(before);
            Q_EMIT kChanged(before);
        }
        cut_.cancel();
        updateOver();
        Q_EMIT kDragFinished(before);
    } else if (step != 0 && !isEmpty() && !cut_.isDragging()) {
        const int before = cut_.value;
        setK(before + step);
        if (cut_.value != before) Q_EMIT kChanged(cut_.value);
    } else {
        event->ignore();
    }
}

std::unique_ptr<PlotView> SingularValuesView::copy() const {
    auto twin = std::make_unique<SingularValuesView>();
    SingularValuesData data = data_;
    data.k = cut_.value;
    twin->setData(data);
    copyLookTo(*twin);
    return twin;
}

ColumnTable SingularValuesView::table() const {
    ColumnTable result;
    result.columns = {
        {tr("index i"), {}, {}},
        {QStringLiteral("σᵢ"), {}, [](double value) { return number_text::significant(value, 4); }},
        {tr("energy up to i"), tr("share"), number_text::percent}};
    double total = 0;
    for (const float value : data_.sigma)
        total += std::isfinite(value) ? static_cast<double>(value) * value : 0;
    double sum = 0;
    for (std::size_t i = 0; i < data_.sigma.size(); ++i) {
        const float value = data_.sigma[i];
        sum += std::isfinite(value) ? static_cast<double>(value) * value : 0;
        result.rows.append({static_cast<int>(i) + 1, std::isnan(value) ? QVariant() : QVariant(value),
                            total > 0 ? QVariant(sum / total) : QVariant()});
    }
    return result;
}

QString SingularValuesView::describe() const {
    if (isEmpty()) return tr("No singular values.");
    QString text = tr("%1 values; k = %2").arg(data_.sigma.size()).arg(cut_.value);
    if (const int k90 = directionsFor(data_.sigma, 0.9)) text += tr("; %1 hold 90 % of the energy").arg(k90);
    const HiddenValues counts = hidden();
    if (counts.exactZeros > 0) text += tr("; exact zeros: %1").arg(counts.exactZeros);
    if (counts.notNumbers > 0) text += tr("; not numbers: %1").arg(counts.notNumbers);
    return text + QLatin1Char('.');
}

}  // namespace rankscope::gui
