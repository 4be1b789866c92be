// SPDX-License-Identifier: Apache-2.0
#include "core/capture/detail/hdf5_read.hpp"

#include "core/base/error.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>

namespace rankscope::hdf5 {
namespace {

constexpr std::int64_t kLargestExtent = std::int64_t{1} << 40;
constexpr std::int64_t kLargestRead = std::int64_t{256} << 20;   // bytes of one call
constexpr std::int64_t kLargestChunk = std::int64_t{64} << 20;   // HDF5 holds a packed chunk in memory twice
constexpr std::int64_t kLargestText = std::int64_t{64} << 20;
constexpr std::int64_t kBestPacking = 1100;                      // deflate gives at most about 1032 : 1
constexpr int kMostDimensions = 8;

const char* name_of(H5T_class_t type) {
    switch (type) {
        case H5T_FLOAT: return "floating-point numbers";
        case H5T_INTEGER: return "integers";
        case H5T_STRING: return "strings";
        default: return "another type";
    }
}

// Elements of a shape, or -1 if there are more than any file holds.
std::int64_t elements(const std::vector<std::int64_t>& shape) {
    std::int64_t n = 1;
    for (const std::int64_t size : shape) {
        if (__builtin_mul_overflow(n, size, &n) || n > (std::int64_t{1} << 56)) return -1;
    }
    return n;
}

std::string shown(const std::string& path) {
    return printable(path, 400);
}

// Memory for the strings of one read. A file can claim lengths that it does not have: beyond kLargestText HDF5 gets none.
class TextBudget {
public:
    TextBudget() : transfer_(H5Pcreate(H5P_DATASET_XFER)) {
        H5Pset_vlen_mem_manager(transfer_.id(), allocate, this, [](void* memory, void*) { std::free(memory); }, nullptr);
    }

    TextBudget(const TextBudget&) = delete;
    TextBudget& operator=(const TextBudget&) = delete;

    [[nodiscard]] hid_t transfer() const noexcept { return transfer_.id(); }

private:
    static void* allocate(std::size_t size, void* self) {
        auto& left = static_cast<TextBudget*>(self)->left_;
        if (size > left) return nullptr;
        left -= size;
        return std::malloc(std::max<std::size_t>(size, 1));
    }

