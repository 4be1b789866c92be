// SPDX-License-Identifier: GPL-3.0-or-later
// Captures that were opened, and what they say of their model.
#include "app/gui/data/state_source.hpp"
#include "app/gui/document/document.hpp"
#include "app/gui/document/selection.hpp"
#include "app/gui/window/captured_model.hpp"
#include "app/gui/window/main_window.hpp"
#include "app/gui/window/session_keeper.hpp"
#include "core/base/error.hpp"

#include <QFileInfo>
#include <QJsonDocument>
#include <QJsonObject>

#include <algorithm>

namespace rankscope::gui {

void MainWindow::captureOpened() {
    const auto& capture = workspace_.states.capture();
    if (!capture || refuseCapture()) return;
    if (!workspace_.document.hasModel()) {
        findModelOf(*capture);
        return;
    }
    keepCapture(capture->path);
    if (!capture->layout.positions.empty())
        workspace_.selection.setToken(static_cast<int>(capture->layout.positions.back()));
    if (workspace_.selection.window() >= capture->windows) workspace_.selection.setWindow(0);
}

// Opened alone: its model is opened as well, from where it was when the capture was made. The capture comes
// back with it. A folder that the person may not have meant is named first.
void MainWindow::findModelOf(const CaptureData& capture) {
    const QFileInfo file(QString::fromStdString(capture.path));
    waitingCapture_ = file.absoluteFilePath();
    if (opensFolder_) return;
    const CapturedModel model = capturedModel(capture, keeper_->openedBefore());
    if (model.known) {
        openPath(model.folder);
        return;
    }
    const QString title = tr("%1 is a capture: it needs its model").arg(file.fileName());
    if (!model.folder.isEmpty() && model.canBeShown) {
        showNote(title,
                 tr("It says that it was made from a folder that you have not opened before:\n%1")
                     .arg(model.folder),
                 tr("Open this folder"), QStringLiteral("open:") + model.folder);
        return;
    }
    const QString named = QString::fromStdString(printable(model.named.toStdString()));
    showNote(title,
             model.named.isEmpty()    ? tr("It is shown as soon as the model is open.")
             : model.folder.isEmpty() ? tr("It was made from %1, which is not there. It is shown as soon as "
                                           "the model is open.")
                                            .arg(named)
                                      : tr("It says that it was made from %1. It is shown as soon as the "
                                           "model is open.")
                                            .arg(named),
             tr("Open a model folder…"), QStringLiteral("file.open_model"));
}

// The one that is open comes first: a session that is saved now opens with it.
void MainWindow::keepCapture(const std::string& path) {
    Document& document = workspace_.document;
    if (!document.hasModel() || anyway_ == QString::fromStdString(path)) return;
    std::vector<std::filesystem::path> captures = document.captures();
    if (!captures.empty() && captures.front() == path) return;
    std::erase(captures, std::filesystem::path(path));
    captures.insert(captures.begin(), path);
    document.setCaptures(std::move(captures));
}

// A capture of another model would be drawn beside numbers that are not its own. True: the one before is
// back.
bool MainWindow::refuseCapture() {
    const std::shared_ptr<const CaptureData> capture = workspace_.states.capture();
    const Document& document = workspace_.document;
    const QJsonObject made = QJsonDocument::fromJson(QByteArray::fromStdString(capture->provenance)).object();
    const QString hash = made[QStringLiteral("model_hash")].toString();
    const QString open = QString::fromStdString(document.model().hash);
    const QString path = QString::fromStdString(capture->path);
    if (!document.hasModel() || hash.isEmpty() || open.isEmpty() || hash == open || anyway_ == path)
        return false;
    // What fits by its sizes can be looked at all the same: weights may have been trained on.
    const bool fits = std::ranges::all_of(capture->layout.layers, [&](const CaptureLayer& layer) {
        const LayerChoice* choice = document.layerChoice(static_cast<int>(layer.index));
        return choice != nullptr && layer.key_dim <= choice->key_dim
               && layer.value_heads
                      == document.config().layers[static_cast<std::size_t>(layer.index)].value_heads;
    });
    const QString name = QFileInfo(path).fileName();
    workspace_.states.close();
    if (!document.captures().empty() && !document.isWithheld()
        && document.captures().front() != capture->path)
        workspace_.states.open(QString::fromStdString(document.captures().front().string()));
    showBanner(tr("%1 was captured from another model").arg(name),
               tr("Its model has the hash %1…, the open one, %2, has %3…")
                       .arg(hash.left(8), document.modelName(), open.left(8))
                   + QLatin1Char('\n') + unchanged(),
               fits ? tr("Use it anyway") : tr("Open another capture…"),
               fits ? QStringLiteral("anyway:") + path : QStringLiteral("file.open_capture"));
    return true;
}

}  // namespace rankscope::gui
