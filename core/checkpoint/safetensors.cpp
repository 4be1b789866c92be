// SPDX-License-Identifier: Apache-2.0
#include "core/checkpoint/safetensors.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/base/error.hpp"
#include "core/base/file.hpp"
#include "core/base/json_fault.hpp"
#include "core/base/json_text.hpp"

namespace rankscope {
namespace {

// Sorted, not ordered: looking a name up in an ordered object takes time in proportion to what is there already.
using Json = nlohmann::json;

// The format allows 100 MB. A parsed header takes up to 23 times its length; this much names 150,000 tensors and stays
// below half a gigabyte.
constexpr std::uint64_t kLongestHeader = 20'000'000;
constexpr std::size_t kMostDimensions = 16;

static_assert(std::endian::native == std::endian::little, "safetensors are little-endian; so are we");

// Elements times element size; nothing on overflow.
std::optional<std::uint64_t> byte_count(const std::vector<std::int64_t>& shape, DType dtype) {
    std::uint64_t count = size_of(dtype);
    for (const std::int64_t extent : shape) {
        if (__builtin_mul_overflow(count, static_cast<std::uint64_t>(extent), &count)) return std::nullopt;
    }
    return count;
}

struct Parsed {
    TensorView view;
    std::uint64_t begin = 0, end = 0;
    std::string name;
};

class HeaderReader {
public:
    HeaderReader(const std::string& where, std::span<const std::byte> data) : where_(where), data_(data) {}

    Parsed tensor(const std::string& name, const Json& entry) const {
        const std::string shown = printable(name);
        const auto refuse = [&](const std::string& what) { throw_input(fmt::format("bad safetensors header: {}: tensor '{}': {}", where_, shown, what)); };
        if (!entry.is_object()) refuse("expected an object with dtype, shape and data_offsets");
        for (const char* key : {"dtype", "shape", "data_offsets"}) {
            if (!entry.contains(key)) refuse(fmt::format("'{}' is missing", key));
        }
        Parsed out;
        out.name = name;
        if (!entry["dtype"].is_string()) refuse("dtype is no string");
        const std::string dtype_name = entry["dtype"].get<std::string>();
        const auto dtype = dtype_from_name(dtype_name);
        if (!dtype) throw_unsupported(fmt::format("unsupported dtype: {}: tensor '{}': found '{}'", where_, shown, printable(dtype_name)));
        out.view.dtype = *dtype;
        const Json& shape = entry["shape"];
        if (!shape.is_array() || shape.size() > kMostDimensions) refuse("shape is no array of at most 16 extents");
        for (const Json& extent : shape) {
            if (!extent.is_number_unsigned() || extent.get<std::uint64_t>() > (std::uint64_t{1} << 48)) refuse("found a shape extent that is no size");
            out.view.shape.push_back(extent.get<std::int64_t>());
        }
        const Json& offsets = entry["data_offsets"];
        if (!offsets.is_array() || offsets.size() != 2 || !offsets[0].is_number_unsigned() || !offsets[1].is_number_unsigned()) {
            refuse("data_offsets is no pair of offsets");
        }
        out.begin = offsets[0].get<std::uint64_t>();
        out.end = offsets[1].get<std::uint64_t>();
        if (out.begin > out.end || out.end > data_.size()) {
            refuse(fmt::format("found offsets [{}, {}], expected them inside the {} bytes of data (is the file truncated?)", out.begin, out.end, data_.size()));
        }
        const auto bytes = byte_count(out.view.shape, *dtype);
        if (!bytes || *bytes != out.end - out.begin) {
            refuse(fmt::format("found {} bytes, expected {} for {} {}", out.end - out.begin, bytes ? std::to_string(*bytes) : "more than fits",
                               name_of(*dtype), fmt::format("[{}]", fmt::join(out.view.shape, ", "))));
        }
        out.view.bytes = data_.subspan(out.begin, out.end - out.begin);
        return out;
    }

private:
    const std::string& where_;
    std::span<const std::byte> data_;
};

// The format wants the data to be covered without overlap and without holes.
void check_cover(std::vector<Parsed>& parsed, std::uint64_t size, const std::string& where) {
    std::sort(parsed.begin(), parsed.end(), [](const Parsed& a, const Parsed& b) { return std::tie(a.begin, a.end) < std::tie(b.begin, b.end); });
    std::uint64_t at = 0;
    std::string before = "the beginning of the data";
    for (const Parsed& p : parsed) {
        if (p.begin != at) {
            throw_input(fmt::format("bad safetensors header: {}: tensor '{}': found offset {}, expected {} ({} {})", where, printable(p.name),
                                    p.begin, at, p.begin < at ? "it overlaps" : "there is a hole after", printable(before)));
        }
        at = p.end;
        before = "tensor '" + p.name + "'";
    }
    if (at != size) throw_input(fmt::format("bad safetensors file: {}: found {} bytes of data, expected {} (is the file truncated or padded?)", where, size, at));
}

}  // namespace

std::int64_t TensorView::elements() const noexcept {
    std::int64_t count = 1;
    for (const std::int64_t extent : shape) count *= extent;
    return count;
}

std::vector<float> TensorView::to_float() const {
    std::vector<float> out(static_cast<std::size_t>(elements()));
    convert_to_float(dtype, bytes, out);
    return out;
}

SafetensorsFile::SafetensorsFile(const std::filesystem::path& path) : file_(std::make_unique<MappedFile>(path)) {
    const std::string where = printable(path.string(), 400);
    const auto bytes = file_->bytes();
    if (bytes.size() < 8) throw_input(fmt::format("bad safetensors file: {}: found {} bytes, expected at least 8", where, bytes.size()));
    std::uint64_t header_size = 0;
    std::memcpy(&header_size, bytes.data(), 8);
    if (header_size > kLongestHeader || header_size > bytes.size() - 8) {
        throw_input(fmt::format("bad safetensors header: {}: found a header of {} bytes, expected at most {} (is the file truncated, or no safetensors file?)",
                                where, header_size, std::min<std::uint64_t>(kLongestHeader, bytes.size() - 8)));
    }
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()) + 8, header_size);
    const std::string prepared = prepare_json(text, where);
    if (const auto twice = duplicate_key(prepared)) throw_input(fmt::format("bad safetensors header: {}: '{}' is there twice", where, printable(*twice)));
    const Json header = Json::parse(prepared, nullptr, false);
    if (header.is_discarded()) throw_no_json("bad safetensors header: " + where, text);
    if (!header.is_object()) throw_input(fmt::format("bad safetensors header: {}: expected a JSON object", where));

    const auto data = bytes.subspan(8 + header_size);
    const HeaderReader reader(where, data);
    std::vector<Parsed> parsed;
    for (const auto& [name, entry] : header.items()) {
        if (name == "__metadata__") {
            if (!entry.is_object()) throw_input(fmt::format("bad safetensors header: {}: __metadata__ is no object", where));
            for (const auto& [key, value] : entry.items()) {
                if (value.is_string()) metadata_[key] = value.get<std::string>();
            }
            continue;
        }
        parsed.push_back(reader.tensor(name, entry));
    }
    check_cover(parsed, data.size(), where);
    for (Parsed& p : parsed) tensors_.emplace(std::move(p.name), std::move(p.view));
}

