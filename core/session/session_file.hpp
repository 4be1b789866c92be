// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "core/session/saved_session.hpp"

namespace rankscope {

/// The text of a session file (JSON, format "rankscope-session", version 1). Paths below or beside `folder` are written
/// relative to it. Numbers that are none (NaN, infinity) cannot be written: the measurement that holds one is left out, and so
/// is a reference to a point that is not there.
[[nodiscard]] std::string to_json(const SavedSession& session, const std::filesystem::path& folder);

/// Strict about what it knows (types, ranges, ids twice, plans and choices that do not fit the config: every choice names all
/// layers with a state), silent about keys it does not know. Paths come back absolute; without a current choice everything is
/// kept. The text is untrusted. Error{Input} names the place; Error{Unsupported}: another version.
[[nodiscard]] SavedSession parse_session(const std::string& text, const std::filesystem::path& folder, const std::string& where);

[[nodiscard]] SavedSession read_session(const std::filesystem::path& path);

/// Beside its name, synced, then renamed: a full disk or a crash leaves the old file. Replaces an existing one.
void write_session(const SavedSession& session, const std::filesystem::path& path);

/// Where the window saves on its own: `.NAME.autosave` beside the session.
[[nodiscard]] std::filesystem::path autosave_path(const std::filesystem::path& session);

}  // namespace rankscope
