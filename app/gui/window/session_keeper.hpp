// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/window/known_places.hpp"

#include <QObject>
#include <QString>
#include <QStringList>
#include <QTimer>

#include <functional>
#include <string>

namespace rankscope::gui {

class Document;

/// Sessions on disk: open, save, autosave beside the file (or in the user's data folder before the first
/// save), recovery after a crash, recent files. Nothing is lost by a failed write: the old file stays and the
/// work is still in the window.
class SessionKeeper : public QObject {
    Q_OBJECT

public:
    explicit SessionKeeper(Document& document, QObject* parent = nullptr);

    /// Empty: opened. Otherwise why not; the document is as before.
    /// What a session from elsewhere names is withheld until releaseNamed().
    [[nodiscard]] QString open(const QString& path);

    /// What the session that was opened last names.
    [[nodiscard]] const SessionPlaces& named() const { return named_; }

    /// The person says that it may be read, now and later.
    void releaseNamed();
    /// Opens a shipped demo: without a path, so that Save asks for one.
    [[nodiscard]] QString openDemo(const QString& name);
    [[nodiscard]] QString save(const QString& path);
    /// Writes what is open to a path and leaves everything else as it is.
    [[nodiscard]] QString saveCopy(const QString& path);

    /// An autosave that is newer than what was open when the program ended without closing; empty: none.
    [[nodiscard]] QString recoverable() const;
    [[nodiscard]] QString recover(const QString& autosave);
    /// Removes what autosave wrote: the work was saved or given up.
    void forget();

    /// Names of the shipped demo sessions.
    [[nodiscard]] static QStringList demos();
    [[nodiscard]] static QString demoPath(const QString& name);

    /// Paths of sessions, captures and model folders: the pinned ones, then the others, most recent first.
    [[nodiscard]] QStringList recent() const;
    void remember(const QString& path);
    /// Everything that this person has opened or saved, however long ago, recent() included.
    [[nodiscard]] QStringList openedBefore() const;
    /// As remember() for what is no entry of recent().
    void rememberOpened(const QStringList& paths);
    /// Those that stay whatever is opened after them; they do not count against the length of the list. In
    /// the order in which they were pinned.
    [[nodiscard]] QStringList pinned() const;
    /// A path that is let go is the most recent of the others.
    void setPinned(const QString& path, bool pinned);
    /// Takes a path off the list, pinned or not.
    void forgetRecent(const QString& path);

    [[nodiscard]] const QString& autosaveFile() const { return autosave_; }

    /// What the window adds to the session just before it is written (its own view).
    std::function<std::string()> view;

Q_SIGNALS:
    void autosaveFailed(const QString& message);

private:
    void autosave();
    void chooseAutosaveFile();
    void show(const SavedSession& session, const QString& path, const QString& file);

    Document& document_;
    QTimer timer_;
    QString autosave_;
    SessionPlaces named_;
    bool failing_ = false;
};

}  // namespace rankscope::gui
