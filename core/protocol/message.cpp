// SPDX-License-Identifier: Apache-2.0
#include "core/protocol/message.hpp"

#include "core/protocol/cbor.hpp"
#include "core/protocol/frame.hpp"

namespace rankscope::protocol {
namespace {

std::string text_of(const Value& message, std::string_view key) {
    const Value* found = message.find(key);
    const std::string* text = found != nullptr ? found->as<std::string>() : nullptr;
    return text != nullptr ? *text : std::string();
}

std::optional<std::int64_t> id_of(const Value& message) {
    const Value* id = message.find("id");
    if (id == nullptr || id->is_null()) return std::nullopt;
    const auto* number = id->as<std::int64_t>();
    if (number == nullptr) throw_usage("malformed message: id: found " + std::string(id->kind()) + ", expected an integer");
    return *number;
}

protocol::Failure failure_from(const Value& value) {
    const Value* code = value.find("code");
    const auto* number = code != nullptr ? code->as<std::int64_t>() : nullptr;
    if (number == nullptr) throw_usage("malformed message: error.code: found none, expected an integer");
    const Value* data = value.find("data");
    return {*number, text_of(value, "message"), text_of(value, "hint"),
            data != nullptr ? text_of(*data, "cause") : std::string()};
}

}  // namespace

Message request(std::int64_t id, std::string method, Value params) {
    return {Message::Kind::Request, id, std::move(method), std::move(params), {}};
}

Message notification(std::string method, Value params) {
    return {Message::Kind::Notification, std::nullopt, std::move(method), std::move(params), {}};
}

Message result(std::int64_t id, Value value) {
    return {Message::Kind::Result, id, {}, std::move(value), {}};
}

Message failure(std::optional<std::int64_t> id, protocol::Failure error) {
    return {Message::Kind::Failure, id, {}, {}, std::move(error)};
}

Failure failure_of(const Error& error) {
    return {exit_code(error.kind()), error.what(), error.hint(), {}};
}

Value::Bytes encode(const Message& message) {
    Value::Object out{{"jsonrpc", "2.0"}};
    const Value id = message.id ? Value(*message.id) : Value();
    if (message.kind != Message::Kind::Notification) out.emplace_back("id", id);
    switch (message.kind) {
        case Message::Kind::Request:
        case Message::Kind::Notification:
            out.emplace_back("method", message.method);
            out.emplace_back("params", message.payload);
            break;
        case Message::Kind::Result: out.emplace_back("result", message.payload); break;
        case Message::Kind::Failure: {
            Value::Object error{{"code", message.error.code}, {"message", message.error.message}};
            if (!message.error.hint.empty()) error.emplace_back("hint", message.error.hint);
            if (!message.error.cause.empty()) error.emplace_back("data", Value::Object{{"cause", message.error.cause}});
            out.emplace_back("error", std::move(error));
            break;
        }
    }
    return framed(encode_cbor(std::move(out)));
}

Message decode(std::span<const std::uint8_t> body) {
    Value value = decode_cbor(body);
    auto* object = value.as<Value::Object>();
    if (object == nullptr) throw_usage("malformed message: found " + std::string(value.kind()) + ", expected an object");
    if (text_of(value, "jsonrpc") != "2.0") throw_usage("malformed message: jsonrpc: expected \"2.0\"");
    Message out;
    out.id = id_of(value);
    out.method = text_of(value, "method");
    const auto take = [&](std::string_view key) {
        for (auto& [name, item] : *object) {
            if (name == key) out.payload = std::move(item);
        }
    };
    if (!out.method.empty()) {
        out.kind = out.id ? Message::Kind::Request : Message::Kind::Notification;
        take("params");
    } else if (const Value* error = value.find("error"); error != nullptr) {
        out.kind = Message::Kind::Failure;
        out.error = failure_from(*error);
    } else if (value.find("result") != nullptr && out.id) {
        out.kind = Message::Kind::Result;
        take("result");
    } else {
        throw_usage("malformed message: found neither method nor result nor error");
    }
    return out;
}

}  // namespace rankscope::protocol
