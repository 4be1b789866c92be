// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>

#include "app/cli/context.hpp"
#include "app/cli/demo_models.hpp"
#include "core/session/saved_session.hpp"

namespace rankscope::cli {

/// Where the sessions of the shipped models are; `NAME.rankscope` may be missing.
[[nodiscard]] std::filesystem::path demo_session_path(const DemoModel& model);

struct DemoSessionResult {
    SavedSession session;
    std::filesystem::path path, capture;
    std::int64_t bytes = 0, capture_bytes = 0;
    double seconds = 0;
};

/// Does everything that the window can do on a model and its texts, and writes it as a session: all methods at many widths,
/// each layer alone, a plan with other widths in every layer, scores, query noise, speed per width, and a capture
/// beside the session (same name, .h5). No absolute path is in either file where the model lies in the session's tree.
/// Error{Usage}: `output` does not end in .rankscope, or one of the files exists (unless --force).
[[nodiscard]] DemoSessionResult make_demo_session(const Context& context, const DemoModel& model, const std::filesystem::path& output);

}  // namespace rankscope::cli
