// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace rankscope {

/// LibTorch's version, the library behind its matrix products, its threads and the CUDA devices it can use, as pairs of
/// key and text for `doctor`.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> runtime_info();

}  // namespace rankscope
