// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "core/protocol/value.hpp"

namespace rankscope::protocol {

/// Deepest nesting and most items (values and keys) one message may have: what is decoded takes memory per item, and
/// decoders recurse.
inline constexpr std::size_t kMaxDepth = 64;
inline constexpr std::size_t kMaxItems = std::size_t{1} << 22;

/// CBOR (RFC 8949) with definite lengths. Text must be UTF-8: what is none is replaced by U+FFFD.
[[nodiscard]] Value::Bytes encode_cbor(const Value& value);

/// The way back. The bytes are untrusted: they are walked once without recursion before anything is built, so memory
/// stays within a small multiple of the input and nothing overflows the stack. Error{Input}: truncated, trailing bytes,
/// indefinite lengths, tags, keys that are no text, invalid UTF-8, integers beyond int64, too deep or too many items.
[[nodiscard]] Value decode_cbor(std::span<const std::uint8_t> bytes);

}  // namespace rankscope::protocol
