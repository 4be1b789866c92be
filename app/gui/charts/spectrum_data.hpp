// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/theme/method.hpp"

#include <QString>

#include <vector>

namespace rankscope::gui {

/// A spectrum with a name of its own.
struct NamedSpectrum {
    QString name;
    std::vector<float> values;
};

/// Spectra of the heads of one layer.
struct SpectrumData {
    int layer = 0;
    int channels = 0;  ///< K: the cut line goes up to it; 0: no cut line
    std::vector<std::vector<float>>
        heads;                          ///< [head][i]: singular values, descending, >= 0; lengths may differ
    int firstHead = 0;                  ///< number of heads[0]: where only some heads are shown
    int selected = 0;                   ///< place in `heads`
    std::vector<float> afterPruning;    ///< of the selected head, in the same unit; empty: none
    bool afterPruningCaptured = false;  ///< captured under this plan: solid; else rows removed: dashed
    Method method = Method::Drrqr;      ///< colour of the curve after pruning
    int kept = 0;                       ///< K'
    bool cutMovable = true;             ///< false: the cut line only shows K'
    int snap = 8;                       ///< the cut line stops at multiples
    double floor = 1e-6;                ///< of the first singular value; the axis ends here
    std::vector<std::vector<float>>
        others;  ///< spectra of other layers, drawn very faint (large models: all of them)
    std::vector<NamedSpectrum> added;  ///< of heads that a person wants beside these, each with its name
};

/// What the vertical axis shows.
enum class SpectrumQuantity {
    Relative,       ///< sigma_i / sigma_1
    Absolute,       ///< sigma_i
    ResidualEnergy  ///< share of ||S||^2 beyond the first i
};

}  // namespace rankscope::gui
