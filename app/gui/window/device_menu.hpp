// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QMenu>

namespace rankscope::gui {

class EngineControl;
struct EngineDevice;

/// Which device of its machine the engine computes on. What the machine lacks is there too, greyed, with the
/// reason.
class DeviceMenu : public QMenu {
    Q_OBJECT

public:
    explicit DeviceMenu(EngineControl& engine, QWidget* parent = nullptr);

    /// "auto", "cpu", "cuda" or "cuda:N" of the settings; "auto" for anything else. `host`: the other
    /// machine; empty: this one.
    [[nodiscard]] static QString kept(const QString& host);
    static void keep(const QString& host, const QString& device);

    /// "CPU", "CUDA device 1: NVIDIA H100".
    [[nodiscard]] static QString titleOf(const EngineDevice& device);

    /// As it is when it opens.
    void fill();

Q_SIGNALS:
    /// Another one than the engine was asked for.
    void chosen(const QString& device);

private:
    void addDevice(const QString& id, const QString& text);

    EngineControl& engine_;
};

}  // namespace rankscope::gui
