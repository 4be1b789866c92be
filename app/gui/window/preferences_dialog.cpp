// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/window/preferences_dialog.hpp"

#include "app/gui/theme/number_text.hpp"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QSettings>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace rankscope::gui {
namespace {

const auto kTheme = QStringLiteral("theme");
const auto kColors = QStringLiteral("colors");
const auto kFloor = QStringLiteral("spectrumFloor");

}  // namespace

Preferences Preferences::kept() {
    const QSettings settings;
    Preferences kept;
    kept.theme = settings.value(kTheme).toString();
    if (kept.theme != QLatin1String("light") && kept.theme != QLatin1String("dark")) kept.theme.clear();
    const QString colors = settings.value(kColors).toString();
    kept.colors = colors == QLatin1String("cividis") ? SequentialMap::Cividis
                  : colors == QLatin1String("grey")  ? SequentialMap::Grey
                                                     : SequentialMap::Viridis;
    const double floor = settings.value(kFloor, 1e-6).toDouble();
    if (std::isfinite(floor) && floor > 0) kept.floor = std::clamp(floor, 1e-12, 1e-3);
    return kept;
}

void Preferences::keep() const {
    QSettings settings;
    if (theme.isEmpty()) {
        settings.remove(kTheme);
    } else {
        settings.setValue(kTheme, theme);
    }
    settings.setValue(kColors, colors == SequentialMap::Cividis ? QStringLiteral("cividis")
                               : colors == SequentialMap::Grey  ? QStringLiteral("grey")
                                                                : QStringLiteral("viridis"));
    settings.setValue(kFloor, floor);
}

PreferencesDialog::PreferencesDialog(QWidget* parent) : QDialog(parent) {
    setWindowTitle(tr("Preferences"));
    const Preferences kept = Preferences::kept();
    auto* form = new QFormLayout;
    const auto choice = [&](const QString& label) {
        auto* box = new QComboBox(this);
        box->setAccessibleName(label);
        form->addRow(label, box);
        return box;
    };
    theme = choice(tr("Theme"));
    theme->addItem(tr("As the system"), QString());
    theme->addItem(tr("Light"), QStringLiteral("light"));
    theme->addItem(tr("Dark"), QStringLiteral("dark"));
    theme->setCurrentIndex(std::max(0, theme->findData(kept.theme)));
    colors = choice(tr("Colours of heads"));
    colors->addItem(tr("Viridis"), static_cast<int>(SequentialMap::Viridis));
    colors->addItem(tr("Cividis"), static_cast<int>(SequentialMap::Cividis));
    colors->addItem(tr("Grey"), static_cast<int>(SequentialMap::Grey));
    colors->setCurrentIndex(std::max(0, colors->findData(static_cast<int>(kept.colors))));
    floor = choice(tr("Spectra end at"));
    floor->setToolTip(tr("Singular values below this share of the largest one are counted, not drawn"));
    for (int exponent = -3; exponent >= -12; --exponent)
        floor->addItem(number_text::power(exponent) + QStringLiteral(" σ₁"), exponent);
    floor->setCurrentIndex(
        std::max(0, floor->findData(static_cast<int>(std::lround(std::log10(kept.floor))))));
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::close);
    auto* column = new QVBoxLayout(this);
    column->addLayout(form);
    column->addStretch(1);
    column->addWidget(buttons);
    for (QComboBox* box : {theme, colors, floor})
        connect(box, &QComboBox::activated, this, &PreferencesDialog::choose);
}

void PreferencesDialog::choose() {
    Preferences preferences;
    preferences.theme = theme->currentData().toString();
    preferences.colors = static_cast<SequentialMap>(colors->currentData().toInt());
    preferences.floor = std::pow(10.0, floor->currentData().toInt());
    preferences.keep();
    Q_EMIT chosen(preferences);
}

}  // namespace rankscope::gui
