// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/document/selection.hpp"
#include "app/gui/document/workspace.hpp"
#include "app/gui/tradeoff_panels/plan_facts.hpp"

#include <QFrame>
#include <QList>
#include <QString>

QT_BEGIN_NAMESPACE
class QComboBox;
class QHBoxLayout;
class QLabel;
class QMenu;
class QPushButton;
class QToolButton;
QT_END_NAMESPACE

namespace rankscope::gui {

class PlanTitle;
class RibbonReadout;
struct RibbonText;

/// The current plan, always in view: its name, what is known of it, its totals, and what they are compared
/// with.
class Ribbon : public QFrame {
    Q_OBJECT

public:
    explicit Ribbon(Workspace workspace, QWidget* parent = nullptr);

    void applyTheme(const Theme& theme);

    /// Level of shrinking of the window, 0 to 4: from 2 on without Parameters and with one compact control at
    /// the right. The ribbon goes to 2 by itself where its width asks for it.
    void setLevel(int level);

    /// What is shown at the present width: the level set, or 2.
    [[nodiscard]] int shownLevel() const { return shownLevel_; }

    /// Least width at a level, in pixels.
    [[nodiscard]] int neededWidth(int level) const;

    /// While a question is open: Perplexity, Δ and Recall are `?` and nothing gives the answer away.
    void setAnswerHidden(bool hidden);

    /// For an audience: no controls, no field for the name; of the readouts as many as the width has room
    /// for, those that matter most first.
    void setReadOnly(bool readOnly);

    [[nodiscard]] QSize minimumSizeHint() const override;
    [[nodiscard]] QSize sizeHint() const override;

    /// The readouts that are shown, from left to right.
    [[nodiscard]] QList<RibbonReadout*> shownReadouts() const;

Q_SIGNALS:
    void explainRequested(const QString& topic);
    /// A sentence for the status bar.
    void message(const QString& text);

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void buildControls();
    void connectWorkspace();
    void showPlan();
    void showNumbers(bool settle);
    void showBaselines();
    void fillMenu();
    void layoutControls();
    void fit();
    void fitReadOnly();
    void rename(const QString& name);
    void setBaseline(const QString& id);
    void save();

    [[nodiscard]] RibbonText textOf(const QString& topic, const PlanFacts& facts,
                                    const PlanFacts& base) const;
    [[nodiscard]] QString baselineName(bool compact) const;
    /// Ids to compare with, in the order shown, with their names.
    [[nodiscard]] QList<std::pair<QString, QString>> baselines() const;
    /// Visible at this level in a ribbon this wide; `wide`: from 1600 on.
    [[nodiscard]] bool isWanted(const QString& topic, int level, bool wide) const;
    [[nodiscard]] int widthOf(int level, bool wide) const;
    [[nodiscard]] double unit() const;

    Workspace workspace_;
    const Theme* theme_;
    QHBoxLayout* row_;
    PlanTitle* title_;
    QList<RibbonReadout*> readouts_;
    QWidget* controls_;
    QLabel* against_;
    QComboBox* baseline_;
    QPushButton* save_;
    QToolButton* compact_;
    QMenu* menu_;
    int level_ = 0;
    int shownLevel_ = 0;
    bool answerHidden_ = false;
    bool readOnly_ = false;
};

}  // namespace rankscope::gui
