// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/charts/column_table.hpp"
#include "app/gui/theme/theme.hpp"
#include "core/spectra/rank_metrics.hpp"

#include <QWidget>

namespace rankscope::gui {

/// The seven ranks of one state, each with its formula and value.
class RankList : public QWidget {
    Q_OBJECT

public:
    explicit RankList(QWidget* parent = nullptr);

    void setRanks(const RankMetrics& ranks);
    /// Nothing but dashes: the state is not finite.
    void clear();

    /// The same numbers; belongs to the list.
    [[nodiscard]] ColumnTableModel* tableModel() { return &model_; }

    void applyTheme(const Theme& theme);

    [[nodiscard]] QSize minimumSizeHint() const override;

Q_SIGNALS:
    void readoutChanged(const QString& text);
    void topicPicked(const QString& topic);
    void copied(const QString& text);

protected:
    bool event(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;

private:
    struct Row {
        QString name, title, formula, value;
        double number;
    };

    void setRows(bool known, const RankMetrics& ranks);
    [[nodiscard]] double rowHeight() const;
    [[nodiscard]] int rowAt(double y) const;
    void showTopic();

    const Theme* theme_ = &Theme::light();
    QList<Row> rows_;
    int hovered_ = -1;
    int cursor_ = 0;  ///< row with the keyboard
    ColumnTableModel model_;
};

}  // namespace rankscope::gui
