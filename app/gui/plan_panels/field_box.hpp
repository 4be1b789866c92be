// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/theme/theme.hpp"

#include <QComboBox>
#include <QLineEdit>
#include <QPointer>

#include <functional>

QT_BEGIN_NAMESPACE
class QLabel;
QT_END_NAMESPACE

namespace rankscope::gui {

/// A combo box that the wheel changes only while it has the focus.
class CalmBox : public QComboBox {
    Q_OBJECT

public:
    explicit CalmBox(QWidget* parent = nullptr);

protected:
    void wheelEvent(QWheelEvent* event) override;
};

/// Says in red what is wrong with a field, beside the field: under it, or over it where the window ends.
class FieldProblem : public QObject {
    Q_OBJECT

public:
    /// `problem` gives the reason for a text, empty for a good one. `edit` may be the field of a combo box.
    FieldProblem(QLineEdit* edit, QWidget* field, std::function<QString(const QString&)> problem);

    void applyTheme(const Theme& theme);

    /// Empty: the text is good.
    [[nodiscard]] QString problem() const;
    [[nodiscard]] QLabel* label() const;

    void check();

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    QLineEdit* edit_;
    QWidget* field_;
    QPointer<QLabel> label_;  // of the window, which may go first
    std::function<QString(const QString&)> problem_;
    const Theme* theme_ = &Theme::light();
};

}  // namespace rankscope::gui
