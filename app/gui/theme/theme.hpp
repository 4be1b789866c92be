// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/theme/method.hpp"

#include <QColor>
#include <QPalette>

#include <cstdint>

namespace rankscope::gui {

/// What a colour is for. Chrome is grey; hues belong to methods, to colour maps and to the accent.
enum class Role {
    Window,
    Panel,
    Raised,
    Track,
    Border,
    Grid,
    Ink,
    Ink2,
    Faint,
    Strong,
    Accent,
    OnAccent,
    Select,
    Hover,
    Ok,
    Warn,
    Err,
    WarnSurface,
    ErrSurface,
    InfoSurface,
    Better,
    Worse,
};
inline constexpr int kRoleCount = static_cast<int>(Role::Worse) + 1;

/// The two sets of colours. Immutable; widgets keep a pointer and apply the colours again when it changes.
class Theme {
public:
    [[nodiscard]] static const Theme& light();
    [[nodiscard]] static const Theme& dark();

    /// Light or dark by the lightness of a palette's window colour: Qt 6.4 cannot ask the system.
    [[nodiscard]] static const Theme& matching(const QPalette& system);

    [[nodiscard]] bool isDark() const { return dark_; }

    [[nodiscard]] QColor color(Role role) const;
    [[nodiscard]] QColor color(Role role, double opacity) const;

    /// Colour of marks and labels of a method: at least 4.5 : 1 on Panel.
    [[nodiscard]] QColor color(Method method) const;

    /// Palette for the Fusion style.
    [[nodiscard]] QPalette palette() const;

private:
    Theme(bool dark, const std::uint32_t* roles, const std::uint32_t* methods)
        : dark_(dark), roles_(roles), methods_(methods) {}

    bool dark_;
    const std::uint32_t* roles_;
    const std::uint32_t* methods_;
};

/// Contrast of two opaque colours by WCAG 2: 1 to 21.
[[nodiscard]] double contrastRatio(const QColor& a, const QColor& b);

}  // namespace rankscope::gui
