// SPDX-License-Identifier: Apache-2.0
// Included by one file for each instruction set, which defines RANKSCOPE_SIMD and RANKSCOPE_DOUBLES. No templates of the standard
// library here: what the linker may merge must not be compiled for one instruction set.
#include "kernels/cpu/bidiagonal_body.hpp"
#include "kernels/cpu/dqds_body.hpp"
#include "kernels/cpu/singular_values_table.hpp"

namespace rankscope::kernels::RANKSCOPE_SIMD {
namespace {

static_assert(kGroup <= kMostMatrices);

// Matrices first..first+kDoubles-1 of the group into a [n][m], one to a lane.
void load(const SingularValuesGroup& group, int first, Doubles* a) {
    const float* data[kDoubles];
    Doubles scale;
    for (int l = 0; l < kDoubles; ++l) {
        data[l] = group.lanes[first + l].data;
        scale[l] = group.lanes[first + l].scale;
    }
    for (std::int64_t j = 0; j < group.n; ++j) {
        for (std::int64_t i = 0; i < group.m; ++i) {
            const std::int64_t at = i * group.row_stride + j * group.column_stride;
            Doubles x;
            for (int l = 0; l < kDoubles; ++l) x[l] = static_cast<double>(data[l][at]);
            a[j * group.m + i] = x * scale;
        }
    }
}

// Vectors: the matrix, what bidiagonalise needs, then q, e and their copies for all chains, then `cut`.
std::int64_t work_size(std::int64_t m, std::int64_t n) {
    return kDoubles * (m * n + bidiagonal_scratch(m, n) + 4 * n * kChains) + kGroup * n;
}

void run(SingularValuesGroup& group) {
    const std::int64_t m = group.m;
    const std::int64_t n = group.n;
    auto* a = reinterpret_cast<Doubles*>(group.work);
    Doubles* scratch = a + m * n;
    Doubles* q = scratch + bidiagonal_scratch(m, n);
    Doubles* e = q + n * kChains;
    Doubles* q_old = e + n * kChains;
    Doubles* e_old = q_old + n * kChains;
    auto* cut = reinterpret_cast<double*>(e_old + n * kChains);
    for (int c = 0; c < kChains; ++c) {
        load(group, c * kDoubles, a);
        bidiagonalise(m, n, a, scratch, q + c, e + c, kChains);
    }
    for (std::int64_t i = 0; i < n; ++i) {
        for (int l = 0; l < kGroup; ++l) {
            group.diagonal[l * n + i] = q[i * kChains + l / kDoubles][l % kDoubles];
            group.beside[l * n + i] = e[i * kChains + l / kDoubles][l % kDoubles];
        }
    }
    dqds(n, q, e, q_old, e_old, cut, group.squares, group.converged);
}

}  // namespace

extern const SingularValuesTable kSingularValues{kGroup, &work_size, &run};

}  // namespace rankscope::kernels::RANKSCOPE_SIMD
