// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

namespace rankscope::test {

/// A safetensors file taken apart, so that a test can put it together wrongly.
struct WeightsEditor {
    nlohmann::ordered_json header;
    std::string data;

    [[nodiscard]] static WeightsEditor open(const std::string& path);
    void save(const std::string& path) const;
    /// Overwrites the first elements of a tensor.
    void set_bytes(const std::string& tensor, const std::string& bytes);
};

/// Eight bytes of header length, then the rest.
[[nodiscard]] std::string safetensors_bytes(std::uint64_t header_length, const std::string& rest);

}  // namespace rankscope::test
