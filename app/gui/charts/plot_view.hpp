// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/charts/axis.hpp"
#include "app/gui/charts/column_table.hpp"
#include "app/gui/charts/curve.hpp"
#include "app/gui/charts/legend.hpp"
#include "app/gui/charts/plot_drawing.hpp"
#include "app/gui/theme/theme.hpp"

#include <QChartView>
#include <QPen>
#include <QPixmap>
#include <QPolygonF>
#include <QString>

#include <functional>
#include <memory>
#include <vector>

QT_BEGIN_NAMESPACE
class QAreaSeries;
class QLineSeries;
class QValueAxis;
QT_END_NAMESPACE

namespace rankscope::gui {

class LayerItem;

/// Base of all charts: a chart view with hidden linear axes, fixed margins and a frame of its own, so that
/// stacked charts align, log axes never lose a curve to a zero, and both themes look as designed. A view
/// knows no engine: numbers come in by setData(), what a person does goes out by signals.
class PlotView : public QChartView {
    Q_OBJECT

public:
    explicit PlotView(QWidget* parent = nullptr);
    ~PlotView() override;

    void setTheme(const Theme& theme);

    [[nodiscard]] const Theme& theme() const { return *theme_; }

    /// Title and subtitle over the plot (tiles, exports); empty: none, and no room for them. A subtitle may
    /// hold shorter variants of itself, each after a QChar(0x9c): the first one that fits is drawn.
    void setHeading(const QString& title, const QString& subtitle = {});

    /// The legend stands right of the heading, not under the plot, while there is a heading with room for it.
    void setLegendInHeading(bool inHeading);

    /// Every line this many times as thick: for a lecture hall.
    void setLineFactor(double factor);

    /// Line under everything, for exports: model hash, text, tokens, seed, version.
    void setCaption(const QString& caption);

    /// Sentence in the middle instead of a drawing while there is no data.
    void setEmptyText(const QString& sentence);

    [[nodiscard]] const QString& emptyText() const { return emptyText_; }


    /// Distance of the plot from the left edge in design units, more where the axis needs it; stacked charts
    /// share it.
    void setLeftMargin(double units);

    /// What title and labels of the vertical axis need, in design units.
    [[nodiscard]] double neededLeftMargin() const;

    /// Where data are drawn, in the view's pixels.
    [[nodiscard]] QRectF plotRect() const { return plotRect_; }

    /// From axis coordinates (log10 on log axes) to pixels of the view and back.
    [[nodiscard]] QPointF toPixel(const QPointF& value) const;
    [[nodiscard]] QPointF toValue(const QPointF& pixel) const;

    /// The same numbers as the drawing.
    [[nodiscard]] virtual ColumnTable table() const = 0;

    /// Model of table(), kept up to date; belongs to the view.
    [[nodiscard]] ColumnTableModel* tableModel();

    /// One or two sentences with the main numbers: the accessible description.
    [[nodiscard]] virtual QString describe() const = 0;

    /// Everything that is drawn, as numbers.
    [[nodiscard]] PlotDrawing drawing() const;

    /// A view with the same data and state, without hover: what exports draw.
    [[nodiscard]] virtual std::unique_ptr<PlotView> copy() const = 0;

Q_SIGNALS:
    /// Text for the status bar about what is under the pointer; empty when nothing is.
    void readoutChanged(const QString& text);

protected:
    using Curve = PlotCurve;
    using Band = PlotBand;

    /// Sets axes, curves and bands from the data. Called after setData, setTheme and changes of font and
    /// size.
    virtual void rebuild() = 0;

    [[nodiscard]] virtual bool isEmpty() const = 0;

    [[nodiscard]] virtual QList<LegendEntry> legend() const { return {}; }

    /// Under the curves, after the grid; over them and the frame.
    virtual void paintUnder(QPainter&) {}

    virtual void paintOver(QPainter&) {}

    /// Many faint lines under the curves: costly, so they are kept as a picture until updateLines().
    [[nodiscard]] virtual QList<Curve> faintCurves() const { return {}; }

    /// What paintUnder() and paintOver() draw, for drawing(): marks, lines that guide the eye, cells.
    [[nodiscard]] virtual QList<PlotMarks> marks() const { return {}; }

