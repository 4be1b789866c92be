// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/pruning/channel_scores.hpp"
#include "core/pruning/channel_statistics.hpp"
#include "core/pruning/make_plan.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace rankscope::server {

/// Statistics of one calibration text, of all prunable layers.
struct CalibratedStatistics {
    ChannelStatistics statistics;
    ChannelNeeds needs;
    std::string text_hash;
    std::int64_t tokens = 0;
};

/// What a calibration is known by: the file as it was, the number of tokens and the seed.
struct CalibrationKey {
    std::string file;
    std::uint64_t seed = 0;

    auto operator<=>(const CalibrationKey&) const = default;
};

/// What was found out about the channels of one model, so that asking again costs nothing. Any thread.
class ChannelMemory {
public:
    using Statistics = std::shared_ptr<const CalibratedStatistics>;
    using Scores = std::shared_ptr<const ModelScores>;
    using Choice = std::shared_ptr<const PlanResult>;  ///< a plan of one layer

    /// Null where there are none that serve these needs.
    [[nodiscard]] Statistics statistics(const CalibrationKey& key, const ChannelNeeds& needs) const;
    void remember(const CalibrationKey& key, Statistics statistics);

    [[nodiscard]] Scores scores(const CalibrationKey& key, const std::string& method) const;
    void remember(const CalibrationKey& key, const std::string& method, Scores scores);

    /// `width`: method, layer and width as one text.
    [[nodiscard]] Choice choice(const CalibrationKey& key, const std::string& width) const;
    void remember(const CalibrationKey& key, const std::string& width, Choice choice);

private:
    using Named = std::pair<CalibrationKey, std::string>;

    mutable std::mutex mutex_;
    std::deque<std::pair<CalibrationKey, Statistics>> statistics_;  // the newest in front
    std::map<Named, Scores> scores_;
    std::map<Named, Choice> choices_;
};

}  // namespace rankscope::server
