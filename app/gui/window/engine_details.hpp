// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/client/engine_status.hpp"

#include <QDialog>
#include <QProcess>

QT_BEGIN_NAMESPACE
class QPlainTextEdit;
class QPushButton;
QT_END_NAMESPACE

namespace rankscope::gui {

/// What `rankscope-cli doctor` says of the machine that the engine runs on.
class EngineDetails : public QDialog {
    Q_OBJECT

public:
    explicit EngineDetails(const EngineAddress& address, QWidget* parent = nullptr);
    ~EngineDetails() override;

    [[nodiscard]] QString text() const;

private:
    void end();

    QProcess process_;
    QPlainTextEdit* text_;
    QPushButton* copy_;
};

}  // namespace rankscope::gui
