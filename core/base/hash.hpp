// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace rankscope {

/// SHA-256 over what is fed in, as 64 lower-case hex digits.
class Sha256 {
public:
    Sha256();
    ~Sha256();
    Sha256(const Sha256&) = delete;
    Sha256& operator=(const Sha256&) = delete;
    void update(std::span<const std::byte> bytes);
    void update(std::string_view text);
    [[nodiscard]] std::string hex();

private:
    struct State;
    std::unique_ptr<State> state_;
};

[[nodiscard]] std::string sha256_hex(std::string_view text);

/// XXH3-128 of the bytes in canonical (big-endian) form, 32 lower-case hex digits.
[[nodiscard]] std::string xxh3_128_hex(std::span<const std::byte> bytes);

}  // namespace rankscope
