// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/client/engine_command.hpp"

#include <QCoreApplication>
#include <QFileInfo>
#include <QStandardPaths>

#include <algorithm>

namespace rankscope::gui {
namespace {

const auto kProgram = QStringLiteral("rankscope-cli");

QString tr(const char* text) {
    return QCoreApplication::translate("EngineCommand", text);
}

// The path of a program that can be started; empty: there is none.
QString found(const QString& program) {
    if (!program.contains(QLatin1Char('/'))) return QStandardPaths::findExecutable(program);
    const QFileInfo file(program);
    return file.isFile() && file.isExecutable() ? file.absoluteFilePath() : QString();
}

bool isHostName(const QString& host) {
    const auto harmless = [](QChar c) { return c.isPrint() && !c.isSpace(); };
    return !host.startsWith(QLatin1Char('-')) && std::all_of(host.begin(), host.end(), harmless);
}

// ssh hands the command to the shell of the other machine as one text.
QString quotedForShell(const QString& word) {
    const auto plain = [](QChar c) {
        return c.unicode() < 128 && (c.isLetterOrNumber() || QStringLiteral("/._-~").contains(c));
    };
    if (!word.startsWith(QLatin1Char('-')) && std::all_of(word.begin(), word.end(), plain)) return word;
    QString inside = word;
    inside.replace(QLatin1Char('\''), QLatin1String("'\\''"));
    return QLatin1Char('\'') + inside + QLatin1Char('\'');
}

// Nothing for "auto", which is what an engine does by itself.
QStringList deviceOption(const EngineAddress& address) {
    if (address.device.isEmpty() || address.device == QLatin1String("auto")) return {};
    return {QStringLiteral("--device"),
            address.host.isEmpty() ? address.device : quotedForShell(address.device)};
}

std::optional<EngineCommand> onThisMachine(const EngineAddress& address, QString& why) {
    QString wanted = qEnvironmentVariable("RANKSCOPE_ENGINE");
    if (wanted.isEmpty()) wanted = address.program;
    QString program;
    if (wanted.isEmpty()) {
        program = found(QCoreApplication::applicationDirPath() + QLatin1Char('/') + kProgram);
        if (program.isEmpty()) program = found(kProgram);
        why =
            tr("%1 is neither in %2 nor on the PATH.").arg(kProgram, QCoreApplication::applicationDirPath());
    } else {
        program = found(wanted);
        why = tr("%1 is no program that can be started.").arg(wanted);
    }
    if (program.isEmpty()) return std::nullopt;
    why.clear();
    return EngineCommand{program, QStringList{QStringLiteral("serve")} + deviceOption(address)};
}

}  // namespace

std::optional<EngineCommand> engineCommand(const EngineAddress& address, QString& why) {
    if (address.host.isEmpty()) return onThisMachine(address, why);
    if (!isHostName(address.host)) {
        why = tr("“%1” is not the name of a machine.").arg(address.host);
        return std::nullopt;
    }
    const QString wanted = qEnvironmentVariable("RANKSCOPE_SSH", QStringLiteral("ssh"));
    const QString program = found(wanted);
    if (program.isEmpty()) {
        why = tr("%1 is no program that can be started.").arg(wanted);
        return std::nullopt;
    }
    why.clear();
    const QString remote = address.program.isEmpty() ? kProgram : address.program;
    // BatchMode: nobody could answer a question for a password. ServerAlive: a dead line ends within a
    // minute.
    const QStringList arguments{QStringLiteral("-T"),
                                QStringLiteral("-oBatchMode=yes"),
                                QStringLiteral("-oConnectTimeout=20"),
                                QStringLiteral("-oServerAliveInterval=15"),
                                QStringLiteral("--"),
                                address.host,
                                quotedForShell(remote),
                                QStringLiteral("serve")};
    return EngineCommand{program, arguments + deviceOption(address)};
}

}  // namespace rankscope::gui
