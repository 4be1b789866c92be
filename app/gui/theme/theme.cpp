// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/theme/theme.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace rankscope::gui {
namespace {

using Roles = std::array<std::uint32_t, kRoleCount>;
using Methods = std::array<std::uint32_t, 10>;

// In the order of Role.
constexpr Roles kLight = {0xEEF0F3, 0xFFFFFF, 0xF6F7F9, 0xE6E9ED, 0xD3D8DF, 0xE8EBEF, 0x18202B, 0x4F5A68,
                          0x6B7686, 0x8791A0, 0x1D5FB8, 0xFFFFFF, 0xE1ECFA, 0xF0F4F9, 0x14734A, 0x805200,
                          0xB3261E, 0xFFF3D6, 0xFDEBE9, 0xEAF2FC, 0x2166AC, 0xB2182B};
constexpr Roles kDark = {0x101318, 0x181C22, 0x20252D, 0x2B323C, 0x323A45, 0x262C35, 0xE7EBF1, 0xAEB8C5,
                         0x8C97A5, 0x6F7B8A, 0x7FB3F7, 0x0C1420, 0x22354D, 0x222932, 0x6CCB98, 0xEBBE68,
                         0xFF9388, 0x362C14, 0x3D1F1D, 0x1A2B40, 0x6FB1EE, 0xF4877A};

// In the order of Method: Okabe and Ito's hues, darkened on light and lightened on dark until they can be
// text.
constexpr Methods kLightMethods = {0x6F7680, 0x0072B2, 0x00805D, 0xB0548A, 0x7A6A00,
                                   0xC65400, 0xC65400, 0xC65400, 0x4F5A68, 0x18202B};
constexpr Methods kDarkMethods = {0xA3ACB8, 0x5DB5EC, 0x3CC79B, 0xE79CC6, 0xD9C24A,
                                  0xFF9448, 0xFF9448, 0xFF9448, 0xAEB8C5, 0xE7EBF1};

double luminance(const QColor& color) {
    const auto linear = [](double c) {
        return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
    };
    return 0.2126 * linear(color.redF()) + 0.7152 * linear(color.greenF()) + 0.0722 * linear(color.blueF());
}

}  // namespace

const Theme& Theme::light() {
    static const Theme theme(false, kLight.data(), kLightMethods.data());
    return theme;
}

const Theme& Theme::dark() {
    static const Theme theme(true, kDark.data(), kDarkMethods.data());
    return theme;
}

const Theme& Theme::matching(const QPalette& system) {
    return system.color(QPalette::Window).lightnessF() < 0.5F ? dark() : light();
}

QColor Theme::color(Role role) const {
    return QColor::fromRgb(roles_[static_cast<int>(role)]);
}

QColor Theme::color(Role role, double opacity) const {
    QColor result = color(role);
    result.setAlphaF(static_cast<float>(opacity));
    return result;
}

QColor Theme::color(Method method) const {
    return QColor::fromRgb(methods_[static_cast<int>(method)]);
}

QPalette Theme::palette() const {
    QPalette result;
    const auto set = [&](QPalette::ColorRole where, Role role) { result.setColor(where, color(role)); };
    set(QPalette::Window, Role::Window);
    set(QPalette::WindowText, Role::Ink);
    set(QPalette::Base, Role::Panel);
    set(QPalette::AlternateBase, Role::Raised);
    set(QPalette::Text, Role::Ink);
    set(QPalette::PlaceholderText, Role::Faint);
    set(QPalette::Button, Role::Panel);
    set(QPalette::ButtonText, Role::Ink);
    set(QPalette::BrightText, Role::Err);
    set(QPalette::Highlight, Role::Accent);
    set(QPalette::HighlightedText, Role::OnAccent);
    set(QPalette::Link, Role::Accent);
    set(QPalette::LinkVisited, Role::Accent);
    set(QPalette::ToolTipBase, Role::Raised);
    set(QPalette::ToolTipText, Role::Ink);
    set(QPalette::Light, Role::Raised);
    set(QPalette::Midlight, Role::Track);
    set(QPalette::Mid, Role::Border);
    set(QPalette::Dark, Role::Strong);
    for (const QPalette::ColorRole where : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText}) {
        result.setColor(QPalette::Disabled, where, color(Role::Faint));
    }
    return result;
}

double contrastRatio(const QColor& a, const QColor& b) {
    const double x = luminance(a);
    const double y = luminance(b);
    return (std::max(x, y) + 0.05) / (std::min(x, y) + 0.05);
}

}  // namespace rankscope::gui
