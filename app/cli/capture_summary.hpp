// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/progress.hpp"
#include "core/capture/capture_reader.hpp"
#include "core/spectra/spectrum_summary.hpp"

#include <cstddef>
#include <vector>

namespace rankscope::cli {

/// Reads singular values and metrics of these captured layers (numbers in the capture), all windows that are complete. Without
/// spectra the singular values are empty, and metrics that were not captured are NaN.
[[nodiscard]] SpectrumSummary summarise_capture(const CaptureReader& reader, const std::vector<std::size_t>& layers,
                                                const Progress& progress);

}  // namespace rankscope::cli
