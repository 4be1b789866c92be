// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/cuda/simt.cuh"

#include <cstddef>

namespace rankscope::cuda {

/// Shared memory that every kernel gets without asking.
constexpr std::size_t kPlainShared = 48 << 10;

#if defined(__CUDACC__)
// Allows a kernel all shared memory that the current device has for a block. Not the bytes of one launch: the attribute belongs to
// the function, and another thread may be about to launch it with more.
inline cudaError_t allow_shared(const void* kernel, std::size_t bytes) {
    int device = 0, most = 0;
    cudaError_t error = cudaGetDevice(&device);
    if (error == cudaSuccess) error = cudaDeviceGetAttribute(&most, cudaDevAttrMaxSharedMemoryPerBlockOptin, device);
    if (error != cudaSuccess) return error;
    if (bytes > static_cast<std::size_t>(most)) return cudaErrorInvalidConfiguration;
    const auto allow = [&](int limit) { return cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, limit); };
    // With what the driver counts as the kernel's own memory all of it may be too much.
    if (allow(most) == cudaSuccess) return cudaSuccess;
    static_cast<void>(cudaGetLastError());
    return allow(static_cast<int>(bytes));
}
#endif

/// Enqueues a kernel with one argument. What CUDA says against it, nullptr if nothing. Blocks of more than 48 KiB have to be asked
/// for, for each function and device (CUDA programming guide, compute capability 8.x and later: shared memory).
template <class Argument>
const char* launch(void (*kernel)(Argument), const simt::Grid& grid, int threads, std::size_t shared, void* stream,
                   const Argument& argument) {
#if defined(__CUDACC__)
    const auto* function = reinterpret_cast<const void*>(kernel);
    cudaError_t error = shared > kPlainShared ? allow_shared(function, shared) : cudaSuccess;
    if (error == cudaSuccess) {
        const dim3 blocks(static_cast<unsigned>(grid.x), static_cast<unsigned>(grid.y), static_cast<unsigned>(grid.z));
        Argument copy = argument;
        void* arguments[] = {&copy};
        error = cudaLaunchKernel(function, blocks, dim3(static_cast<unsigned>(threads)), arguments, shared,
                                 static_cast<cudaStream_t>(stream));
    }
    if (error == cudaSuccess) return nullptr;
    // Taken back, so that nobody who asks for the last error holds it against something else.
    static_cast<void>(cudaGetLastError());
    return cudaGetErrorString(error);
#else
    static_cast<void>(stream);
    simt::emulator::run(grid, threads, shared, [&] { kernel(argument); });
    return nullptr;
#endif
}

}  // namespace rankscope::cuda
