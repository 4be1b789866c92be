// SPDX-License-Identifier: Apache-2.0
#include "core/evaluation/batches.hpp"

namespace rankscope {

std::vector<Batch> make_batches(std::span<const std::vector<std::int32_t>> rows, std::int64_t max_tokens) {
    std::vector<Batch> batches;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const bool fits = !batches.empty() && rows[batches.back().first].size() == rows[i].size()
                          && static_cast<std::int64_t>((batches.back().count + 1) * rows[i].size()) <= max_tokens;
        if (fits) {
            ++batches.back().count;
        } else {
            batches.push_back({i, 1});
        }
    }
    return batches;
}

}  // namespace rankscope
