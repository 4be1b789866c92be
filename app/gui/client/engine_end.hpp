// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QProcess>
#include <QString>

namespace rankscope::gui {

/// Why an engine is no longer there, in words for people.
struct EngineEnd {
    QString reason;       ///< one sentence
    QString detail;       ///< last lines of its log, or what was wrong with what it sent
    QString remedy;       ///< label of the button
    bool asked = false;   ///< by us: nothing went wrong
    bool worked = false;  ///< it had been ready before
};

/// What is known of a process that has ended.
struct EndedProcess {
    QString host;  ///< empty: this machine
    bool greeted = false;
    bool withinMessage = false;  ///< the last thing it sent is not complete
    int code = 0;                ///< exit code; of a crash the number of the signal
    QProcess::ExitStatus status = QProcess::NormalExit;
    QByteArray log;  ///< end of its standard error
};

[[nodiscard]] EngineEnd describeEnd(const EndedProcess& process);

/// The last lines of a log, made readable.
[[nodiscard]] QString lastLines(const QByteArray& log, int count = 12);

}  // namespace rankscope::gui
