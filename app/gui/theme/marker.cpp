// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/theme/marker.hpp"

#include <QCoreApplication>
#include <QPainter>
#include <QTransform>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace rankscope::gui {
namespace {

// Corners on a circle, the first on top.
QPainterPath polygon(int corners, double radius, double innerRadius = 0) {
    QPainterPath path;
    const int points = innerRadius > 0 ? 2 * corners : corners;
    for (int i = 0; i < points; ++i) {
        const double r = innerRadius > 0 && i % 2 == 1 ? innerRadius : radius;
        const double angle = 2 * std::numbers::pi * i / points - std::numbers::pi / 2;
        const QPointF at(r * std::cos(angle), r * std::sin(angle));
        i == 0 ? path.moveTo(at) : path.lineTo(at);
    }
    path.closeSubpath();
    return path;
}

QPainterPath cross(double radius, double arm) {
    QPainterPath upright;
    upright.addRect(-arm / 2, -radius, arm, 2 * radius);
    QPainterPath level;
    level.addRect(-radius, -arm / 2, 2 * radius, arm);
    return upright.united(level);
}

}  // namespace

QString planStateName(PlanState state) {
    switch (state) {
        case PlanState::Estimate:
            return QCoreApplication::translate("PlanState", "estimate");
        case PlanState::Measuring:
            return QCoreApplication::translate("PlanState", "measuring");
        case PlanState::Exact:
            return QCoreApplication::translate("PlanState", "exact");
        case PlanState::Queued:
            return QCoreApplication::translate("PlanState", "queued");
        case PlanState::Failed:
            return QCoreApplication::translate("PlanState", "failed");
    }
    return {};
}

QPainterPath markerPath(Method method, double size) {
    const double r = size / 2;
    QPainterPath path;
    switch (method) {
        case Method::Random:
            return QTransform().rotate(45).map(cross(1.12 * r, 0.52 * r));
        case Method::L1:
            path.addRect(-0.88 * r, -0.88 * r, 1.76 * r, 1.76 * r);
            return path;
        case Method::SWanda:
            return polygon(3, 1.22 * r).translated(0, 0.2 * r);
        case Method::Taylor:
            return polygon(4, 1.22 * r);
        case Method::Energy:
            return cross(1.15 * r, 0.72 * r);
        case Method::Drrqr:
            path.addEllipse(QPointF(), r, r);
            return path;
        case Method::DrrqrNormalised:
            // The outer ring; the disc inside it is drawn with it.
            path.addEllipse(QPointF(), 1.25 * r, 1.25 * r);
            return path;
        case Method::DrrqrSampled:
            return polygon(5, 1.15 * r);
        case Method::Mixed:
            return polygon(6, 1.12 * r);
        case Method::FullModel:
            return polygon(5, 1.4 * r, 0.6 * r);
    }
    return path;
}

void drawMarker(QPainter& painter, const QPointF& center, double size, const MarkerLook& look,
                const Theme& theme, const QColor& ground) {
    const QColor color = look.color.isValid() ? look.color : theme.color(look.method);
    const double line = std::max(1.2, size * 0.16);
    const bool solid = look.state == PlanState::Exact;
    const bool ringed = look.method == Method::DrrqrNormalised;
    // A line is drawn half outside of its path: hollow and solid markers look equally large.
    const QPainterPath outline = markerPath(look.method, solid && !ringed ? size : size - line);
    QPainterPath body = outline;
    if (ringed) {
        body = QPainterPath();
        body.addEllipse(QPointF(), 0.62 * size / 2, 0.62 * size / 2);
    }

    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.translate(center);
    if (look.state == PlanState::Queued) painter.setOpacity(painter.opacity() * 0.5);
    if (solid) {
        painter.setPen(QPen(ground, 2, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
        painter.setBrush(Qt::NoBrush);
        painter.drawPath(outline);
    }
    if (solid && !ringed) {
        painter.fillPath(outline, color);
    } else {
        painter.fillPath(outline, ground);
        if (solid) {
            painter.fillPath(body, color);
        } else if (look.state == PlanState::Measuring) {
            const QRectF box = outline.boundingRect();
            const double height = box.height() * std::clamp(look.fraction, 0.0, 1.0);
            QPainterPath filled;
            filled.addRect(box.left(), box.bottom() - height, box.width(), height);
            painter.fillPath(outline.intersected(filled), color);
        }
        painter.setPen(QPen(color, line, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
        painter.setBrush(Qt::NoBrush);
        painter.drawPath(outline);
        if (ringed && !solid) painter.drawPath(body);
    }
    if (look.recovered) {
        QPainterPath hole;
        hole.addEllipse(QPointF(), size * 0.18, size * 0.18);
        painter.fillPath(hole, ground);
    }
    if (look.state == PlanState::Failed) {
        const double r = size * 0.75;
        painter.setPen(QPen(theme.color(Role::Err), line, Qt::SolidLine, Qt::RoundCap));
        painter.drawLine(QPointF(-r, -r), QPointF(r, r));
        painter.drawLine(QPointF(-r, r), QPointF(r, -r));
    }
    painter.restore();
}

}  // namespace rankscope::gui
