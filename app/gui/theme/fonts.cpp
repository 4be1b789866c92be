// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/theme/fonts.hpp"

#include <QFontDatabase>
#include <QFontInfo>
#include <QFontMetricsF>

#include <algorithm>
#include <cmath>

namespace rankscope::gui {

bool hasTabularDigits(const QFont& font) {
    const QFontMetricsF metrics(font);
    const double first = metrics.horizontalAdvance(QLatin1Char('0'));
    for (char digit = '1'; digit <= '9'; ++digit) {
        if (std::abs(metrics.horizontalAdvance(QLatin1Char(digit)) - first) > 0.01) return false;
    }
    return true;
}

QFont applicationFont() {
    const QFont system = QFontDatabase::systemFont(QFontDatabase::GeneralFont);
    if (hasTabularDigits(system) && system.family() != QLatin1String("Sans Serif")) return system;
    for (const char* family : {"Noto Sans", "Segoe UI", "Roboto", "Ubuntu", "DejaVu Sans"}) {
        QFont font = system;
        font.setFamily(QString::fromLatin1(family));
        // A family that is not installed is answered by another one.
        if (QFontInfo(font).family() == QLatin1String(family) && hasTabularDigits(font)) return font;
    }
    return system;
}

QFont monospaceFont(const QFont& application) {
    QFont font = QFontDatabase::systemFont(QFontDatabase::FixedFont);
    font.setPointSizeF(application.pointSizeF());
    return font;
}

QFont scaledFont(const QFont& application, TextRole role) {
    QFont font = application;
    // The steps were chosen at 9.75 pt; they grow with the font.
    const double scale = application.pointSizeF() / 9.75;
    const auto set = [&](double step, QFont::Weight weight) {
        font.setPointSizeF(std::max(1.0, application.pointSizeF() + step * scale));
        font.setWeight(weight);
    };
    switch (role) {
        case TextRole::PanelTitle:
            set(0, QFont::DemiBold);
            break;
        case TextRole::Body:
            set(-0.25, QFont::Normal);
            break;
        case TextRole::Label:
            set(-1, QFont::Normal);
            break;
        case TextRole::LabelStrong:
            set(-1, QFont::DemiBold);
            break;
        case TextRole::Axis:
            set(-1.25, QFont::Normal);
            break;
        case TextRole::RibbonValue:
            set(4.5, QFont::DemiBold);
            break;
    }
    return font;
}

double designUnit(const QFont& application) {
    return QFontMetricsF(application).height() / 18;
}

}  // namespace rankscope::gui
