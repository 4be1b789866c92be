// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/window/captured_model.hpp"

#include "app/gui/data/capture_data.hpp"
#include "core/base/data_folder.hpp"

#include <QDir>
#include <QFileInfo>
#include <QJsonDocument>
#include <QJsonObject>

#include <algorithm>

namespace rankscope::gui {
namespace {

constexpr qsizetype kLongestShown = 400;

QString canonical(const QString& path) {
    return QFileInfo(path).canonicalFilePath();
}

bool isShipped(const QString& folder) {
    const QString shipped =
        canonical(QString::fromStdString((data_folder() / "resources" / "models").string()));
    return !shipped.isEmpty() && QFileInfo(folder).absolutePath() == shipped;
}

// Its own folder or one directly in it: further away lies what the capture was not copied with.
bool isBeside(const QString& folder, const QFileInfo& capture) {
    const QString here = canonical(capture.absolutePath());
    return !here.isEmpty() && (folder == here || QFileInfo(folder).absolutePath() == here);
}

// Characters that turn the direction of text around, or that nobody sees, would show another name.
bool isPlain(const QString& path) {
    return path.size() <= kLongestShown
           && std::ranges::all_of(path.toUcs4(), [](char32_t c) { return QChar::isPrint(c); });
}

}  // namespace

CapturedModel capturedModel(const CaptureData& capture, const QStringList& openedBefore) {
    const QJsonObject made = QJsonDocument::fromJson(QByteArray::fromStdString(capture.provenance)).object();
    CapturedModel model;
    model.named = made[QStringLiteral("model")].toString();
    if (model.named.isEmpty()) return model;
    const QFileInfo file(QString::fromStdString(capture.path));
    for (const QDir& from : {file.dir(), QDir::current()}) {
        const QString folder = QDir::cleanPath(from.absoluteFilePath(model.named));
        if (!QFileInfo::exists(folder + QStringLiteral("/config.json"))) continue;
        model.folder = canonical(folder);
        model.known = isBeside(model.folder, file) || isShipped(model.folder)
                      || std::ranges::any_of(
                          openedBefore, [&](const QString& path) { return canonical(path) == model.folder; });
        model.canBeShown = isPlain(model.folder);
        return model;
    }
    return model;
}

}  // namespace rankscope::gui
