// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/theme/theme.hpp"

#include <QString>
#include <QWidget>

#include <functional>
#include <optional>

QT_BEGIN_NAMESPACE
class QLabel;
class QLineEdit;
class QPushButton;
class QToolButton;
QT_END_NAMESPACE

namespace rankscope::gui {

class ElidedLabel;
class FieldProblem;

/// One number that a preset needs, asked in the place of the Set bar, with what it would come to.
class AskRow : public QWidget {
    Q_OBJECT

public:
    explicit AskRow(QWidget* parent = nullptr);

    /// What is asked: "Energy at least [ 95 ] %".
    struct Question {
        QString label, unit, start;
        std::function<QString(double)> problem;  ///< why not; empty: a good number
        std::function<QString(double)> preview;  ///< what it comes to
        std::function<void(double)> apply;
    };

    void ask(Question question);
    void applyTheme(const Theme& theme);

    [[nodiscard]] QLineEdit* field() const { return field_; }

    [[nodiscard]] QString preview() const;
    [[nodiscard]] QString problem() const;

Q_SIGNALS:
    void closed();

protected:
    bool event(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void check();
    void commit();
    void layOut();
    [[nodiscard]] std::optional<double> value() const;
    [[nodiscard]] QString problemOf(const QString& text) const;

    Question question_;
    QLabel* label_;
    QLineEdit* field_;
    QLabel* unit_;
    ElidedLabel* preview_;
    QPushButton* apply_;
    QToolButton* close_ = nullptr;
    FieldProblem* problem_;
};

}  // namespace rankscope::gui
