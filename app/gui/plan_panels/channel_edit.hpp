// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/document/channel_orders.hpp"

#include <cstdint>
#include <optional>
#include <span>

namespace rankscope::gui {

/// One channel of one head by hand: K' stays, so another one goes the other way.
struct ChannelSwap {
    KeptChannels kept;
    std::int32_t in = 0;   ///< comes in
    std::int32_t out = 0;  ///< is removed
};

/// Toggles a channel of a key head. A removed one takes the place of the weakest kept one, a kept one gives
/// its place to the strongest removed one; strong and weak by `order` (best first, all channels). Nothing if
/// the head keeps all or the order does not fit.
[[nodiscard]] std::optional<ChannelSwap> toggledChannel(const KeptChannels& kept,
                                                        std::span<const std::int32_t> order,
                                                        std::size_t keyHead, std::int32_t channel);

}  // namespace rankscope::gui
