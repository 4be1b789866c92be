// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <new>
#include <vector>

namespace rankscope::kernels::testing {

/// Floats between two pages that cannot be touched: an access right behind the last one (Side::End) or right before the
/// first one (Side::Begin) ends the program.
class GuardedFloats {
public:
    enum class Side { Begin, End };

    GuardedFloats(std::size_t count, Side side) : count_(count) {
        const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
        const std::size_t inner = std::max<std::size_t>(page, (count * sizeof(float) + page - 1) / page * page);
        bytes_ = inner + 2 * page;
        base_ = ::mmap(nullptr, bytes_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (base_ == MAP_FAILED) throw std::bad_alloc();
        auto* begin = static_cast<std::byte*>(base_) + page;
        if (::mprotect(begin, inner, PROT_READ | PROT_WRITE) != 0) {
            ::munmap(base_, bytes_);
            throw std::bad_alloc();
        }
        data_ = reinterpret_cast<float*>(side == Side::Begin ? begin : begin + inner - count * sizeof(float));
    }

    GuardedFloats(const std::vector<float>& values, Side side) : GuardedFloats(values.size(), side) {
        std::copy(values.begin(), values.end(), data_);
    }

    GuardedFloats(const GuardedFloats&) = delete;
    GuardedFloats& operator=(const GuardedFloats&) = delete;

    ~GuardedFloats() { ::munmap(base_, bytes_); }

    [[nodiscard]] float* data() const noexcept { return data_; }

    [[nodiscard]] std::size_t size() const noexcept { return count_; }

private:
    std::size_t count_, bytes_ = 0;
    void* base_ = nullptr;
    float* data_ = nullptr;
};

}  // namespace rankscope::kernels::testing
