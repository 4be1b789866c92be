// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

namespace rankscope::session {

/// How a session in `folder` names `path`: relative to the folder, with forward slashes, where the two lie in one tree (at most
/// three steps up, and not as far as the root), else absolute. An empty path stays empty. Symbolic links are not followed.
[[nodiscard]] std::string written_path(const std::filesystem::path& path, const std::filesystem::path& folder);

/// The way back: absolute, without dots.
[[nodiscard]] std::filesystem::path path_written(const std::string& text, const std::filesystem::path& folder);

}  // namespace rankscope::session
