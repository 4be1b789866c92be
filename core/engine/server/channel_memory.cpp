// SPDX-License-Identifier: Apache-2.0
#include "core/engine/server/channel_memory.hpp"

namespace rankscope::server {
namespace {

constexpr std::size_t kStatistics = 8, kScores = 64, kChoices = 8192;

bool covers(ChannelNeeds all, const ChannelNeeds& some) {
    const ChannelNeeds before = all;
    all |= some;
    return all == before;
}

template <class Map>
auto found_in(const Map& map, const typename Map::key_type& key) -> typename Map::mapped_type {
    const auto found = map.find(key);
    return found != map.end() ? found->second : nullptr;
}

}  // namespace

ChannelMemory::Statistics ChannelMemory::statistics(const CalibrationKey& key, const ChannelNeeds& needs) const {
    const std::lock_guard lock(mutex_);
    for (const auto& [known, statistics] : statistics_) {
        if (known == key && covers(statistics->needs, needs)) return statistics;
    }
    return nullptr;
}

void ChannelMemory::remember(const CalibrationKey& key, Statistics statistics) {
    const std::lock_guard lock(mutex_);
    statistics_.emplace_front(key, std::move(statistics));
    if (statistics_.size() > kStatistics) statistics_.pop_back();
}

ChannelMemory::Scores ChannelMemory::scores(const CalibrationKey& key, const std::string& method) const {
    const std::lock_guard lock(mutex_);
    return found_in(scores_, {key, method});
}

void ChannelMemory::remember(const CalibrationKey& key, const std::string& method, Scores scores) {
    const std::lock_guard lock(mutex_);
    if (scores_.size() >= kScores) scores_.clear();
    scores_[{key, method}] = std::move(scores);
}

ChannelMemory::Choice ChannelMemory::choice(const CalibrationKey& key, const std::string& width) const {
    const std::lock_guard lock(mutex_);
    return found_in(choices_, {key, width});
}

void ChannelMemory::remember(const CalibrationKey& key, const std::string& width, Choice choice) {
    const std::lock_guard lock(mutex_);
    if (choices_.size() >= kChoices) choices_.clear();
    choices_[{key, width}] = std::move(choice);
}

}  // namespace rankscope::server
