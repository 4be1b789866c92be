// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/capture/detail/hdf5.hpp"

#include <string>
#include <vector>

namespace rankscope::hdf5 {

/// Creates groups, datasets and attributes of one file that is being written; every failure is an Error that names it.
/// Nothing carries a time, so that equal captures have equal bytes. Storage is allocated at once and never moves, so after the first flush writing numbers changes no structure of the file:
/// a process that is killed in between leaves a file that opens.
class Builder {
public:
    explicit Builder(std::string path);

    [[nodiscard]] Group group(hid_t parent, const std::string& name, const std::string& nexus_class) const;

    /// Contiguous, or chunked where `chunk` is given; without a fill value (holes read as zeros).
    [[nodiscard]] Dataset numbers(hid_t parent, const std::string& name, hid_t type, const std::vector<std::int64_t>& shape,
                                  const std::vector<std::int64_t>& chunk = {}) const;
    /// An axis, [n] int64 or int32, written at once and made an HDF5 dimension scale.
    void axis(hid_t parent, const std::string& name, const std::vector<std::int64_t>& values) const;
    void axis(hid_t parent, const std::string& name, const std::vector<std::int32_t>& values) const;
    /// Any numbers, written at once.
    void values(hid_t parent, const std::string& name, const std::vector<std::int32_t>& values, const std::vector<std::int64_t>& shape) const;
    /// Numbers in chunks that are packed (shuffle, deflate): to be written once, chunk after chunk.
    [[nodiscard]] Dataset packed(hid_t parent, const std::string& name, hid_t type, const std::vector<std::int64_t>& shape,
                                 const std::vector<std::int64_t>& chunk) const;
    /// A float32 dataset full of NaN, to be filled later.
    [[nodiscard]] Dataset unknown(hid_t parent, const std::string& name, const std::vector<std::int64_t>& shape) const;
    /// A variable-length UTF-8 string.
    void text(hid_t parent, const std::string& name, const std::string& value) const;
    /// Any number of them, empty so far.
    [[nodiscard]] Dataset texts(hid_t parent, const std::string& name, const std::vector<std::int64_t>& shape) const;

    void attribute(hid_t object, const std::string& name, const std::string& value) const;
    void attributes(hid_t object, const std::string& name, const std::vector<std::string>& values) const;
    void attribute(hid_t object, const std::string& name, std::int64_t value) const;

    /// Names the dimensions of a dataset and, where `axes` has a dataset of that name below `scales`, attaches it as scale.
    void dimensions(const Dataset& dataset, hid_t scales, const std::vector<std::string>& axes) const;

    void write(const Dataset& dataset, hid_t memory_type, const void* data, const std::string& what) const;
    /// Rows [first, first + count) of a matrix with so many columns.
    void write_rows(const Dataset& dataset, hid_t memory_type, std::int64_t first, std::int64_t count, std::int64_t columns, const void* data,
                    const std::string& what) const;

private:
    [[nodiscard]] Dataset dataset(hid_t parent, const std::string& name, hid_t type, const std::vector<std::int64_t>& shape,
                                  const std::vector<std::int64_t>& chunk, bool packed, bool filled) const;

    [[nodiscard]] Dataset strings(hid_t parent, const std::string& name, const Space& space) const;

    std::string path_;
};

}  // namespace rankscope::hdf5
