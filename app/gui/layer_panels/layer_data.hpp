// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/charts/heads_by_layer_view.hpp"
#include "app/gui/charts/rank_over_tokens_view.hpp"
#include "app/gui/charts/spectrum_data.hpp"
#include "app/gui/data/capture_data.hpp"
#include "app/gui/document/channel_orders.hpp"

#include <QString>
#include <QStringList>

#include <cstdint>
#include <vector>

namespace rankscope::gui {

/// A head's place among what was captured.
struct HeadPlace {
    int layer = -1;  ///< −1: the layer was not captured
    int head = -1;   ///< −1: the head was not

    [[nodiscard]] bool isCaptured() const { return layer >= 0 && head >= 0; }

    bool operator==(const HeadPlace&) const = default;
};

/// The model's layer and value head in a capture.
[[nodiscard]] HeadPlace placeOf(const CaptureData& capture, int layer, int head);

/// Key head that the model's value head of a captured layer uses.
[[nodiscard]] int keyHeadOf(const CaptureLayer& layer, int valueHead);

/// The model's key channel of each row of the captured states of a head.
[[nodiscard]] std::vector<std::int32_t> rowChannels(const CaptureData& capture, const HeadPlace& place);

/// Rows of the captured states of a head that stay under a plan, ascending.
[[nodiscard]] std::vector<std::int32_t> keptRows(const CaptureData& capture, const HeadPlace& place,
                                                 const KeptChannels& kept);

/// Number among the layout's positions of one of its state positions.
[[nodiscard]] std::size_t positionOfState(const CaptureLayout& layout, int state);

/// Spectra of all heads of a captured layer, by the model's head; heads that were not captured are empty. The
/// means over windows and positions, or those of one state. Fills heads and nothing else.
[[nodiscard]] SpectrumData meanSpectra(const CaptureData& capture, std::size_t layer);
[[nodiscard]] SpectrumData spectraAt(const CaptureData& capture, std::size_t layer, std::int64_t window,
                                     std::size_t position);

/// One rank of all heads of a captured layer along a window, by the model's head.
[[nodiscard]] RankOverTokensData ranksOverTokens(const CaptureData& capture, std::size_t layer,
                                                 std::int64_t window, const QString& metric);

/// The rank that is wanted where the capture has it, else the stable rank, which every capture of ranks has.
[[nodiscard]] QString capturedRank(const CaptureData& capture, const QString& wanted);

/// Mean of one rank over windows and positions, [layer of the model][value head]; NaN for what was not
/// captured. `valueHeads`: of every layer of the model, 0 for those without a state.
[[nodiscard]] std::vector<std::vector<float>> meanRanks(const CaptureData& capture, const QString& metric,
                                                        const std::vector<int>& valueHeads);

/// The same at one captured position, over windows.
[[nodiscard]] std::vector<std::vector<float>> ranksAt(const CaptureData& capture, const QString& metric,
                                                      const std::vector<int>& valueHeads,
                                                      std::size_t position);

/// Public names of the metrics that are ranks, and what people call them: "entropy rank".
[[nodiscard]] QStringList rankNames();
[[nodiscard]] QString rankTitle(const QString& name);

}  // namespace rankscope::gui
