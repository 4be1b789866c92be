// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/theme/theme.hpp"

#include <QString>
#include <QWidget>

QT_BEGIN_NAMESPACE
class QLabel;
class QPushButton;
QT_END_NAMESPACE

namespace rankscope::gui {

/// What stands in the middle of a panel that has nothing to show: a sentence that says why, and one button
/// that helps.
class EmptyNote : public QWidget {
    Q_OBJECT

public:
    explicit EmptyNote(QWidget* parent = nullptr);

    /// No button without a text for it.
    void setNote(const QString& sentence, const QString& remedy = {});

    [[nodiscard]] QString sentence() const;
    [[nodiscard]] QString remedy() const;

    void applyTheme(const Theme& theme);

Q_SIGNALS:
    void remedyRequested();

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    QLabel* sentence_;
    QPushButton* remedy_;
};

}  // namespace rankscope::gui
