// SPDX-License-Identifier: Apache-2.0
// Included by one file for each instruction set, which defines RANKSCOPE_SIMD and RANKSCOPE_DOUBLES. No templates of the standard
// library here: what the linker may merge must not be compiled for one instruction set.
#include "kernels/cpu/bidiagonal_alone_body.hpp"
#include "kernels/cpu/bidiagonal_body.hpp"
#include "kernels/cpu/dqds_body.hpp"
#include "kernels/cpu/singular_values_table.hpp"

namespace rankscope::kernels::RANKSCOPE_SIMD {
namespace {

static_assert(kGroup <= kMostMatrices);

// Bytes of a group that stay in the second-level cache of a core: narrower matrices are reduced in lock step, one to a lane, which
// knows no sums over lanes and no partly filled vectors; wider ones one after the other.
constexpr std::int64_t kTogether = 400 * 1024;

bool together(std::int64_t m, std::int64_t n) {
    return static_cast<std::int64_t>(sizeof(Doubles)) * m * n <= kTogether;
}

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

// The same for one matrix whose rows lie along the lanes.
void load_alone(const SingularValuesGroup& group, int lane, Doubles* a) {
    const float* data = group.lanes[lane].data;
    const double scale = group.lanes[lane].scale;
    const std::int64_t height = whole_vectors(group.m) * kDoubles;
    auto* entries = reinterpret_cast<double*>(a);
    for (std::int64_t j = 0; j < group.n; ++j) {
        for (std::int64_t i = 0; i < group.m; ++i) {
            entries[j * height + i] = static_cast<double>(data[i * group.row_stride + j * group.column_stride]) * scale;
        }
        for (std::int64_t i = group.m; i < height; ++i) entries[j * height + i] = 0;
    }
}

// Vectors for the matrix or matrices, and for what reduces them.
std::int64_t matrix_size(std::int64_t m, std::int64_t n) {
    return together(m, n) ? m * n : whole_vectors(m) * n;
}

std::int64_t scratch_size(std::int64_t m, std::int64_t n) {
    return together(m, n) ? bidiagonal_scratch(m, n) : bidiagonal_alone_scratch(m, n);
}

// Behind both lie q, e and their copies for all chains, then `cut`.
std::int64_t work_size(std::int64_t m, std::int64_t n) {
    return kDoubles * (matrix_size(m, n) + scratch_size(m, n) + 4 * n * kChains) + kGroup * n;
}

void run(SingularValuesGroup& group) {
    const std::int64_t m = group.m;
    const std::int64_t n = group.n;
    auto* a = reinterpret_cast<Doubles*>(group.work);
    Doubles* scratch = a + matrix_size(m, n);
    Doubles* q = scratch + scratch_size(m, n);
    Doubles* e = q + n * kChains;
    Doubles* q_old = e + n * kChains;
    Doubles* e_old = q_old + n * kChains;
    auto* cut = reinterpret_cast<double*>(e_old + n * kChains);
    if (together(m, n)) {
        for (int c = 0; c < kChains; ++c) {
            load(group, c * kDoubles, a);
            bidiagonalise(m, n, a, scratch, q + c, e + c, kChains);
        }
    } else {
        auto* q_entries = reinterpret_cast<double*>(q);
        auto* e_entries = reinterpret_cast<double*>(e);
        for (int l = 0; l < kGroup; ++l) {
            if (group.lanes[l].zero) {
                for (std::int64_t i = 0; i < n; ++i) q_entries[i * kGroup + l] = e_entries[i * kGroup + l] = 0;
                continue;
            }
            load_alone(group, l, a);
            bidiagonalise_alone(m, n, a, scratch, q_entries + l, e_entries + l, kGroup);
        }
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
