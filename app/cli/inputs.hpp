// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/cli/context.hpp"
#include "core/engine/engine.hpp"
#include "core/engine/server/provenance.hpp"
#include "core/text/token_windows.hpp"
#include "core/text/window_stream.hpp"

namespace rankscope::cli {

/// `--text FILE` or `--ids FILE.json` with `--window W`, as evaluate, capture, noise and sweep take them.
struct TextOptions {
    std::string text;
    std::string ids;
    std::int64_t window = 512;
};

/// Adds `--text` and `--ids` (exactly one is needed) and `--window`.
void add_text_options(CLI::App& command, TextOptions& options);

/// `--calibrate FILE`, `--calibrate-ids FILE` and `--calibration-tokens N` of plan, scores and sweep.
struct CalibrationOptions {
    std::string text;
    std::string ids;
    std::int64_t tokens = 8192;
};

void add_calibration_options(CLI::App& command, CalibrationOptions& options);

/// Tokenises and cuts; warnings go to the context.
[[nodiscard]] TokenWindows read_windows(const Context& context, const ModelFolder& folder, const TextOptions& options,
                                        std::optional<std::int64_t> max_windows, std::optional<std::int64_t> max_tokens,
                                        bool equal_lengths);
/// The first `max_windows` windows of a text or of ids, for a capture: those of a text are not all in memory.
[[nodiscard]] WindowStream stream_windows(const Context& context, const ModelFolder& folder, const TextOptions& options,
                                          std::int64_t max_windows);
/// Nothing when neither file was given.
[[nodiscard]] std::optional<TokenWindows> read_calibration(const Context& context, const ModelFolder& folder,
                                                           const CalibrationOptions& options);

/// Reads every plan and checks it against the model.
[[nodiscard]] std::vector<PlanFile> read_plans(const Context& context, const ModelFolder& folder,
                                               const std::vector<std::string>& paths);

/// Opens the folder and shows its warnings.
[[nodiscard]] ModelFolder open_folder(const Context& context, const std::string& path);

/// Loads the engine and the model.
[[nodiscard]] std::unique_ptr<Engine> open_engine(const Context& context, const ModelFolder& folder);

/// Model, text, device, versions and command of a result.
[[nodiscard]] Provenance make_provenance(const Context& context, const ModelFolder& folder, const Model& model,
                                         const std::optional<JobText>& text);
[[nodiscard]] nlohmann::ordered_json to_json(const Provenance& provenance);

/// The JSON array of ids rows.
[[nodiscard]] nlohmann::ordered_json optional_json(const std::optional<double>& value);

}  // namespace rankscope::cli
