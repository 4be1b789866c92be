// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/model/model.hpp"

namespace rankscope {

struct TrainRequest {
    std::filesystem::path config;            ///< HF config.json, optional object `training`
    std::vector<std::filesystem::path> text;
    std::vector<std::filesystem::path> held_out;
    std::filesystem::path output;
    std::filesystem::path init;              ///< model folder to start from, or empty
    std::filesystem::path tokenizer;         ///< folder, or empty: train one of `vocab`
    std::int64_t vocab = 0;
    std::optional<double> minutes;
    std::optional<std::int64_t> tokens;
    bool resume = false;
    bool force = false;
    std::uint64_t seed = 0;
    Placement placement;
    std::string command;
};

struct TrainResult {
    std::int64_t steps = 0, tokens = 0;
    double loss = 0, seconds = 0;
    std::optional<double> held_out_perplexity, held_out_bits_per_byte;
    std::map<std::string, double> held_out_by_file;
    std::string device;
    std::string implementation;  ///< all that computed the recurrence and its gradient, ", " between them
};

}  // namespace rankscope
