// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/plan_panels/channel_edit.hpp"

#include <algorithm>

namespace rankscope::gui {

std::optional<ChannelSwap> toggledChannel(const KeptChannels& kept, std::span<const std::int32_t> order,
                                          std::size_t keyHead, std::int32_t channel) {
    if (keyHead >= kept.size()) return std::nullopt;
    const std::vector<std::int32_t>& before = kept[keyHead];
    if (before.size() >= order.size() || std::ranges::find(order, channel) == order.end())
        return std::nullopt;
    const auto isKept = [&](std::int32_t each) { return std::ranges::binary_search(before, each); };
    ChannelSwap swap{kept, channel, channel};
    if (isKept(channel)) {
        const auto strongest = std::ranges::find_if_not(order, isKept);
        if (strongest == order.end()) return std::nullopt;
        swap.in = *strongest;
    } else {
        const auto weakest = std::find_if(order.rbegin(), order.rend(), isKept);
        if (weakest == order.rend()) return std::nullopt;
        swap.out = *weakest;
    }
    std::vector<std::int32_t>& after = swap.kept[keyHead];
    std::erase(after, swap.out);
    after.insert(std::ranges::upper_bound(after, swap.in), swap.in);
    return swap;
}

}  // namespace rankscope::gui
