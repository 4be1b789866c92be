// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/theme/theme.hpp"

#include <QFrame>

QT_BEGIN_NAMESPACE
class QLabel;
class QPushButton;
class QToolButton;
QT_END_NAMESPACE

namespace rankscope::gui {

/// An error that concerns the whole window: what, why and what is safe, details, one remedy. Under the
/// ribbon, in no one's way.
class Banner : public QFrame {
    Q_OBJECT

public:
    explicit Banner(QWidget* parent = nullptr);

    struct Text {
        QString title, sentence;
        QString details;    ///< behind a button; empty: none
        QString remedy;     ///< label of the button; empty: none
        QString id;         ///< handed to remedyChosen
        bool note = false;  ///< something to know or to choose; nothing went wrong
    };

    void show(const Text& text);
    void applyTheme(const Theme& theme);

    [[nodiscard]] const Text& text() const { return text_; }

Q_SIGNALS:
    void remedyChosen(const QString& id);

protected:
    void keyPressEvent(QKeyEvent* event) override;

private:
    void setLook();

    Text text_;
    const Theme* theme_ = nullptr;
    QLabel* icon_;
    QLabel* title_;
    QLabel* sentence_;
    QPushButton* details_;
    QPushButton* remedy_;
    QToolButton* close_;
    QLabel* detailText_;
};

}  // namespace rankscope::gui
