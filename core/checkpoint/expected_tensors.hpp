// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/checkpoint/model_config.hpp"

namespace rankscope {

struct ExpectedTensor {
    std::string name;
    std::vector<std::int64_t> shape;
};

/// Every tensor a model of this configuration has, by its current name, in the order of the forward pass. The head of a
/// tied model is not listed. Key widths are those of the file (written_key_dim).
[[nodiscard]] std::vector<ExpectedTensor> expected_tensors(const ModelConfig& config);

}  // namespace rankscope
