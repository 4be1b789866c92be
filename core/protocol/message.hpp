// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "core/base/error.hpp"
#include "core/protocol/value.hpp"

namespace rankscope::protocol {

/// Codes of errors that concern the message itself (JSON-RPC 2.0). All others are exit codes: 1 defect, 2 usage, 3 input,
/// 4 unsupported, 5 resource, 130 cancelled.
inline constexpr std::int64_t kParseError = -32700;
inline constexpr std::int64_t kInvalidRequest = -32600;
inline constexpr std::int64_t kUnknownMethod = -32601;
inline constexpr std::int64_t kInvalidParameters = -32602;

/// Failure::cause: the engine found no LibTorch that it can load. What needs no weights works all the same.
inline constexpr const char* kNoLibTorch = "no_libtorch";
/// Failure::cause: a method that looks at activations was given no text to calibrate on.
inline constexpr const char* kNoCalibration = "no_calibration";

struct Failure {
    std::int64_t code = 1;
    std::string message;
    std::string hint;  ///< may be empty
    /// For programs where the code alone is not enough: kNoLibTorch, kNoCalibration; mostly empty. Crosses as error.data.cause.
    std::string cause;
};

/// A JSON-RPC 2.0 message.
struct Message {
    enum class Kind { Request, Notification, Result, Failure };

    Kind kind = Kind::Notification;
    /// Of requests and answers; nothing in an answer to a message whose id could not be read.
    std::optional<std::int64_t> id;
    std::string method;  ///< of requests and notifications
    Value payload;       ///< params or result
    protocol::Failure error;
};

[[nodiscard]] Message request(std::int64_t id, std::string method, Value params);
[[nodiscard]] Message notification(std::string method, Value params);
[[nodiscard]] Message result(std::int64_t id, Value value);
[[nodiscard]] Message failure(std::optional<std::int64_t> id, protocol::Failure error);
/// Failure with the exit code of the error's kind.
[[nodiscard]] Failure failure_of(const Error& error);

/// Framed and ready to send.
[[nodiscard]] Value::Bytes encode(const Message& message);
/// From a body (without its length). Error{Input}: malformed CBOR; Error{Usage}: no message of JSON-RPC 2.0.
[[nodiscard]] Message decode(std::span<const std::uint8_t> body);

}  // namespace rankscope::protocol
