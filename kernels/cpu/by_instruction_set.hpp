// SPDX-License-Identifier: Apache-2.0
// Tables of an operation that this processor runs, by name.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

namespace rankscope::kernels {

template <class Table>
class ByInstructionSet {
public:
    /// nullptr: not compiled for this kind of processor.
    ByInstructionSet(const Table* avx512, const Table* avx2, const Table& portable) noexcept {
#if defined(__x86_64__)
        __builtin_cpu_init();
        const bool has_avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq")
                                && __builtin_cpu_supports("avx512vl");
        const bool has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
        if (has_avx512 && avx512 != nullptr) add("avx512", *avx512);
        if (has_avx2 && avx2 != nullptr) add("avx2", *avx2);
#endif
        add("portable", portable);
    }

    /// Widest first.
    [[nodiscard]] std::span<const std::string_view> names() const noexcept { return {names_.data(), count_}; }

    /// nullptr where there is none of that name.
    [[nodiscard]] const Table* find(std::string_view name) const noexcept {
        for (std::size_t i = 0; i < count_; ++i) {
            if (names_[i] == name) return tables_[i];
        }
        return nullptr;
    }

private:
    void add(std::string_view name, const Table& table) noexcept {
        names_[count_] = name;
        tables_[count_++] = &table;
    }

    std::array<std::string_view, 3> names_{};
    std::array<const Table*, 3> tables_{};
    std::size_t count_ = 0;
};

#if defined(__x86_64__)
#define RANKSCOPE_BY_INSTRUCTION_SET(Table, table) ByInstructionSet<Table>(&avx512::table, &avx2::table, portable::table)
#else
#define RANKSCOPE_BY_INSTRUCTION_SET(Table, table) ByInstructionSet<Table>(nullptr, nullptr, portable::table)
#endif

}  // namespace rankscope::kernels
