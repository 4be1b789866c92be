// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/charts/plot_view.hpp"

#include <QString>

#include <limits>
#include <vector>

namespace rankscope::gui {

/// One rank metric of the heads of a layer along a text.
struct RankOverTokensData {
    int layer = 0;
    QString metric;                                           ///< axis title, "entropy rank"
    std::vector<int> positions;                               ///< captured token positions, ascending
    std::vector<std::vector<float>> ranks;                    ///< [head][position]; NaN: not captured
    int selected = 0;                                         ///< head
    int tokens = 0;                                           ///< length of the window: end of the axis
    int token = -1;                                           ///< cursor; -1: none
    double limit = std::numeric_limits<double>::quiet_NaN();  ///< min(K, V): dotted line when in range
};

/// Rank over token position: a line per head with its name at the right end; from five heads on a quartile
/// band.
class RankOverTokensView : public PlotView {
    Q_OBJECT

public:
    explicit RankOverTokensView(QWidget* parent = nullptr);

    void setData(const RankOverTokensData& data);

    [[nodiscard]] const RankOverTokensData& data() const { return data_; }

    /// Moves the cursor alone, to the nearest captured position. No signal.
    void setToken(int token);

    [[nodiscard]] int token() const { return data_.token; }

    /// A faint second cursor at a token, -1: none. No signal.
    void setHoverToken(int token);

    /// Head whose line is emphasised, -1: none. No signal.
    void setHoverHead(int head);

    [[nodiscard]] ColumnTable table() const override;
    [[nodiscard]] QString describe() const override;
    [[nodiscard]] std::unique_ptr<PlotView> copy() const override;

Q_SIGNALS:
    /// Clicked or dragged to this captured position.
    void tokenPicked(int token);
    void headPicked(int head);
    /// -1 when no line is under the pointer any more.
    void headHovered(int head);
    /// Captured position nearest to the pointer; -1 when it leaves.
    void tokenHovered(int token);

protected:
    void rebuild() override;
    [[nodiscard]] bool isEmpty() const override;
    void paintUnder(QPainter& painter) override;
    [[nodiscard]] QList<Curve> faintCurves() const override;
    [[nodiscard]] QList<QLineF> guides() const override;
    [[nodiscard]] QList<PlotLabel> labels() const override;
    void paintOver(QPainter& painter) override;

    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    [[nodiscard]] std::vector<double> line(std::size_t head) const;
    [[nodiscard]] std::vector<double> positions() const;
    [[nodiscard]] int nearestCaptured(double token) const;
    [[nodiscard]] double rankAt(std::size_t head, int token) const;
    [[nodiscard]] int headAt(const QPointF& pixel) const;
    void hoverAt(int token);
    void pick(const QPointF& pixel);
    void strokeHead(QPainter& painter, std::size_t head, const QPen& pen) const;

    RankOverTokensData data_;
    int hoverHead_ = -1;
    int hoverToken_ = -1;
    bool dragging_ = false;
};

}  // namespace rankscope::gui
