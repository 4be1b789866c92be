// SPDX-License-Identifier: Apache-2.0
#include "core/evaluation/batches.hpp"

#include <algorithm>
#include <new>

#include <fmt/format.h>

#include "core/base/error.hpp"

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

bool fits_in_memory(const std::function<void()>& body) {
    try {
        body();
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::Resource) throw;
        return false;
    } catch (const std::bad_alloc&) {
        return false;
    }
    return true;
}

void for_each_batch(std::span<const Batch> batches, const Progress& progress, const std::function<void(const Batch&)>& body) {
    std::size_t most = 0;  // windows at once
    for (const Batch& batch : batches) most = std::max(most, batch.count);
    for (const Batch& batch : batches) {
        for (std::size_t done = 0; done < batch.count;) {
            const Batch part{batch.first + done, std::min(most, batch.count - done)};
            // Nothing smaller than one window is left to try.
            if (part.count == 1) body(part);
            if (part.count == 1 || fits_in_memory([&] { body(part); })) {
                done += part.count;
                continue;
            }
            most = (part.count + 1) / 2;
            progress.warning(fmt::format("memory ran out with {} windows at once: going on with {}", part.count, most));
        }
    }
}

}  // namespace rankscope
