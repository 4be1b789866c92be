// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/cuda/bidiagonal.cuh"
#include "kernels/singular_values_device.hpp"

namespace rankscope::cuda {

using kernels::DeviceSingularValuesArgs;

struct SingularValuesProblem {
    DeviceSingularValuesArgs a;
    int m = 0, n = 0;          ///< the longer and the shorter side
    int pitch = 0;             ///< of a column
    void* matrices = nullptr;  ///< [blocks][n · pitch]; null: in shared memory
};

/// Largest magnitude of the matrix, NaN if an entry is not finite; whether rows and columns hold something.
template <class Real>
RANKSCOPE_DEVICE float survey(const SingularValuesProblem& p, const float* from, const MatrixScratch<Real>& s) {
    const int t = simt::thread(), rows = static_cast<int>(p.a.rows), columns = static_cast<int>(p.a.columns);
    for (int i = t; i < rows + columns; i += kMatrixThreads)
        s.some[i] = 0;
    simt::sync_block();
    float most = 0, poison = 0;
    for (int i = t; i < rows * columns; i += kMatrixThreads) {
        const float x = fabsf(from[i]);
        most = x > most ? x : most;
        poison += x * 0.0F;  // NaN exactly where x is not finite
        if (x > 0) s.some[i / columns] = s.some[rows + i % columns] = 1;
    }
    most = poison == 0 ? most : poison;
    for (int mask = 16; mask > 0; mask /= 2) {
        const float other = simt::shuffle_xor(most, mask);
        most = other > most || other != other ? other : most;
    }
    auto* warps = reinterpret_cast<float*>(s.parts);
    if (t % simt::kWarp == 0) warps[t / simt::kWarp] = most;
    simt::sync_block();
    for (int w = 0; w < kMatrixWarps; ++w) {
        const float other = warps[w];
        most = other > most || other != other ? other : most;
    }
    simt::sync_block();
    return most;
}

template <int kRows, class Real>
RANKSCOPE_KERNEL RANKSCOPE_BOUNDS(kMatrixThreads, 1) singular_values_kernel(SingularValuesProblem p) {
    const int t = simt::thread(), rows = static_cast<int>(p.a.rows), columns = static_cast<int>(p.a.columns);
    const MatrixScratch<Real> s(simt::shared_memory(), p.m, p.n);
    Real* a = reinterpret_cast<Real*>(simt::shared_memory() + MatrixScratch<Real>::bytes(p.m, p.n));
    if (p.matrices != nullptr) a = static_cast<Real*>(p.matrices) + static_cast<std::int64_t>(simt::block_x()) * p.n * p.pitch;
    RANKSCOPE_ROLLED
    for (std::int64_t index = simt::block_x(); index < p.a.count; index += simt::blocks_x()) {
        const float* from = p.a.matrices + index * rows * columns;
        double* to = p.a.out + index * p.n;
        const float most = survey(p, from, s);
        if (!(most > 0)) {
            for (int i = t; i < p.n; i += kMatrixThreads)
                to[i] = most == 0 ? 0.0 : static_cast<double>(most);
            simt::sync_block();
            continue;
        }
        int filled_rows = 0, filled_columns = 0;
        for (int i = 0; i < rows; ++i)
            filled_rows += s.some[i];
        for (int i = 0; i < columns; ++i)
            filled_columns += s.some[rows + i];
        const int exponent = ilogbf(most);
        const double scale = ldexp(1.0, -exponent);
        for (int i = t; i < rows * columns; i += kMatrixThreads) {
            const int row = i / columns, column = i % columns;
            const auto x = static_cast<Real>(static_cast<double>(from[i]) * scale);
            a[rows >= columns ? column * p.pitch + row : row * p.pitch + column] = x;
        }
        simt::sync_block();
        bidiagonalise<kRows>(a, p.pitch, p.m, p.n, s);
        simt::sync_block();
        bisect(p.n, s, filled_rows < filled_columns ? filled_rows : filled_columns, ldexp(1.0, exponent), to);
        simt::sync_block();
    }
}

}  // namespace rankscope::cuda
