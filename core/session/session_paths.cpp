// SPDX-License-Identifier: Apache-2.0
#include "core/session/session_paths.hpp"

#include <algorithm>
#include <iterator>

namespace rankscope::session {
namespace {

namespace fs = std::filesystem;

constexpr std::ptrdiff_t kMostStepsUp = 3;

// Without the empty last part of "folder/".
fs::path plain(const fs::path& path) {
    const fs::path full = fs::absolute(path).lexically_normal();
    return full.has_filename() || !full.has_relative_path() ? full : full.parent_path();
}

}  // namespace

std::string written_path(const fs::path& path, const fs::path& folder) {
    if (path.empty()) return {};
    const fs::path target = plain(path);
    const fs::path base = plain(folder.empty() ? fs::path(".") : folder);
    const fs::path relative = target.lexically_relative(base);
    const auto up = std::count(relative.begin(), relative.end(), fs::path(".."));
    const auto depth = std::distance(base.begin(), base.end()) - 1;  // without the root
    // Below the root itself everything would be "in one tree".
    const bool together = !relative.empty() && up <= kMostStepsUp && (up == 0 || up < depth);
    return (together ? relative : target).generic_string();
}

fs::path path_written(const std::string& text, const fs::path& folder) {
    if (text.empty()) return {};
    return plain((folder.empty() ? fs::path(".") : folder) / text);
}

}  // namespace rankscope::session
