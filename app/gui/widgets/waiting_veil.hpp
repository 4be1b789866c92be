// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/theme/theme.hpp"

#include <QTimer>
#include <QWidget>

namespace rankscope::gui {

/// Lies over what is old while something new is on its way: nothing at first, then the old content shows
/// through at 60 %, and where it takes long one line says what is waited for. Takes no clicks.
class WaitingVeil : public QWidget {
    Q_OBJECT

public:
    /// Covers `over`, and follows its size.
    explicit WaitingVeil(QWidget* over);

    static constexpr int kVeilMs = 200;
    static constexpr int kTextMs = 2000;

    /// Begins to wait, or goes on with another text.
    void wait(const QString& text);
    void done();

    [[nodiscard]] bool isWaiting() const { return waiting_; }

    /// The old content is faded, and the text is shown.
    [[nodiscard]] bool isFading() const { return isVisible(); }

    [[nodiscard]] bool saysWhat() const { return isVisible() && !text_.isEmpty() && late_; }

    void applyTheme(const Theme& theme);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

private:
    const Theme* theme_ = &Theme::light();
    QString text_;
    QTimer soon_;
    QTimer later_;
    bool waiting_ = false;
    bool late_ = false;
};

}  // namespace rankscope::gui
