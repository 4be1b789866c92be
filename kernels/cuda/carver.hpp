// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace rankscope::cuda {

/// Pieces of a workspace, each aligned to 256 bytes; without memory it only counts.
class Carver {
public:
    explicit Carver(void* memory) : memory_(static_cast<char*>(memory)) {}

    void* take(std::int64_t bytes) {
        char* at = memory_ != nullptr ? memory_ + used_ : nullptr;
        used_ += static_cast<std::size_t>((bytes + 255) / 256 * 256);
        return at;
    }

    [[nodiscard]] std::size_t used() const { return used_; }

private:
    char* memory_;
    std::size_t used_ = 0;
};

}  // namespace rankscope::cuda
