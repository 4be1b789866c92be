// SPDX-License-Identifier: Apache-2.0
#pragma once

// The HDF5 C API behind handles that close themselves. Private to core/capture. HDF5 as packaged is not thread-safe: one
// thread at a time owns everything here.

#include <hdf5.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace rankscope::hdf5 {

template <herr_t (*Close)(hid_t)>
class Handle {
public:
    Handle() = default;

    explicit Handle(hid_t id) : id_(id) {}

    Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, -1)) {}

    Handle& operator=(Handle&& other) noexcept {
        std::swap(id_, other.id_);
        return *this;
    }

    ~Handle() {
        if (id_ >= 0) Close(id_);
    }

    [[nodiscard]] hid_t id() const noexcept { return id_; }

    explicit operator bool() const noexcept { return id_ >= 0; }

    /// Closes now; false where HDF5 says that this failed (a file whose last bytes could not be written).
    [[nodiscard]] bool close() { return id_ < 0 || Close(std::exchange(id_, -1)) >= 0; }

private:
    hid_t id_ = -1;
};

using File = Handle<H5Fclose>;
using Group = Handle<H5Gclose>;
using Dataset = Handle<H5Dclose>;
using Space = Handle<H5Sclose>;
using Type = Handle<H5Tclose>;
using Properties = Handle<H5Pclose>;
using Attribute = Handle<H5Aclose>;

using Extents = std::vector<hsize_t>;

/// Keeps HDF5 from printing its own errors.
void silence();

/// Why the last HDF5 call failed: its innermost description on one line, and the operating system's code if it names one.
struct Failure {
    std::string text;
    int code = 0;  ///< errno, 0 = none
};

[[nodiscard]] Failure last_failure();

/// Throws what a failed call on this file means: a full disk or broken device is Error{Resource}, everything else when
/// writing Error{Usage} (no permission, read-only) or Error{Internal}.
[[noreturn]] void throw_write_failure(const std::string& path, const std::string& what);
/// Error{Input}: the file does not hold what it should.
[[noreturn]] void throw_read_failure(const std::string& path, const std::string& what);

/// Gives the id or status back, or throws.
template <class Status>
Status written(Status status, const std::string& path, const std::string& what) {
    if (status < 0) throw_write_failure(path, what);
    return status;
}

template <class Status>
Status readable(Status status, const std::string& path, const std::string& what) {
    if (status < 0) throw_read_failure(path, what);
    return status;
}

/// Variable-length UTF-8.
[[nodiscard]] Type string_type();
[[nodiscard]] Extents extents(std::span<const std::int64_t> values);

/// Selection [offset, offset + count) of a dataset, and the space of the memory side.
struct Block {
    Space file, memory;
};

/// A block without elements or outside the dataset gives empty handles.
[[nodiscard]] Block block_of(const Dataset& dataset, const Extents& offset, const Extents& count);

}  // namespace rankscope::hdf5
