// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

namespace rankscope::detail {

/// Typed access to one JSON object of an untrusted config: a missing or null key takes the default, anything of the wrong
/// type or range is an Error{Input} naming file, key, found and expected. Private to core/checkpoint.
class ConfigReader {
public:
    ConfigReader(const nlohmann::json& object, std::string where) : object_(object), where_(std::move(where)) {}

    [[nodiscard]] const std::string& where() const noexcept { return where_; }

    /// There and not null.
    [[nodiscard]] bool present(const char* key) const;
    /// A size: an integer from 1 to 2^40.
    [[nodiscard]] std::optional<std::int64_t> optional_size(const char* key) const;
    [[nodiscard]] std::int64_t size(const char* key, std::int64_t fallback) const;
    [[nodiscard]] std::int64_t required_size(const char* key) const;
    [[nodiscard]] std::optional<double> optional_number(const char* key) const;
    [[nodiscard]] double number(const char* key, double fallback) const;
    [[nodiscard]] bool flag(const char* key, bool fallback) const;
    [[nodiscard]] std::string text(const char* key, const std::string& fallback) const;
    /// First entry of an array of strings, or nothing.
    [[nodiscard]] std::string first_text(const char* key) const;
    /// An object, or an array of objects; empty when missing.
    [[nodiscard]] std::vector<ConfigReader> objects(const char* key) const;
    /// Required array of distinct indices below `count`.
    [[nodiscard]] std::vector<std::int64_t> indices(const char* key, std::int64_t count) const;

    [[noreturn]] void refuse(const char* key, const std::string& expected) const;

private:
    const nlohmann::json& object_;
    std::string where_;
};

}  // namespace rankscope::detail
