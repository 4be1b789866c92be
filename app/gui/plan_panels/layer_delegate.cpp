// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/plan_panels/layer_delegate.hpp"

#include "app/gui/charts/chart_text.hpp"
#include "app/gui/document/selection.hpp"
#include "app/gui/plan_panels/layer_table_model.hpp"
#include "app/gui/plan_panels/presets.hpp"
#include "app/gui/theme/color_map.hpp"
#include "app/gui/theme/fonts.hpp"
#include "app/gui/theme/icons.hpp"
#include "app/gui/theme/marker.hpp"
#include "app/gui/theme/number_text.hpp"

#include <QApplication>
#include <QPainter>
#include <QPixmapCache>

#include <algorithm>
#include <cmath>

namespace rankscope::gui {
namespace {

double unit() {
    return designUnit(QApplication::font());
}

QColor withOpacity(QColor color, double opacity) {
    color.setAlphaF(static_cast<float>(opacity));
    return color;
}

QFont bodyFont(bool strong) {
    QFont font = scaledFont(QApplication::font(), TextRole::Body);
    if (strong) font.setWeight(QFont::DemiBold);
    return font;
}

Method methodOf(const LayerRow& row) {
    if (row.choice.method.empty()) return Method::FullModel;
    return methodOfKey(QString::fromStdString(row.choice.method)).value_or(Method::Mixed);
}

// Diagonal lines over a rectangle.
void hatch(QPainter& painter, const QRectF& area, const QColor& color, double step) {
    painter.save();
    painter.setClipRect(area, Qt::IntersectClip);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(color, 1));
    for (double x = area.left() - area.height(); x < area.right(); x += step)
        painter.drawLine(QPointF(x, area.bottom()), QPointF(x + area.height(), area.top()));
    painter.restore();
}

// A or B: ink disc and ink ring, as everywhere.
void badge(QPainter& painter, const QPointF& center, double radius, bool a, const Theme& theme,
           const QFont& base) {
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(theme.color(Role::Ink), std::max(1.2, radius * 0.2)));
    painter.setBrush(theme.color(a ? Role::Ink : Role::Panel));
    painter.drawEllipse(center, radius, radius);
    QFont font = base;
    font.setWeight(QFont::DemiBold);
    font.setPointSizeF(base.pointSizeF() * 0.78);
    painter.setFont(font);
    painter.setPen(theme.color(a ? Role::Panel : Role::Ink));
    const QString letter = a ? QStringLiteral("A") : QStringLiteral("B");
    const double width = QFontMetricsF(font).horizontalAdvance(letter);
    painter.drawText(QPointF(center.x() - width / 2, centeredBaseline(font, center.y())), letter);
    painter.restore();
}

}  // namespace

LayerDelegate::LayerDelegate(const LayerTableModel& model, const Selection& selection,
                             const LayerTableState& state, QObject* parent)
    : QStyledItemDelegate(parent), model_(model), selection_(selection), state_(state) {}

void LayerDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                          const QModelIndex& index) const {
    const LayerRow& row = model_.row(index.row());
    const auto column = static_cast<LayerColumn>(index.column());
    const QRectF cell(option.rect);
    const double u = unit();
    painter->save();
    painter->setClipRect(cell);
    paintGround(*painter, cell, row, index.row(), column);
    const QString text = index.data().toString();
    const QRectF inner = cell.adjusted(0, 0, -9 * u, 0);
    switch (column) {
        case LayerColumn::Layer:
            paintText(*painter, cell.adjusted(0, 0, -12 * u, 0), text,
                      row.hasState() ? Role::Ink : Role::Faint, row.layer == selection_.layer());
            break;
        case LayerColumn::Heads:
            if (row.hasState()) paintHeads(*painter, cell, row);
            break;
        case LayerColumn::Kept:
            if (!row.hasState()) {
                painter->setFont(bodyFont(false));
                painter->setPen(theme_->color(Role::Faint));
                painter->drawText(cell, Qt::AlignLeft | Qt::AlignVCenter, text);
            } else if (model_.isCompare()) {
                paintCompared(*painter, cell, row);
            } else {
                paintKept(*painter, cell, row, index.row());
            }
            break;
        case LayerColumn::Method:
            if (row.hasState()) paintMethod(*painter, cell, row);
            break;
        case LayerColumn::Energy:
        case LayerColumn::State:
            paintText(*painter, inner, text, row.hasState() ? Role::Ink : Role::Faint);
            break;
        case LayerColumn::Delta:
            paintDelta(*painter, cell, row, text);
            break;
        case LayerColumn::Lock:
            if (row.hasState()) paintLock(*painter, cell, row);
            break;
    }
    painter->restore();
}

