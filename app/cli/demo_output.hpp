// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "app/cli/demo_job.hpp"

namespace rankscope::cli {

/// Two tables for people: ranks per layer, then the full model and every plan.
[[nodiscard]] std::string demo_text(const DemoResult& result);

/// The same and more as one object.
[[nodiscard]] nlohmann::ordered_json to_json(const DemoResult& result);

}  // namespace rankscope::cli
