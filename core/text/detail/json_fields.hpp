// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

namespace rankscope::tokenization {

/// An object inside of a JSON document, and how to name it in errors. A missing or mistyped field is Error{Input}.
class JsonFields {
public:
    /// `where`: file and place, e.g. "tokenizer.json: pre_tokenizer". Error{Input} unless `value` is an object.
    JsonFields(const nlohmann::json& value, std::string where);

    [[nodiscard]] const std::string& where() const noexcept { return where_; }

    /// Null if the field is missing or null.
    [[nodiscard]] const nlohmann::json* find(const char* key) const;
    [[nodiscard]] const nlohmann::json& at(const char* key) const;
    [[nodiscard]] JsonFields object(const char* key) const;
    [[nodiscard]] const nlohmann::json& array(const char* key) const;
    [[nodiscard]] std::string string(const char* key) const;
    [[nodiscard]] std::string string(const char* key, const std::string& fallback) const;
    [[nodiscard]] bool boolean(const char* key, bool fallback) const;
    [[nodiscard]] std::int64_t integer(const char* key) const;

    /// Error{Input}: "WHERE.key: found VALUE, expected `expected`".
    [[noreturn]] void fail(const std::string& key, const std::string& found, const std::string& expected) const;

private:
    [[noreturn]] void fail_type(const char* key, const char* expected) const;

    const nlohmann::json& value_;
    std::string where_;
};

}  // namespace rankscope::tokenization