void LayerDelegate::paintGround(QPainter& painter, const QRectF& cell, const LayerRow& row, int rowNumber,
                                LayerColumn column) const {
    const bool selected = selection_.layers().contains(row.layer);
    const bool hovered = selection_.hover().layer == row.layer;
    painter.fillRect(cell, theme_->color(selected ? Role::Select : hovered ? Role::Hover : Role::Panel));
    if (rowNumber + 1 < model_.rowCount())
        painter.fillRect(QRectF(cell.left(), cell.bottom() - 1, cell.width(), 1), theme_->color(Role::Grid));
    if (row.layer != selection_.layer()) return;
    const QColor accent = theme_->color(Role::Accent);
    if (column == LayerColumn::Layer)
        painter.fillRect(QRectF(cell.left(), cell.top(), 3, cell.height()), accent);
    if (!state_.focusRing) return;
    painter.fillRect(QRectF(cell.left(), cell.top(), cell.width(), 2), accent);
    painter.fillRect(QRectF(cell.left(), cell.bottom() - 2, cell.width(), 2), accent);
    int last = kLayerColumns - 1;
    while (last > 0 && state_.columns.width[static_cast<std::size_t>(last)] == 0)
        --last;
    if (static_cast<int>(column) == last)
        painter.fillRect(QRectF(cell.right() - 2, cell.top(), 2, cell.height()), accent);
}

void LayerDelegate::paintText(QPainter& painter, const QRectF& cell, const QString& text, Role role,
                              bool strong) const {
    painter.setFont(bodyFont(strong));
    painter.setPen(theme_->color(text == QString(number_text::kUnknown) ? Role::Faint : role));
    painter.drawText(cell, Qt::AlignRight | Qt::AlignVCenter, text);
}

void LayerDelegate::paintHeads(QPainter& painter, const QRectF& cell, const LayerRow& row) const {
    const HeadCells cells = headCells(cell, static_cast<int>(row.heads.size()), state_.columns, unit());
    if (cells.strip) {
        paintStrip(painter, cells, row);
        return;
    }
    const QList<QRgb>& colors = sequentialColors(chosenMap());
    const QColor outline = theme_->color(Role::Strong, 0.5);
    for (int head = 0; head < cells.count; ++head) {
        const std::optional<float>& value = row.heads[static_cast<std::size_t>(head)];
        const QRectF box = cells.cell(head);
        const QRectF edge = box.adjusted(0.5, 0.5, -0.5, -0.5);
        painter.setPen(QPen(outline, 1));
        painter.setBrush(Qt::NoBrush);
        if (!value) {
            painter.drawRect(edge);
            continue;
        }
        const int color = colorIndex(*value, model_.low(), model_.high(), static_cast<int>(colors.size()));
        if (color < 0) {
            hatch(painter, box, theme_->color(Role::Strong), 4);
            painter.drawRect(edge);
            continue;
        }
        painter.fillRect(box, QColor(colors[color]));
        // Viridis begins darker than the dark theme's panel.
        if (theme_->isDark()) painter.drawRect(edge);
    }
    const bool hovered = selection_.hover().layer == row.layer && selection_.hover().head >= 0;
    for (const bool selected : {false, true}) {
        const int head = selected ? selection_.head() : selection_.hover().head;
        const bool shown = selected ? row.layer == selection_.layer() : hovered;
        if (!shown || head < 0 || head >= cells.count) continue;
        const QRectF box = cells.cell(head);
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(theme_->color(Role::Panel), 1));
        painter.drawRect(box.adjusted(0.5, 0.5, -0.5, -0.5).adjusted(1, 1, -1, -1));
        painter.setPen(QPen(theme_->color(selected ? Role::Ink : Role::Ink2), selected ? 2 : 1));
        painter.drawRect(selected ? box : box.adjusted(-0.5, -0.5, 0.5, 0.5));
    }
}

