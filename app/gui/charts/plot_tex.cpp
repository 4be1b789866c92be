// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/charts/plot_tex.hpp"

#include <QHash>

#include <algorithm>
#include <cmath>

namespace rankscope::gui {
namespace {

QString number(double value) {
    return QString::number(value, 'g', 7);
}

/// Value of a coordinate of this axis: log axes count in exponents.
QString valueOn(const AxisSpec& axis, double at) {
    return number(axis.scale == AxisScale::Log10 ? std::pow(10.0, at) : at);
}

QString colorText(const QColor& color) {
    return QStringLiteral("{rgb,255:red,%1;green,%2;blue,%3}")
        .arg(color.red())
        .arg(color.green())
        .arg(color.blue());
}

QString lineStyle(const QPen& pen) {
    QString style =
        QStringLiteral("color=%1, line width=%2pt").arg(colorText(pen.color()), number(0.75 * pen.widthF()));
    if (pen.color().alphaF() < 1) style += QStringLiteral(", opacity=%1").arg(number(pen.color().alphaF()));
    if (pen.style() == Qt::CustomDashLine) style += QStringLiteral(", dashed");
    return style;
}

QString markName(const PlotMarks& marks) {
    if (marks.shape != PlotMarks::Shape::OfMethod) return QStringLiteral("triangle*");
    switch (marks.method) {
        case Method::Random:
            return QStringLiteral("x");
        case Method::L1:
            return QStringLiteral("square*");
        case Method::SWanda:
            return QStringLiteral("triangle*");
        case Method::Taylor:
            return QStringLiteral("diamond*");
        case Method::Energy:
            return QStringLiteral("+");
        case Method::Drrqr:
            return QStringLiteral("*");
        case Method::DrrqrNormalised:
            return QStringLiteral("otimes*");
        case Method::DrrqrSampled:
            return QStringLiteral("pentagon*");
        case Method::Mixed:
            return QStringLiteral("halfcircle*");
        case Method::FullModel:
            return QStringLiteral("star");
    }
    return QStringLiteral("*");
}

QString markStyle(const PlotMarks& marks) {
    QString options = marks.hollow ? QStringLiteral("fill=white") : QString();
    if (marks.shape == PlotMarks::Shape::TriangleDown)
        options += QLatin1String(options.isEmpty() ? "rotate=180" : ", rotate=180");
    return QStringLiteral("only marks, mark=%1, mark size=%2pt, color=%3, mark options={%4}")
        .arg(markName(marks), number(marks.size / 2), colorText(marks.color), options);
}

class Writer {
public:
    explicit Writer(const PlotDrawing& drawing) : drawing_(drawing) {}

    void line(const QString& text) { out_ += text.toUtf8() + '\n'; }

    void axisOptions(const QString& title) {
        line(QStringLiteral("\\begin{axis}["));
        line(QStringLiteral("  width=0.95\\linewidth, height=0.6\\linewidth, clip=false,"));
        if (!title.isEmpty()) line(QStringLiteral("  title={%1},").arg(texText(title)));
        axis(drawing_.x, QStringLiteral("x"));
        axis(drawing_.y, QStringLiteral("y"));
        if (drawing_.downwards) line(QStringLiteral("  y dir=reverse, axis on top,"));
        line(QStringLiteral("  axis lines=left, axis line style={-}, tick align=outside, tick pos=left,"));
        if (drawing_.y.grid) line(QStringLiteral("  ymajorgrids, grid style={black!8},"));
        line(QStringLiteral(
            "  legend columns=-1, legend style={at={(0.5,-0.2)}, anchor=north, draw=none, font=\\small},"));
        line(QStringLiteral("]"));
    }

    void bands() {
        for (const PlotBand& band : drawing_.bands) {
            for (const BandPiece& piece : band.pieces) {
                QPolygonF outline = piece.upper;
                std::for_each(piece.lower.crbegin(), piece.lower.crend(),
                              [&](const QPointF& point) { outline.append(point); });
                line(QStringLiteral("\\addplot[draw=none, fill=%1, fill opacity=%2, forget plot] coordinates "
                                    "{%3} -- cycle;")
                         .arg(colorText(band.fill), number(band.fill.alphaF()), coordinates(outline)));
            }
        }
    }

    void curves(const QList<PlotCurve>& curves) {
        for (const PlotCurve& curve : curves) {
            for (const QPolygonF& piece : curve.pieces)
                line(QStringLiteral("\\addplot[%1, mark=none, forget plot] coordinates {%2};")
                         .arg(lineStyle(curve.pen), coordinates(piece)));
        }
    }

