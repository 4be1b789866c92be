// SPDX-License-Identifier: Apache-2.0
#include "core/capture/detail/hdf5.hpp"

#include "core/base/error.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace rankscope::hdf5 {
namespace {

// HDF5 gives the operating system's code only inside its text: "… errno = 28, error message = 'No space left on device' …".
int errno_in(const std::string& text) {
    constexpr std::string_view key = "errno = ";
    const std::size_t at = text.find(key);
    return at == std::string::npos ? 0 : std::atoi(text.c_str() + at + key.size());
}

herr_t visit(unsigned depth, const H5E_error2_t* error, void* data) {
    auto& failure = *static_cast<Failure*>(data);
    if (error->desc == nullptr) return 0;
    // Walked upwards, the first is the innermost one, where it happened.
    if (depth == 0) failure.text = error->desc;
    if (failure.code == 0) failure.code = errno_in(error->desc);
    return 0;
}

bool device_trouble(int code) {
    return code == ENOSPC || code == EDQUOT || code == EIO || code == EFBIG || code == ENOMEM || code == EMFILE || code == ENFILE;
}

}  // namespace

void silence() {
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

Failure last_failure() {
    Failure failure;
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, visit, &failure);
    failure.text = printable(failure.text.empty() ? "no reason given" : failure.text, 300);
    return failure;
}

void throw_write_failure(const std::string& path, const std::string& what) {
    const Failure failure = last_failure();
    const std::string place = "cannot write: " + printable(path, 400) + ": " + what + ": ";
    if (device_trouble(failure.code)) {
        throw_resource(place + std::strerror(failure.code), "free some disk space or choose another folder; --resume then goes on");
    }
    if (failure.code != 0) throw_usage(place + std::strerror(failure.code), "choose a place that can be written to");
    throw Error(ErrorKind::Internal, place + failure.text);
}

void throw_read_failure(const std::string& path, const std::string& what) {
    throw_input("bad capture: " + printable(path, 400) + ": " + what + ": " + last_failure().text);
}

Type string_type() {
    Type type(H5Tcopy(H5T_C_S1));
    H5Tset_size(type.id(), H5T_VARIABLE);
    H5Tset_cset(type.id(), H5T_CSET_UTF8);
    return type;
}

Extents extents(std::span<const std::int64_t> values) {
    Extents result;
    for (const std::int64_t value : values) result.push_back(static_cast<hsize_t>(value));
    return result;
}

Block block_of(const Dataset& dataset, const Extents& offset, const Extents& count) {
    Block block;
    block.file = Space(H5Dget_space(dataset.id()));
    if (!block.file || H5Sget_simple_extent_ndims(block.file.id()) != static_cast<int>(count.size())) return {};
    if (H5Sselect_hyperslab(block.file.id(), H5S_SELECT_SET, offset.data(), nullptr, count.data(), nullptr) < 0) return {};
    if (H5Sselect_valid(block.file.id()) <= 0) return {};
    block.memory = Space(H5Screate_simple(static_cast<int>(count.size()), count.data(), nullptr));
    return block;
}

}  // namespace rankscope::hdf5
