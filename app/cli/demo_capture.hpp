// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>

#include "app/cli/context.hpp"
#include "core/engine/engine.hpp"
#include "core/spectra/spectrum_summary.hpp"

namespace rankscope::cli {

/// Captures spectra and metrics of all layers and heads after every `every`-th token, and full states after the last of these,
/// and reads the file back. `bytes` gets its size.
[[nodiscard]] SpectrumSummary capture_spectra(const Context& context, const ModelFolder& folder, const TokenWindows& windows, std::int64_t every,
                                              const std::filesystem::path& path, Engine& engine, std::int64_t& bytes);

/// Spectra and metrics of the first windows after every 32nd token, full states after a quarter and at the end of each; as many
/// windows (one at least, eight at most) as `bytes` hold. Returns the size of the file.
std::int64_t capture_within(const Context& context, const ModelFolder& folder, const TokenWindows& windows, std::int64_t bytes,
                            const Provenance& provenance, const std::filesystem::path& path, Engine& engine);

}  // namespace rankscope::cli
