// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "app/cli/context.hpp"
#include "app/cli/demo_models.hpp"
#include "core/engine/engine.hpp"
#include "core/pruning/export.hpp"
#include "core/spectra/spectrum_summary.hpp"

namespace rankscope::cli {

/// Tokens per second of one width; the method does not matter.
struct WidthSpeed {
    double ratio = 0;  ///< share removed; 0 = the full model
    double prefill = 0, decode = 0;
};

struct DemoPlan {
    std::string method;
    double ratio = 0;
    PlanResult made;
};

/// What the main job finds out about one model, from states to the exported folder.
struct DemoResult {
    DemoModel model;
    ModelConfig config;
    std::int64_t parameters = 0;
    SpectrumSummary spectra;            ///< of the states of the evaluation text
    std::vector<DemoPlan> plans;        ///< same order as evaluation.plans
    EvaluateResult evaluation;
    std::vector<WidthSpeed> speeds;     ///< the full model first
    std::size_t exported_plan = 0;      ///< index into plans
    ExportResult exported;
    double exported_nll = 0;            ///< of the exported folder, read back and run on the same windows
    Provenance provenance;
    std::string capture_path;           ///< empty when nothing was asked to be kept
    std::int64_t capture_bytes = 0;
    double seconds = 0;

    [[nodiscard]] const WidthSpeed& speed(double ratio) const;
};

/// Capture, ranks, 21 plans on one calibration run, perplexity of all of them, speed per width, export of one plan and its
/// reading back. `output`: folder for what is made on the way (capture.h5, plans/, exported/); empty = a temporary one that
/// is removed again.
[[nodiscard]] DemoResult run_demo(const Context& context, const DemoModel& model, const std::filesystem::path& output);

}  // namespace rankscope::cli
