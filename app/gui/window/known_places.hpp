// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QStringList>

QT_BEGIN_NAMESPACE
class QFileInfo;
QT_END_NAMESPACE

namespace rankscope {
struct SavedSession;
}

namespace rankscope::gui {

// Captures and sessions name folders and files of their maker's machine, and may come from anybody: what they
// name is read without asking only where the person could have meant it.

/// Absolute, with links resolved; empty: it is not there.
[[nodiscard]] QString canonicalPath(const QString& path);

/// Whether a model folder or a file (canonical) lies in the folder of the file that names it or in one
/// directly in that, comes with the program, or is one of `openedBefore`.
[[nodiscard]] bool isKnownPlace(const QString& place, const QFileInfo& namedBy,
                                const QStringList& openedBefore);

/// Whether what is shown of a path is the path: not too long, and no character that nobody sees or that turns
/// the direction of text around.
[[nodiscard]] bool canBeShown(const QString& path);

/// What a session makes the window and the engine read.
struct SessionPlaces {
    QStringList
        all;  ///< model folder, texts, captures: with links resolved, as named where they are not there
    QStringList unknown;  ///< those of them to ask about
    bool shown = true;    ///< every unknown one canBeShown()
};

/// `file`: where the session lies.
[[nodiscard]] SessionPlaces sessionPlaces(const SavedSession& session, const QString& file,
                                          const QStringList& openedBefore);

}  // namespace rankscope::gui
