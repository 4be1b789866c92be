// SPDX-License-Identifier: Apache-2.0
#include "core/protocol/fields.hpp"

#include <limits>

namespace rankscope::protocol {

Value array_value(const std::vector<std::int64_t>& shape, const char* dtype, const void* data, std::size_t bytes) {
    const auto* begin = static_cast<const std::uint8_t*>(data);
    Value::Array extents(shape.begin(), shape.end());
    return Value::Object{{"shape", std::move(extents)}, {"dtype", dtype}, {"data", Value::Bytes(begin, begin + bytes)}};
}

const Value::Bytes& array_bytes(const Value& value, const char* dtype, std::vector<std::int64_t>& shape, const std::string& where) {
    const Value* type = value.find("dtype");
    const Value* data = value.find("data");
    const Value* extents = value.find("shape");
    if (type == nullptr || data == nullptr || extents == nullptr) wrong_field(where, value, "an array with shape, dtype and data");
    if (type->as<std::string>() == nullptr || *type->as<std::string>() != dtype) wrong_field(where + ".dtype", *type, dtype);
    const auto* bytes = data->as<Value::Bytes>();
    if (bytes == nullptr) wrong_field(where + ".data", *data, "bytes");
    from_value(*extents, shape, where + ".shape");
    std::int64_t items = 1;
    for (const std::int64_t extent : shape) {
        if (extent < 0 || (extent > 0 && items > std::numeric_limits<std::int64_t>::max() / 4 / extent)) {
            throw_usage("bad parameter: " + printable(where) + ".shape: out of range");
        }
        items *= extent;
    }
    if (items * 4 != std::ssize(*bytes)) {
        throw_usage("bad parameter: " + printable(where) + ": found " + std::to_string(bytes->size()) + " bytes, expected " + std::to_string(items * 4));
    }
    return *bytes;
}

}  // namespace rankscope::protocol
