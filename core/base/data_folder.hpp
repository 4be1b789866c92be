// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

namespace rankscope {

/// Where the shipped data lies: the folder that holds resources/ and packaging/. $RANKSCOPE_DATA, share/rankscope beside
/// an installed program, or the source tree of a build.
[[nodiscard]] std::filesystem::path data_folder();

}  // namespace rankscope
