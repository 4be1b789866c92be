// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/theme/theme.hpp"

#include <QList>
#include <QString>
#include <QWidget>

namespace rankscope::gui {

/// One number with its name.
struct Readout {
    QString label;    ///< over the value
    QString value;    ///< 600
    QString unit;     ///< behind it: unit, "of 64", "± 0.2"
    QString toolTip;  ///< what it is, the formula with the current numbers
    QString topic;    ///< of the explanation card

    bool operator==(const Readout&) const = default;
};

/// Numbers side by side. When there is no room the last ones go, one by one; the first two always stay.
class ReadoutRow : public QWidget {
    Q_OBJECT

public:
    explicit ReadoutRow(QWidget* parent = nullptr);

    void setReadouts(const QList<Readout>& readouts);

    [[nodiscard]] const QList<Readout>& readouts() const { return readouts_; }

    /// How many are drawn at the present width.
    [[nodiscard]] int shownCount() const;

    void applyTheme(const Theme& theme);

    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override;

Q_SIGNALS:
    /// Clicked: what its explanation card is about.
    void topicPicked(const QString& topic);
    void copied(const QString& text);

protected:
    bool event(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    [[nodiscard]] double widthOf(const Readout& readout) const;
    [[nodiscard]] double widthOf(qsizetype count, double gap) const;
    /// Distance between two: less when that lets one more stay.
    [[nodiscard]] double gap() const;
    [[nodiscard]] int readoutAt(double x) const;
    void setCursorAt(int readout);

    const Theme* theme_ = &Theme::light();
    QList<Readout> readouts_;
    int cursor_ = 0;  ///< the one with the keyboard
};

}  // namespace rankscope::gui
