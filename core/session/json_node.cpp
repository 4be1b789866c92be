// SPDX-License-Identifier: Apache-2.0
#include "core/session/detail/json_node.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/error.hpp"

namespace rankscope::session {
namespace {

// Large values are not written out whole only to be cut.
std::string shown(const nlohmann::json& value) {
    if (value.is_array()) return fmt::format("an array of {}", value.size());
    if (value.is_object()) return "an object";
    if (value.is_string()) return '"' + printable(value.get_ref<const std::string&>(), 60) + '"';
    return value.dump();
}

bool integer_within(const nlohmann::json& value, std::int64_t least, std::int64_t most) {
    // Compared as unsigned first: 2^63 and above would turn negative.
    if (value.is_number_unsigned() && value.get<std::uint64_t>() > static_cast<std::uint64_t>(most)) return false;
    return value.is_number_integer() && value.get<std::int64_t>() >= least && value.get<std::int64_t>() <= most;
}

}  // namespace

void JsonNode::refuse(const std::string& what) const {
    throw_input(fmt::format("bad session: {}: {}{}{}", *file_, place_, place_.empty() ? "" : ": ", what));
}

void JsonNode::refuse_found(const std::string& expected) const {
    refuse(fmt::format("found {}, expected {}", shown(*value_), expected));
}

const JsonNode& JsonNode::object() const {
    if (!value_->is_object()) refuse_found("an object");
    return *this;
}

std::string JsonNode::string() const {
    if (!value_->is_string()) refuse_found("a string");
    return value_->get<std::string>();
}

bool JsonNode::boolean() const {
    if (!value_->is_boolean()) refuse_found("true or false");
    return value_->get<bool>();
}

std::int64_t JsonNode::integer(std::int64_t least, std::int64_t most) const {
    if (!integer_within(*value_, least, most)) refuse_found(fmt::format("an integer from {} to {}", least, most));
    return value_->get<std::int64_t>();
}

double JsonNode::number(double least, double most) const {
    const double found = value_->is_number() ? value_->get<double>() : std::nan("");
    if (!std::isfinite(found) || found < least || found > most) {
        refuse_found(std::isfinite(most) ? fmt::format("a number from {} to {}", least, most)
                                         : std::isfinite(least) ? fmt::format("a number of at least {}", least) : std::string("a number"));
    }
    return found;
}

std::vector<double> JsonNode::numbers() const {
    if (!value_->is_array()) refuse_found("an array of numbers");
    std::vector<double> out;
    out.reserve(value_->size());
    for (const auto& item : *value_) {
        if (!item.is_number() || !std::isfinite(item.get<double>())) refuse(fmt::format("found {} at {}, expected numbers", shown(item), out.size()));
        out.push_back(item.get<double>());
    }
    return out;
}

std::vector<std::int32_t> JsonNode::integers(std::int64_t least, std::int64_t most) const {
    if (!value_->is_array()) refuse_found("an array of integers");
    std::vector<std::int32_t> out;
    out.reserve(value_->size());
    for (const auto& item : *value_) {
        if (!integer_within(item, least, most)) {
            refuse(fmt::format("found {} at {}, expected integers from {} to {}", shown(item), out.size(), least, most));
        }
        out.push_back(item.get<std::int32_t>());
    }
    return out;
}

std::vector<JsonNode> JsonNode::elements() const {
    if (!value_->is_array()) refuse_found("an array");
    std::vector<JsonNode> out;
    out.reserve(value_->size());
    for (const auto& item : *value_) out.emplace_back(item, *file_, fmt::format("{}[{}]", place_, out.size()));
    return out;
}

std::string JsonNode::inside(const char* key) const {
    return place_.empty() ? key : place_ + "." + key;
}

JsonNode JsonNode::need(const char* key) const {
    const auto found = object().value_->find(key);
    if (found == value_->end()) refuse(fmt::format("{} is missing", key));
    return {*found, *file_, inside(key)};
}

std::optional<JsonNode> JsonNode::find(const char* key) const {
    const auto found = object().value_->find(key);
    if (found == value_->end() || found->is_null()) return std::nullopt;
    return JsonNode(*found, *file_, inside(key));
}

std::string JsonNode::string(const char* key) const {
    const auto found = find(key);
    return found ? found->string() : std::string();
}

bool JsonNode::boolean(const char* key) const {
    const auto found = find(key);
    return found && found->boolean();
}

std::int64_t JsonNode::integer(const char* key, std::int64_t least, std::int64_t most, std::int64_t otherwise) const {
    const auto found = find(key);
    return found ? found->integer(least, most) : otherwise;
}

double JsonNode::number(const char* key, double least, double most) const {
    const auto found = find(key);
    return found ? found->number(least, most) : 0;
}

std::optional<double> JsonNode::optional_number(const char* key, double least, double most) const {
    const auto found = find(key);
    return found ? std::optional(found->number(least, most)) : std::nullopt;
}

std::vector<JsonNode> JsonNode::elements(const char* key) const {
    const auto found = find(key);
    return found ? found->elements() : std::vector<JsonNode>();
}

}  // namespace rankscope::session
