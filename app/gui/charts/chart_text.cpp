// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/charts/chart_text.hpp"

#include "app/gui/charts/curve.hpp"
#include "app/gui/theme/fonts.hpp"
#include "app/gui/theme/theme.hpp"

#include <QFontMetricsF>
#include <QPaintEngine>
#include <QPainter>
#include <QPainterPath>
#include <QPixmap>
#include <QPixmapCache>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace rankscope::gui {
namespace {

struct CardLayout {
    QFont labelFont;
    QFont valueFont;
    QFont titleFont;
    double padding;
    double rowHeight;
    QSizeF size;
    QString title;  ///< as much of it as a card has room for
};

// Of a card, in design units: a plan may have any name, and its numbers must stay in sight.
constexpr double kWidestTitle = 240;

CardLayout layoutOf(const QString& title, const QList<CardRow>& rows, const QFont& application) {
    CardLayout layout{scaledFont(application, TextRole::Label),
                      scaledFont(application, TextRole::Label),
                      scaledFont(application, TextRole::LabelStrong),
                      10 * designUnit(application),
                      0,
                      {},
                      {}};
    const QFontMetricsF labels(layout.labelFont);
    const QFontMetricsF values(layout.valueFont);
    layout.rowHeight = labels.height() * 1.12;
    double width = 0;
    for (const CardRow& row : rows) {
        width =
            std::max(width, labels.horizontalAdvance(row.label) + 22 + values.horizontalAdvance(row.value));
    }
    const QFontMetricsF titles(layout.titleFont);
    layout.title =
        titles.elidedText(title, Qt::ElideMiddle, std::max(width, kWidestTitle * designUnit(application)));
    width = std::max(width, titles.horizontalAdvance(layout.title));
    const auto lines = static_cast<double>(rows.size() + (title.isEmpty() ? 0 : 1));
    layout.size = QSizeF(width + 2 * layout.padding, lines * layout.rowHeight + 1.2 * layout.padding);
    return layout;
}

constexpr double kHalo = 3;  // px

void paintHaloText(QPainter& painter, const QPointF& at, const QString& text, const QFont& font,
                   const QColor& color, const QColor& ground) {
    QPainterPath outline;
    outline.addText(at, font, text);
    const auto engine = painter.paintEngine()->type();
    const bool file = engine == QPaintEngine::Pdf || engine == QPaintEngine::SVG;
    if (file) {
        // In files every curve of every letter costs bytes: under a wide pen corners cannot be seen.
        QPainterPath slim;
        for (const QPolygonF& letter : outline.toSubpathPolygons())
            slim.addPolygon(simplified(letter, 0.3));
        outline = slim;
    }
    QColor halo = ground;
    // A transparent pen would become the outline of its own outline in a PDF: a hundred kilobytes.
    if (!file) halo.setAlphaF(0.72F);
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(halo, kHalo, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    painter.drawPath(outline);
    painter.setPen(color);
    painter.setFont(font);
    painter.drawText(at, text);
    painter.restore();
}

}  // namespace

void drawHaloText(QPainter& painter, const QPointF& at, const QString& text, const QFont& font,
                  const QColor& color, const QColor& ground) {
    // Stroking outlines costs more than all the curves of a chart, and the labels of a frame are those of the
    // frame before: on a screen they are kept as pictures.
    const QPaintEngine* engine = painter.paintEngine();
    const QTransform transform = painter.deviceTransform();
    const double ratio = painter.device()->devicePixelRatioF();
    const bool upright = transform.type() <= QTransform::TxScale && qFuzzyCompare(transform.m11(), ratio)
                         && qFuzzyCompare(transform.m22(), ratio);
    if (engine == nullptr || engine->type() != QPaintEngine::Raster || !upright) {
        paintHaloText(painter, at, text, font, color, ground);
        return;
    }
    const QString key = QStringLiteral("halo %1 %2 %3 %4 ")
                            .arg(font.key(), color.name(QColor::HexArgb), ground.name(QColor::HexArgb))
                            .arg(ratio)
                        + text;
    const QFontMetricsF metrics(font);
    const QPointF origin(2 + kHalo, 2 + kHalo + metrics.ascent());
    QPixmap picture;
    if (!QPixmapCache::find(key, &picture)) {
        const double width = std::max(metrics.boundingRect(text).right(), metrics.horizontalAdvance(text));
        const double height = metrics.ascent() + metrics.descent();
        picture = QPixmap(qCeil((width + 2 * origin.x()) * ratio), qCeil((height + 2 * origin.x()) * ratio));
        picture.setDevicePixelRatio(ratio);
        picture.fill(Qt::transparent);
        QPainter inner(&picture);
        paintHaloText(inner, origin, text, font, color, ground);
        inner.end();
        QPixmapCache::insert(key, picture);
    }
    // On whole pixels of the device: a shifted picture would be blurred.
    const QPointF corner = transform.map(at - origin);
    painter.drawPixmap(transform.inverted().map(QPointF(std::round(corner.x()), std::round(corner.y()))),
                       picture);
}

double centeredBaseline(const QFont& font, double y) {
    return y + QFontMetricsF(font).capHeight() / 2;
}

QSizeF cardSize(const QString& title, const QList<CardRow>& rows, const QFont& application) {
    return layoutOf(title, rows, application).size;
}

void drawCard(QPainter& painter, const QPointF& at, const QString& title, const QList<CardRow>& rows,
              const QFont& application, const Theme& theme) {
    const CardLayout layout = layoutOf(title, rows, application);
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    const QRectF box = QRectF(at, layout.size).adjusted(0.5, 0.5, -0.5, -0.5);
    painter.setPen(QPen(theme.color(Role::Strong), 1));
    painter.setBrush(theme.color(theme.isDark() ? Role::Raised : Role::Panel));
    painter.drawRoundedRect(box, 4, 4);
    double y =
        at.y() + 0.6 * layout.padding + QFontMetricsF(layout.labelFont).ascent() + 0.06 * layout.rowHeight;
    if (!title.isEmpty()) {
        painter.setFont(layout.titleFont);
        painter.setPen(theme.color(Role::Ink));
        painter.drawText(QPointF(at.x() + layout.padding, y), layout.title);
        y += layout.rowHeight;
    }
    const QFontMetricsF values(layout.valueFont);
    for (const CardRow& row : rows) {
        painter.setFont(layout.labelFont);
        painter.setPen(theme.color(Role::Ink2));
        painter.drawText(QPointF(at.x() + layout.padding, y), row.label);
        painter.setFont(layout.valueFont);
        painter.setPen(theme.color(Role::Ink));
        const double right = at.x() + layout.size.width() - layout.padding;
        painter.drawText(QPointF(right - values.horizontalAdvance(row.value), y), row.value);
        y += layout.rowHeight;
    }
    painter.restore();
}

QPointF placeCard(const QSizeF& size, const QPointF& anchor, double distance, const QRectF& bounds) {
    double x = anchor.x() + distance;
    if (x + size.width() > bounds.right()) x = anchor.x() - distance - size.width();
    double y = anchor.y() + distance;
    if (y + size.height() > bounds.bottom()) y = anchor.y() - distance - size.height();
    x = std::clamp(x, bounds.left(), std::max(bounds.left(), bounds.right() - size.width()));
    y = std::clamp(y, bounds.top(), std::max(bounds.top(), bounds.bottom() - size.height()));
    return {x, y};
}

QList<double> spreadLabels(const QList<double>& centers, double spacing, double low, double high) {
    std::vector<qsizetype> order(static_cast<std::size_t>(centers.size()));
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(),
                     [&](qsizetype a, qsizetype b) { return centers[a] < centers[b]; });
    QList<double> result = centers;
    double next = low;
    for (const qsizetype i : order) {
        result[i] = std::max(result[i], next);
        next = result[i] + spacing;
    }
    // What was pushed over the end goes back up, its neighbours before it.
    double last = high;
    for (auto i = order.rbegin(); i != order.rend(); ++i) {
        result[*i] = std::min(result[*i], last);
        last = result[*i] - spacing;
    }
    return result;
}

}  // namespace rankscope::gui
