// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/charts/plot_view.hpp"
#include "app/gui/theme/method.hpp"

#include <vector>

namespace rankscope::gui {

/// One state as two plans leave it.
struct SpectraPairData {
    struct Side {
        std::vector<float> sigma;  ///< falling, of the rows that stay; empty: not known
        int kept = 0;              ///< K'
        Method method = Method::Drrqr;
    };

    int channels = 0;         ///< K
    std::vector<float> full;  ///< falling
    Side a, b;
    double floor = 1e-6;  ///< of the first singular value
};

/// Spectra of two plans in one plot: over each other, or B minus A. Both are relative to the first singular
/// value of the whole state.
class SpectraPairView : public PlotView {
    Q_OBJECT

public:
    enum class Mode { Overlay, Difference };

    explicit SpectraPairView(QWidget* parent = nullptr);

    void setData(const SpectraPairData& data);
    void setMode(Mode mode);

    [[nodiscard]] const SpectraPairData& data() const { return data_; }

    [[nodiscard]] Mode mode() const { return mode_; }

    /// (σᵢ of B − σᵢ of A) / σ₁; a plan that keeps fewer values has zeros from there on. Empty unless both
    /// are known.
    [[nodiscard]] std::vector<double> difference() const;

    [[nodiscard]] ColumnTable table() const override;
    [[nodiscard]] QString describe() const override;
    [[nodiscard]] std::unique_ptr<PlotView> copy() const override;

protected:
    void rebuild() override;
    [[nodiscard]] bool isEmpty() const override;
    [[nodiscard]] QList<LegendEntry> legend() const override;
    void paintOver(QPainter& painter) override;
    [[nodiscard]] QList<QLineF> guides() const override;

private:
    [[nodiscard]] double scale() const;
    [[nodiscard]] QPen penOf(bool a) const;
    void rebuildOverlay(const AxisSpec& x);
    void rebuildDifference(const AxisSpec& x);

    SpectraPairData data_;
    Mode mode_ = Mode::Overlay;
};

}  // namespace rankscope::gui
