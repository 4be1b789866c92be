// SPDX-License-Identifier: Apache-2.0
#include "core/capture/detail/hdf5_rows.hpp"

#include <algorithm>

namespace rankscope::hdf5 {
namespace {

// Numbers of one packed chunk: 256 KiB.
constexpr std::int64_t kPackedChunk = 1 << 16;

std::int64_t rows_of_chunk(const std::vector<std::int64_t>& shape) {
    return std::clamp<std::int64_t>(kPackedChunk / shape[1], 1, shape[0]);
}

}  // namespace

IdRows::IdRows(const Builder& builder, hid_t parent, std::string name, const std::vector<std::int64_t>& shape)
    : build_(builder), name_(std::move(name)), columns_(shape[1]), chunk_rows_(rows_of_chunk(shape)),
      dataset_(build_.packed(parent, name_, H5T_STD_I32LE, shape, {chunk_rows_, std::min(columns_, kPackedChunk)})) {}

void IdRows::add(std::span<const std::int32_t> row) {
    waiting_.insert(waiting_.end(), row.begin(), row.end());
    if (std::ssize(waiting_) == chunk_rows_ * columns_) write();
}

void IdRows::write() {
    const std::int64_t rows = std::ssize(waiting_) / columns_;
    if (rows == 0) return;
    build_.write_rows(dataset_, H5T_NATIVE_INT32, written_, rows, columns_, waiting_.data(), name_);
    written_ += rows;
    waiting_.clear();
}

Dataset IdRows::finish() {
    write();
    return std::move(dataset_);
}

TextRows::TextRows(const Builder& builder, hid_t parent, std::string name, const std::vector<std::int64_t>& shape)
    : build_(builder), name_(std::move(name)), dataset_(build_.texts(parent, name_, shape)) {}

void TextRows::add(std::span<const std::int32_t> row, const std::function<std::string(std::int32_t)>& text_of) {
    values_.clear();
    pointers_.clear();
    for (const std::int32_t id : row) values_.push_back(text_of(id));
    for (const std::string& value : values_) pointers_.push_back(value.c_str());
    const Type type = string_type();
    build_.write_rows(dataset_, type.id(), written_++, 1, std::ssize(row), pointers_.data(), name_);
}

}  // namespace rankscope::hdf5
