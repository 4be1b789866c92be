// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/cuda/simt.cuh"

#include <cstddef>

namespace rankscope::cuda {

/// Shared memory that every kernel gets without asking.
constexpr std::size_t kPlainShared = 48 << 10;

/// Enqueues a kernel with one argument. What CUDA says against it, nullptr if nothing.
template <class Argument>
const char* launch(void (*kernel)(Argument), const simt::Grid& grid, int threads, std::size_t shared, void* stream,
                   const Argument& argument) {
#if defined(__CUDACC__)
    if (shared > kPlainShared) {
        const cudaError_t refused = cudaFuncSetAttribute(reinterpret_cast<const void*>(kernel),
                                                         cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(shared));
        if (refused != cudaSuccess) return cudaGetErrorString(refused);
    }
    const dim3 blocks(static_cast<unsigned>(grid.x), static_cast<unsigned>(grid.y), static_cast<unsigned>(grid.z));
    kernel<<<blocks, static_cast<unsigned>(threads), shared, static_cast<cudaStream_t>(stream)>>>(argument);
    const cudaError_t error = cudaGetLastError();
    return error == cudaSuccess ? nullptr : cudaGetErrorString(error);
#else
    static_cast<void>(stream);
    simt::emulator::run(grid, threads, shared, [&] { kernel(argument); });
    return nullptr;
#endif
}

}  // namespace rankscope::cuda
