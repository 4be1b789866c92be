// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/window/start_clock.hpp"

#include <QEvent>
#include <QFile>
#include <QTimer>
#include <QWidget>

#include <ctime>
#include <unistd.h>

namespace rankscope::gui {
namespace {

// proc(5): field 22 of /proc/self/stat, in clock ticks since boot. The name in field 2 may hold blanks.
double sinceProcessStart() {
    QFile file(QStringLiteral("/proc/self/stat"));
    if (!file.open(QIODevice::ReadOnly)) return -1;
    const QByteArray text = file.readAll();
    const QList<QByteArray> fields = text.mid(text.lastIndexOf(')') + 2).split(' ');
    if (fields.size() < 20) return -1;
    timespec now{};
    ::clock_gettime(CLOCK_BOOTTIME, &now);
    const double started = fields[19].toDouble() / static_cast<double>(::sysconf(_SC_CLK_TCK));
    return 1000 * (static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec) - started);
}

}  // namespace

StartClock::StartClock(QWidget& window) : QObject(&window) {
    window.installEventFilter(this);
}

bool StartClock::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::Paint && !seen_) {
        seen_ = true;
        // The children are painted and flushed in the same go.
        QTimer::singleShot(0, this, [this] { Q_EMIT painted(sinceProcessStart()); });
    }
    return QObject::eventFilter(watched, event);
}

}  // namespace rankscope::gui
