// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/provenance.hpp"
#include "core/model/model.hpp"
#include "core/text/token_windows.hpp"
#include "core/text/window_stream.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace rankscope {

/// What of a job goes into the provenance of its result.
struct JobOrigin {
    std::string command;
    std::uint64_t seed = 0;
    int threads = 0;
};

/// The text of a job.
struct JobText {
    JobText(const TokenWindows& windows);
    JobText(const WindowStream& windows);

    std::string hash;
    std::int64_t tokens = 0, window = 0;  ///< in all windows, in the first
};

/// Model, text (if any), device, versions and command of a result, and what computed the recurrence (Model::used_mixers), or will
/// where nothing has run yet. `model` may be null: then nothing was run.
[[nodiscard]] Provenance make_provenance(const ModelFolder& folder, const Model* model, const std::optional<JobText>& text,
                                         const JobOrigin& origin);

}  // namespace rankscope
