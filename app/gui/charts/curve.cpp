// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/charts/curve.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

namespace rankscope::gui {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

bool finite(double x, double y) {
    return std::isfinite(x) && std::isfinite(y);
}

// Liang and Barsky: the part of a segment inside a box.
struct Clipped {
    QPointF from;
    QPointF to;
    bool cutAtEnd;
};

std::optional<Clipped> clipSegment(const QPointF& a, const QPointF& b, const QRectF& box) {
    double enter = 0;
    double leave = 1;
    const QPointF d = b - a;
    const auto side = [&](double slope, double distance) {
        if (slope == 0) return distance >= 0;
        const double t = distance / slope;
        if (slope < 0) {
            enter = std::max(enter, t);
        } else {
            leave = std::min(leave, t);
        }
        return enter <= leave;
    };
    const bool inside = side(-d.x(), a.x() - box.left()) && side(d.x(), box.right() - a.x())
                        && side(-d.y(), a.y() - box.top()) && side(d.y(), box.bottom() - a.y());
    if (!inside) return std::nullopt;
    // End points are exact, not a rounding error outside.
    const auto held = [&](const QPointF& p) {
        return QPointF(std::clamp(p.x(), box.left(), box.right()),
                       std::clamp(p.y(), box.top(), box.bottom()));
    };
    return Clipped{held(enter > 0 ? a + enter * d : a), held(leave < 1 ? a + leave * d : b), leave < 1};
}

}  // namespace

std::vector<double> logValues(std::span<const float> values) {
    std::vector<double> result;
    result.reserve(values.size());
    for (const float value : values) {
        result.push_back(std::isfinite(value) && value > 0 ? std::log10(static_cast<double>(value)) : kNaN);
    }
    return result;
}

QList<QPolygonF> cutCurve(std::span<const double> x, std::span<const double> y, const QRectF& range) {
    QList<QPolygonF> pieces;
    QPolygonF piece;
    const auto finish = [&] {
        if (!piece.isEmpty()) pieces.append(piece);
        piece.clear();
    };
    const std::size_t count = std::min(x.size(), y.size());
    for (std::size_t i = 0; i < count; ++i) {
        if (!finite(x[i], y[i])) {
            finish();
            continue;
        }
        const QPointF here(x[i], y[i]);
        if (i == 0 || !finite(x[i - 1], y[i - 1])) {
            const bool inside = here.x() >= range.left() && here.x() <= range.right()
                                && here.y() >= range.top() && here.y() <= range.bottom();
            if (inside) piece.append(here);
            continue;
        }
        const auto segment = clipSegment({x[i - 1], y[i - 1]}, here, range);
        if (!segment) {
            finish();
            continue;
        }
        if (piece.isEmpty()) piece.append(segment->from);
        if (segment->to != piece.last()) piece.append(segment->to);
        if (segment->cutAtEnd) finish();
    }
    finish();
    return pieces;
}

QPolygonF simplified(const QPolygonF& line, double tolerance) {
    if (line.size() < 3) return line;
    std::vector<bool> keep(static_cast<std::size_t>(line.size()), false);
    keep.front() = keep.back() = true;
    std::vector<std::pair<qsizetype, qsizetype>> open{{0, line.size() - 1}};
    while (!open.empty()) {
        const auto [first, last] = open.back();
        open.pop_back();
        const QPointF along = line[last] - line[first];
        const double length = std::hypot(along.x(), along.y());
        double farthest = tolerance;
        qsizetype at = -1;
        for (qsizetype i = first + 1; i < last; ++i) {
            const QPointF d = line[i] - line[first];
            const double distance = length > 0 ? std::abs(along.x() * d.y() - along.y() * d.x()) / length
                                               : std::hypot(d.x(), d.y());
            if (distance <= farthest) continue;
            farthest = distance;
            at = i;
        }
        if (at < 0) continue;
        keep[static_cast<std::size_t>(at)] = true;
        open.emplace_back(first, at);
        open.emplace_back(at, last);
    }
    QPolygonF result;
    for (qsizetype i = 0; i < line.size(); ++i) {
        if (keep[static_cast<std::size_t>(i)]) result.append(line[i]);
    }
    return result;
}

QList<BandPiece> cutBand(std::span<const double> x, std::span<const double> lower,
                         std::span<const double> upper, const QRectF& range) {
    const double floor = range.top();
    const double ceiling = range.bottom();
    QList<BandPiece> pieces;
    BandPiece piece;
    const auto finish = [&] {
        if (piece.upper.size() > 1) pieces.append(piece);
        piece = {};
    };
    const auto add = [&](double at, double low, double high) {
        if (at < range.left() || at > range.right()) return;
        const double top = std::clamp(high, floor, ceiling);
        piece.upper.append({at, top});
        piece.lower.append({at, std::isfinite(low) ? std::clamp(low, floor, top) : floor});
    };
    const auto crossing = [&](std::span<const double> line, std::size_t i) {
        return x[i - 1] + (floor - line[i - 1]) / (line[i] - line[i - 1]) * (x[i] - x[i - 1]);
    };
    const auto above = [&](std::span<const double> line, std::size_t i) {
        return std::isfinite(line[i]) && line[i] >= floor;
    };
    const std::size_t count = std::min({x.size(), lower.size(), upper.size()});
    for (std::size_t i = 0; i < count; ++i) {
        const bool here = above(upper, i);
        if (i > 0 && finite(upper[i - 1], upper[i]) && here != above(upper, i - 1)) {
            add(crossing(upper, i), kNaN, floor);
        } else if (i > 0 && here && finite(lower[i - 1], lower[i])
                   && above(lower, i) != above(lower, i - 1)) {
            const double at = crossing(lower, i);
            const double share = (at - x[i - 1]) / (x[i] - x[i - 1]);
            add(at, floor, upper[i - 1] + share * (upper[i] - upper[i - 1]));
        }
        if (here) {
            add(x[i], lower[i], upper[i]);
        } else {
            finish();
        }
    }
    finish();
    return pieces;
}

HiddenValues hiddenValues(std::span<const float> values, double scale, double floor) {
    HiddenValues result;
    for (const float value : values) {
        if (!std::isfinite(value) || value < 0) {
            ++result.notNumbers;
        } else if (value == 0) {
            ++result.exactZeros;
        } else if (value < floor * scale) {
            ++result.belowFloor;
        }
    }
    return result;
}

double quantile(std::vector<double> values, double share) {
    std::erase_if(values, [](double value) { return std::isnan(value); });
    if (values.empty()) return kNaN;
    std::sort(values.begin(), values.end());
    const double at = share * static_cast<double>(values.size() - 1);
    const auto low = static_cast<std::size_t>(at);
    const std::size_t high = std::min(low + 1, values.size() - 1);
    if (values[low] == values[high]) return values[low];  // also infinities
    return values[low] + (at - static_cast<double>(low)) * (values[high] - values[low]);
}

}  // namespace rankscope::gui
