// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/theme/theme.hpp"

#include <QMenu>

namespace rankscope::gui {

class SessionKeeper;

/// Open ▸ Recent: the pinned ones on top, then the others, newest first; what is no longer there says so. P
/// (or the right button) pins an entry or lets it go, Del takes it off the list; the submenu at the end pins
/// with the arrow keys and Enter alone.
class RecentMenu : public QMenu {
    Q_OBJECT

public:
    explicit RecentMenu(SessionKeeper& keeper, QWidget* parent = nullptr);

    void applyTheme(const Theme& theme);
    /// As it is when it opens.
    void fill();

Q_SIGNALS:
    void openRequested(const QString& path);

protected:
    bool event(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;

private:
    void addEntry(const QString& path, bool pinned);
    /// False where the action is no entry.
    bool togglePin(const QAction* action);
    /// Shows the change while the menu stays open, with the same entry under the keys.
    void refill(const QString& current);

    SessionKeeper& keeper_;
    const Theme* theme_ = &Theme::light();
    QMenu* pins_ = nullptr;
};

}  // namespace rankscope::gui
