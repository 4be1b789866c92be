// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/window/recent_menu.hpp"

#include "app/gui/theme/icons.hpp"
#include "app/gui/window/session_keeper.hpp"

#include <QDir>
#include <QFileInfo>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QToolTip>

namespace rankscope::gui {
namespace {

// A file may be called "a&b"; a menu takes what follows a single & for a key, and what follows a tab for one
// too.
QString menuText(QString text) {
    return text.replace(QLatin1Char('&'), QStringLiteral("&&")).replace(QLatin1Char('\t'), QLatin1Char(' '));
}

// "~/models" of a long path.
QString folderText(const QString& path) {
    const QString folder = QFileInfo(path).absolutePath();
    const QString home = QDir::homePath();
    if (folder == home) return QStringLiteral("~");
    return folder.startsWith(home + QLatin1Char('/')) ? QLatin1Char('~') + folder.mid(home.size()) : folder;
}

}  // namespace

RecentMenu::RecentMenu(SessionKeeper& keeper, QWidget* parent)
    : QMenu(tr("Recent"), parent), keeper_(keeper) {
    connect(this, &QMenu::aboutToShow, this, &RecentMenu::fill);
}

void RecentMenu::applyTheme(const Theme& theme) {
    theme_ = &theme;
}

void RecentMenu::fill() {
    clear();
    delete pins_;
    pins_ = nullptr;
    const QStringList pinned = keeper_.pinned();
    const QStringList all = keeper_.recent();
    for (const QString& path : pinned)
        addEntry(path, true);
    if (!pinned.isEmpty() && pinned.size() < all.size()) addSeparator();
    for (const QString& path : all) {
        if (!pinned.contains(path)) addEntry(path, false);
    }
    if (all.isEmpty()) {
        addAction(tr("Nothing yet"))->setEnabled(false);
        return;
    }
    addSeparator();
    pins_ = new QMenu(tr("Keep on top"), this);
    for (const QString& path : all) {
        QAction* entry = pins_->addAction(menuText(QFileInfo(path).fileName()) + QLatin1Char('\t')
                                          + menuText(folderText(path)));
        entry->setCheckable(true);
        entry->setChecked(pinned.contains(path));
        connect(entry, &QAction::triggered, this, [this, path](bool on) { keeper_.setPinned(path, on); });
    }
    addMenu(pins_);
}

void RecentMenu::addEntry(const QString& path, bool pinned) {
    const QFileInfo file(path);
    QString name = file.fileName();
    const bool missing = !file.exists();
    // In words as well: a screen reader has no icon.
    if (pinned && missing) {
        name = tr("%1 (pinned, missing)").arg(name);
    } else if (pinned) {
        name = tr("%1 (pinned)").arg(name);
    } else if (missing) {
        name = tr("%1 (missing)").arg(name);
    }
    QAction* entry = addAction(menuText(name) + QLatin1Char('\t') + menuText(folderText(path)));
    entry->setData(path);
    entry->setToolTip(missing  ? tr("%1 is not there any more. Del takes it off the list").arg(path)
                      : pinned ? tr("%1\nP lets it go from the top, Del takes it off the list").arg(path)
                               : tr("%1\nP keeps it on top, Del takes it off the list").arg(path));
    if (pinned || missing)
        entry->setIcon(themedIcon(missing ? QStringLiteral("warn") : QStringLiteral("pin"), *theme_));
    connect(entry, &QAction::triggered, this, [this, path] { Q_EMIT openRequested(path); });
}

bool RecentMenu::togglePin(const QAction* action) {
    const QString path = action == nullptr ? QString() : action->data().toString();
    if (path.isEmpty()) return false;
    keeper_.setPinned(path, !keeper_.pinned().contains(path));
    refill(path);
    return true;
}

void RecentMenu::refill(const QString& current) {
    fill();
    for (QAction* entry : actions()) {
        if (entry->data().toString() == current && !current.isEmpty()) setActiveAction(entry);
    }
}

void RecentMenu::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_P && event->modifiers() == Qt::NoModifier && togglePin(activeAction()))
        return;
    if (event->key() == Qt::Key_Delete && activeAction() != nullptr
        && !activeAction()->data().toString().isEmpty()) {
        keeper_.forgetRecent(activeAction()->data().toString());
        refill({});
        return;
    }
    QMenu::keyPressEvent(event);
}

void RecentMenu::mouseReleaseEvent(QMouseEvent* event) {
    if (event->button() == Qt::RightButton && togglePin(actionAt(event->pos()))) return;
    QMenu::mouseReleaseEvent(event);
}

// Menus show tips only where they are told to; those of the other menus would only repeat the entry.
bool RecentMenu::event(QEvent* event) {
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        const QAction* entry = actionAt(help->pos());
        if (entry != nullptr && !entry->data().toString().isEmpty()) {
            QToolTip::showText(help->globalPos(), entry->toolTip(), this);
            return true;
        }
    }
    return QMenu::event(event);
}

}  // namespace rankscope::gui
