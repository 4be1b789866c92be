// SPDX-License-Identifier: Apache-2.0
// Memory as kernels see it in tests: between pages that cannot be touched on the emulator, between marks that must survive on a
// GPU (RANKSCOPE_ON_GPU, preset gpu-check).
#pragma once

#include <cstddef>
#include <vector>

#if defined(RANKSCOPE_ON_GPU)

#include <cuda_runtime_api.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

namespace rankscope::kernels::testing {

enum class Side { Begin, End };

inline void require(cudaError_t error) {
    if (error == cudaSuccess) return;
    std::fprintf(stderr, "CUDA: %s\n", cudaGetErrorString(error));
    std::abort();
}

template <class T>
class DeviceArray {
public:
    DeviceArray(std::size_t count, Side side, T fill) : DeviceArray(std::vector<T>(count, fill), side) {}

    /// Side::Begin: aligned to 256 bytes; Side::End: to an element alone.
    DeviceArray(const std::vector<T>& values, Side side) : count_(values.size()) {
        const std::size_t bytes = count_ * sizeof(T), offset = side == Side::Begin ? 0 : (256 - bytes % 256) % 256;
        memory_.assign(2 * kMargin + bytes + 256, kMark);
        begin_ = kMargin + offset;
        require(cudaMalloc(&base_, memory_.size()));
        const auto* from = reinterpret_cast<const unsigned char*>(values.data());
        std::copy(from, from + bytes, memory_.begin() + static_cast<std::ptrdiff_t>(begin_));
        require(cudaMemcpy(base_, memory_.data(), memory_.size(), cudaMemcpyHostToDevice));
    }

    DeviceArray(DeviceArray&& other) noexcept
        : count_(other.count_),
          begin_(other.begin_),
          memory_(std::move(other.memory_)),
          base_(std::exchange(other.base_, nullptr)) {}

    DeviceArray& operator=(DeviceArray&&) = delete;

    ~DeviceArray() {
        if (base_ != nullptr) cudaFree(base_);
    }

    [[nodiscard]] T* data() const { return reinterpret_cast<T*>(static_cast<unsigned char*>(base_) + begin_); }

    [[nodiscard]] std::size_t size() const { return count_; }

    /// Waits for the device. Ends the program where something was written beside the array.
    [[nodiscard]] std::vector<T> values() const {
        std::vector<unsigned char> now(memory_.size());
        require(cudaMemcpy(now.data(), base_, now.size(), cudaMemcpyDeviceToHost));
        const std::size_t end = begin_ + count_ * sizeof(T);
        for (std::size_t i = 0; i < now.size(); ++i) {
            if ((i < begin_ || i >= end) && now[i] != kMark) {
                std::fprintf(stderr, "a kernel wrote outside an array\n");
                std::abort();
            }
        }
        std::vector<T> out(count_);
        std::copy(now.begin() + static_cast<std::ptrdiff_t>(begin_), now.begin() + static_cast<std::ptrdiff_t>(end),
                  reinterpret_cast<unsigned char*>(out.data()));
        return out;
    }

private:
    static constexpr std::size_t kMargin = 4096;
    static constexpr unsigned char kMark = 0xa5;

    std::size_t count_, begin_ = 0;
    std::vector<unsigned char> memory_;
    void* base_ = nullptr;
};

}  // namespace rankscope::kernels::testing

#else

#include "guarded.hpp"

namespace rankscope::kernels::testing {

template <class T>
using DeviceArray = Guarded<T>;

}  // namespace rankscope::kernels::testing

#endif
