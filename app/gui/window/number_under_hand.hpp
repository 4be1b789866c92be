// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QPointer>
#include <QString>

QT_BEGIN_NAMESPACE
class QWidget;
QT_END_NAMESPACE

namespace rankscope::gui {

/// Which number a person means who asks to have it explained: the one under the pointer if the pointer was
/// used last, the one with the keyboard if a key was, else the one clicked last.
class NumberUnderHand : public QObject {
    Q_OBJECT

public:
    /// Watches what happens inside of `window`.
    explicit NumberUnderHand(QWidget* window);
    ~NumberUnderHand() override;

    struct Number {
        QString topic;  ///< empty: none is meant
        QWidget* widget = nullptr;
    };

    [[nodiscard]] Number number() const;

    /// The pointer was used last, not a key.
    [[nodiscard]] bool isByPointer() const { return byPointer_; }

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    QWidget* window_;
    QPointer<QWidget> pointed_;
    QPointer<QWidget> clicked_;
    bool byPointer_ = false;
};

}  // namespace rankscope::gui
