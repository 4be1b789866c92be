// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <new>
#include <utility>
#include <vector>

namespace rankscope::kernels::testing {

enum class Side { Begin, End };

/// Elements between two pages that cannot be touched: an access right behind the last one (Side::End) or right before the
/// first one (Side::Begin, which is also aligned to a page) ends the program.
template <class T>
class Guarded {
public:
    Guarded(std::size_t count, Side side, T fill = T{}) : count_(count) {
        const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
        const std::size_t inner = std::max<std::size_t>(page, (count * sizeof(T) + page - 1) / page * page);
        bytes_ = inner + 2 * page;
        base_ = ::mmap(nullptr, bytes_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (base_ == MAP_FAILED) throw std::bad_alloc();
        auto* begin = static_cast<std::byte*>(base_) + page;
        ::mprotect(begin, inner, PROT_READ | PROT_WRITE);
        data_ = reinterpret_cast<T*>(side == Side::Begin ? begin : begin + inner - count * sizeof(T));
        std::fill(data_, data_ + count, fill);
    }

    Guarded(const std::vector<T>& values, Side side) : Guarded(values.size(), side) {
        std::copy(values.begin(), values.end(), data_);
    }

    Guarded(Guarded&& other) noexcept
        : count_(other.count_), bytes_(other.bytes_), base_(std::exchange(other.base_, nullptr)), data_(other.data_) {}

    Guarded& operator=(Guarded&&) = delete;

    ~Guarded() {
        if (base_ != nullptr) ::munmap(base_, bytes_);
    }

    [[nodiscard]] T* data() const noexcept { return data_; }

    [[nodiscard]] std::size_t size() const noexcept { return count_; }

    [[nodiscard]] std::vector<T> values() const { return {data_, data_ + count_}; }

private:
    std::size_t count_, bytes_ = 0;
    void* base_ = nullptr;
    T* data_ = nullptr;
};

}  // namespace rankscope::kernels::testing
