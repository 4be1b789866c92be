// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/charts/heads_by_layer_view.hpp"
#include "app/gui/charts/heat_map_view.hpp"
#include "app/gui/charts/noise_view.hpp"
#include "app/gui/charts/rank_over_tokens_view.hpp"
#include "app/gui/charts/singular_values_view.hpp"
#include "app/gui/charts/spectrum_data.hpp"
#include "app/gui/charts/tradeoff_data.hpp"

/// Made-up numbers that look like measured ones, for the gallery and for tests. The same at every call.
namespace rankscope::gui::sample {

[[nodiscard]] SpectrumData spectrum(int heads, int channels, int otherSpectra = 0);
/// NaN, zeros, 1e-30 and a head without any energy.
[[nodiscard]] SpectrumData hostileSpectrum();
[[nodiscard]] RankOverTokensData rankOverTokens(int heads);
[[nodiscard]] HeadsByLayerData headsByLayer(int layers, int heads);
[[nodiscard]] TradeoffData tradeoff();
[[nodiscard]] HeatMapData heatMap(HeatMapKind kind);
[[nodiscard]] SingularValuesData singularValues();
[[nodiscard]] NoiseData noise();

}  // namespace rankscope::gui::sample
