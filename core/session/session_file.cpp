// SPDX-License-Identifier: Apache-2.0
#include "core/session/session_file.hpp"

#include "core/base/error.hpp"
#include "core/base/file.hpp"
#include "core/session/detail/session_limits.hpp"

namespace rankscope {

namespace fs = std::filesystem;

SavedSession read_session(const fs::path& path) {
    const fs::path full = fs::absolute(path);
    return parse_session(read_text_file(path, session::kLongestSession), full.parent_path(), printable(path.string(), 400));
}

void write_session(const SavedSession& session, const fs::path& path) {
    write_text_file(path, to_json(session, fs::absolute(path).parent_path()));
}

fs::path autosave_path(const fs::path& session) {
    std::string name = ".";
    name += session.filename().string();
    return session.parent_path() / (name += ".autosave");
}

}  // namespace rankscope
