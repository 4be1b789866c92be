// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/progress.hpp"
#include "core/engine/requests.hpp"
#include "core/evaluation/bench.hpp"
#include "core/evaluation/evaluate.hpp"
#include "core/evaluation/kernel_bench.hpp"
#include "core/evaluation/live_evaluation.hpp"
#include "core/evaluation/noise.hpp"
#include "core/model/model.hpp"
#include "core/model/runtime_info.hpp"
#include "core/pruning/channel_scores.hpp"
#include "core/pruning/channel_statistics.hpp"
#include "core/pruning/make_plan.hpp"
#include "core/training/train_request.hpp"

namespace rankscope {

/// Everything that needs weights in LibTorch, on one open model. Obtained from create_engine (core/engine/factory.hpp);
/// the command line opens librankscope_model.so for it at run time.
class Engine {
public:
    virtual ~Engine() = default;

    /// Loads a model; later calls use it. NaN or infinite weights are warned about, by name.
    virtual void open(const ModelFolder& folder, const Placement& placement, const Progress& progress) = 0;
    [[nodiscard]] virtual const Model& model() const = 0;

    virtual void forward(const ForwardRequest& request, const Progress& progress) = 0;
    virtual CaptureResult capture(const CaptureRequest& request, const Progress& progress) = 0;
    virtual ModelScores scores(const std::string& method, const std::optional<TokenWindows>& calibration, std::uint64_t seed, const Progress& progress) = 0;
    /// What the methods need of a calibration text, for those who make several plans or scores of it. `needs`: one per layer.
    virtual ChannelStatistics statistics(std::vector<ChannelNeeds> needs, const TokenWindows& calibration, std::uint64_t seed, const Progress& progress) = 0;
    /// One plan per request; the calibration data is read once for all of them. Error{Usage} if a method needs data and
    /// there is none.
    virtual std::vector<PlanResult> plans(const std::vector<PlanRequest>& requests, const std::optional<TokenWindows>& calibration, const Progress& progress) = 0;
    virtual EvaluateResult evaluate(const EvaluateRequest& request, const Progress& progress) = 0;
    /// For many plans on one text, one after the other. Must not outlive the model: gone before the next open().
    virtual std::unique_ptr<LiveEvaluation> live(TokenWindows windows, const LiveOptions& options) = 0;
    virtual NoiseResult noise(const NoiseRequest& request, const Progress& progress) = 0;
    virtual BenchResult bench(const BenchRequest& request, const Progress& progress) = 0;
    /// Needs no open model.
    virtual KernelBenchResult bench_kernels(const KernelBenchRequest& request, const Progress& progress) = 0;
    /// Needs no open model.
    virtual TrainResult train(const TrainRequest& request, const Progress& progress) = 0;
    /// What open() can place a model on. Needs no open model.
    [[nodiscard]] virtual ComputeDevices devices() const = 0;
    /// LibTorch's version, BLAS and devices as text lines, for `doctor`.
    [[nodiscard]] virtual std::vector<std::pair<std::string, std::string>> describe() const = 0;
};

}  // namespace rankscope
