// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/model/model.hpp"

namespace rankscope {

/// The mixers of a model alone: their real inputs are captured once, then only the recurrences are run and timed. CPU,
/// float32: the kernels themselves, whatever the model around them costs.
class MixerTiming {
public:
    MixerTiming(const Model& model, std::span<const std::vector<std::int32_t>> ids,
                std::span<const LayerSelection> selections);

    /// Runs every layer's recurrence once; milliseconds for all of them together.
    [[nodiscard]] double run_milliseconds();

private:
    struct Layer {
        std::int64_t B, T, H, HV, K, V;
        float scale;
        std::vector<float> q, k, v, beta, g, out;
    };

    std::vector<Layer> layers_;
};

}  // namespace rankscope
