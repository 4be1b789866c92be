// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/theme/theme.hpp"

#include <QAbstractButton>
#include <QString>

namespace rankscope::gui {

/// What a readout of the ribbon shows.
struct RibbonText {
    QString label;      ///< over the value
    QString note;       ///< behind the label: "from sweep"
    QString value;      ///< large
    QString unit;       ///< behind it
    QString error;      ///< "± 0.06"
    QString change;     ///< against the baseline: "+3.0 %"
    bool soft = false;  ///< not exact: grey
    QString exact;      ///< for the clipboard

    bool operator==(const RibbonText&) const = default;
};

/// One number of the ribbon: a button that asks for its explanation; Ctrl+C copies it.
class RibbonReadout : public QAbstractButton {
    Q_OBJECT

public:
    RibbonReadout(const QString& topic, QWidget* parent = nullptr);

    [[nodiscard]] const QString& topic() const { return topic_; }

    /// Its place grows when the new text needs more room; `settle` lets it shrink again. While a drag moves
    /// the number nothing moves aside.
    void setText(const RibbonText& text, bool settle);

    [[nodiscard]] const RibbonText& text() const { return text_; }

    void applyTheme(const Theme& theme);

    [[nodiscard]] QSize sizeHint() const override;

    [[nodiscard]] QSize minimumSizeHint() const override { return sizeHint(); }

Q_SIGNALS:
    void copied(const QString& text);

protected:
    void paintEvent(QPaintEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void changeEvent(QEvent* event) override;
    void enterEvent(QEnterEvent* event) override;
    void leaveEvent(QEvent* event) override;

private:
    [[nodiscard]] double contentWidth() const;

    QString topic_;
    RibbonText text_;
    const Theme* theme_ = &Theme::light();
    double width_ = 0;  ///< of the text it makes room for
};

}  // namespace rankscope::gui
