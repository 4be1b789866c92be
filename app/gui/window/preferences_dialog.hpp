// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/theme/color_map.hpp"

#include <QDialog>

QT_BEGIN_NAMESPACE
class QComboBox;
QT_END_NAMESPACE

namespace rankscope::gui {

/// What a person likes, kept in QSettings.
struct Preferences {
    QString theme;  ///< "light", "dark", or empty: as the system
    SequentialMap colors = SequentialMap::Viridis;
    double floor = 1e-6;  ///< of spectra, relative to the first value; 1e-3 to 1e-12

    /// What is kept; what a hand put there that means nothing counts as the default.
    [[nodiscard]] static Preferences kept();
    void keep() const;
};

/// The preferences; what is chosen shows at once.
class PreferencesDialog : public QDialog {
    Q_OBJECT

public:
    explicit PreferencesDialog(QWidget* parent = nullptr);

    QComboBox* theme;
    QComboBox* colors;
    QComboBox* floor;

Q_SIGNALS:
    void chosen(const Preferences& preferences);

private:
    void choose();
};

}  // namespace rankscope::gui
