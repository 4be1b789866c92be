// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/client/engine_status.hpp"
#include "app/gui/document/workspace.hpp"

#include <QList>
#include <QScrollArea>
#include <QString>

QT_BEGIN_NAMESPACE
class QLabel;
class QVBoxLayout;
QT_END_NAMESPACE

namespace rankscope::gui {

class ElidedLabel;
class JobRow;

/// `12 s left`, `3 min left`; empty while unknown.
[[nodiscard]] QString timeLeftText(double seconds);
/// `0.4 s`, `12 s`, `3 min 20 s`, `1 h 5 min`.
[[nodiscard]] QString durationText(double seconds);

/// Jobs of the engine: running and queued ones with progress and Cancel, ended ones with how it went.
class JobsList : public QScrollArea {
    Q_OBJECT

public:
    explicit JobsList(EngineControl& engine, QWidget* parent = nullptr);

    void applyTheme(const Theme& theme);

    /// Jobs that run or wait.
    [[nodiscard]] int openCount() const;

    [[nodiscard]] int rowCount() const;

Q_SIGNALS:
    void countChanged();

private:
    void rebuild();

    EngineControl& engine_;
    const Theme* theme_;
    QVBoxLayout* column_;
    QLabel* empty_;
    QList<JobRow*> rows_;
};

}  // namespace rankscope::gui
