// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

namespace rankscope {

/// Where the shipped data lies: the folder that holds resources/ and packaging/. $RANKSCOPE_DATA, else ../share/rankscope seen
/// from the program; in a build tree that is a link to the source tree.
[[nodiscard]] std::filesystem::path data_folder();

}  // namespace rankscope