void LayerDelegate::paintStrip(QPainter& painter, const HeadCells& cells, const LayerRow& row) const {
    constexpr int kBins = 12;
    const QList<QRgb>& colors = sequentialColors(chosenMap());
    std::array<int, kBins> counts{};
    int most = 0;
    int selectedBin = -1;
    for (std::size_t head = 0; head < row.heads.size(); ++head) {
        if (!row.heads[head]) continue;
        const int bin = colorIndex(*row.heads[head], model_.low(), model_.high(), kBins);
        if (bin < 0) continue;
        most = std::max(most, ++counts[static_cast<std::size_t>(bin)]);
        if (row.layer == selection_.layer() && static_cast<int>(head) == selection_.head()) selectedBin = bin;
    }
    const QRectF area = cells.area;
    painter.fillRect(QRectF(area.left(), area.bottom() - 1, area.width(), 1), theme_->color(Role::Strong));
    if (most == 0) return;
    const double width = area.width() / kBins;
    for (int bin = 0; bin < kBins; ++bin) {
        const double height = std::ceil((area.height() - 4) * counts[static_cast<std::size_t>(bin)] / most);
        const double left = std::round(area.left() + bin * width);
        const QRectF bar(left, area.bottom() - 1 - height, std::round(area.left() + (bin + 1) * width) - left,
                         height);
        if (height > 0) {
            painter.fillRect(bar, QColor(colors[static_cast<qsizetype>(
                                      (bin + 0.5) / kBins * static_cast<double>(colors.size()))]));
            if (theme_->isDark()) {
                painter.setPen(QPen(theme_->color(Role::Strong, 0.5), 1));
                painter.setBrush(Qt::NoBrush);
                painter.drawRect(bar.adjusted(0.5, 0.5, -0.5, -0.5));
            }
        }
        if (bin == selectedBin)
            painter.fillRect(QRectF(bar.left(), area.bottom(), bar.width(), 2), theme_->color(Role::Ink));
    }
}

void LayerDelegate::paintTicks(QPainter& painter, const KeptTrack& kept, double filledTo,
                               const QColor& filled) const {
    const auto tick = [&](std::int64_t width, double share) {
        const double x = std::floor(kept.x(static_cast<double>(width)));
        const double height = std::max(2.0, std::round(kept.track.height() * share));
        // Cut out of the filling; drawn on the empty part.
        const QColor color = x < filledTo ? filled : theme_->color(Role::Strong, 0.75);
        painter.fillRect(QRectF(x, kept.track.bottom() - height, 1, height), color);
    };
    for (int quarter = 1; quarter < 4; ++quarter)
        tick(quarter * kept.keyDim / 4, 0.3);
    for (const std::int64_t width : kernelWidths(kept.keyDim))
        tick(width, 0.6);
}

