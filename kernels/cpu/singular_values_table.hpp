// SPDX-License-Identifier: Apache-2.0
// Singular values of a group of matrices, one to a vector lane, once for each instruction set.
#pragma once

#include <cstdint>

namespace rankscope::kernels {

/// Most matrices of any implementation's group.
constexpr std::int64_t kMostMatrices = 16;

/// One matrix as the kernel reads it: entry (i, j) = scale · data[i·row_stride + j·column_stride], i < m, j < n, m >= n.
struct LaneMatrix {
    const float* data = nullptr;
    double scale = 1;
    bool zero = true;  ///< no entry is anything else: no matrix, or one without content
};

/// A group; `work` has table.work_size(m, n) doubles, aligned to 64 bytes.
struct SingularValuesGroup {
    std::int64_t m = 0, n = 0;
    std::int64_t row_stride = 0, column_stride = 0;
    LaneMatrix lanes[kMostMatrices];
    double* work = nullptr;
    /// Out: [lane][n] squares of the singular values, in no order; valid where converged[lane].
    double* squares = nullptr;
    /// Out: [lane][n] squares of the bidiagonal matrix: diagonal, and beside it (n-1).
    double* diagonal = nullptr;
    double* beside = nullptr;
    bool converged[kMostMatrices] = {};
};

struct SingularValuesTable {
    std::int64_t matrices;  ///< of one group
    std::int64_t (*work_size)(std::int64_t m, std::int64_t n);
    void (*run)(SingularValuesGroup& group);
};

namespace portable {
extern const SingularValuesTable kSingularValues;
}

#if defined(__x86_64__)
namespace avx2 {
extern const SingularValuesTable kSingularValues;
}

namespace avx512 {
extern const SingularValuesTable kSingularValues;
}
#endif

}  // namespace rankscope::kernels
