// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/theme/theme.hpp"

#include <QFrame>

QT_BEGIN_NAMESPACE
class QLabel;
class QMenu;
class QProgressBar;
class QPushButton;
class QToolButton;
QT_END_NAMESPACE

namespace rankscope::gui {

class ElidedLabel;
class EngineControl;

/// Right end of the toolbar: where the engine is, what it does, how far it is, and Cancel; red with its
/// reason when it stopped.
class EngineButton : public QFrame {
    Q_OBJECT

public:
    explicit EngineButton(EngineControl& engine, QWidget* parent = nullptr);

    void applyTheme(const Theme& theme);
    /// One line of text alone, for narrow windows.
    void setShort(bool oneLine);

    [[nodiscard]] QMenu* menu() const { return menu_; }

private:
    void refresh();

    EngineControl& engine_;
    const Theme* theme_ = &Theme::light();
    QLabel* icon_;
    ElidedLabel* where_;
    ElidedLabel* doing_;
    QProgressBar* bar_;
    QPushButton* action_;
    QToolButton* more_;
    QMenu* menu_;
    bool oneLine_ = false;
};

/// "Window 23 of 40 · 12 s left".
[[nodiscard]] QString progressText(const QString& unit, double done, double total, double etaSeconds);

}  // namespace rankscope::gui
