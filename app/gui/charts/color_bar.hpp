// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/theme/theme.hpp"

#include <QList>
#include <QRgb>
#include <QString>
#include <QWidget>

namespace rankscope::gui {

/// What the colours of cells mean: the table of the cells between its two end values. Pointed ends: values
/// beyond exist.
class ColorBar : public QWidget {
    Q_OBJECT

public:
    explicit ColorBar(QWidget* parent = nullptr);

    void setTheme(const Theme& theme);

    /// `title` may be empty; `low` and `high` are the texts at the ends.
    void setScale(const QString& title, const QList<QRgb>& colors, const QString& low, const QString& high,
                  bool pointed);

    [[nodiscard]] QSize sizeHint() const override;

    [[nodiscard]] QSize minimumSizeHint() const override { return sizeHint(); }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    const Theme* theme_ = &Theme::light();
    QString title_;
    QString low_;
    QString high_;
    QList<QRgb> colors_;
    bool pointed_ = false;
};

}  // namespace rankscope::gui
