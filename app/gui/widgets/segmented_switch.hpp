// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/theme/theme.hpp"

#include <QList>
#include <QString>
#include <QStringList>
#include <QWidget>

namespace rankscope::gui {

class Segment;

/// A few buttons of which one is on: in one frame, or as tabs with a line under the one that is on.
class SegmentedSwitch : public QWidget {
    Q_OBJECT

public:
    enum class Look { Boxed, Tabs };

    /// `name` is what screen readers say of the whole.
    SegmentedSwitch(const QString& name, const QStringList& texts, Look look = Look::Boxed,
                    QWidget* parent = nullptr);

    void applyTheme(const Theme& theme);

    [[nodiscard]] int current() const;

    /// No signal.
    void setCurrent(int index);

    void setText(int index, const QString& text);
    void setToolTipOf(int index, const QString& text);
    /// A segment that is hidden can still be the current one.
    void setShown(int index, bool shown);

Q_SIGNALS:
    void picked(int index);

private:
    QList<Segment*> segments_;
};

}  // namespace rankscope::gui
