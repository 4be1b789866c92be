// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/charts/column_table.hpp"
#include "app/gui/document/workspace.hpp"
#include "app/gui/widgets/panel.hpp"

#include <QTimer>

#include <vector>

QT_BEGIN_NAMESPACE
class QAction;
class QStackedWidget;
QT_END_NAMESPACE

namespace rankscope::gui {

class ChannelStrip;
class EmptyNote;

/// "Channels of layer n": which key channels the selected layer keeps in each head, and a hand to change it.
class ChannelsPanel : public Panel {
    Q_OBJECT

public:
    explicit ChannelsPanel(const Workspace& workspace, QWidget* parent = nullptr);
    ~ChannelsPanel() override;

    void applyTheme(const Theme& theme) override;

    [[nodiscard]] ChannelStrip* strip() const { return strip_; }

    [[nodiscard]] EmptyNote* emptyNote() const { return empty_; }

    [[nodiscard]] ColumnTableModel* numbers() { return &numbers_; }

    [[nodiscard]] QAction* byScoreAction() const { return byScore_; }

    [[nodiscard]] QAction* methodsChoiceAction() const { return back_; }

protected:
    void settleNumbers() override;

Q_SIGNALS:
    /// The method needs a text to calibrate on.
    void calibrationRequested();

private:
    void buildMenu();
    void read();
    void readPlan();
    void readHead();
    void hoverChanged();
    void toggle(int keyHead, int channel);
    void backToMethod();
    void requestScores();
    void showNote(const QString& sentence, const QString& remedy);
    void fillNumbers();
    [[nodiscard]] int layer() const;
    /// Value heads per key head of the selected layer.
    [[nodiscard]] int group() const;

    Workspace workspace_;
    QStackedWidget* stack_;
    ChannelStrip* strip_;
    EmptyNote* empty_;
    QAction* byScore_ = nullptr;
    QAction* back_ = nullptr;
    ColumnTableModel numbers_;
    QTimer soon_;
    QString requested_;  ///< method whose scores are on their way
    std::string shownMethod_;
    std::vector<std::vector<std::int32_t>> shownByHand_;
    bool ownHover_ = false;
};

}  // namespace rankscope::gui
