// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/teaching/question.hpp"
#include "app/gui/theme/theme.hpp"

#include <QFrame>
#include <QList>

QT_BEGIN_NAMESPACE
class QBoxLayout;
class QLabel;
class QPushButton;
QT_END_NAMESPACE

namespace rankscope::gui {

/// The question of a step with its answers, and afterwards which of them the data allow.
class QuestionCard : public QFrame {
    Q_OBJECT

public:
    explicit QuestionCard(QWidget* parent = nullptr);

    /// `answered`: the answers are judged; `chosen`: by whom, −1: by nobody.
    void setQuestion(const Question& question, const QString& text, bool answered, int chosen,
                     const QString& reveal);
    void applyTheme(const Theme& theme);

    [[nodiscard]] const QList<QPushButton*>& buttons() const { return buttons_; }

    [[nodiscard]] QString text() const;
    [[nodiscard]] QString verdict() const;

Q_SIGNALS:
    void answered(int option);

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void setLook();
    void arrange();

    const Theme* theme_ = &Theme::light();
    Question question_;
    bool answered_ = false;
    int chosen_ = -1;
    QBoxLayout* row_;
    QWidget* answers_;
    QLabel* verdict_;
    QLabel* text_;
    QList<QPushButton*> buttons_;
};

}  // namespace rankscope::gui