void LayerDelegate::paintKept(QPainter& painter, const QRectF& cell, const LayerRow& row,
                              int rowNumber) const {
    const double u = unit();
    const KeptTrack kept = keptTrack(cell, row.choice.key_dim, state_.keptNumber, u);
    const bool dragged = state_.dragRow == rowNumber;
    const bool current = row.layer == selection_.layer();
    const QColor color =
        row.choice.method.empty() ? theme_->color(Role::Strong) : theme_->color(methodOf(row));
    const double x = kept.x(static_cast<double>(row.choice.kept));
    painter.fillRect(kept.track, theme_->color(Role::Track));
    painter.fillRect(QRectF(kept.track.topLeft(), QPointF(x, kept.track.bottom())),
                     withOpacity(color, current ? 0.62 : 0.48));
    paintTicks(painter, kept, x, theme_->color(Role::Panel, 0.85));
    if (row.choice.locked) hatch(painter, kept.track, theme_->color(Role::Ink2, 0.55), 5);
    if (const LayerChoice* ghost = model_.hoveredChoice(row.layer)) {
        painter.setPen(QPen(theme_->color(Role::Ink), 1));
        painter.setBrush(Qt::NoBrush);
        const double at = std::round(kept.x(static_cast<double>(ghost->kept)));
        painter.drawRect(QRectF(at - 2.5, kept.track.top() - 2.5, 4, kept.track.height() + 4));
    }
    const double width = dragged ? 5 : 3;
    const QRectF handle(std::round(x - width / 2), kept.track.top() - 2, width, kept.track.height() + 4);
    painter.fillRect(handle, dragged ? theme_->color(Role::Accent) : color);

    // "40 / 64": what matters is dark.
    const QString number = QString::number(row.choice.kept);
    const QString rest = QStringLiteral(" / %1").arg(row.choice.key_dim);
    const QFont strong = bodyFont(current);
    const QFont plain = bodyFont(false);
    const double restWidth = QFontMetricsF(plain).horizontalAdvance(rest);
    const double baseline = centeredBaseline(plain, cell.center().y());
    painter.setFont(plain);
    painter.setPen(theme_->color(Role::Ink2));
    painter.drawText(QPointF(kept.number.right() - restWidth, baseline), rest);
    painter.setFont(strong);
    painter.setPen(theme_->color(Role::Ink));
    painter.drawText(
        QPointF(kept.number.right() - restWidth - QFontMetricsF(strong).horizontalAdvance(number), baseline),
        number);
}

void LayerDelegate::paintCompared(QPainter& painter, const QRectF& cell, const LayerRow& row) const {
    const double u = unit();
    const KeptTrack kept = keptTrack(cell, row.choice.key_dim, state_.keptNumber, u);
    const double middle = kept.track.center().y();
    painter.fillRect(QRectF(kept.track.left(), std::round(middle), kept.track.width(), 1),
                     theme_->color(Role::Track));
    const LayerChoice* a = model_.comparedChoice(true, row.layer);
    const LayerChoice* b = model_.comparedChoice(false, row.layer);
    const auto x = [&](const LayerChoice* choice) { return kept.x(static_cast<double>(choice->kept)); };
    if (a != nullptr && b != nullptr) {
        const double left = std::min(x(a), x(b));
        painter.fillRect(QRectF(left, std::round(middle) - 1, std::abs(x(a) - x(b)), 3),
                         theme_->color(Role::Strong, 0.6));
    }
    // The plan that is edited, where it is neither of both.
    if (b != nullptr && b->kept != row.choice.kept && (a == nullptr || a->kept != row.choice.kept)) {
        painter.fillRect(QRectF(std::round(kept.x(static_cast<double>(row.choice.kept)) - 1),
                                kept.track.top(), 2, kept.track.height()),
                         theme_->color(row.isPruned() ? methodOf(row) : Method::FullModel));
    }
    const QFont font = bodyFont(false);
    const double radius = std::min(7 * u, kept.track.height() / 2 + 1 * u);
    double xa = a != nullptr ? x(a) : 0;
    double xb = b != nullptr ? x(b) : 0;
    // Equal or nearly so: side by side, or one would hide the other.
    if (a != nullptr && b != nullptr && std::abs(xa - xb) < 2 * radius + u) {
        const double center = (xa + xb) / 2;
        const double side = xa <= xb ? radius + u / 2 : -radius - u / 2;
        xa = center - side;
        xb = center + side;
    }
    const QString text = model_.index(row.layer, static_cast<int>(LayerColumn::Kept)).data().toString();
    const QFont numbers = bodyFont(row.layer == selection_.layer());
    // At full width a badge would lie on the numbers.
    const double right =
        kept.number.right() - QFontMetricsF(numbers).horizontalAdvance(text) - radius - 4 * u;
    const double beyond = std::max({0.0, b != nullptr ? xb - right : 0.0, a != nullptr ? xa - right : 0.0});
    if (b != nullptr && xb > right - 2 * radius) xb -= beyond;
    if (a != nullptr && xa > right - 2 * radius) xa -= beyond;
    if (b != nullptr) badge(painter, {xb, middle}, radius, false, *theme_, font);
    if (a != nullptr) badge(painter, {xa, middle}, radius, true, *theme_, font);
    painter.setFont(numbers);
    painter.setPen(theme_->color(Role::Ink));
    painter.drawText(kept.number, Qt::AlignRight | Qt::AlignVCenter, text);
}

