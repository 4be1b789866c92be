// SPDX-License-Identifier: Apache-2.0
// Scratch memory of a thread: aligned for whole vectors, grown when needed, reused from call to call. No std::vector: its
// members, instantiated here for a wide instruction set, could be merged by the linker with those of baseline files.
#pragma once

#include <cstddef>
#include <new>

namespace rankscope::kernels::RANKSCOPE_SIMD {

class Scratch {
public:
    Scratch() = default;
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;

    ~Scratch() { release(); }

    /// `floats` of them, aligned to 64 bytes, contents undefined. Valid until the next call on the same object.
    float* get(std::size_t floats) {
        if (floats > capacity_) {
            release();
            data_ = static_cast<float*>(::operator new(floats * sizeof(float), kAlignment));
            capacity_ = floats;
        }
        return data_;
    }

private:
    static constexpr std::align_val_t kAlignment{64};

    void release() {
        if (data_ != nullptr) ::operator delete(data_, kAlignment);
        data_ = nullptr;
        capacity_ = 0;
    }

    float* data_ = nullptr;
    std::size_t capacity_ = 0;
};

/// The calling thread's scratch memory. One user at a time: kernels do not call each other while they hold it.
inline float* scratch(std::size_t floats) {
    thread_local Scratch memory;
    return memory.get(floats);
}

}  // namespace rankscope::kernels::RANKSCOPE_SIMD
