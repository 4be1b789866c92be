// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/theme/theme.hpp"

#include <QWidget>

#include <vector>

QT_BEGIN_NAMESPACE
class QFrame;
class QLabel;
class QLineEdit;
class QMenu;
class QPushButton;
class QToolButton;
QT_END_NAMESPACE

namespace rankscope::gui {

class ActionRegistry;
class EngineButton;
class EngineControl;

/// The row of buttons under the menu bar. Gives up texts when the window is narrow: level 0 shows everything.
class MainToolBar : public QWidget {
    Q_OBJECT

public:
    MainToolBar(const ActionRegistry& actions, QMenu* openMenu, QMenu* exportMenu, EngineControl& engine,
                QWidget* parent = nullptr);

    void applyTheme(const Theme& theme);
    /// 0: everything; 1: icons alone but for Open and Live, search shows its key; 2: the engine in one line.
    void setLevel(int level);

    [[nodiscard]] int level() const { return level_; }

    [[nodiscard]] EngineButton* engine() const { return engine_; }

Q_SIGNALS:
    void searchRequested();

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QToolButton* button(const QString& id, bool keepsText);
    QToolButton* menuButton(const QString& text, QMenu* menu, bool keepsText);
    [[nodiscard]] QFrame* separator();

    const ActionRegistry& actions_;
    const Theme* theme_ = &Theme::light();
    std::vector<QToolButton*> givesWay_;
    QToolButton* openButton_;
    QToolButton* exportButton_;
    QPushButton* search_;
    EngineButton* engine_;
    std::vector<QFrame*> separators_;
    int level_ = 0;
};

}  // namespace rankscope::gui