    void guides() {
        for (const QLineF& guide : drawing_.guides) {
            line(QStringLiteral("\\addplot[color=black, line width=0.5pt, densely dashed, mark=none, forget "
                                "plot] coordinates {%1};")
                     .arg(coordinates({guide.p1(), guide.p2()})));
        }
    }

    void marks() {
        for (const PlotMarks& marks : drawing_.marks) {
            if (marks.points.isEmpty()) continue;
            line(QStringLiteral("\\addplot[%1, forget plot] coordinates {%2};")
                     .arg(markStyle(marks), coordinates(marks.points)));
        }
    }

    void labels() {
        for (const PlotLabel& label : drawing_.labels) {
            line(QStringLiteral(
                     "\\node[anchor=%1, text=%2, font=\\small, inner sep=4pt] at (axis cs:%3,%4) {%5};")
                     .arg(QLatin1String(label.before ? "east" : "west"), colorText(label.color),
                          valueOn(drawing_.x, label.at.x()), valueOn(drawing_.y, label.at.y()),
                          texText(label.text)));
        }
    }

    void cells() {
        const PlotCells& cells = drawing_.cells;
        if (cells.values.empty()) return;
        QString map;
        constexpr int kStops = 11;
        for (int i = 0; i < kStops; ++i) {
            const QColor color = QColor::fromRgb(cells.colors[(cells.colors.size() - 1) * i / (kStops - 1)]);
            map += QStringLiteral(" rgb255(%1)=(%2,%3,%4)")
                       .arg(i)
                       .arg(color.red())
                       .arg(color.green())
                       .arg(color.blue());
        }
        line(QStringLiteral("\\addplot[matrix plot*, mesh/cols=%1, point meta=explicit, point meta min=%2, "
                            "point meta max=%3, "
                            "colormap={diverging}{%4}, forget plot] table[meta=c, row sep=newline] {")
                 .arg(cells.columns)
                 .arg(number(-cells.limit), number(cells.limit), map));
        line(QStringLiteral("x y c"));
        for (int row = 0; row < cells.rows; ++row) {
            for (int column = 0; column < cells.columns; ++column) {
                const double value =
                    cells.values[static_cast<std::size_t>(row) * static_cast<std::size_t>(cells.columns)
                                 + static_cast<std::size_t>(column)];
                // Cells are drawn about their middle.
                line(QStringLiteral("%1 %2 %3")
                         .arg(number(column + 0.5), number(row + 0.5),
                              std::isfinite(value) ? QString::number(value, 'g', 4) : QStringLiteral("nan")));
            }
        }
        line(QStringLiteral("};"));
    }

    void legend() {
        for (const LegendEntry& entry : drawing_.legend) {
            QString image;
            PlotMarks marks;
            marks.color = entry.color;
            switch (entry.sign) {
                case LegendEntry::Sign::Line:
                    image = QStringLiteral("no markers, color=%1, line width=%2pt")
                                .arg(colorText(entry.color), number(0.75 * entry.width));
                    break;
                case LegendEntry::Sign::DashedLine:
                    image = QStringLiteral("no markers, color=%1, line width=%2pt, dashed")
                                .arg(colorText(entry.color), number(0.75 * entry.width));
                    break;
                case LegendEntry::Sign::Band:
                    image = QStringLiteral("area legend, draw opacity=0, fill=%1, fill opacity=%2")
                                .arg(colorText(entry.color), number(entry.color.alphaF()));
                    break;
                case LegendEntry::Sign::Marker:
                    marks.method = entry.marker.method;
                    marks.hollow = entry.marker.state == PlanState::Estimate;
                    marks.color = entry.marker.color;
                    image = markStyle(marks);
                    break;
                case LegendEntry::Sign::TriangleUp:
                case LegendEntry::Sign::TriangleDown:
                    marks.shape = entry.sign == LegendEntry::Sign::TriangleUp
                                      ? PlotMarks::Shape::TriangleUp
                                      : PlotMarks::Shape::TriangleDown;
                    image = markStyle(marks);
                    break;
            }
            line(QStringLiteral("\\addlegendimage{%1}").arg(image));
            line(QStringLiteral("\\addlegendentry{%1}").arg(texText(entry.text)));
        }
    }

    [[nodiscard]] const QByteArray& text() const { return out_; }

private:
    void axis(const AxisSpec& axis, const QString& letter) {
        line(QStringLiteral("  %1min=%2, %1max=%3,")
                 .arg(letter, valueOn(axis, axis.low), valueOn(axis, axis.high)));
        if (axis.scale == AxisScale::Log10) line(QStringLiteral("  %1mode=log,").arg(letter));
        if (!axis.title.isEmpty()) line(QStringLiteral("  %1label={%2},").arg(letter, texText(axis.title)));
        if (axis.scale == AxisScale::Log10) return;
        QStringList ticks;
        for (const AxisTick& tick : axisTicks(axis, 400, 50)) {
            if (!tick.minor && !tick.label.isEmpty()) ticks.append(number(tick.at));
        }
        if (!ticks.isEmpty())
            line(QStringLiteral("  %1tick={%2},").arg(letter, ticks.join(QLatin1Char(','))));
    }

