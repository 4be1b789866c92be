// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/document/workspace.hpp"

#include <QString>
#include <QWidget>

namespace rankscope::gui {

/// Mean K', state and removed share of the current plan. Gives up its first word, then its gaps, where it is
/// narrow.
class TotalsRow : public QWidget {
    Q_OBJECT

public:
    explicit TotalsRow(const Workspace& workspace, QWidget* parent = nullptr);

    void applyTheme(const Theme& theme);

    /// "mean K′ 30.7", "state 184 KiB", "52 % removed".
    [[nodiscard]] const QStringList& parts() const { return parts_; }

    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    void read();

    Workspace workspace_;
    const Theme* theme_ = &Theme::light();
    QStringList parts_;
};

}  // namespace rankscope::gui
