// SPDX-License-Identifier: Apache-2.0
#include "core/capture/detail/hdf5_create.hpp"

#include "core/base/error.hpp"

#include <hdf5_hl.h>

#include <limits>

namespace rankscope::hdf5 {
namespace {

constexpr unsigned kDeflateLevel = 4;
// All that a type of ours takes.
constexpr std::int64_t kNumberBytes = 4;

}  // namespace

Builder::Builder(std::string path) : path_(std::move(path)) {}

Group Builder::group(hid_t parent, const std::string& name, const std::string& nexus_class) const {
    Group group(written(H5Gcreate2(parent, name.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), path_, name));
    attribute(group.id(), "NX_class", nexus_class);
    return group;
}

Dataset Builder::dataset(hid_t parent, const std::string& name, hid_t type, const std::vector<std::int64_t>& shape,
                         const std::vector<std::int64_t>& chunk, bool packed, bool filled) const {
    const Extents sizes = extents(shape);
    const Space space(written(H5Screate_simple(static_cast<int>(sizes.size()), sizes.data(), nullptr), path_, name));
    const Properties creation(written(H5Pcreate(H5P_DATASET_CREATE), path_, name));
    const Properties access(written(H5Pcreate(H5P_DATASET_ACCESS), path_, name));
    herr_t status = H5Pset_obj_track_times(creation.id(), false);
    if (status >= 0) status = H5Pset_alloc_time(creation.id(), H5D_ALLOC_TIME_EARLY);
    if (!filled && status >= 0) status = H5Pset_fill_time(creation.id(), H5D_FILL_TIME_NEVER);
    if (filled && status >= 0) {
        const float nan = std::numeric_limits<float>::quiet_NaN();
        status = H5Pset_fill_value(creation.id(), H5T_NATIVE_FLOAT, &nan);
    }
    if (!chunk.empty() && status >= 0) {
        const Extents lengths = extents(chunk);
        status = H5Pset_chunk(creation.id(), static_cast<int>(lengths.size()), lengths.data());
        // One chunk, so that one that is filled step by step stays in memory, and no more: there are many layers.
        std::int64_t bytes = kNumberBytes;
        for (const std::int64_t length : chunk) bytes *= length;
        if (status >= 0) status = H5Pset_chunk_cache(access.id(), 1, static_cast<std::size_t>(bytes), 1.0);
    }
    // What is packed is written once and in whole chunks, so that its storage does not move later either.
    if (packed && status >= 0) status = H5Pset_alloc_time(creation.id(), H5D_ALLOC_TIME_INCR);
    if (packed && status >= 0) status = H5Pset_shuffle(creation.id());
    if (packed && status >= 0) status = H5Pset_deflate(creation.id(), kDeflateLevel);
    written(status, path_, name);
    return Dataset(written(H5Dcreate2(parent, name.c_str(), type, space.id(), H5P_DEFAULT, creation.id(), access.id()), path_, name));
}

Dataset Builder::numbers(hid_t parent, const std::string& name, hid_t type, const std::vector<std::int64_t>& shape,
                         const std::vector<std::int64_t>& chunk) const {
    return dataset(parent, name, type, shape, chunk, false, false);
}

Dataset Builder::unknown(hid_t parent, const std::string& name, const std::vector<std::int64_t>& shape) const {
    return dataset(parent, name, H5T_IEEE_F32LE, shape, {}, false, true);
}

void Builder::axis(hid_t parent, const std::string& name, const std::vector<std::int64_t>& values) const {
    const Dataset axis = numbers(parent, name, H5T_STD_I64LE, {std::ssize(values)});
    write(axis, H5T_NATIVE_INT64, values.data(), name);
    written(H5DSset_scale(axis.id(), name.c_str()), path_, name);
}

void Builder::axis(hid_t parent, const std::string& name, const std::vector<std::int32_t>& values) const {
    const Dataset axis = numbers(parent, name, H5T_STD_I32LE, {std::ssize(values)});
    write(axis, H5T_NATIVE_INT32, values.data(), name);
    written(H5DSset_scale(axis.id(), name.c_str()), path_, name);
}

void Builder::values(hid_t parent, const std::string& name, const std::vector<std::int32_t>& values,
                     const std::vector<std::int64_t>& shape) const {
    write(numbers(parent, name, H5T_STD_I32LE, shape), H5T_NATIVE_INT32, values.data(), name);
}

Dataset Builder::packed(hid_t parent, const std::string& name, hid_t type, const std::vector<std::int64_t>& shape,
                        const std::vector<std::int64_t>& chunk) const {
    return dataset(parent, name, type, shape, chunk, true, false);
}

Dataset Builder::strings(hid_t parent, const std::string& name, const Space& space) const {
    const Properties creation(written(H5Pcreate(H5P_DATASET_CREATE), path_, name));
    written(H5Pset_obj_track_times(creation.id(), false), path_, name);
    const Type type = string_type();
    return Dataset(written(H5Dcreate2(parent, name.c_str(), type.id(), space.id(), H5P_DEFAULT, creation.id(), H5P_DEFAULT), path_, name));
}

void Builder::text(hid_t parent, const std::string& name, const std::string& value) const {
    const Type type = string_type();
    const Space space(written(H5Screate(H5S_SCALAR), path_, name));
    const Dataset set = strings(parent, name, space);
    const char* pointer = value.c_str();
    write(set, type.id(), &pointer, name);
}

Dataset Builder::texts(hid_t parent, const std::string& name, const std::vector<std::int64_t>& shape) const {
    const Extents sizes = extents(shape);
    const Space space(written(H5Screate_simple(static_cast<int>(sizes.size()), sizes.data(), nullptr), path_, name));
    return strings(parent, name, space);
}

void Builder::attribute(hid_t object, const std::string& name, const std::string& value) const {
    const Type type = string_type();
    const Space space(written(H5Screate(H5S_SCALAR), path_, name));
    const Attribute attribute(written(H5Acreate2(object, name.c_str(), type.id(), space.id(), H5P_DEFAULT, H5P_DEFAULT), path_, name));
    const char* pointer = value.c_str();
    written(H5Awrite(attribute.id(), type.id(), &pointer), path_, name);
}

void Builder::attributes(hid_t object, const std::string& name, const std::vector<std::string>& values) const {
    const Type type = string_type();
    const hsize_t size = values.size();
    const Space space(written(H5Screate_simple(1, &size, nullptr), path_, name));
    const Attribute attribute(written(H5Acreate2(object, name.c_str(), type.id(), space.id(), H5P_DEFAULT, H5P_DEFAULT), path_, name));
    std::vector<const char*> pointers;
    for (const std::string& value : values) pointers.push_back(value.c_str());
    written(H5Awrite(attribute.id(), type.id(), pointers.data()), path_, name);
}

void Builder::attribute(hid_t object, const std::string& name, std::int64_t value) const {
    const Space space(written(H5Screate(H5S_SCALAR), path_, name));
    const Attribute attribute(
        written(H5Acreate2(object, name.c_str(), H5T_STD_I64LE, space.id(), H5P_DEFAULT, H5P_DEFAULT), path_, name));
    written(H5Awrite(attribute.id(), H5T_NATIVE_INT64, &value), path_, name);
}

void Builder::dimensions(const Dataset& dataset, hid_t scales, const std::vector<std::string>& axes) const {
    for (unsigned i = 0; i < axes.size(); ++i) {
        written(H5DSset_label(dataset.id(), i, axes[i].c_str()), path_, axes[i]);
        const htri_t there = H5Lexists(scales, axes[i].c_str(), H5P_DEFAULT);
        if (there <= 0) continue;
        const Dataset scale(written(H5Dopen2(scales, axes[i].c_str(), H5P_DEFAULT), path_, axes[i]));
        if (H5DSis_scale(scale.id()) > 0) written(H5DSattach_scale(dataset.id(), scale.id(), i), path_, axes[i]);
    }
}

void Builder::write(const Dataset& dataset, hid_t memory_type, const void* data, const std::string& what) const {
    written(H5Dwrite(dataset.id(), memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data), path_, what);
}

void Builder::write_rows(const Dataset& dataset, hid_t memory_type, std::int64_t first, std::int64_t count, std::int64_t columns,
                         const void* data, const std::string& what) const {
    const Block block = block_of(dataset, extents(std::vector{first, std::int64_t{0}}), extents(std::vector{count, columns}));
    if (!block.memory) throw Error(ErrorKind::Internal, "bad rows: " + what);
    written(H5Dwrite(dataset.id(), memory_type, block.memory.id(), block.file.id(), H5P_DEFAULT, data), path_, what);
}

}  // namespace rankscope::hdf5
