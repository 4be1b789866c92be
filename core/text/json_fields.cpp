// SPDX-License-Identifier: Apache-2.0
#include "core/text/detail/json_fields.hpp"

#include <fmt/format.h>

#include "core/base/error.hpp"

namespace rankscope::tokenization {
namespace {

std::string short_text(const nlohmann::json& value) {
    if (value.is_structured()) return value.is_array() ? "an array" : "an object";
    return printable(value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace), 60);
}

}  // namespace

JsonFields::JsonFields(const nlohmann::json& value, std::string where) : value_(value), where_(std::move(where)) {
    if (!value.is_object()) {
        throw_input(fmt::format("bad tokenizer: {}: found {}, expected an object", where_, short_text(value)));
    }
}

void JsonFields::fail(const std::string& key, const std::string& found, const std::string& expected) const {
    throw_input(fmt::format("bad tokenizer: {}: {}: found {}, expected {}", where_, key, found, expected));
}

void JsonFields::fail_type(const char* key, const char* expected) const {
    const auto found = value_.find(key);
    fail(key, found == value_.end() ? "nothing" : short_text(*found), expected);
}

const nlohmann::json* JsonFields::find(const char* key) const {
    const auto found = value_.find(key);
    return found == value_.end() || found->is_null() ? nullptr : &*found;
}

const nlohmann::json& JsonFields::at(const char* key) const {
    const auto* found = find(key);
    if (found == nullptr) fail_type(key, "a value");
    return *found;
}

JsonFields JsonFields::object(const char* key) const {
    return {at(key), where_ + ": " + key};
}

const nlohmann::json& JsonFields::array(const char* key) const {
    const auto& value = at(key);
    if (!value.is_array()) fail_type(key, "an array");
    return value;
}

std::string JsonFields::string(const char* key) const {
    const auto& value = at(key);
    if (!value.is_string()) fail_type(key, "a string");
    return value.get<std::string>();
}

std::string JsonFields::string(const char* key, const std::string& fallback) const {
    return find(key) == nullptr ? fallback : string(key);
}

bool JsonFields::boolean(const char* key, bool fallback) const {
    const auto* value = find(key);
    if (value == nullptr) return fallback;
    if (!value->is_boolean()) fail_type(key, "true or false");
    return value->get<bool>();
}

std::int64_t JsonFields::integer(const char* key) const {
    const auto& value = at(key);
    // Numbers beyond 63 bits come as unsigned or as floating point.
    if (!value.is_number_integer() || (value.is_number_unsigned() && value.get<std::uint64_t>() > INT64_MAX)) {
        fail_type(key, "an integer");
    }
    return value.get<std::int64_t>();
}

}  // namespace rankscope::tokenization
