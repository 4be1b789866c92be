// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/client/engine_status.hpp"

#include <QString>
#include <QStringList>

#include <optional>

namespace rankscope::gui {

/// A program and its arguments, one by one: no shell of this machine ever sees them.
struct EngineCommand {
    QString program;
    QStringList arguments;

    bool operator==(const EngineCommand&) const = default;
};

/// How the engine at an address is started: `rankscope-cli serve` beside this program or from the PATH, or
/// the same through ssh, with --device where one was chosen. The variables RANKSCOPE_ENGINE and RANKSCOPE_SSH name other programs. Nothing, with
/// the reason in `why`: there is no such program, or the host is no name of a machine (ssh would take one
/// that begins with "-" for an option).
[[nodiscard]] std::optional<EngineCommand> engineCommand(const EngineAddress& address, QString& why);

}  // namespace rankscope::gui
