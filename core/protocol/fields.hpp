// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/base/error.hpp"
#include "core/protocol/value.hpp"

/// Typed structs to and from values. A struct names its members once:
///     static void fields(auto& self, auto& f) { f.need("path", self.path); f("device", self.device); }
/// `need`: Error{Usage} where it is missing; the other form keeps the default. Unknown members are ignored, so that newer
/// peers may say more.
namespace rankscope::protocol {

/// Float32 array; crosses as {shape, dtype: "float32", data: little-endian bytes}.
struct FloatArray {
    std::vector<std::int64_t> shape;
    std::vector<float> values;  ///< row-major

    bool operator==(const FloatArray&) const = default;
};

/// Int32 array; crosses as {shape, dtype: "int32", data}.
struct IntArray {
    std::vector<std::int64_t> shape;
    std::vector<std::int32_t> values;

    bool operator==(const IntArray&) const = default;
};

static_assert(std::endian::native == std::endian::little, "arrays cross as little-endian bytes");

class FieldWriter;
class FieldReader;

template <class T>
concept Described = requires(T& value, FieldWriter& writer) { T::fields(value, writer); };

[[noreturn]] inline void wrong_field(const std::string& where, const Value& found, const char* expected) {
    throw_usage("bad parameter: " + printable(where) + ": found " + std::string(found.kind()) + ", expected " + expected);
}

[[nodiscard]] Value array_value(const std::vector<std::int64_t>& shape, const char* dtype, const void* data, std::size_t bytes);
/// Checks shape, dtype and size; bytes of the data.
[[nodiscard]] const Value::Bytes& array_bytes(const Value& value, const char* dtype, std::vector<std::int64_t>& shape, const std::string& where);

template <class T>
[[nodiscard]] Value to_value(const T& value);
template <class T>
void from_value(const Value& value, T& out, const std::string& where);

class FieldWriter {
public:
    template <class T>
    void operator()(const char* name, const T& value) {
        object.emplace_back(name, to_value(value));
    }

    template <class T>
    void operator()(const char* name, const std::optional<T>& value) {
        if (value) object.emplace_back(name, to_value(*value));
    }

    template <class T>
    void need(const char* name, const T& value) {
        (*this)(name, value);
    }

    Value::Object object;
};

class FieldReader {
public:
    FieldReader(const Value& value, std::string where) : value_(value), where_(std::move(where)) {}

    template <class T>
    void operator()(const char* name, T& out) const {
        const Value* found = value_.find(name);
        if (found != nullptr && !found->is_null()) from_value(*found, out, where_ + "." + name);
    }

    template <class T>
    void operator()(const char* name, std::optional<T>& out) const {
        const Value* found = value_.find(name);
        out.reset();
        if (found != nullptr && !found->is_null()) from_value(*found, out.emplace(), where_ + "." + name);
    }

    template <class T>
    void need(const char* name, T& out) const {
        const Value* found = value_.find(name);
        if (found == nullptr) throw_usage("bad parameter: " + printable(where_) + ": found no member " + name);
        from_value(*found, out, where_ + "." + name);
    }

private:
    const Value& value_;
    std::string where_;
};

template <class T>
inline constexpr bool is_vector = false;
template <class T>
inline constexpr bool is_vector<std::vector<T>> = true;

template <class T>
Value to_value(const T& value) {
    if constexpr (std::same_as<T, Value>) {
        return value;
    } else if constexpr (std::same_as<T, FloatArray>) {
        return array_value(value.shape, "float32", value.values.data(), value.values.size() * sizeof(float));
    } else if constexpr (std::same_as<T, IntArray>) {
        return array_value(value.shape, "int32", value.values.data(), value.values.size() * sizeof(std::int32_t));
    } else if constexpr (Described<const T>) {
        FieldWriter writer;
        T::fields(value, writer);
        return std::move(writer.object);
    } else if constexpr (is_vector<T>) {
        Value::Array out;
        out.reserve(value.size());
        for (const auto& item : value) out.push_back(to_value(item));
        return out;
    } else if constexpr (std::integral<T> && !std::same_as<T, bool>) {
        return static_cast<std::int64_t>(value);
    } else {
        return Value(value);
    }
}

template <class T>
void from_value(const Value& value, T& out, const std::string& where) {
    if constexpr (std::same_as<T, Value>) {
        out = value;
    } else if constexpr (std::same_as<T, FloatArray> || std::same_as<T, IntArray>) {
        const Value::Bytes& bytes = array_bytes(value, std::same_as<T, FloatArray> ? "float32" : "int32", out.shape, where);
        out.values.resize(bytes.size() / 4);
        if (!bytes.empty()) std::memcpy(out.values.data(), bytes.data(), bytes.size());
    } else if constexpr (Described<T>) {
        if (value.as<Value::Object>() == nullptr) wrong_field(where, value, "an object");
        const FieldReader reader(value, where);
        T::fields(out, reader);
    } else if constexpr (is_vector<T>) {
        const auto* array = value.as<Value::Array>();
        if (array == nullptr) wrong_field(where, value, "an array");
        out.clear();
        for (std::size_t i = 0; i < array->size(); ++i) from_value((*array)[i], out.emplace_back(), where + "[" + std::to_string(i) + "]");
    } else if constexpr (std::same_as<T, bool>) {
        const auto* found = value.as<bool>();
        if (found == nullptr) wrong_field(where, value, "true or false");
        out = *found;
    } else if constexpr (std::integral<T>) {
        const auto* found = value.as<std::int64_t>();
        if (found == nullptr) wrong_field(where, value, "an integer");
        if (!std::in_range<T>(*found)) throw_usage("bad parameter: " + printable(where) + ": found " + std::to_string(*found) + ", out of range");
        out = static_cast<T>(*found);
    } else if constexpr (std::same_as<T, double>) {
        if (const auto* whole = value.as<std::int64_t>()) {
            out = static_cast<double>(*whole);
        } else if (const auto* found = value.as<double>()) {
            out = *found;
        } else {
            wrong_field(where, value, "a number");
        }
    } else {
        static_assert(std::same_as<T, std::string>, "a type the protocol does not carry");
        const auto* found = value.as<std::string>();
        if (found == nullptr) wrong_field(where, value, "text");
        out = *found;
    }
}

/// A whole payload; null counts as an object without members. `where`: the method, for messages.
template <class T>
[[nodiscard]] T parse(const Value& payload, const std::string& where) {
    T out;
    from_value(payload.is_null() ? Value(Value::Object{}) : payload, out, where);
    return out;
}

}  // namespace rankscope::protocol
