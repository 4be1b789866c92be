// SPDX-License-Identifier: Apache-2.0
// What kernels use of CUDA, under names that also exist without it: compiled by nvcc these are the instructions themselves,
// compiled by a C++ compiler they run on the emulator in shim/, which is how the tests run whole kernels on any machine.
// Kernels use nothing of CUDA but this header and mma.cuh.
#pragma once

#include "kernels/bf16.hpp"

#include <cstdint>

namespace rankscope::simt {

struct Grid {
    int x = 1, y = 1, z = 1;
};

constexpr int kWarp = 32;

struct alignas(16) Float4 {
    float x, y, z, w;
};

}  // namespace rankscope::simt

#if defined(__CUDACC__)

#include <cuda_runtime.h>

#define RANKSCOPE_KERNEL __global__ void
#define RANKSCOPE_DEVICE __device__ __forceinline__
#define RANKSCOPE_BOUNDS(threads, blocks) __launch_bounds__(threads, blocks)
#define RANKSCOPE_UNROLLED _Pragma("unroll")
#define RANKSCOPE_ROLLED _Pragma("unroll 1")

namespace rankscope::simt {

RANKSCOPE_DEVICE int thread() {
    return static_cast<int>(threadIdx.x);
}

RANKSCOPE_DEVICE int threads() {
    return static_cast<int>(blockDim.x);
}

RANKSCOPE_DEVICE int block_x() {
    return static_cast<int>(blockIdx.x);
}

RANKSCOPE_DEVICE int block_y() {
    return static_cast<int>(blockIdx.y);
}

RANKSCOPE_DEVICE int block_z() {
    return static_cast<int>(blockIdx.z);
}

RANKSCOPE_DEVICE int blocks_x() {
    return static_cast<int>(gridDim.x);
}

/// The dynamic shared memory of the block, aligned to 16 bytes.
RANKSCOPE_DEVICE char* shared_memory() {
    extern __shared__ float4 rankscope_shared[];
    return reinterpret_cast<char*>(rankscope_shared);
}

RANKSCOPE_DEVICE void sync_block() {
    __syncthreads();
}

RANKSCOPE_DEVICE void sync_warp() {
    __syncwarp();
}

template <class T>
RANKSCOPE_DEVICE T shuffle_xor(T x, int mask) {
    return __shfl_xor_sync(0xffffffffU, x, mask);
}

template <class T>
RANKSCOPE_DEVICE T shuffle(T x, int lane) {
    return __shfl_sync(0xffffffffU, x, lane);
}

RANKSCOPE_DEVICE std::uint32_t float_bits(float x) {
    return __float_as_uint(x);
}

RANKSCOPE_DEVICE float bits_float(std::uint32_t x) {
    return __uint_as_float(x);
}

/// `at` for one access of sizeof(T) bytes, a multiple of which it has to be (CUDA programming guide, "size and alignment
/// requirement": else the access is an error).
template <class T>
RANKSCOPE_DEVICE T* whole(void* at) {
    return reinterpret_cast<T*>(at);
}

template <class T>
RANKSCOPE_DEVICE const T* whole(const void* at) {
    return reinterpret_cast<const T*>(at);
}

/// 16 bytes from global to shared memory, behind the thread's back; both aligned to 16 bytes (PTX ISA, cp.async: .cg takes 16
/// bytes alone; others see them behind wait_group and a barrier).
RANKSCOPE_DEVICE void copy_async(void* shared, const void* global) {
    const auto to = static_cast<unsigned>(__cvta_generic_to_shared(shared));
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16;\n" ::"r"(to), "l"(global) : "memory");
}

/// Ends a group of copies.
RANKSCOPE_DEVICE void commit_copies() {
    asm volatile("cp.async.commit_group;\n" ::: "memory");
}

/// Waits until at most `pending` of the thread's groups are under way; the open one is none of them.
template <int pending>
RANKSCOPE_DEVICE void wait_copies() {
    asm volatile("cp.async.wait_group %0;\n" ::"n"(pending) : "memory");
}

}  // namespace rankscope::simt

#else

#include "kernels/cuda/shim/emulator.hpp"

#define RANKSCOPE_KERNEL inline void
#define RANKSCOPE_DEVICE inline
#define RANKSCOPE_BOUNDS(threads, blocks)
#define RANKSCOPE_UNROLLED
#define RANKSCOPE_ROLLED

namespace rankscope::simt {

inline int thread() {
    return emulator::current().thread;
}

inline int threads() {
    return emulator::current().threads;
}

inline int block_x() {
    return emulator::current().block.x;
}

inline int block_y() {
    return emulator::current().block.y;
}

inline int block_z() {
    return emulator::current().block.z;
}

inline int blocks_x() {
    return emulator::current().grid.x;
}

inline char* shared_memory() {
    return emulator::current().shared;
}

inline void sync_block() {
    emulator::sync_block();
}

inline void sync_warp() {
    emulator::sync_warp();
}

template <class T>
T shuffle_xor(T x, int mask) {
    return emulator::shuffle(x, (thread() % kWarp) ^ mask);
}

template <class T>
T shuffle(T x, int lane) {
    return emulator::shuffle(x, lane);
}

inline std::uint32_t float_bits(float x) {
    return __builtin_bit_cast(std::uint32_t, x);
}

inline float bits_float(std::uint32_t x) {
    return __builtin_bit_cast(float, x);
}

template <class T>
T* whole(void* at) {
    emulator::require_aligned(at, sizeof(T));
    return reinterpret_cast<T*>(at);
}

template <class T>
const T* whole(const void* at) {
    emulator::require_aligned(at, sizeof(T));
    return reinterpret_cast<const T*>(at);
}

inline void copy_async(void* shared, const void* global) {
    emulator::copy_async(shared, global);
}

inline void commit_copies() {
    emulator::commit_copies();
}

template <int pending>
void wait_copies() {
    emulator::wait_copies(pending);
}

}  // namespace rankscope::simt

#endif