    [[nodiscard]] QString coordinates(const QList<QPointF>& points) const {
        QStringList texts;
        for (const QPointF& point : points)
            texts.append(QStringLiteral("(%1,%2)").arg(valueOn(drawing_.x, point.x()),
                                                       valueOn(drawing_.y, point.y())));
        return texts.join(QLatin1Char(' '));
    }

    const PlotDrawing& drawing_;
    QByteArray out_;
};

}  // namespace

QString texText(const QString& text) {
    static const QHash<QChar, QString> kSpecial{
        {u'\\', QStringLiteral("\\textbackslash{}")},
        {u'{', QStringLiteral("\\{")},
        {u'}', QStringLiteral("\\}")},
        {u'$', QStringLiteral("\\$")},
        {u'&', QStringLiteral("\\&")},
        {u'#', QStringLiteral("\\#")},
        {u'%', QStringLiteral("\\%")},
        {u'_', QStringLiteral("\\_")},
        {u'^', QStringLiteral("\\textasciicircum{}")},
        {u'~', QStringLiteral("\\textasciitilde{}")},
        {u'σ', QStringLiteral("$\\sigma$")},
        {u'Σ', QStringLiteral("$\\Sigma$")},
        {u'Δ', QStringLiteral("$\\Delta$")},
        {u'ε', QStringLiteral("$\\varepsilon$")},
        {u'ρ', QStringLiteral("$\\rho$")},
        {u'ᵢ', QStringLiteral("$_i$")},
        {u'′', QStringLiteral("$'$")},
        {u'‖', QStringLiteral("$\\|$")},
        {u'×', QStringLiteral("$\\times$")},
        {u'±', QStringLiteral("$\\pm$")},
        {u'≈', QStringLiteral("$\\approx$")},
        {u'−', QStringLiteral("$-$")},
        {u'·', QStringLiteral("$\\cdot$")},
        {u'→', QStringLiteral("$\\to$")},
        {u'↑', QStringLiteral("$\\uparrow$")},
        {u'≤', QStringLiteral("$\\le$")},
        {u'½', QStringLiteral("$\\frac12$")},
        {u'…', QStringLiteral("\\ldots{}")},
        {u'–', QStringLiteral("--")},
        {u'¹', QStringLiteral("$^1$")},
        {u'²', QStringLiteral("$^2$")},
        {u'³', QStringLiteral("$^3$")},
        {u'⁰', QStringLiteral("$^0$")},
        {u'⁻', QStringLiteral("$^-$")},
    };
    QString result;
    for (const QChar c : text) {
        if (const auto special = kSpecial.find(c); special != kSpecial.end()) {
            result += *special;
        } else if (c >= QChar(u'₀') && c <= QChar(u'₉')) {
            result += QStringLiteral("$_%1$").arg(c.unicode() - u'₀');
        } else if (c >= QChar(u'⁴') && c <= QChar(u'⁹')) {
            result += QStringLiteral("$^%1$").arg(c.unicode() - u'⁰');
        } else {
            // A line end would end a comment or a number.
            result += c == QLatin1Char('\n') ? QLatin1Char(' ') : c;
        }
    }
    return result;
}

QByteArray plotTex(const PlotDrawing& drawing, const QString& title, const QString& caption) {
    Writer writer(drawing);
    writer.line(
        QStringLiteral("% Rankscope. In the preamble: \\usepackage{pgfplots} \\pgfplotsset{compat=1.16}"));
    if (!caption.isEmpty())
        writer.line(QStringLiteral("% ") + QString(caption).replace(QLatin1Char('\n'), QLatin1Char(' ')));
    writer.line(QStringLiteral("\\begin{tikzpicture}"));
    writer.axisOptions(title);
    writer.cells();
    writer.bands();
    writer.curves(drawing.faint);
    writer.curves(drawing.curves);
    writer.guides();
    writer.marks();
    writer.labels();
    writer.legend();
    writer.line(QStringLiteral("\\end{axis}"));
    if (!caption.isEmpty()) {
        writer.line(QStringLiteral("\\node[anchor=north west, font=\\tiny, inner sep=1pt] at (current "
                                   "bounding box.south west) {%1};")
                        .arg(texText(caption)));
    }
    writer.line(QStringLiteral("\\end{tikzpicture}"));
    return writer.text();
}

}  // namespace rankscope::gui
