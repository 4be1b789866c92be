// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/theme/theme.hpp"

#include <QColor>
#include <QString>
#include <QWidget>

#include <cstdint>
#include <vector>

namespace rankscope::gui {

/// Channels of one layer: a row per key head, a column per channel.
struct ChannelStripData {
    struct Head {
        QString label;                    ///< "head 0", "k0 (v0–v1)"
        QString shortLabel;               ///< where rows are low: "0"
        std::vector<std::int32_t> kept;   ///< ascending
        std::vector<double> scores;       ///< [K], higher = keep; empty: not known
        std::vector<std::int32_t> order;  ///< [K] best first; empty: not known
        bool byHand = false;
    };

    int layer = 0;
    int keyDim = 0;
    std::vector<Head> heads;
    QColor color;
    int selected = -1;  ///< key head
};

/// Draws them: kept channels filled, the stronger the higher their score, removed ones as a thin line.
class ChannelStrip : public QWidget {
    Q_OBJECT

public:
    explicit ChannelStrip(QWidget* parent = nullptr);

    void setData(ChannelStripData data);
    /// Only what is kept: cheap enough for every move of a drag.
    void setKept(const std::vector<std::vector<std::int32_t>>& kept);
    void setSelected(int keyHead);
    /// Columns by score of each head instead of by index.
    void setByScore(bool byScore);
    /// Marks from other views: a channel of all heads, and of one head the channel at a place of its order
    /// (from 1; 0: none).
    void setMarks(int channel, int keyHead, int place);
    void applyTheme(const Theme& theme);

    [[nodiscard]] const ChannelStripData& data() const { return data_; }

    [[nodiscard]] bool isByScore() const { return byScore_; }

    /// Cell of a channel; empty outside.
    [[nodiscard]] QRectF cell(int keyHead, int channel) const;
    [[nodiscard]] double opacity(int keyHead, int channel) const;
    [[nodiscard]] QString text(int keyHead, int channel) const;

    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override;

Q_SIGNALS:
    void channelHovered(int keyHead, int channel);  ///< −1, −1: left
    void channelToggled(int keyHead, int channel);
    void headPicked(int keyHead);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    bool event(QEvent* event) override;

private:
    struct Place {
        int head = -1, channel = -1;

        bool operator==(const Place&) const = default;
    };

    // Measured once for all cells.
    struct Geometry {
        QRectF plot;
        double row = 1;  // from row to row
        bool labelled = false;

        [[nodiscard]] QRectF cell(int head, int column, int keyDim) const;
    };

    [[nodiscard]] QRectF columnCell(int keyHead, int column) const;
    void measure();
    [[nodiscard]] int channelAt(int keyHead, int column) const;
    [[nodiscard]] Place placeAt(const QPointF& position) const;
    void index();
    void paintLabels(QPainter& painter) const;
    void paintHead(QPainter& painter, int head) const;
    void paintAxis(QPainter& painter) const;
    void describeCursor();

    const Theme* theme_ = &Theme::light();
    ChannelStripData data_;
    Geometry geometry_;
    std::vector<std::vector<int>> places_;   ///< [head][channel] place in the order, from 0; empty: not known
    std::vector<std::vector<char>> isKept_;  ///< [head][channel]
    bool byScore_ = false;
    Place hover_, pressed_, cursor_{0, 0};
    int markChannel_ = -1, markHead_ = -1, markPlace_ = 0;
};

}  // namespace rankscope::gui
