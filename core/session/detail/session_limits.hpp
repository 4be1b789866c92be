// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace rankscope::session {

/// Bytes of a session file. A model of 64 layers with 32 heads, seven scores and fifty plans needs about 60 MB.
inline constexpr std::size_t kLongestSession = std::size_t{256} << 20;

}  // namespace rankscope::session
