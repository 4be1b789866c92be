// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "core/engine/engine.hpp"

namespace rankscope {

/// The engine: one open model at a time; every request is handed to the module that answers it.
class Session final : public Engine {
public:
    void open(const ModelFolder& folder, const Placement& placement, const Progress& progress) override;
    [[nodiscard]] const Model& model() const override;

    void forward(const ForwardRequest& request, const Progress& progress) override;
    CaptureResult capture(const CaptureRequest& request, const Progress& progress) override;
    ModelScores scores(const std::string& method, const std::optional<TokenWindows>& calibration, std::uint64_t seed,
                       const Progress& progress) override;
    ChannelStatistics statistics(std::vector<ChannelNeeds> needs, const TokenWindows& calibration, std::uint64_t seed,
                                 const Progress& progress) override;
    std::vector<PlanResult> plans(const std::vector<PlanRequest>& requests, const std::optional<TokenWindows>& calibration,
                                  const Progress& progress) override;
    EvaluateResult evaluate(const EvaluateRequest& request, const Progress& progress) override;
    std::unique_ptr<LiveEvaluation> live(TokenWindows windows, const LiveOptions& options) override;
    NoiseResult noise(const NoiseRequest& request, const Progress& progress) override;
    BenchResult bench(const BenchRequest& request, const Progress& progress) override;
    KernelBenchResult bench_kernels(const KernelBenchRequest& request, const Progress& progress) override;
    TrainResult train(const TrainRequest& request, const Progress& progress) override;
    [[nodiscard]] ComputeDevices devices() const override;
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> describe() const override;

private:
    [[nodiscard]] const ModelFolder& folder() const;
    /// Statistics of the calibration text for these needs; nothing if they need no data or there is none.
    [[nodiscard]] std::optional<ChannelStatistics> statistics_if_needed(const std::vector<ChannelNeeds>& needs,
                                                                        const std::optional<TokenWindows>& calibration,
                                                                        std::uint64_t seed, const Progress& progress) const;

    std::unique_ptr<ModelFolder> folder_;
    std::unique_ptr<Model> model_;
};

}  // namespace rankscope
