// SPDX-License-Identifier: Apache-2.0
// Cross entropy of a block of rows over a part of the vocabulary, once for each instruction set.
#pragma once

#include "kernels/bf16.hpp"

#include <cstdint>

namespace rankscope::kernels {

/// Most rows of a piece: a multiple of the rows of a register block of every instruction set.
constexpr std::int64_t kCrossEntropyRows = 240;

/// One of the weights is set. Sums over entries [first, last) of the vocabulary for each row.
struct CrossEntropyPiece {
    std::int64_t rows = 0, width = 0, first = 0, last = 0, tile = 0;
    const float* hidden = nullptr;  ///< [rows, width]
    const float* single = nullptr;  ///< [vocabulary, width]
    const Bf16* half = nullptr;
    const std::int32_t* targets = nullptr;
    // Out, [rows]: the largest logit and where it is (-1: none above the lowest float), Σ exp(z − largest), the target's logit
    // (left alone where it is outside the part).
    float* largest = nullptr;
    std::int32_t* best = nullptr;
    double* sum = nullptr;
    float* chosen = nullptr;
};

struct CrossEntropyTable {
    void (*run)(const CrossEntropyPiece& piece, float* scratch);
    /// Floats, aligned to 64 bytes.
    std::int64_t (*scratch_size)(const CrossEntropyPiece& piece);
};

namespace portable {
extern const CrossEntropyTable kCrossEntropy;
}

#if defined(__x86_64__)
namespace avx2 {
extern const CrossEntropyTable kCrossEntropy;
}

namespace avx512 {
extern const CrossEntropyTable kCrossEntropy;
}
#endif

}  // namespace rankscope::kernels
