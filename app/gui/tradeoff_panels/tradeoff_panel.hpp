// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/charts/tradeoff_data.hpp"
#include "app/gui/document/selection.hpp"
#include "app/gui/document/workspace.hpp"
#include "app/gui/tradeoff_panels/plan_facts.hpp"
#include "app/gui/widgets/panel.hpp"

#include <QPoint>

QT_BEGIN_NAMESPACE
class QComboBox;
class QLabel;
class QMenu;
class QStackedWidget;
QT_END_NAMESPACE

namespace rankscope::gui {

class EmptyNote;
class TradeoffView;

/// What quality costs: all plans as dots, the current one ringed even when it is not saved.
class TradeoffPanel : public Panel {
    Q_OBJECT

public:
    enum class Quality { Perplexity, Recall };

    explicit TradeoffPanel(Workspace workspace, QWidget* parent = nullptr);

    void setX(TradeoffX x);
    /// Recall only while the text has answers.
    void setQuality(Quality quality);

    [[nodiscard]] TradeoffX x() const { return x_; }

    [[nodiscard]] Quality quality() const { return quality_; }

    [[nodiscard]] TradeoffView* view() const { return view_; }

    /// While a question is open: a dashed line at the current plan's size stands for its dot.
    void setAnswerHidden(bool hidden);

    void applyTheme(const Theme& theme) override;

    [[nodiscard]] QSize minimumSizeHint() const override;

Q_SIGNALS:
    /// There is none to measure on.
    void textRequested();

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void connectView();
    void connectWorkspace();
    void rebuild();
    void moveCurrent();
    void updateDots(const QString& planKey);
    void showEmpty();
    void showChoices();
    void fitHeader();
    void showContextMenu(const QPoint& at);
    void remove(const QString& id);
    [[nodiscard]] TradeoffDot dotOf(const PlanFacts& facts) const;
    [[nodiscard]] bool hasAnswers() const;

    Workspace workspace_;
    QStackedWidget* stack_;
    TradeoffView* view_ = nullptr;
    EmptyNote* empty_;
    QComboBox* qualityBox_;
    QComboBox* xBox_;
    QLabel* against_;
    QMenu* context_;
    QMenu* qualityMenu_;
    TradeoffX x_ = TradeoffX::StateSize;
    Quality quality_ = Quality::Perplexity;
    bool answerHidden_ = false;
    QPoint pressedAt_;
    QString pressed_;  ///< id of the dot under the button
};

}  // namespace rankscope::gui
