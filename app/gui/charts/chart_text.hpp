// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QFont>
#include <QList>
#include <QPointF>
#include <QRectF>
#include <QString>

QT_BEGIN_NAMESPACE
class QPainter;
QT_END_NAMESPACE

namespace rankscope::gui {

class Theme;

/// Text over lines: outlined first in the colour of the ground, so that it stays readable and exports as it
/// looks. `at`: left end of the base line.
void drawHaloText(QPainter& painter, const QPointF& at, const QString& text, const QFont& font,
                  const QColor& color, const QColor& ground);

/// Base line at which capitals of `font` are centred on y.
[[nodiscard]] double centeredBaseline(const QFont& font, double y);

struct CardRow {
    QString label;
    QString value;
};

/// Size of a card with these rows; `title` may be empty, and is shortened in its middle when it is long.
[[nodiscard]] QSizeF cardSize(const QString& title, const QList<CardRow>& rows, const QFont& application);

/// A small panel with rows of label and value, its corner at `at`.
void drawCard(QPainter& painter, const QPointF& at, const QString& title, const QList<CardRow>& rows,
              const QFont& application, const Theme& theme);

/// Corner of a card of `size` near `anchor`: right below it if there is room, else on the other side; inside
/// `bounds`.
[[nodiscard]] QPointF placeCard(const QSizeF& size, const QPointF& anchor, double distance,
                                const QRectF& bounds);

/// Moves labels apart, so that neighbours stand at least `spacing` apart inside [low, high] as far as they
/// fit. Returns the new centres in the order of `centers`.
[[nodiscard]] QList<double> spreadLabels(const QList<double>& centers, double spacing, double low,
                                         double high);

}  // namespace rankscope::gui
