// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

namespace rankscope::protocol {

/// Walks one CBOR value without recursion and without building it; Error{Input} for whatever decode_cbor refuses.
void scan_cbor(std::span<const std::uint8_t> bytes);

}  // namespace rankscope::protocol
