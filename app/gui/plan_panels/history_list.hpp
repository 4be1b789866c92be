// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/plan_panels/history_model.hpp"
#include "app/gui/theme/theme.hpp"

#include <QListView>
#include <QTimer>

namespace rankscope::gui {

class HistoryDelegate;

/// The history: a click or Enter goes to a step.
class HistoryList : public QListView {
    Q_OBJECT

public:
    explicit HistoryList(Document& document, QWidget* parent = nullptr);

    void applyTheme(const Theme& theme);

    [[nodiscard]] HistoryModel* history() { return &model_; }

protected:
    void keyPressEvent(QKeyEvent* event) override;
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    HistoryModel model_;
    HistoryDelegate* delegate_;
    QTimer clock_;
};

}  // namespace rankscope::gui
