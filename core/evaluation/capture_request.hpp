// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/provenance.hpp"
#include "core/pruning/plan.hpp"
#include "core/text/window_stream.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace rankscope {

struct CaptureRequest {
    WindowStream windows;
    /// Readable text of a token id, UTF-8 (readable_token); empty = none is written.
    std::function<std::string(std::int32_t)> token_text;
    std::filesystem::path output;
    std::vector<std::int64_t> layers;           ///< empty = all recurrent ones
    std::vector<std::int64_t> heads;            ///< value heads; empty = all
    std::vector<std::int64_t> positions;        ///< spectra, or ranks, and metrics after these tokens, ascending
    std::vector<std::int64_t> state_positions;  ///< ⊆ positions: full states
    bool states = true, spectra = true, inputs = false;
    bool ranks = false;  ///< metrics of two norms without spectra, which hold them too and win
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
