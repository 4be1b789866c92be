// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/charts/cut_line.hpp"
#include "app/gui/charts/plot_view.hpp"

#include <vector>

namespace rankscope::gui {

/// Singular values of one state with its own k: the rank of the reconstruction, independent of K'.
struct SingularValuesData {
    std::vector<float> sigma;  ///< descending
    int k = 0;                 ///< 0: the smallest that holds 90 % of the energy
    int kept = 0;              ///< K' of the plan; the grip is outlined when k differs
    double floor = 1e-6;       ///< of the first
};

/// Fewest directions that hold `share` of the energy; 0 when there is none.
[[nodiscard]] int directionsFor(const std::vector<float>& sigma, double share);

class SingularValuesView : public PlotView {
    Q_OBJECT

public:
    explicit SingularValuesView(QWidget* parent = nullptr);

    void setData(const SingularValuesData& data);

    [[nodiscard]] const SingularValuesData& data() const { return data_; }

    /// No signal.
    void setK(int k);

    [[nodiscard]] int k() const { return cut_.value; }

    [[nodiscard]] HiddenValues hidden() const;

    [[nodiscard]] ColumnTable table() const override;
    [[nodiscard]] QString describe() const override;
    [[nodiscard]] std::unique_ptr<PlotView> copy() const override;

Q_SIGNALS:
    /// While dragging or by keys.
    void kChanged(int k);
    /// Released, after one or more kChanged. Esc: the k before the drag.
    void kDragFinished(int k);

protected:
    void rebuild() override;
    [[nodiscard]] bool isEmpty() const override;
    void paintUnder(QPainter& painter) override;
    void paintOver(QPainter& painter) override;
    [[nodiscard]] QList<QLineF> guides() const override;

    [[nodiscard]] bool wantsEscape() const override { return cut_.isDragging(); }

    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    [[nodiscard]] double scale() const;
    [[nodiscard]] double cutX() const;
    void moveTo(int k);

    SingularValuesData data_;
    CutLine cut_;
};

}  // namespace rankscope::gui
