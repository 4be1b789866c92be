// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/charts/chart_text.hpp"
#include "app/gui/charts/plot_view.hpp"

#include <QList>
#include <QString>

#include <vector>

namespace rankscope::gui {

/// What noise in the queries does.
struct NoiseData {
    struct Head {
        int layer = 0;
        int head = 0;
        float stableRank = 0;
        float amplification = 0;  ///< relative error of the output per relative error of the query
    };

    struct Curve {
        QString name;
        Method method = Method::FullModel;
        std::vector<float> level;       ///< noise relative to the query's norm, ascending
        std::vector<float> perplexity;  ///< at each level; NaN: not measured
        std::vector<float> error;       ///< standard errors; empty: none
    };

    QList<Head> heads;
    QList<Curve> curves;  ///< the full model and plans
    int layer = 0;        ///< selected
    int head = 0;
};

enum class NoiseMode { Amplification, Perplexity };

/// Amplification of each head against its stable rank, or perplexity against the noise level, full model and
/// plans.
class NoiseView : public PlotView {
    Q_OBJECT

public:
    explicit NoiseView(QWidget* parent = nullptr);

    void setData(const NoiseData& data);

    [[nodiscard]] const NoiseData& data() const { return data_; }

    void setMode(NoiseMode mode);

    [[nodiscard]] NoiseMode mode() const { return mode_; }

    /// Emphasis alone. No signal.
    void setSelected(int layer, int head);
    void setHover(int layer, int head);

    /// Where a head's dot is; NaN when it has none.
    [[nodiscard]] QPointF headPixel(int layer, int head) const;
    /// Where the name of the selected head stands: beside its dot, over as few others as can be. Empty while
    /// it has no dot.
    [[nodiscard]] QRectF nameRect() const;

    [[nodiscard]] ColumnTable table() const override;
    [[nodiscard]] QString describe() const override;
    [[nodiscard]] std::unique_ptr<PlotView> copy() const override;

Q_SIGNALS:
    void headPicked(int layer, int head);
    /// -1, -1 when the pointer leaves.
    void headHovered(int layer, int head);

protected:
    void rebuild() override;
    [[nodiscard]] bool isEmpty() const override;
    [[nodiscard]] QList<LegendEntry> legend() const override;
    void paintOver(QPainter& painter) override;
    [[nodiscard]] QList<PlotMarks> marks() const override;

    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;

private:
    void rebuildAmplification();
    void rebuildPerplexity();
    void paintAmplification(QPainter& painter);
    void paintPerplexity(QPainter& painter);
    [[nodiscard]] QPointF pixelOf(const NoiseData::Head& head) const;
    [[nodiscard]] double axisY(double perplexity) const;
    [[nodiscard]] const NoiseData::Head* headAt(const QPointF& pixel) const;
    void hover(const NoiseData::Head* head, const QPointF& pixel);

    NoiseData data_;
    NoiseMode mode_ = NoiseMode::Amplification;
    bool logPerplexity_ = false;
    int hoverLayer_ = -1;
    int hoverHead_ = -1;
    QPoint hoverPoint_{-1, -1};  // (curve, level)
};

}  // namespace rankscope::gui
