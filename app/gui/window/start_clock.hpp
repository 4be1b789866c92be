// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>

QT_BEGIN_NAMESPACE
class QWidget;
QT_END_NAMESPACE

namespace rankscope::gui {

/// Tells how long a person looks at nothing: milliseconds from the start of the process (as the kernel
/// counts it, in steps of 10 ms) to the end of the window's first painting.
class StartClock : public QObject {
    Q_OBJECT

public:
    /// Watches a window that is not shown yet; emits painted() once.
    explicit StartClock(QWidget& window);

Q_SIGNALS:
    /// −1: the system does not say when the process started.
    void painted(double milliseconds);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    bool seen_ = false;
};

}  // namespace rankscope::gui
