// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace rankscope::session {

using OrderedJson = nlohmann::ordered_json;

/// JSON text for people: arrays of numbers and whatever is short stand on one line, the rest is indented by two. The same
/// value always gives the same text; invalid UTF-8 is replaced.
[[nodiscard]] std::string tidy_json(const OrderedJson& value);

}  // namespace rankscope::session
