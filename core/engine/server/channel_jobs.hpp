// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/error.hpp"
#include "core/engine/server/job.hpp"
#include "core/engine/server/workspace.hpp"
#include "core/protocol/plan_methods.hpp"

#include <memory>
#include <string>
#include <vector>

// Jobs about channels, plans and exports.
namespace rankscope::server {

/// A method that looks at activations was given no text. Failure::cause: protocol::kNoCalibration.
class MissingCalibration : public Error {
public:
    explicit MissingCalibration(const std::string& method)
        : Error(ErrorKind::Usage, "method " + method + " needs calibration data", "name a text to calibrate on") {}
};

/// Scores and plans of one model on one calibration text, made from what the model's memory holds and remembered there.
class Channels {
public:
    Channels(std::shared_ptr<OpenModel> model, protocol::CalibrationSource calibration, std::uint64_t seed);

    /// Whether these methods need no run of the model any more. Error{Usage}: an unknown method.
    [[nodiscard]] bool at_hand(const std::vector<std::string>& methods) const;
    /// Makes it so. `workspace` runs the model; null where all is at hand. Error{Usage}: data needed and no text given.
    void collect(const std::vector<std::string>& methods, Workspace* workspace, const Progress& progress);

    // Below, the methods must have been collected.

    [[nodiscard]] std::shared_ptr<const ModelScores> scores(const std::string& method, const Progress& progress);
    [[nodiscard]] PlanResult plan(const protocol::PlanInstruction& instruction, const Progress& progress);
    [[nodiscard]] protocol::ProvenanceData provenance(const std::string& method) const;

private:
    [[nodiscard]] const CalibratedStatistics* data_for(const Method& method) const;
    [[nodiscard]] PlanResult layer_plan(const protocol::LayerInstruction& instruction, ScaleRule scale);

    std::shared_ptr<OpenModel> model_;
    protocol::CalibrationSource calibration_;
    std::uint64_t seed_;
    CalibrationKey key_;
    std::vector<ChannelMemory::Statistics> held_;  // of the methods collected
};

/// All methods that the instructions name.
[[nodiscard]] std::vector<std::string> methods_of(const std::vector<protocol::PlanInstruction>& plans);

[[nodiscard]] protocol::ScoresResult run_scores(Channels channels, Workspace* workspace, const protocol::ScoresRequest& request,
                                                Job& job);
[[nodiscard]] protocol::MakePlansResult run_make_plans(Channels channels, const OpenModel& model, Workspace* workspace,
                                                       const protocol::MakePlansRequest& request, Job& job);
[[nodiscard]] protocol::ExportJobResult run_export(Workspace& workspace, const protocol::ExportRequest& request, Job& job);

}  // namespace rankscope::server
