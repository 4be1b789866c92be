// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/model/model.hpp"

namespace rankscope {

/// The mixers of a model alone: real inputs are captured once, then only the recurrences are run and timed, on the model's
/// device in float32: the kernels themselves, whatever the model around them costs. Layers of the same shape take the inputs of the
/// first of them, since time does not depend on the numbers: memory grows with the shapes, not with the layers, and the model is
/// run no further than to the last layer of a new shape.
class MixerTiming {
public:
    MixerTiming(const Model& model, std::span<const std::vector<std::int32_t>> ids,
                std::span<const LayerSelection> selections);

    /// Runs every layer's recurrence once; milliseconds for all of them together.
    [[nodiscard]] double run_milliseconds();

    /// Bytes of the inputs that are kept.
    [[nodiscard]] std::int64_t bytes() const;

private:
    struct Layer {
        std::int64_t B, T, H, HV, K, V;
        float scale;
        std::vector<float> q, k, v, beta, g;
        std::int64_t count;  ///< layers of this shape
    };

    struct DeviceCalls;

    std::vector<Layer> layers_;  ///< one of each shape
    std::vector<float> out_;     ///< as large as the largest output
    std::int64_t bytes_ = 0;
    std::shared_ptr<const DeviceCalls> on_device_;  ///< in place of layers_ where the model is not on the CPU
};

}  // namespace rankscope
