// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFont>
#include <QRectF>
#include <QString>

#include <optional>

QT_BEGIN_NAMESPACE
class QPainter;
QT_END_NAMESPACE

namespace rankscope::gui {

class Theme;

/// A draggable vertical line between two indices of a spectrum, with a grip that names what it cuts.
/// Knows geometry and the drag; the view owns the events and tells the world.
class CutLine {
public:
    int value = 0;          ///< indices kept: the line stands between value and value + 1
    int count = 0;          ///< number of indices
    int snap = 8;           ///< a drag stops at multiples of this
    bool outlined = false;  ///< grip drawn in outline: the value is not the plan's
    bool movable = true;    ///< false: it only shows where a plan cuts
    bool held = false;      ///< another handle of the same value is dragged
    QString text;           ///< in the grip

    [[nodiscard]] bool isDragging() const { return before_.has_value(); }

    [[nodiscard]] int valueBefore() const { return before_.value_or(value); }

    void begin() { before_ = value; }

    void end() { before_.reset(); }

    /// Puts the value before the drag back.
    void cancel();

    /// Value for a position on the index axis: in [1, count]; multiples of snap (and count itself), or every
    /// index.
    [[nodiscard]] int valueAt(double index, bool single) const;

    /// True within 8 px of the line or on the grip.
    [[nodiscard]] bool hit(const QPointF& pixel, double lineX, const QRectF& plot,
                           const QFont& application) const;

    [[nodiscard]] QRectF gripRect(double lineX, const QRectF& plot, const QFont& application) const;

    /// What changes on the screen when the line stands at lineX: line, grip and their glow.
    [[nodiscard]] QRectF paintedRect(double lineX, const QRectF& plot, const QFont& application) const;

    void paint(QPainter& painter, double lineX, const QRectF& plot, const QFont& application,
               const Theme& theme) const;

private:
    std::optional<int> before_;
};

}  // namespace rankscope::gui