    Properties transfer_;
    std::size_t left_ = kLargestText;
};

}  // namespace

CarefulReader::CarefulReader(const std::filesystem::path& path) : path_(path.string()) {
    silence();
    std::error_code code;
    const auto status = std::filesystem::status(path, code);
    if (!std::filesystem::exists(status)) throw_input("cannot open: " + shown(path_) + ": found no such file");
    if (!std::filesystem::is_regular_file(status)) throw_input("cannot open: " + shown(path_) + ": found no regular file");
    bytes_ = static_cast<std::int64_t>(std::filesystem::file_size(path, code));
    const Properties access(H5Pcreate(H5P_FILE_ACCESS));
    H5Pset_fclose_degree(access.id(), H5F_CLOSE_STRONG);
    // A network drive may know no locks, and a capture that is being written may be looked at.
    H5Pset_file_locking(access.id(), false, true);
    // Small chunks (tokens) are kept, those of states are not: one state, or the one number of a trial, then costs what it holds
    // and not a chunk of up to 4 MiB.
    constexpr std::size_t kKept = std::size_t{128} << 10;
    H5Pset_cache(access.id(), 0, 521, kKept, 0.75);
    file_ = File(H5Fopen(path_.c_str(), H5F_ACC_RDONLY, access.id()));
    if (file_) return;
    // "truncated file: eof = 300000, sblock->base_addr = 0, stored_eof = 1707393" is the library's own language.
    const auto in_words = [this](const std::string& text) {
        const std::size_t at = text.find("stored_eof = ");
        const std::string size = at == std::string::npos ? "" : text.substr(at + 13, text.find_first_not_of("0123456789", at + 13) - (at + 13));
        return size.empty() ? text : fmt::format("truncated: found {} bytes, expected {}", bytes_, size);
    };
    const Failure failure = last_failure();
    if (failure.code != 0) throw_input("cannot open: " + shown(path_) + ": " + std::strerror(failure.code));
    if (failure.text.find("signature") != std::string::npos) {
        throw_input(fmt::format("bad capture: {}: found no HDF5 file ({} bytes), expected a rankscope capture", shown(path_), bytes_));
    }
    throw_input("bad capture: " + shown(path_) + ": " + in_words(failure.text), "it was cut short: copy it again, or capture again; a .part can be finished with capture --resume");
}

void CarefulReader::refuse(const std::string& what, const std::string& hint) const {
    throw_input("bad capture: " + shown(path_) + ": " + what, hint);
}

bool CarefulReader::has(hid_t parent, const std::string& name) const {
    return H5Lexists(parent, name.c_str(), H5P_DEFAULT) > 0;
}

Group CarefulReader::group(hid_t parent, const std::string& name) const {
    H5L_info_t link{};
    if (!has(parent, name)) refuse(name + ": found nothing, expected a group");
    if (H5Lget_info(parent, name.c_str(), &link, H5P_DEFAULT) < 0 || link.type != H5L_TYPE_HARD) {
        refuse(name + ": found a link to elsewhere, expected a group of this file");
    }
    Group group(H5Gopen2(parent, name.c_str(), H5P_DEFAULT));
    if (!group) throw_read_failure(path_, name);
    return group;
}

std::vector<std::string> CarefulReader::names(const Group& group) const {
    constexpr std::size_t kMost = 1 << 16;
    std::vector<std::string> found;
    const auto collect = [](hid_t, const char* name, const H5L_info_t*, void* data) -> herr_t {
        auto& list = *static_cast<std::vector<std::string>*>(data);
        if (list.size() >= kMost) return 1;
        list.emplace_back(name);
        return 0;
    };
    readable(H5Literate(group.id(), H5_INDEX_NAME, H5_ITER_INC, nullptr, collect, &found), path_, "names");
    return found;
}

bool CarefulReader::has_attribute(hid_t object, const std::string& name) const {
    return H5Aexists(object, name.c_str()) > 0;
}

std::string CarefulReader::text_attribute(hid_t object, const std::string& name) const {
    if (!has_attribute(object, name)) refuse("attribute " + name + ": found none");
    const Attribute attribute(readable(H5Aopen(object, name.c_str(), H5P_DEFAULT), path_, name));
    const Type type(readable(H5Aget_type(attribute.id()), path_, name));
    const Space space(readable(H5Aget_space(attribute.id()), path_, name));
    if (H5Tget_class(type.id()) != H5T_STRING || H5Sget_simple_extent_npoints(space.id()) != 1) {
        refuse("attribute " + name + ": expected one string");
    }
    if (H5Tis_variable_str(type.id()) > 0) {
        char* value = nullptr;
        readable(H5Aread(attribute.id(), type.id(), &value), path_, name);
        const std::unique_ptr<char, herr_t (*)(void*)> owner(value, H5free_memory);
        return value == nullptr ? std::string() : std::string(value);
    }
    // Attributes of a file in the old format have at most 64 KiB.
    const std::size_t size = H5Tget_size(type.id());
    if (size > (1U << 20)) refuse("attribute " + name + ": expected a short string");
    std::string value(size, '\0');
    readable(H5Aread(attribute.id(), type.id(), value.data()), path_, name);
    return value.c_str();
}

std::int64_t CarefulReader::integer_attribute(hid_t object, const std::string& name) const {
    if (!has_attribute(object, name)) refuse("attribute " + name + ": found none, expected an integer");
    const Attribute attribute(readable(H5Aopen(object, name.c_str(), H5P_DEFAULT), path_, name));
    const Type type(readable(H5Aget_type(attribute.id()), path_, name));
    const Space space(readable(H5Aget_space(attribute.id()), path_, name));
    if (H5Tget_class(type.id()) != H5T_INTEGER || H5Sget_simple_extent_npoints(space.id()) != 1) {
        refuse("attribute " + name + ": expected one integer");
    }
    std::int64_t value = 0;
    readable(H5Aread(attribute.id(), H5T_NATIVE_INT64, &value), path_, name);
    return value;
}

Dataset CarefulReader::open(hid_t parent, const std::string& name) const {
    H5L_info_t link{};
    if (!has(parent, name)) refuse(name + ": found nothing, expected a dataset");
    if (H5Lget_info(parent, name.c_str(), &link, H5P_DEFAULT) < 0 || link.type != H5L_TYPE_HARD) {
        refuse(name + ": found a link to elsewhere, expected a dataset of this file");
    }
    Dataset dataset(H5Dopen2(parent, name.c_str(), H5P_DEFAULT));
    if (!dataset) throw_read_failure(path_, name);
    return dataset;
}

std::vector<std::int64_t> CarefulReader::shape_of(const Dataset& dataset, const std::string& name) const {
    const Space space(readable(H5Dget_space(dataset.id()), path_, name));
    const int rank = H5Sget_simple_extent_ndims(space.id());
    if (rank < 0 || rank > kMostDimensions || H5Sget_simple_extent_type(space.id()) == H5S_NULL) refuse(name + ": bad dimensions");
    hsize_t sizes[kMostDimensions] = {};
    readable(H5Sget_simple_extent_dims(space.id(), sizes, nullptr), path_, name);
    std::vector<std::int64_t> shape;
    for (int i = 0; i < rank; ++i) {
        if (sizes[i] < 1 || sizes[i] > static_cast<hsize_t>(kLargestExtent)) refuse(fmt::format("{}: found extent {}, expected 1 to 2^40", name, sizes[i]));
        shape.push_back(static_cast<std::int64_t>(sizes[i]));
    }
    return shape;
}

std::vector<std::int64_t> CarefulReader::shape(hid_t parent, const std::string& name, int rank) const {
    std::vector<std::int64_t> shape = shape_of(open(parent, name), name);
    if (std::ssize(shape) != rank) refuse(fmt::format("{}: found {} dimensions, expected {}", name, shape.size(), rank));
    return shape;
}

// A small file can claim any size; what it stores must be able to hold it.
void CarefulReader::check_storage(const Dataset& dataset, const std::string& name, const std::vector<std::int64_t>& shape) const {
    const Properties creation(readable(H5Dget_create_plist(dataset.id()), path_, name));
    const H5D_layout_t layout = H5Pget_layout(creation.id());
    if (layout == H5D_VIRTUAL || H5Pget_external_count(creation.id()) != 0) refuse(name + ": found data outside the file, expected it inside");
    const Type type(readable(H5Dget_type(dataset.id()), path_, name));
    const std::int64_t n = elements(shape);
    const auto element = static_cast<std::int64_t>(H5Tget_size(type.id()));
    if (layout == H5D_CHUNKED) {
        hsize_t chunk[kMostDimensions] = {};
        const int rank = H5Pget_chunk(creation.id(), kMostDimensions, chunk);
        if (rank != static_cast<int>(shape.size())) refuse(name + ": bad chunks");
        std::vector<std::int64_t> lengths;
        for (int i = 0; i < rank; ++i) lengths.push_back(static_cast<std::int64_t>(std::min<hsize_t>(chunk[i], kLargestExtent)));
        const std::int64_t size = elements(lengths);
        if (size < 1 || size > kLargestChunk / element) refuse(fmt::format("{}: found chunks above {} bytes", name, kLargestChunk));
    }
    const auto stored = static_cast<std::int64_t>(std::min<hsize_t>(H5Dget_storage_size(dataset.id()), INT64_MAX));
    const std::int64_t packing = H5Pget_nfilters(creation.id()) > 0 ? kBestPacking : 1;
    if (n < 0 || element > 64 || stored > bytes_ || n > stored / element * packing + packing) {
        refuse(fmt::format("{}: found {} bytes stored, expected what [{}] needs", name, stored, fmt::join(shape, ", ")),
               "the file is damaged or was made by something else");
    }
}

Dataset CarefulReader::checked(hid_t parent, const std::string& name, H5T_class_t wanted, const std::vector<std::int64_t>& shape) const {
    Dataset dataset = open(parent, name);
    const Type type(readable(H5Dget_type(dataset.id()), path_, name));
    const H5T_class_t found = H5Tget_class(type.id());
    if (found != wanted) refuse(fmt::format("{}: found {}, expected {}", name, name_of(found), name_of(wanted)));
    if (wanted == H5T_STRING && H5Tis_variable_str(type.id()) <= 0) refuse(name + ": found strings of fixed length, expected variable ones");
    if (wanted != H5T_STRING && H5Tget_size(type.id()) > sizeof(double)) refuse(name + ": found numbers wider than 64 bits");
    const std::vector<std::int64_t> actual = shape_of(dataset, name);
    if (actual != shape) refuse(fmt::format("{}: found shape [{}], expected [{}]", name, fmt::join(actual, ", "), fmt::join(shape, ", ")));
    check_storage(dataset, name, shape);
    return dataset;
}

Dataset CarefulReader::floats(hid_t parent, const std::string& name, const std::vector<std::int64_t>& shape) const {
    return checked(parent, name, H5T_FLOAT, shape);
}

Dataset CarefulReader::integers(hid_t parent, const std::string& name, const std::vector<std::int64_t>& shape) const {
    return checked(parent, name, H5T_INTEGER, shape);
}

Dataset CarefulReader::texts(hid_t parent, const std::string& name, const std::vector<std::int64_t>& shape) const {
    return checked(parent, name, H5T_STRING, shape);
}

template <class T>
std::vector<T> CarefulReader::list(hid_t parent, const std::string& name, int rank) const {
    const std::vector<std::int64_t> sizes = shape(parent, name, rank);
    const Dataset dataset = integers(parent, name, sizes);
    if (elements(sizes) > kLargestRead / static_cast<std::int64_t>(sizeof(T))) refuse(name + ": found too many numbers");
    std::vector<T> values(static_cast<std::size_t>(elements(sizes)));
    const hid_t type = sizeof(T) == 8 ? H5T_NATIVE_INT64 : H5T_NATIVE_INT32;
    readable(H5Dread(dataset.id(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), path_, name);
    return values;
}

template std::vector<std::int32_t> CarefulReader::list(hid_t, const std::string&, int) const;
template std::vector<std::int64_t> CarefulReader::list(hid_t, const std::string&, int) const;

std::string CarefulReader::text(hid_t parent, const std::string& name) const {
    const Dataset dataset = checked(parent, name, H5T_STRING, {});
    const Type type = string_type();
    TextBudget budget;
    char* value = nullptr;
    readable(H5Dread(dataset.id(), type.id(), H5S_ALL, H5S_ALL, budget.transfer(), &value), path_, name);
    const std::unique_ptr<char, void (*)(void*)> owner(value, std::free);
    return value == nullptr ? std::string() : std::string(value);
}

void CarefulReader::read_ahead(const Dataset& dataset) const {
    void* descriptor = nullptr;
    const haddr_t begin = H5Dget_offset(dataset.id());
    if (begin == HADDR_UNDEF || H5Fget_vfd_handle(file_.id(), H5P_DEFAULT, &descriptor) < 0 || descriptor == nullptr) return;
    ::posix_fadvise(*static_cast<const int*>(descriptor), static_cast<off_t>(begin), static_cast<off_t>(H5Dget_storage_size(dataset.id())),
                    POSIX_FADV_WILLNEED);
}

void CarefulReader::read(const Dataset& dataset, hid_t type, const Extents& offset, const Extents& count, void* out, const std::string& what,
                         hid_t transfer) const {
    const Block block = block_of(dataset, offset, count);
    if (!block.memory) throw_usage(what + ": out of range");
    readable(H5Dread(dataset.id(), type, block.memory.id(), block.file.id(), transfer, out), path_, what);
}

namespace {

std::size_t number_of(const Extents& count, std::size_t element) {
    std::int64_t n = elements({count.begin(), count.end()});
    if (n < 0 || n > kLargestRead / static_cast<std::int64_t>(element)) {
        throw_resource(fmt::format("too much at once: found {} numbers in one window, expected at most {}", n, kLargestRead / static_cast<std::int64_t>(element)),
                       "capture fewer positions");
    }
    return static_cast<std::size_t>(n);
}

}  // namespace

std::vector<float> CarefulReader::read_floats(const Dataset& dataset, const Extents& offset, const Extents& count, const std::string& what) const {
    std::vector<float> values(number_of(count, sizeof(float)));
    read(dataset, H5T_NATIVE_FLOAT, offset, count, values.data(), what);
    return values;
}

std::vector<std::int32_t> CarefulReader::read_integers(const Dataset& dataset, const Extents& offset, const Extents& count, const std::string& what) const {
    std::vector<std::int32_t> values(number_of(count, sizeof(std::int32_t)));
    read(dataset, H5T_NATIVE_INT32, offset, count, values.data(), what);
    return values;
}

std::vector<std::string> CarefulReader::read_texts(const Dataset& dataset, const Extents& offset, const Extents& count, const std::string& what) const {
    std::vector<char*> pointers(number_of(count, 64));
    const Type type = string_type();
    TextBudget budget;
    read(dataset, type.id(), offset, count, pointers.data(), what, budget.transfer());
    std::vector<std::string> values;
    for (char* pointer : pointers) {
        values.emplace_back(pointer == nullptr ? "" : pointer);
        std::free(pointer);
    }
    return values;
}

}  // namespace rankscope::hdf5
