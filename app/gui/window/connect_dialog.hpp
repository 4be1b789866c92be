// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/client/engine_status.hpp"

#include <QDialog>

#include <vector>

QT_BEGIN_NAMESPACE
class QComboBox;
class QDialogButtonBox;
class QLabel;
class QLineEdit;
QT_END_NAMESPACE

namespace rankscope::gui {

/// The engine on another machine, through ssh.
class ConnectDialog : public QDialog {
    Q_OBJECT

public:
    /// Starts with the machine and the device of the engine that runs, else with what was used last.
    /// `devices`: of that engine's machine.
    ConnectDialog(const EngineAddress& now, const std::vector<EngineDevice>& devices,
                  QWidget* parent = nullptr);

    [[nodiscard]] EngineAddress address() const;

    /// Why these fields are no address; empty: they are one.
    [[nodiscard]] const QString& problem() const { return problem_; }

    /// For the next time.
    void keep() const;

    QLineEdit* host;
    QLineEdit* program;
    QComboBox* device;

private:
    void refresh();
    void offerDevices();

    EngineAddress now_;
    std::vector<EngineDevice> devices_;
    bool chosen_ = false;  // the device, by hand
    QString problem_;
    QLabel* error_;
    QDialogButtonBox* buttons_;
};

}  // namespace rankscope::gui
