// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/window/file_drop.hpp"

#include <QApplication>
#include <QDropEvent>
#include <QMimeData>
#include <QTimer>
#include <QUrl>
#include <QWidget>

namespace rankscope::gui {
namespace {

constexpr const char* kPart = "partOfMainWindow";

QStringList localFiles(const QMimeData* data) {
    QStringList paths;
    for (const QUrl& url : data->urls()) {
        if (!url.isLocalFile()) return {};
        paths << url.toLocalFile();
    }
    return paths;
}

}  // namespace

FileDrop::FileDrop(QWidget* window) : QObject(window), window_(window) {
    window->setAcceptDrops(true);
    qApp->installEventFilter(this);
}

void FileDrop::extendTo(QWidget* window) {
    window->setAcceptDrops(true);
    window->setProperty(kPart, true);
}

bool FileDrop::eventFilter(QObject* watched, QEvent* event) {
    const QEvent::Type type = event->type();
    if (type != QEvent::DragEnter && type != QEvent::DragMove && type != QEvent::Drop) return false;
    const auto* widget = qobject_cast<QWidget*>(watched);
    if (widget == nullptr || (widget->window() != window_ && !widget->window()->property(kPart).toBool()))
        return false;
    auto* drop = static_cast<QDropEvent*>(event);
    const QStringList paths = localFiles(drop->mimeData());
    if (paths.isEmpty()) return false;
    // The file stays where it is, whatever its owner offers.
    drop->setDropAction(Qt::CopyAction);
    drop->accept();
    // Whoever dropped it waits for the end of this event: a question about unsaved work comes after it.
    if (type == QEvent::Drop) QTimer::singleShot(0, this, [this, paths] { Q_EMIT dropped(paths); });
    return true;
}

}  // namespace rankscope::gui
