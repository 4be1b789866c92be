// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "core/evaluation/kernel_bench.hpp"

namespace rankscope::cli {

/// The peaks and a line for every row, as a terminal shows them.
[[nodiscard]] std::string kernel_table(const KernelBenchResult& result);

[[nodiscard]] nlohmann::ordered_json to_json(const KernelBenchResult& result);

}  // namespace rankscope::cli
