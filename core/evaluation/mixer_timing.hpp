// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/model/model.hpp"

namespace rankscope {

/// The mixers of a model alone: their real inputs are captured once, then only the recurrences are run and timed, on the model's
/// device in float32: the kernels themselves, whatever the model around them costs.
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

    struct DeviceCalls;

    std::vector<Layer> layers_;
    std::shared_ptr<const DeviceCalls> on_device_;  ///< in place of layers_ where the model is not on the CPU
};

}  // namespace rankscope
