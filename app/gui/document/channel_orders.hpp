// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/pruning/plan.hpp"
#include "core/session/saved_session.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace rankscope::gui {

/// Channels of one layer that stay: [key head][K'] ascending.
using KeptChannels = std::vector<std::vector<std::int32_t>>;

/// Which channels a method keeps at any width: its order, and where the engine has answered with something
/// else (the swap stage of DRRQR, the sampled variant), that answer.
class ChannelOrders {
public:
    void setScores(SessionScores scores);
    void clear();
    /// Drops what was chosen by looking at a calibration text: there is another one now.
    void forgetCalibrated();

    [[nodiscard]] const std::vector<SessionScores>& scores() const { return scores_; }

    /// Scores of one key head; nothing if the method's have not arrived.
    [[nodiscard]] const HeadScores* head(const std::string& method, std::int64_t layer,
                                         std::size_t keyHead) const;

    /// The engine's answer for one layer; replaces what the order says.
    void setExact(const PlanLayer& layer);
    /// Whether the engine has answered for this method and width of this layer.
    [[nodiscard]] bool hasExact(const LayerChoice& layer) const;

    /// What the layer keeps under the choice. All channels without a method or at full width; the hand-made
    /// set where there is one; nothing when the method's scores are not here.
    [[nodiscard]] std::optional<KeptChannels> kept(const LayerChoice& layer, std::size_t keyHeads) const;

private:
    std::vector<SessionScores> scores_;
    std::map<std::tuple<std::string, std::int64_t, std::int64_t>, KeptChannels> exact_;  // method, layer, K'
};

}  // namespace rankscope::gui
