// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QStringList>

QT_BEGIN_NAMESPACE
class QDropEvent;
class QWidget;
QT_END_NAMESPACE

namespace rankscope::gui {

/// Files that are dropped anywhere in a window, also over what would take them for text (fields, notes) or
/// refuse them (charts).
class FileDrop : public QObject {
    Q_OBJECT

public:
    explicit FileDrop(QWidget* window);

    /// A panel in a window of its own is a part of the main one.
    static void extendTo(QWidget* window);

Q_SIGNALS:
    /// Local paths, in the order of the drop.
    void dropped(const QStringList& paths);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    QWidget* window_;
};

}  // namespace rankscope::gui
