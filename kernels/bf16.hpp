// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace rankscope::kernels {

/// bfloat16: the upper half of a float32.
struct Bf16 {
    std::uint16_t bits;
};

}  // namespace rankscope::kernels
