// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace rankscope {

/// Where a result came from: enough to make it again.
struct Provenance {
    std::string model_path, model_hash, model_family, text_hash, tokenizer, device, dtype, implementation, version, command;
    std::int64_t tokens = 0;
    std::uint64_t seed = 0;
    int threads = 0;
};

}  // namespace rankscope
