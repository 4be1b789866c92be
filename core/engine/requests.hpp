// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/pruning/plan.hpp"
#include "core/text/token_windows.hpp"

namespace rankscope {

struct Provenance {
    std::string model_path, model_hash, model_family, text_hash, tokenizer, device, dtype, implementation, version, command;
    std::int64_t tokens = 0;
    std::uint64_t seed = 0;
    int threads = 0;
};

struct ForwardRequest {
    std::vector<std::vector<std::int32_t>> ids;
    std::optional<Plan> plan;
    std::filesystem::path output;  ///< safetensors: logits [B,T,vocab], nll [B,T-1]
};

struct CaptureRequest {
    TokenWindows windows;
    std::vector<std::vector<std::string>> token_text;  ///< like windows.rows
    std::filesystem::path output;
    std::vector<std::int64_t> layers;  ///< empty = all recurrent ones
    std::vector<std::int64_t> heads;   ///< value heads; empty = all
    std::vector<std::int64_t> positions;        ///< spectra and metrics after these tokens
    std::vector<std::int64_t> state_positions;  ///< ⊆ positions: full states
    bool states = true, spectra = true, inputs = false;
    std::optional<Plan> plan;
    bool resume = false;
    Provenance provenance;
};

struct CaptureResult {
    std::string path;
    std::vector<std::int64_t> layers, positions;
    std::int64_t windows = 0, bytes = 0;
    double seconds = 0;
};

}  // namespace rankscope
