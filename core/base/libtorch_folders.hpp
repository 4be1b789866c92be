// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace rankscope {

/// MAJOR.MINOR of the LibTorch in a folder (with lib/ and include/, as in the wheel); empty: there is none. Asks its headers, as
/// packaging/libtorch does; nothing is loaded.
[[nodiscard]] std::string libtorch_version(const std::filesystem::path& folder);

/// A folder that may hold LibTorch, and who named it ("$LIBTORCH", "the cache", "python3").
struct LibTorchFolder {
    std::filesystem::path folder;
    std::string named_by;
};

/// The folder in $LIBTORCH, if it is set.
[[nodiscard]] std::vector<LibTorchFolder> given_libtorch();
/// What packaging/libtorch has fetched into the user's cache, newest version first.
[[nodiscard]] std::vector<LibTorchFolder> cached_libtorch();
/// The torch of python3, if there is one. Starts python3, which takes some 20 ms.
[[nodiscard]] std::vector<LibTorchFolder> python_libtorch();

}  // namespace rankscope
