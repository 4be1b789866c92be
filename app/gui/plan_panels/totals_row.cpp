// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/plan_panels/totals_row.hpp"

#include "app/gui/charts/chart_text.hpp"
#include "app/gui/document/document.hpp"
#include "app/gui/theme/fonts.hpp"
#include "app/gui/theme/number_text.hpp"

#include <QApplication>
#include <QFontMetricsF>
#include <QPainter>

#include <array>
#include <cmath>

namespace rankscope::gui {
namespace {

QFont rowFont(bool strong) {
    QFont result = scaledFont(QApplication::font(), TextRole::Body);
    if (strong) result.setWeight(QFont::DemiBold);
    return result;
}

}  // namespace

TotalsRow::TotalsRow(const Workspace& workspace, QWidget* parent) : QWidget(parent), workspace_(workspace) {
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    connect(&workspace_.document, &Document::planChanged, this, &TotalsRow::read);
    connect(&workspace_.document, &Document::modelChanged, this, &TotalsRow::read);
    read();
}

void TotalsRow::applyTheme(const Theme& theme) {
    theme_ = &theme;
    update();
}

void TotalsRow::read() {
    const Document& document = workspace_.document;
    QStringList parts;
    QString tip;
    if (document.hasModel() && !document.plan().layers.empty()) {
        const PlanChoice& plan = document.plan();
        const auto bytes = static_cast<double>(document.stateBytes(plan));
        const auto full = static_cast<double>(document.config().state_bytes());
        const double removed = full > 0 ? 1 - bytes / full : 0;
        parts << tr("mean K′ %1").arg(number_text::fixed(meanKept(plan), 1))
              << tr("state %1").arg(number_text::bytes(bytes))
              << tr("%1 % removed").arg(number_text::significant(100 * removed, removed >= 0.0995 ? 2 : 1));
        tip = tr("Recurrent state of one sequence: %1 of %2 bytes\nRemoved = 1 − %1 / %2 = %3")
                  .arg(number_text::integer(static_cast<qint64>(bytes)),
                       number_text::integer(static_cast<qint64>(full)), number_text::percent(removed));
    }
    if (parts == parts_) return;
    parts_ = parts;
    setToolTip(tip);
    setAccessibleName(tr("Total: %1").arg(parts.join(QStringLiteral(", "))));
    update();
}

QSize TotalsRow::sizeHint() const {
    return minimumSizeHint();
}

QSize TotalsRow::minimumSizeHint() const {
    return {0, static_cast<int>(std::lround(30 * designUnit(QApplication::font())))};
}

void TotalsRow::paintEvent(QPaintEvent* /*event*/) {
    QPainter painter(this);
    const double u = designUnit(QApplication::font());
    painter.fillRect(rect(), theme_->color(Role::Panel));
    painter.fillRect(QRect(0, 0, width(), 1), theme_->color(Role::Border));
    if (parts_.isEmpty()) return;
    const QString title = tr("Total");
    const QFontMetricsF plain(rowFont(false));
    double texts = 0;
    for (const QString& part : parts_)
        texts += plain.horizontalAdvance(part);
    const double titleWidth = QFontMetricsF(rowFont(true)).horizontalAdvance(title);
    const auto gaps = static_cast<double>(parts_.size());
    const double room = width() - 21 * u;
    const bool titled = titleWidth + texts + 10 * u * gaps <= room;
    const double left = room - texts - (titled ? titleWidth : 0);
    const double gap = std::min(18 * u, std::max(4 * u, left / std::max(1.0, titled ? gaps : gaps - 1)));
    double x = 12 * u;
    const double baseline = centeredBaseline(rowFont(false), height() / 2.0);
    if (titled) {
        painter.setFont(rowFont(true));
        painter.setPen(theme_->color(Role::Ink));
        painter.drawText(QPointF(x, baseline), title);
        x += titleWidth + gap;
    }
    painter.setFont(rowFont(false));
    for (qsizetype i = 0; i < parts_.size(); ++i) {
        painter.setPen(theme_->color(i + 1 < parts_.size() ? Role::Ink : Role::Ink2));
        painter.drawText(QPointF(x, baseline), parts_[i]);
        x += plain.horizontalAdvance(parts_[i]) + gap;
    }
}

}  // namespace rankscope::gui
