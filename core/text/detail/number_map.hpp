// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace rankscope::tokenization {

/// Hash table from 64-bit keys to 64-bit values with open addressing: merges are looked up for every pair of symbols of a
/// text, where std::unordered_map's one allocation per entry costs several times more.
class NumberMap {
public:
    explicit NumberMap(std::size_t expected = 0) { resize(expected); }

    /// Null if the key is not there. Valid until the next insertion.
    [[nodiscard]] const std::uint64_t* find(std::uint64_t key) const noexcept {
        for (std::size_t i = slot_of(key);; i = (i + 1) & mask_) {
            if (slots_[i].key == key && slots_[i].used) return &slots_[i].value;
            if (!slots_[i].used) return nullptr;
        }
    }

    void set(std::uint64_t key, std::uint64_t value) {
        if (2 * (size_ + 1) > slots_.size()) resize(2 * size_ + 1);
        insert(key, value);
    }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }

private:
    struct Slot {
        std::uint64_t key = 0;
        std::uint64_t value = 0;
        bool used = false;
    };

    [[nodiscard]] std::size_t slot_of(std::uint64_t key) const noexcept {
        key = (key ^ (key >> 32)) * 0x9e3779b97f4a7c15ULL;
        return static_cast<std::size_t>(key ^ (key >> 29)) & mask_;
    }

    void insert(std::uint64_t key, std::uint64_t value) {
        std::size_t i = slot_of(key);
        while (slots_[i].used && slots_[i].key != key) i = (i + 1) & mask_;
        if (!slots_[i].used) ++size_;
        slots_[i] = {key, value, true};
    }

    void resize(std::size_t expected) {
        std::size_t capacity = 16;
        while (capacity < 2 * (expected + 1)) capacity *= 2;
        std::vector<Slot> old(capacity);
        old.swap(slots_);
        mask_ = capacity - 1;
        size_ = 0;
        for (const Slot& slot : old) {
            if (slot.used) insert(slot.key, slot.value);
        }
    }

    std::vector<Slot> slots_;
    std::size_t mask_ = 0;
    std::size_t size_ = 0;
};

}  // namespace rankscope::tokenization
