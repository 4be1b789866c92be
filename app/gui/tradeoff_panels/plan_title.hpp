// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/theme/marker.hpp"
#include "app/gui/tradeoff_panels/plan_facts.hpp"

#include <QLineEdit>
#include <QWidget>

namespace rankscope::gui {

/// A plan's name: a text that gives way with an ellipsis, and a field while it has the focus.
class PlanNameEdit : public QLineEdit {
    Q_OBJECT

public:
    explicit PlanNameEdit(QWidget* parent = nullptr);

    /// Not while somebody types.
    void setName(const QString& name);

    void applyTheme(const Theme& theme);

Q_SIGNALS:
    /// Enter or focus gone with another name than before; never empty.
    void renamed(const QString& name);

protected:
    void paintEvent(QPaintEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;

private:
    void commit();

    QString name_;
    const Theme* theme_ = &Theme::light();
};

/// First block of the ribbon: `Plan`, glyph and word of what is known, and the name under it.
class PlanTitle : public QWidget {
    Q_OBJECT

public:
    explicit PlanTitle(QWidget* parent = nullptr);

    void setPlan(const PlanFacts& facts, const StateWord& word);
    void applyTheme(const Theme& theme);

    [[nodiscard]] PlanNameEdit* name() { return name_; }

    [[nodiscard]] const StateWord& word() const { return word_; }

    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override;

protected:
    bool event(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void layoutName();
    [[nodiscard]] double wordLeft() const;

    PlanNameEdit* name_;
    StateWord word_;
    MarkerLook look_;
    const Theme* theme_ = &Theme::light();
};

}  // namespace rankscope::gui
