// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/charts/plot_view.hpp"

#include "app/gui/charts/chart_text.hpp"
#include "app/gui/charts/layer_item.hpp"
#include "app/gui/theme/fonts.hpp"

#include <QAreaSeries>
#include <QChart>
#include <QEvent>
#include <QFontMetricsF>
#include <QGraphicsLayout>
#include <QGraphicsScene>
#include <QKeyEvent>
#include <QLegend>
#include <QLineSeries>
#include <QPainter>
#include <QResizeEvent>
#include <QValueAxis>

#include <cmath>

namespace rankscope::gui {

PlotView::PlotView(QWidget* parent) : QChartView(parent), theme_(&Theme::light()) {
    chart()->setMargins({});
    chart()->setBackgroundVisible(false);
    chart()->setPlotAreaBackgroundVisible(false);
    chart()->legend()->hide();
    chart()->layout()->setContentsMargins(0, 0, 0, 0);
    chart()->setAnimationOptions(QChart::NoAnimation);
    setFrameShape(QFrame::NoFrame);
    setRenderHint(QPainter::Antialiasing);
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    viewport()->setMouseTracking(true);
    setRubberBand(QChartView::NoRubberBand);
    setContextMenuPolicy(Qt::CustomContextMenu);
    setMinimumSize(120, 90);

    xValue_ = new QValueAxis(this);
    yValue_ = new QValueAxis(this);
    chart()->addAxis(xValue_, Qt::AlignBottom);
    chart()->addAxis(yValue_, Qt::AlignLeft);
    xValue_->setVisible(false);
    yValue_->setVisible(false);
    // Carries the axes when there is no curve: positions are asked of it.
    reference_ = new QLineSeries(this);
    chart()->addSeries(reference_);
    reference_->attachAxis(xValue_);
    reference_->attachAxis(yValue_);

    // Series have z values between 1 and 20.
    under_ = new LayerItem(chart(), 0.4, [this](QPainter& painter) {
        if (rendersStill_) return;
        paintGrid(painter);
        if (!isEmpty()) paintUnder(painter);
    });
    lines_ = new LayerItem(chart(), 0.6, [this](QPainter& painter) {
        if (isEmpty()) return;
        for (const Curve& curve : faintCurves())
            strokeLines(painter, curve.pieces, curve.pen);
    });
    lines_->keepPicture();
    frame_ = new LayerItem(chart(), 50, [this](QPainter& painter) { paintFrame(painter); });
    over_ = new LayerItem(chart(), 60, [this](QPainter& painter) {
        if (rendersStill_ || isEmpty()) return;
        paintLive(painter);
        paintOver(painter);
    });
    // What the chart itself moves (its layout comes later than ours) makes the picture old as well.
    connect(scene(), &QGraphicsScene::changed, this, [this] { ageStill(); });
    applyColors();
}

PlotView::~PlotView() = default;

void PlotView::setTheme(const Theme& theme) {
    theme_ = &theme;
    applyColors();
    refresh();
}

void PlotView::applyColors() {
    setBackgroundBrush(theme_->color(Role::Panel));
}

void PlotView::setHeading(const QString& title, const QString& subtitle) {
    heading_ = title;
    subheading_ = subtitle;
    layoutPlot();
}

void PlotView::setLegendInHeading(bool inHeading) {
    if (inHeading == legendInHeading_) return;
    legendInHeading_ = inHeading;
    layoutPlot();
}

QStringList PlotView::captionLines(double width) const {
    const QFontMetricsF metrics(scaledFont(font(), TextRole::Axis));
    const QString between = QStringLiteral(" · ");
    QStringList lines;
    for (const QString& part : caption_.split(between)) {
        const QString longer = lines.isEmpty() ? part : lines.last() + between + part;
        if (lines.isEmpty()) {
            lines << part;
        } else if (metrics.horizontalAdvance(longer) <= width - 16 * unit()) {
            lines.last() = longer;
        } else {
            lines << part;
        }
    }
    return lines;
}

void PlotView::setLineFactor(double factor) {
    if (factor == lineFactor_) return;
    lineFactor_ = factor;
    refresh();
}

void PlotView::setCaption(const QString& caption) {
    caption_ = caption;
    layoutPlot();
}

void PlotView::setEmptyText(const QString& sentence) {
    emptyText_ = sentence;
    ageStill();
}

void PlotView::setLeftMargin(double units) {
    leftMargin_ = units;
    layoutPlot();
}

double PlotView::neededLeftMargin() const {
    const double u = unit();
    const QFontMetricsF labels(scaledFont(font(), TextRole::Axis));
    double widest = 0;
    const double spacing = (y_.spacing > 0 ? y_.spacing : 36) * u;
    for (const AxisTick& tick : axisTicks(y_, std::max(60.0, viewport()->height() * 0.8), spacing))
        widest = std::max(widest, labels.horizontalAdvance(tick.label));
    double needed = widest + (matrix_ ? 9 : 7) * u;
    if (!y_.title.isEmpty()) needed += QFontMetricsF(scaledFont(font(), TextRole::Label)).height() + 5 * u;
    return needed / u;
}

void PlotView::setRightMargin(double pixels) {
    rightMargin_ = pixels;
}

QPointF PlotView::toPixel(const QPointF& value) const {
    const double x = (value.x() - x_.low) / (x_.high - x_.low);
    const double y = (value.y() - y_.low) / (y_.high - y_.low);
    return {plotRect_.left() + x * plotRect_.width(),
            matrix_ ? plotRect_.top() + y * plotRect_.height() : plotRect_.bottom() - y * plotRect_.height()};
}

QPointF PlotView::toValue(const QPointF& pixel) const {
    const double x = (pixel.x() - plotRect_.left()) / std::max(plotRect_.width(), 1.0);
    const double y = (matrix_ ? pixel.y() - plotRect_.top() : plotRect_.bottom() - pixel.y())
                     / std::max(plotRect_.height(), 1.0);
    return {x_.low + x * (x_.high - x_.low), y_.low + y * (y_.high - y_.low)};
}

ColumnTableModel* PlotView::tableModel() {
    if (tableModel_ == nullptr) {
        tableModel_ = new ColumnTableModel(this);
        tableModel_->setTable(table());
    }
    return tableModel_;
}

void PlotView::refresh() {
    rebuilding_ = true;
    rebuild();
    rebuilding_ = false;
    layoutPlot();
    if (tableModel_ != nullptr) tableModel_->setTable(table());
    setAccessibleDescription(describe());
}

void PlotView::updateOver() {
    viewport()->update();
}

void PlotView::updateOver(const QRectF& pixels) {
    viewport()->update(pixels.toAlignedRect().adjusted(-1, -1, 1, 1));
}

void PlotView::updateUnder(const QRectF& pixels) {
    updateOver(pixels);
}

void PlotView::updateLines() {
    lines_->redraw();
    ageStill();
}

void PlotView::ageStill() {
    still_ = QPixmap();
    viewport()->update();
}

void PlotView::drawBackground(QPainter* painter, const QRectF& rect) {
    if (!rendersStill_) QChartView::drawBackground(painter, rect);
}

void PlotView::setAxes(const AxisSpec& x, const AxisSpec& y) {
    x_ = x;
    y_ = y;
    xValue_->setRange(x.low, x.high);
    yValue_->setRange(y.low, y.high);
    ageStill();
}

PlotDrawing PlotView::drawing() const {
    PlotDrawing result;
    result.x = x_;
    result.y = y_;
    result.downwards = matrix_;
    if (isEmpty()) return result;
    result.bands = shownBands_;
    result.faint = faintCurves();
    // Straight stretches need no points in between, in files as on the screen.
    for (Curve& curve : result.faint) {
        for (QPolygonF& piece : curve.pieces) {
            for (QPointF& point : piece)
                point = toPixel(point);
            piece = simplified(piece, 0.3);
            for (QPointF& point : piece)
                point = toValue(point);
        }
    }
    result.curves = shownCurves_ + liveCurves_;
    result.marks = marks();
    result.guides = guides();
    result.labels = labels();
    result.cells = cells();
    result.legend = legend();
    for (LegendEntry& entry : result.legend) {
        if (!entry.marker.color.isValid()) entry.marker.color = theme_->color(entry.marker.method);
    }
    return result;
}

void PlotView::setCurves(const QList<Curve>& curves) {
    shownCurves_ = curves;
    ageStill();
    qsizetype used = 0;
    for (const Curve& curve : curves) {
        for (const QPolygonF& piece : curve.pieces) {
            if (used == curves_.size()) {
                auto* series = new QLineSeries(this);
                chart()->addSeries(series);
                series->attachAxis(xValue_);
                series->attachAxis(yValue_);
                curves_.append(series);
            }
            QLineSeries* series = curves_[used++];
            QPen pen = curve.pen;
            pen.setWidthF(lineFactor_ * pen.widthF());
            series->setPen(pen);
            // A line needs two points; one alone is drawn as a short dash of the pen's width.
            series->replace(piece.size() == 1 ? QPolygonF{piece[0], piece[0]} : piece);
            series->setVisible(true);
        }
    }
    for (; used < curves_.size(); ++used) {
        curves_[used]->replace(QList<QPointF>());
        curves_[used]->setVisible(false);
    }
}

void PlotView::setLiveCurves(const QList<Curve>& curves) {
    liveCurves_ = curves;
    updateOver();
}

void PlotView::setBands(const QList<Band>& bands) {
    shownBands_ = bands;
    ageStill();
    qsizetype used = 0;
    for (const Band& band : bands) {
        for (const BandPiece& piece : band.pieces) {
            if (used == bands_.size()) {
                auto* area = new QAreaSeries(new QLineSeries, new QLineSeries);
                area->setParent(this);
                area->upperSeries()->setParent(area);
                area->lowerSeries()->setParent(area);
                chart()->addSeries(area);
                area->attachAxis(xValue_);
                area->attachAxis(yValue_);
                // After addSeries, which would give it a white outline.
                area->setPen(Qt::NoPen);
                bands_.append(area);
            }
            QAreaSeries* area = bands_[used++];
            area->setPen(Qt::NoPen);
            area->setBrush(band.fill);
            area->upperSeries()->replace(piece.upper);
            area->lowerSeries()->replace(piece.lower);
            area->setVisible(true);
        }
    }
    for (; used < bands_.size(); ++used) {
        bands_[used]->upperSeries()->replace(QList<QPointF>());
        bands_[used]->lowerSeries()->replace(QList<QPointF>());
        bands_[used]->setVisible(false);
    }
}

double PlotView::unit() const {
    return designUnit(font());
}

void PlotView::copyLookTo(PlotView& other) const {
    other.setFont(font());
    other.theme_ = theme_;
    other.applyColors();
    other.heading_ = heading_;
    other.subheading_ = subheading_;
    other.leftMargin_ = leftMargin_;
    other.legendInHeading_ = legendInHeading_;
    other.lineFactor_ = lineFactor_;
    other.emptyText_ = emptyText_;
    other.setAccessibleName(accessibleName());
    other.resize(size());
}

double PlotView::headingHeight() const {
    return heading_.isEmpty() ? 0
                              : QFontMetricsF(scaledFont(font(), TextRole::PanelTitle)).height() + 6 * unit();
}

QRectF PlotView::headingLegend() const {
    if (!legendInHeading_ || heading_.isEmpty() || isEmpty()) return {};
    const double u = unit();
    const QFontMetricsF title(scaledFont(font(), TextRole::PanelTitle));
    const QFontMetricsF label(scaledFont(font(), TextRole::Label));
    double left = std::min(plotRect_.left(), 12 * u) + title.horizontalAdvance(heading_) + 14 * u;
    if (!subheading_.isEmpty()) left += label.horizontalAdvance(subheading_) + 8 * u;
    const double room = viewport()->width() - left - 4 * u;
    const QList<LegendEntry> entries = legend();
    const double oneRow = legendHeight(entries.mid(0, 1), 1e6, font());
    if (entries.isEmpty() || legendHeight(entries, room, font()) > 1.5 * oneRow
        || legendWidth(entries, font()) > room)
        return {};
    return {left, 4 * u + (title.height() - oneRow) / 2, room, oneRow};
}

void PlotView::layoutPlot() {
    if (rebuilding_) return;
    const double u = unit();
    const QSizeF size = viewport()->size();
    const QFontMetricsF axisMetrics(scaledFont(font(), TextRole::Axis));
    const QFontMetricsF labelMetrics(scaledFont(font(), TextRole::Label));
    const double left = std::max(leftMargin_, isEmpty() ? 0 : neededLeftMargin()) * u;
    const double top = 12 * u + headingHeight();
    double bottom = 4 * u + axisMetrics.height() + 6 * u;
    if (!x_.title.isEmpty()) bottom += labelMetrics.height();
    // Legends choose their words by the room that this leaves.
    plotRect_.moveLeft(std::floor(left) + 0.5);
    const double legends =
        headingLegend().isNull() ? legendHeight(legend(), size.width() - left - 4 * u, font()) : 0;
    if (legends > 0) bottom += legends + 4 * u;
    if (!caption_.isEmpty())
        bottom += static_cast<double>(captionLines(size.width()).size()) * axisMetrics.height() + 4 * u;
    QRectF available(left, top, std::max(8.0, size.width() - left - rightMargin_ * 1.0),
                     std::max(8.0, size.height() - top - bottom));
    // Half pixels: one-pixel lines of frame and grid are sharp.
    available = QRectF(std::floor(available.x()) + 0.5, std::floor(available.y()) + 0.5,
                       std::floor(available.width()), std::floor(available.height()));
    plotRect_ = fitted(available);
    chart()->setPlotArea(plotRect_);
    for (LayerItem* layer : {under_, lines_, frame_, over_}) {
        layer->resize(size);
        layer->update();
    }
    ageStill();
}

bool PlotView::event(QEvent* event) {
    if (event->type() == QEvent::ShortcutOverride && wantsEscape()
        && static_cast<QKeyEvent*>(event)->key() == Qt::Key_Escape) {
        event->accept();
        return true;
    }
    return QChartView::event(event);
}

void PlotView::resizeEvent(QResizeEvent* event) {
    QChartView::resizeEvent(event);
    refresh();
}

void PlotView::changeEvent(QEvent* event) {
    QChartView::changeEvent(event);
    if (event->type() == QEvent::FontChange && under_ != nullptr) refresh();
}

void PlotView::focusInEvent(QFocusEvent* event) {
    QChartView::focusInEvent(event);
    ageStill();
}

void PlotView::focusOutEvent(QFocusEvent* event) {
    QChartView::focusOutEvent(event);
    ageStill();
}

}  // namespace rankscope::gui
