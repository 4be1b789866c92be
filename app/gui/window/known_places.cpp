// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/window/known_places.hpp"

#include "core/base/data_folder.hpp"
#include "core/session/saved_session.hpp"

#include <QDir>
#include <QFileInfo>

#include <algorithm>
#include <filesystem>

namespace rankscope::gui {
namespace {

constexpr qsizetype kLongestShown = 400;

// Its own folder or one directly in it: further away lies what the file was not copied with.
bool isBeside(const QString& folder, const QFileInfo& namedBy) {
    const QString here = canonicalPath(namedBy.absolutePath());
    return !here.isEmpty() && (folder == here || QFileInfo(folder).absolutePath() == here);
}

bool isShipped(const QString& place) {
    const QString shipped = canonicalPath(QString::fromStdString((data_folder() / "resources").string()));
    return !shipped.isEmpty() && place.startsWith(shipped + QLatin1Char('/'));
}

}  // namespace

QString canonicalPath(const QString& path) {
    return QFileInfo(path).canonicalFilePath();
}

bool isKnownPlace(const QString& place, const QFileInfo& namedBy, const QStringList& openedBefore) {
    const QFileInfo info(place);
    return isBeside(info.isDir() ? place : info.absolutePath(), namedBy) || isShipped(place)
           || std::ranges::any_of(openedBefore, [&](const QString& path) {
                  return path == place || canonicalPath(path) == place;
              });
}

// Characters that turn the direction of text around, or that nobody sees, would show another name.
bool canBeShown(const QString& path) {
    return path.size() <= kLongestShown
           && std::ranges::all_of(path.toUcs4(), [](char32_t c) { return QChar::isPrint(c); });
}

SessionPlaces sessionPlaces(const SavedSession& session, const QString& file,
                            const QStringList& openedBefore) {
    std::vector<std::filesystem::path> named{session.model.path};
    if (session.text) named.push_back(session.text->path);
    named.push_back(session.calibration);
    named.insert(named.end(), session.captures.begin(), session.captures.end());
    SessionPlaces places;
    const QFileInfo by(file);
    for (const std::filesystem::path& path : named) {
        if (path.empty()) continue;
        const QString written = QDir::cleanPath(QString::fromStdString(path.string()));
        const QString real = canonicalPath(written);
        const QString place = real.isEmpty() ? written : real;
        if (places.all.contains(place)) continue;
        places.all << place;
        if (isKnownPlace(place, by, openedBefore)) continue;
        places.unknown << place;
        places.shown = places.shown && canBeShown(place);
    }
    return places;
}

}  // namespace rankscope::gui
