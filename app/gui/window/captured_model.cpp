// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/window/captured_model.hpp"

#include "app/gui/data/capture_data.hpp"
#include "app/gui/window/known_places.hpp"

#include <QDir>
#include <QFileInfo>
#include <QJsonDocument>
#include <QJsonObject>

namespace rankscope::gui {

CapturedModel capturedModel(const CaptureData& capture, const QStringList& openedBefore) {
    const QJsonObject made = QJsonDocument::fromJson(QByteArray::fromStdString(capture.provenance)).object();
    CapturedModel model;
    model.named = made[QStringLiteral("model")].toString();
    if (model.named.isEmpty()) return model;
    const QFileInfo file(QString::fromStdString(capture.path));
    for (const QDir& from : {file.dir(), QDir::current()}) {
        const QString folder = QDir::cleanPath(from.absoluteFilePath(model.named));
        if (!QFileInfo::exists(folder + QStringLiteral("/config.json"))) continue;
        model.folder = canonicalPath(folder);
        model.known = isKnownPlace(model.folder, file, openedBefore);
        model.canBeShown = canBeShown(model.folder);
        return model;
    }
    return model;
}

}  // namespace rankscope::gui
