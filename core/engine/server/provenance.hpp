// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/provenance.hpp"
#include "core/model/model.hpp"
#include "core/text/token_windows.hpp"

#include <cstdint>
#include <string>

namespace rankscope {

/// What of a job goes into the provenance of its result.
struct JobOrigin {
    std::string command;
    std::uint64_t seed = 0;
    int threads = 0;
};

/// Model, text (may be null), device, versions and command of a result. `model` may be null: then nothing was run.
[[nodiscard]] Provenance make_provenance(const ModelFolder& folder, const Model* model, const TokenWindows* windows,
                                         const JobOrigin& origin);

}  // namespace rankscope
