// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <cstdint>
#include <vector>

namespace rankscope::gui {

/// Where the engine runs.
struct EngineAddress {
    QString host;     ///< for ssh; empty: this machine
    QString program;  ///< rankscope-cli; empty: beside this program, then on the PATH
    QString device = QStringLiteral("auto");
};

/// A job of the engine as the window shows it.
struct EngineJob {
    enum class State { Queued, Running, Finished, Failed, Cancelled, Superseded };

    std::int64_t id = 0;
    QString title;  ///< "Evaluate DRRQR 50 %"
    State state = State::Queued;
    double done = 0, total = 0, etaSeconds = -1;
    QString unit;           ///< "windows"
    QString message, hint;  ///< of a failed one
    double seconds = 0;     ///< it took, or has taken
    bool local = false;     ///< made by the window itself, not the engine
};

/// A device that the engine can open a model on.
struct EngineDevice {
    QString id;    ///< as EngineAddress::device: "cpu", "cuda:0"
    QString name;  ///< "NVIDIA H100 80GB HBM3"; may be empty

    bool operator==(const EngineDevice&) const = default;
};

/// What the engine control shows.
struct EngineStatus {
    enum class State { Off, Starting, Ready, Stopped };

    State state = State::Off;
    QString where;   ///< "Local CPU, 2 threads", "gpu-box · NVIDIA H100"
    QString reason;  ///< of Stopped: what happened, in one sentence; of Ready: what it lacks to run a model
    QString detail;  ///< last lines of its log; how to get what it lacks
    QString remedy;  ///< label of the button: "Restart", "Reconnect", "Restart with 2 windows at once"
    double pingMs = -1;
    QString device;                     ///< that was asked for: "auto", "cpu", "cuda:0"
    std::vector<EngineDevice> devices;  ///< of its machine; empty: it has not said, or has no LibTorch
    QString noCuda;                     ///< why there is no CUDA device among them
};

}  // namespace rankscope::gui
