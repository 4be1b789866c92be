// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/capture/capture_layout.hpp"
#include "core/capture/capture_writer.hpp"

#include <filesystem>

namespace rankscope::hdf5 {

/// Checks that the unfinished file `part` belongs to this capture: layout, tokens, and model, text, plan, device and dtype of
/// the provenance. Returns its complete windows. Error{Input} names the first difference.
[[nodiscard]] std::int64_t compare_for_resume(const std::filesystem::path& part, const CaptureLayout& layout, const CaptureTexts& texts);

}  // namespace rankscope::hdf5
