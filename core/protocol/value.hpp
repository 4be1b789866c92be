// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace rankscope::protocol {

/// A value of a message: what CBOR and JSON have in common, plus byte strings. Objects keep their order and hold each key
/// once.
class Value {
public:
    using Bytes = std::vector<std::uint8_t>;
    using Array = std::vector<Value>;
    using Object = std::vector<std::pair<std::string, Value>>;

    Value() = default;
    Value(bool value) : data_(value) {}
    Value(int value) : data_(std::int64_t{value}) {}
    Value(std::int64_t value) : data_(value) {}
    Value(double value) : data_(value) {}
    Value(const char* value) : data_(std::string(value)) {}
    Value(std::string value) : data_(std::move(value)) {}
    Value(Bytes value) : data_(std::move(value)) {}
    Value(Array value) : data_(std::move(value)) {}
    Value(Object value) : data_(std::move(value)) {}

    /// "null", "boolean", "integer", "number", "text", "bytes", "array" or "object", for messages.
    [[nodiscard]] std::string_view kind() const noexcept;

    [[nodiscard]] bool is_null() const noexcept { return std::holds_alternative<std::monostate>(data_); }

    /// The value as T (bool, int64, double, string, Bytes, Array, Object), or null if it is something else.
    template <class T>
    [[nodiscard]] const T* as() const noexcept {
        return std::get_if<T>(&data_);
    }

    template <class T>
    [[nodiscard]] T* as() noexcept {
        return std::get_if<T>(&data_);
    }

    /// The member of an object; null where there is none or this is no object.
    [[nodiscard]] const Value* find(std::string_view key) const noexcept;

    bool operator==(const Value&) const = default;

private:
    std::variant<std::monostate, bool, std::int64_t, double, std::string, Bytes, Array, Object> data_;
};

}  // namespace rankscope::protocol
