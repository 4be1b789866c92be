// SPDX-License-Identifier: Apache-2.0
#include "core/checkpoint/detail/config_reader.hpp"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "core/base/error.hpp"

namespace rankscope::detail {

void ConfigReader::refuse(const char* key, const std::string& expected) const {
    const std::string found = object_.contains(key) ? object_[key].dump(-1, ' ', true, nlohmann::json::error_handler_t::replace) : "nothing";
    throw_input(fmt::format("bad config: {}: {}: found {}, expected {}", where_, key, printable(found, 80), expected));
}

bool ConfigReader::present(const char* key) const {
    return object_.contains(key) && !object_[key].is_null();
}

std::optional<std::int64_t> ConfigReader::optional_size(const char* key) const {
    if (!present(key)) return std::nullopt;
    const auto& value = object_[key];
    // 64.0 is what some writers make of 64.
    const bool whole = value.is_number_integer() || (value.is_number_float() && value.get<double>() == std::floor(value.get<double>()));
    if (!whole || value.get<double>() < 1 || value.get<double>() > 0x1p40) refuse(key, "an integer from 1 to 2^40");
    return value.is_number_integer() ? value.get<std::int64_t>() : static_cast<std::int64_t>(value.get<double>());
}

std::int64_t ConfigReader::size(const char* key, std::int64_t fallback) const {
    return optional_size(key).value_or(fallback);
}

std::int64_t ConfigReader::required_size(const char* key) const {
    const auto value = optional_size(key);
    if (!value) refuse(key, "an integer from 1 to 2^40");
    return *value;
}

std::optional<double> ConfigReader::optional_number(const char* key) const {
    if (!present(key)) return std::nullopt;
    if (!object_[key].is_number()) refuse(key, "a number");
    return object_[key].get<double>();
}

double ConfigReader::number(const char* key, double fallback) const {
    return optional_number(key).value_or(fallback);
}

bool ConfigReader::flag(const char* key, bool fallback) const {
    if (!present(key)) return fallback;
    if (!object_[key].is_boolean()) refuse(key, "true or false");
    return object_[key].get<bool>();
}

std::string ConfigReader::text(const char* key, const std::string& fallback) const {
    if (!present(key)) return fallback;
    if (!object_[key].is_string()) refuse(key, "a string");
    return object_[key].get<std::string>();
}

std::string ConfigReader::first_text(const char* key) const {
    if (!present(key)) return {};
    const auto& value = object_[key];
    if (!value.is_array() || value.empty() || !value[0].is_string()) return {};
    return value[0].get<std::string>();
}

std::vector<ConfigReader> ConfigReader::objects(const char* key) const {
    if (!present(key)) return {};
    const auto& value = object_[key];
    const std::string inside = where_ + ": " + key;
    if (value.is_object()) return {ConfigReader(value, inside)};
    if (!value.is_array()) refuse(key, "an object or an array of objects");
    std::vector<ConfigReader> out;
    for (const auto& item : value) {
        if (!item.is_object()) refuse(key, "an object or an array of objects");
        out.emplace_back(item, inside);
    }
    return out;
}

std::vector<std::int64_t> ConfigReader::indices(const char* key, std::int64_t count) const {
    if (!present(key) || !object_[key].is_array()) refuse(key, "an array of layer indices");
    std::set<std::int64_t> chosen;
    for (const auto& item : object_[key]) {
        const bool good = item.is_number_integer() && item.get<double>() >= 0 && item.get<double>() < static_cast<double>(count);
        if (!good || !chosen.insert(item.get<std::int64_t>()).second) refuse(key, fmt::format("distinct indices from 0 to {}", count - 1));
    }
    return {chosen.begin(), chosen.end()};
}

}  // namespace rankscope::detail
