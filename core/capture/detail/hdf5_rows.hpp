// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/capture/detail/hdf5_create.hpp"

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace rankscope::hdf5 {

/// A packed matrix of token ids that is written row after row; one chunk of it is in memory.
class IdRows {
public:
    IdRows(const Builder& builder, hid_t parent, std::string name, const std::vector<std::int64_t>& shape);

    void add(std::span<const std::int32_t> row);
    /// Writes the rest. The dataset can be read from then on.
    [[nodiscard]] Dataset finish();

private:
    void write();

    const Builder& build_;
    std::string name_;
    std::int64_t columns_, chunk_rows_;
    std::int64_t written_ = 0;
    std::vector<std::int32_t> waiting_;
    Dataset dataset_;
};

/// The texts of such rows, as variable-length UTF-8.
class TextRows {
public:
    TextRows(const Builder& builder, hid_t parent, std::string name, const std::vector<std::int64_t>& shape);

    void add(std::span<const std::int32_t> row, const std::function<std::string(std::int32_t)>& text_of);

private:
    const Builder& build_;
    std::string name_;
    std::int64_t written_ = 0;
    std::vector<std::string> values_;
    std::vector<const char*> pointers_;
    Dataset dataset_;
};

}  // namespace rankscope::hdf5
