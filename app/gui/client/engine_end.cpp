// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/client/engine_end.hpp"

#include "core/base/error.hpp"

#include <QCoreApplication>
#include <QStringList>

namespace rankscope::gui {
namespace {

constexpr int kSshFailed = 255;
constexpr int kNotFound = 127;
constexpr int kKilled = 9;  // SIGKILL: what the kernel does where memory runs out
constexpr int kShellSignal = 128;

QString tr(const char* text) {
    return QCoreApplication::translate("EngineEnd", text);
}

bool saysMemory(const QByteArray& log) {
    const QByteArray text = log.toLower();
    return text.contains("out of memory") || text.contains("bad_alloc")
           || text.contains("cannot allocate memory");
}

QString reasonOf(const EndedProcess& process) {
    const bool remote = !process.host.isEmpty();
    const bool crashed = process.status == QProcess::CrashExit;
    if (remote && crashed) return tr("The connection to %1 was ended").arg(process.host);
    if (remote && process.code == kSshFailed)
        return process.greeted
                   ? tr("The connection to %1 was lost, or the engine there was killed").arg(process.host)
                   : tr("There is no connection to %1").arg(process.host);
    if (remote && !process.greeted && process.code == kNotFound)
        return tr("rankscope-cli was not found on %1").arg(process.host);
    const int signal = crashed                                 ? process.code
                       : remote && process.code > kShellSignal ? process.code - kShellSignal
                                                               : 0;
    if (signal == kKilled) return tr("The engine was killed, most likely because memory ran out");
    if (process.code == exit_code(ErrorKind::Resource) || saysMemory(process.log))
        return tr("The engine ran out of memory");
    if (signal != 0) return tr("The engine crashed (signal %1)").arg(signal);
    if (!process.greeted) return tr("The engine ended before it was ready (exit code %1)").arg(process.code);
    if (process.withinMessage) return tr("The engine ended in the middle of a message");
    return tr("The engine ended (exit code %1)").arg(process.code);
}

}  // namespace

QString lastLines(const QByteArray& log, int count) {
    QStringList lines;
    for (const QByteArray& line : log.split('\n')) {
        const QByteArray text = line.trimmed();
        if (!text.isEmpty()) lines.append(QString::fromStdString(printable(text.toStdString(), 400)));
    }
    return lines.mid(std::max<qsizetype>(0, lines.size() - count)).join(QLatin1Char('\n'));
}

EngineEnd describeEnd(const EndedProcess& process) {
    EngineEnd end;
    end.reason = reasonOf(process);
    end.detail = lastLines(process.log);
    end.remedy = process.host.isEmpty() ? tr("Restart") : tr("Reconnect");
    return end;
}

}  // namespace rankscope::gui
