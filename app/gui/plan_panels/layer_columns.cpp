// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/plan_panels/layer_columns.hpp"

#include "app/gui/plan_panels/presets.hpp"

#include <algorithm>
#include <cmath>

namespace rankscope::gui {
namespace {

// All in units.
constexpr double kWideFrom = 560;
constexpr double kTrackWithNames = 88;
constexpr double kTrackWithMarkers = 72;
constexpr double kHeadPitch = 17;
constexpr double kComfortablePitch = 10;
constexpr double kSmallestPitch = 6;
constexpr double kStrip = 46;
constexpr double kEdge = 9;     // left of the first column
constexpr double kPad = 9;      // right of every column
constexpr double kMarker = 16;  // a method's marker with the gap after it
constexpr double kHeadsTitle = 38;
constexpr double kDeltaBar = 24;
constexpr double kBarGap = 6;

}  // namespace

ColumnLayout columnLayout(double available, const ColumnNeeds& needs) {
    const double u = needs.unit;
    const bool wide = available >= kWideFrom * u;
    ColumnLayout layout;
    const double layer = needs.layer + (kEdge + kPad) * u;
    const double energy = wide ? needs.energy + kPad * u : 0;
    const double delta = wide ? needs.delta + (kDeltaBar + kBarGap + kPad) * u : 0;
    const double state = wide ? needs.state + kPad * u : 0;
    const double lock = wide ? 28 * u : 0;
    const double named = kMarker * u + needs.methodName + kPad * u;
    const double marked = 22 * u;
    const double number = needs.keptNumber + 2 * kPad * u;
    const double fixed = layer + number + energy + delta + state + lock;

    const int heads = std::max(1, needs.heads);
    // Many heads may be wide, but not at the cost of the sliders.
    const double most = std::max(72 * u, 0.17 * available);
    const double widest = std::clamp(most / heads, kSmallestPitch * u, kHeadPitch * u);
    const auto headsWidth = [&](double pitch) { return std::max(heads * pitch, kHeadsTitle * u) + kPad * u; };
    const auto track = [&](double method, double headColumn) {
        return available - fixed - method - headColumn;
    };
    // The pitch at which the track has `floor`, at least `low`.
    const auto pitchFor = [&](double method, double floor, double low) {
        const double room = available - fixed - method - kPad * u - floor;
        return std::clamp(room / heads, std::min(low, widest), widest);
    };

    double pitch = pitchFor(named, kTrackWithNames * u, kComfortablePitch * u);
    layout.methodNames = track(named, headsWidth(pitch)) >= kTrackWithNames * u;
    double headColumn = headsWidth(pitch);
    if (!layout.methodNames) {
        pitch = pitchFor(marked, kTrackWithNames * u, kSmallestPitch * u);
        headColumn = headsWidth(pitch);
        if (track(marked, headColumn) < kTrackWithMarkers * u) {
            layout.headStrip = true;
            headColumn = (kStrip + kPad) * u;
        }
    }
    const double method = layout.methodNames ? named : marked;
    layout.headPitch = pitch;
    layout.track = std::max(0.0, track(method, headColumn));
    const std::array<double, kLayerColumns> exact{
        layer, headColumn, layout.track + number, method, energy, delta, state, lock};
    // Rounded at the edges, so that the sum is the room there is.
    double edge = 0;
    for (std::size_t i = 0; i < exact.size(); ++i) {
        const int left = static_cast<int>(std::lround(edge));
        edge += exact[i];
        layout.width[i] = static_cast<int>(std::lround(edge)) - left;
    }
    return layout;
}

int layerRowHeight(int layers, double room) {
    constexpr std::array kHeights{38, 30, 21};
    std::size_t height = layers <= 8 ? 0 : layers <= 14 ? 1 : 2;
    while (height + 1 < kHeights.size() && kHeights[height] * layers > room)
        ++height;
    return kHeights[height];
}

QRectF HeadCells::cell(int head) const {
    if (strip) return area;
    const double left = std::round(area.left() + head * pitch);
    const double right = std::round(area.left() + (head + 1) * pitch - gap);
    return {left, area.top(), std::max(1.0, right - left), area.height()};
}

int HeadCells::at(const QPointF& position) const {
    if (strip || pitch <= 0 || position.x() < area.left()) return -1;
    const int head = static_cast<int>((position.x() - area.left()) / pitch);
    return head < count ? head : -1;
}

HeadCells headCells(const QRectF& cell, int heads, const ColumnLayout& layout, double unit) {
    HeadCells cells;
    cells.count = heads;
    cells.pitch = layout.headPitch;
    cells.gap = layout.headPitch >= 9 * unit ? 2 : 1;
    cells.strip = layout.headStrip;
    const double height = std::round(std::min(cell.height() - 5 * unit, 20 * unit));
    const double width = layout.headStrip ? kStrip * unit : heads * layout.headPitch;
    cells.area = QRectF(cell.left(), std::round(cell.center().y() - height / 2), width, height);
    return cells;
}

double KeptTrack::x(double kept) const {
    return track.left() + track.width() * kept / static_cast<double>(keyDim);
}

std::int64_t KeptTrack::kept(double x, bool single) const {
    const double exact = (x - track.left()) / std::max(1.0, track.width()) * static_cast<double>(keyDim);
    std::int64_t kept = std::llround(exact);
    if (!single) {
        const std::int64_t step = snapStep(keyDim);
        kept = std::llround(exact / static_cast<double>(step)) * step;
        // K itself is a stop, also where it is no multiple.
        if (std::abs(exact - static_cast<double>(keyDim)) < std::abs(exact - static_cast<double>(kept)))
            kept = keyDim;
    }
    return std::clamp<std::int64_t>(kept, 1, keyDim);
}

KeptTrack keptTrack(const QRectF& cell, std::int64_t keyDim, double numberWidth, double unit) {
    KeptTrack kept;
    kept.keyDim = std::max<std::int64_t>(1, keyDim);
    const double number = numberWidth;
    const double height = std::round(std::min(12 * unit, cell.height() - 10 * unit));
    const double right = cell.right() - kPad * unit;
    kept.number = QRectF(right - number, cell.top(), number, cell.height());
    const double left = std::round(cell.left());
    kept.track = QRectF(left, std::round(cell.center().y() - height / 2),
                        std::max(1.0, std::round(kept.number.left() - kPad * unit) - left), height);
    return kept;
}

}  // namespace rankscope::gui
