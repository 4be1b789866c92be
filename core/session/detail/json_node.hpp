// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace rankscope::session {

/// A value of an untrusted JSON document together with its place ("points[3].quality.nll"), for messages. Every reading
/// function checks the type and the range: Error{Input} names file, place, what was found and what is expected.
/// Refers to the document and to the file's name.
class JsonNode {
public:
    using Json = nlohmann::json;

    JsonNode(const Json& value, const std::string& file, std::string place) : value_(&value), file_(&file), place_(std::move(place)) {}

    [[noreturn]] void refuse(const std::string& what) const;
    [[noreturn]] void refuse_found(const std::string& expected) const;

    [[nodiscard]] const Json& json() const noexcept { return *value_; }

    [[nodiscard]] const std::string& place() const noexcept { return place_; }

    /// The value itself. An object: checked to be one.
    [[nodiscard]] const JsonNode& object() const;
    [[nodiscard]] std::string string() const;
    [[nodiscard]] bool boolean() const;
    [[nodiscard]] std::int64_t integer(std::int64_t least, std::int64_t most) const;
    [[nodiscard]] double number(double least, double most) const;
    [[nodiscard]] std::vector<double> numbers() const;
    [[nodiscard]] std::vector<std::int32_t> integers(std::int64_t least, std::int64_t most) const;
    /// Elements of an array.
    [[nodiscard]] std::vector<JsonNode> elements() const;

    /// Members of an object: this one has to be there.
    [[nodiscard]] JsonNode need(const char* key) const;
    /// Nothing where it is missing or null.
    [[nodiscard]] std::optional<JsonNode> find(const char* key) const;

    // Members that may be missing or null.
    [[nodiscard]] std::string string(const char* key) const;
    [[nodiscard]] bool boolean(const char* key) const;
    [[nodiscard]] std::int64_t integer(const char* key, std::int64_t least, std::int64_t most, std::int64_t otherwise) const;
    [[nodiscard]] double number(const char* key, double least, double most) const;
    [[nodiscard]] std::optional<double> optional_number(const char* key, double least, double most) const;
    [[nodiscard]] std::vector<JsonNode> elements(const char* key) const;

private:
    [[nodiscard]] std::string inside(const char* key) const;

    const Json* value_;
    const std::string* file_;
    std::string place_;
};

}  // namespace rankscope::session
