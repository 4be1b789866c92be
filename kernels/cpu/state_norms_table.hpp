// SPDX-License-Identifier: Apache-2.0
// Recurrence and norms of one value head of one sequence, once for each instruction set.
#pragma once

#include "kernels/state_norms.hpp"

namespace rankscope::kernels {

struct StateNormsTable {
    /// `scratch`: scratch_size floats, aligned to 64 bytes.
    void (*run)(const StateNormsArgs& args, std::int64_t b, std::int64_t hv, float* scratch);
    std::int64_t (*scratch_size)(std::int64_t K, std::int64_t V);
};

namespace portable {
extern const StateNormsTable kStateNorms;
}

#if defined(__x86_64__)
namespace avx2 {
extern const StateNormsTable kStateNorms;
}

namespace avx512 {
extern const StateNormsTable kStateNorms;
}
#endif

}  // namespace rankscope::kernels
