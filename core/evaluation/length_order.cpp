// SPDX-License-Identifier: Apache-2.0
#include "core/evaluation/length_order.hpp"

#include <algorithm>
#include <numeric>

namespace rankscope {

LengthOrder::LengthOrder(std::span<const std::vector<std::int32_t>> rows) : rows_(rows) {
    const auto length = [](const std::vector<std::int32_t>& row) { return row.size(); };
    if (std::ranges::is_sorted(rows, {}, length)) return;
    places_.resize(rows.size());
    std::iota(places_.begin(), places_.end(), std::size_t{0});
    std::ranges::stable_sort(places_, {}, [&](std::size_t i) { return rows[i].size(); });
    sorted_.reserve(rows.size());
    for (const std::size_t i : places_) sorted_.push_back(rows[i]);
    rows_ = sorted_;
}

}  // namespace rankscope