    [[nodiscard]] virtual QList<QLineF> guides() const { return {}; }

    [[nodiscard]] virtual QList<PlotLabel> labels() const { return {}; }

    [[nodiscard]] virtual PlotCells cells() const { return {}; }

    /// What data changes need: rebuild, table, description, repaint.
    void refresh();

    /// Repaint of the overlay alone, all of it or what changed.
    void updateOver();
    void updateOver(const QRectF& pixels);
    void updateUnder(const QRectF& pixels);
    void updateLines();

    /// False: nobody asked for the table yet, it need not be kept up to date.
    [[nodiscard]] bool hasTableModel() const { return tableModel_ != nullptr; }

    void setAxes(const AxisSpec& x, const AxisSpec& y);

    [[nodiscard]] const AxisSpec& xAxis() const { return x_; }

    [[nodiscard]] const AxisSpec& yAxis() const { return y_; }

    void setCurves(const QList<Curve>& curves);
    /// Curves that change while the others stay, during a drag: painted over the picture that is kept of those.
    void setLiveCurves(const QList<Curve>& curves);
    void setBands(const QList<Band>& bands);

    /// Room at the right of the plot for labels at line ends, in pixels.
    void setRightMargin(double pixels);

    /// Draws top to bottom as y grows, without grid: matrices.
    void setMatrix(bool matrix) { matrix_ = matrix; }

    /// Draws lines given in axis coordinates. What nobody can see of them is left out, and PDF gets opaque
    /// colours mixed with the ground: it would turn each faint line into an outline of several times the
    /// size.
    void strokeLines(QPainter& painter, const QList<QPolygonF>& pieces, QPen pen) const;

    /// Whole number of pixels to which the plot is cut down, for square cells; null: all the room.
    virtual QRectF fitted(const QRectF& available) const { return available; }

    [[nodiscard]] double unit() const;

    [[nodiscard]] double lineFactor() const { return lineFactor_; }

    [[nodiscard]] QRectF axisRange() const { return {x_.low, y_.low, x_.high - x_.low, y_.high - y_.low}; }

    /// Takes over what exports must show as well.
    void copyLookTo(PlotView& other) const;

    /// True while Esc belongs to the view (a drag): no shortcut of the window takes it then.
    [[nodiscard]] virtual bool wantsEscape() const { return false; }

    bool event(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void drawBackground(QPainter* painter, const QRectF& rect) override;
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;

private:
    void layoutPlot();
    /// Curves, bands, axes or words are other ones than in the picture that is kept of them.
    void ageStill();
    void applyColors();
    void paintGrid(QPainter& painter);
    void paintFrame(QPainter& painter);
    void paintAxis(QPainter& painter, Qt::Orientation orientation);
    void paintLive(QPainter& painter);
    [[nodiscard]] double headingHeight() const;
    /// Where the legend goes in the heading's line; null: under the plot.
    [[nodiscard]] QRectF headingLegend() const;

    const Theme* theme_;
    QString heading_;
    QString subheading_;
    /// The caption in as many lines as the width needs, broken between its parts.
    [[nodiscard]] QStringList captionLines(double width) const;

    QString caption_;
    QString emptyText_;
    AxisSpec x_;
    AxisSpec y_;
    QValueAxis* xValue_;
    QValueAxis* yValue_;
    QLineSeries* reference_;
    QList<QLineSeries*> curves_;
    QList<QAreaSeries*> bands_;
    QList<Curve> shownCurves_;
    QList<Curve> liveCurves_;
    QList<Band> shownBands_;
    LayerItem* under_;
    LayerItem* lines_;
    LayerItem* frame_;
    LayerItem* over_;
    QPixmap still_;
    bool rendersStill_ = false;
    QRectF plotRect_;
    double lineFactor_ = 1;
    double leftMargin_ = 54;
    double rightMargin_ = 14;
    bool matrix_ = false;
    bool legendInHeading_ = false;
    bool rebuilding_ = false;
    ColumnTableModel* tableModel_ = nullptr;
};

}  // namespace rankscope::gui