void LayerDelegate::paintMethod(QPainter& painter, const QRectF& cell, const LayerRow& row) const {
    const double u = unit();
    const bool all = row.choice.method.empty();
    const bool names = state_.columns.methodNames;
    MarkerLook look;
    look.method = row.byHand ? Method::Mixed : methodOf(row);
    if (row.byHand) look.color = theme_->color(methodOf(row));
    const QPointF center(cell.left() + (names ? 5 : 9) * u, cell.center().y());
    drawMarker(painter, center, 8.5 * u, look, *theme_,
               theme_->color(selection_.layers().contains(row.layer) ? Role::Select : Role::Panel));
    if (!names) return;
    painter.setFont(bodyFont(false));
    painter.setPen(theme_->color(all ? Role::Ink2 : Role::Ink));
    painter.drawText(cell.adjusted(16 * u, 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter, methodText(row));
}

void LayerDelegate::paintDelta(QPainter& painter, const QRectF& cell, const LayerRow& row,
                               const QString& text) const {
    const double u = unit();
    if (row.hasState() && std::isfinite(row.deltaPpl) && row.deltaPpl != 0 && model_.deltaScale() > 0) {
        const double length = std::min(24 * u, 24 * u * std::abs(row.deltaPpl) / model_.deltaScale());
        const double height = std::round(std::min(8 * u, cell.height() - 12 * u));
        painter.fillRect(
            QRectF(cell.left(), std::round(cell.center().y() - height / 2), std::max(1.0, length), height),
            theme_->color(Role::Strong, 0.85));
    }
    paintText(painter, cell.adjusted(0, 0, -9 * u, 0), text, row.hasState() ? Role::Ink : Role::Faint);
}

void LayerDelegate::paintLock(QPainter& painter, const QRectF& cell, const LayerRow& row) const {
    const double u = unit();
    const double size = 16 * u;
    const double ratio = painter.device()->devicePixelRatioF();
    const QString name = row.choice.locked ? QStringLiteral("lock-closed") : QStringLiteral("lock-open");
    const QColor color = theme_->color(row.choice.locked ? Role::Ink : Role::Strong);
    const QString key = QStringLiteral("%1 %2 %3 %4").arg(name, color.name()).arg(size).arg(ratio);
    QPixmap pixmap;
    if (!QPixmapCache::find(key, &pixmap)) {
        pixmap = iconPixmap(name, color, size, ratio);
        QPixmapCache::insert(key, pixmap);
    }
    painter.drawPixmap(
        QPointF(std::round(cell.center().x() - size / 2 - 2 * u), std::round(cell.center().y() - size / 2)),
        pixmap);
}

}  // namespace rankscope::gui
