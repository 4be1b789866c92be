// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/theme/theme.hpp"

#include <QImage>
#include <QList>
#include <QWidget>

#include <memory>
#include <vector>

namespace rankscope::gui {

/// The states of all heads of a layer as small pictures on one scale.
class HeadTiles : public QWidget {
    Q_OBJECT

public:
    explicit HeadTiles(QWidget* parent = nullptr);

    using State = std::shared_ptr<const std::vector<float>>;

    /// Numbers of the model's value heads that will come; all empty at first.
    void setHeads(const std::vector<int>& heads, int rows, int columns);
    void setState(int head, State state);
    void setSelected(int head);
    void setHovered(int head);

    /// Colours end at ± this: the largest of the heads' 99.5 % quantiles of |S|.
    [[nodiscard]] double limit() const;

    [[nodiscard]] QRectF tileRect(int head) const;

    void applyTheme(const Theme& theme);

Q_SIGNALS:
    void limitChanged();
    void headPicked(int head);
    void headActivated(int head);
    /// −1 when the pointer leaves.
    void headHovered(int head);
    void readoutChanged(const QString& text);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;

private:
    struct Tile {
        int head = 0;
        State state;
        double limit = 0;
        QImage image;
    };

    void draw(Tile& tile) const;
    void drawAll();
    [[nodiscard]] int columnCount() const;
    [[nodiscard]] QRectF cell(qsizetype place) const;
    [[nodiscard]] QRectF picture(const QRectF& cell) const;
    [[nodiscard]] int headAt(const QPointF& at) const;

    const Theme* theme_ = &Theme::light();
    QList<Tile> tiles_;
    int rows_ = 1, columns_ = 1;
    int selected_ = -1;
    int hovered_ = -1;
    double shownLimit_ = 0;
};

}  // namespace rankscope::gui