SafetensorsFile::~SafetensorsFile() = default;
SafetensorsFile::SafetensorsFile(SafetensorsFile&&) noexcept = default;

void SafetensorsFile::will_read(std::span<const std::byte> bytes) const noexcept {
    file_->will_read(bytes);
}

void SafetensorsFile::has_read(std::span<const std::byte> bytes) const noexcept {
    file_->has_read(bytes);
}

TensorSource tensor_source(std::string name, DType dtype, std::vector<std::int64_t> shape, std::span<const std::byte> bytes) {
    return {std::move(name), dtype, std::move(shape), [bytes](const auto& sink) { sink(bytes); }};
}

TensorSource tensor_source(std::string name, std::vector<std::int64_t> shape, std::vector<float> values) {
    auto owned = std::make_shared<std::vector<float>>(std::move(values));
    return {std::move(name), DType::F32, std::move(shape), [owned](const auto& sink) { sink(std::as_bytes(std::span(*owned))); }};
}

void write_safetensors(const std::filesystem::path& path, const std::vector<TensorSource>& tensors,
                       const std::map<std::string, std::string>& metadata) {
    // Names in the order of the data, each written once: an ordered object would look for each among all before it.
    std::string text = "{";
    const auto add = [&](const std::string& name, const Json& value) {
        text += (text.size() > 1 ? "," : "") + Json(name).dump() + ":" + value.dump();
    };
    if (!metadata.empty()) add("__metadata__", metadata);
    std::uint64_t at = 0;
    for (const TensorSource& tensor : tensors) {
        const auto size = byte_count(tensor.shape, tensor.dtype);
        if (!size) throw Error(ErrorKind::Internal, "tensor '" + tensor.name + "' is too large to be written");
        add(tensor.name, {{"dtype", name_of(tensor.dtype)}, {"shape", tensor.shape}, {"data_offsets", {at, at + *size}}});
        at += *size;
    }
    text += "}";
    text.append((8 - text.size() % 8) % 8, ' ');
    const std::uint64_t length = text.size();

    AtomicFile file(path);
    file.write(std::as_bytes(std::span(&length, 1)));
    file.write(text);
    for (const TensorSource& tensor : tensors) {
        std::uint64_t written = 0;
        tensor.write([&](std::span<const std::byte> piece) {
            written += piece.size();
            file.write(piece);
        });
        if (written != byte_count(tensor.shape, tensor.dtype)) {
            throw Error(ErrorKind::Internal, "tensor '" + tensor.name + "' did not write the bytes its shape promises");
        }
    }
    file.commit();
}

}  // namespace rankscope
