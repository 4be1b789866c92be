// SPDX-License-Identifier: Apache-2.0
#include "core/protocol/cbor.hpp"

#include <nlohmann/json.hpp>

#include "core/base/error.hpp"
#include "core/base/utf8.hpp"
#include "core/protocol/detail/cbor_scan.hpp"

namespace rankscope::protocol {
namespace {

using Json = nlohmann::ordered_json;

std::string valid_utf8(const std::string& text) {
    if (!find_invalid_utf8(text)) return text;
    std::string out;
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t length = utf8_sequence_length(std::string_view(text).substr(i));
        out += length > 0 ? text.substr(i, length) : std::string("\xEF\xBF\xBD");
        i += length > 0 ? length : 1;
    }
    return out;
}

// Recursion is as deep as the value, which our own code built or scan_cbor has bounded.
Json to_json(const Value& value) {
    if (const auto* v = value.as<bool>()) return *v;
    if (const auto* v = value.as<std::int64_t>()) return *v;
    if (const auto* v = value.as<double>()) return *v;
    if (const auto* v = value.as<std::string>()) return valid_utf8(*v);
    if (const auto* v = value.as<Value::Bytes>()) return Json::binary(*v);
    if (const auto* v = value.as<Value::Array>()) {
        Json out = Json::array();
        for (const Value& item : *v) out.push_back(to_json(item));
        return out;
    }
    if (const auto* v = value.as<Value::Object>()) {
        Json out = Json::object();
        for (const auto& [key, item] : *v) out[valid_utf8(key)] = to_json(item);
        return out;
    }
    return nullptr;
}

Value from_json(Json& json) {
    switch (json.type()) {
        case Json::value_t::boolean: return json.get<bool>();
        case Json::value_t::number_integer:
        case Json::value_t::number_unsigned: return json.get<std::int64_t>();
        case Json::value_t::number_float: return json.get<double>();
        case Json::value_t::string: return std::move(json.get_ref<std::string&>());
        case Json::value_t::binary: return std::move(static_cast<Value::Bytes&>(json.get_binary()));
        case Json::value_t::array: {
            Value::Array out;
            out.reserve(json.size());
            for (Json& item : json) out.push_back(from_json(item));
            return out;
        }
        case Json::value_t::object: {
            Value::Object out;
            out.reserve(json.size());
            for (auto& [key, item] : json.items()) out.emplace_back(key, from_json(item));
            return out;
        }
        default: return {};
    }
}

}  // namespace

Value::Bytes encode_cbor(const Value& value) {
    return Json::to_cbor(to_json(value));
}

Value decode_cbor(std::span<const std::uint8_t> bytes) {
    scan_cbor(bytes);
    try {
        Json json = Json::from_cbor(bytes);
        return from_json(json);
    } catch (const nlohmann::json::exception& e) {
        throw_input("malformed message: " + printable(e.what()));
    }
}

}  // namespace rankscope::protocol
