// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/document/channel_orders.hpp"

#include "core/pruning/method.hpp"

#include <algorithm>
#include <numeric>

namespace rankscope::gui {

void ChannelOrders::setScores(SessionScores scores) {
    const auto same = std::ranges::find(scores_, scores.method, &SessionScores::method);
    if (same != scores_.end()) {
        *same = std::move(scores);
    } else {
        scores_.push_back(std::move(scores));
    }
}

void ChannelOrders::clear() {
    scores_.clear();
    exact_.clear();
}

void ChannelOrders::forgetCalibrated() {
    std::erase_if(scores_, [](const SessionScores& scores) { return needs_data(scores.method); });
    std::erase_if(exact_, [](const auto& entry) { return needs_data(std::get<0>(entry.first)); });
}

const HeadScores* ChannelOrders::head(const std::string& method, std::int64_t layer,
                                      std::size_t keyHead) const {
    const auto found = std::ranges::find(scores_, method, &SessionScores::method);
    if (found == scores_.end() || layer < 0 || layer >= std::ssize(found->heads)) return nullptr;
    const std::vector<HeadScores>& heads = found->heads[static_cast<std::size_t>(layer)];
    return keyHead < heads.size() ? &heads[keyHead] : nullptr;
}

void ChannelOrders::setExact(const PlanLayer& layer) {
    exact_[{layer.method, layer.index, layer.kept_dim()}] = layer.keep;
}

bool ChannelOrders::hasExact(const LayerChoice& layer) const {
    return exact_.contains({layer.method, layer.index, layer.kept});
}

std::optional<KeptChannels> ChannelOrders::kept(const LayerChoice& layer, std::size_t keyHeads) const {
    if (layer.method.empty() || layer.kept >= layer.key_dim) {
        std::vector<std::int32_t> all(static_cast<std::size_t>(layer.key_dim));
        std::iota(all.begin(), all.end(), 0);
        return KeptChannels(keyHeads, all);
    }
    if (!layer.by_hand.empty()) return layer.by_hand;
    if (const auto exact = exact_.find({layer.method, layer.index, layer.kept}); exact != exact_.end())
        return exact->second;
    KeptChannels result;
    for (std::size_t h = 0; h < keyHeads; ++h) {
        const HeadScores* scores = head(layer.method, layer.index, h);
        if (scores == nullptr || std::ssize(scores->order) != layer.key_dim) return std::nullopt;
        result.push_back(kept_channels(scores->order, layer.kept));
    }
    return result;
}

}  // namespace rankscope::gui
