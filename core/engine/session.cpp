// SPDX-License-Identifier: Apache-2.0
#include "core/engine/session.hpp"

#include <algorithm>

#include "core/base/error.hpp"
#include "core/engine/calibrate.hpp"
#include "core/engine/factory.hpp"
#include "core/engine/forward.hpp"
#include "core/evaluation/run_capture.hpp"
#include "core/model/load_model.hpp"
#include "core/model/runtime_info.hpp"
#include "core/pruning/choose_channels.hpp"
#include "core/pruning/method.hpp"
#include "core/training/train.hpp"

namespace rankscope {

extern "C" Engine* rankscope_create_engine() {
    return new Session();
}

void Session::open(const ModelFolder& folder, const Placement& placement, const Progress& progress) {
    // Opened anew, since the caller's folder may not live as long as the session. It is mapped, so that costs nothing.
    auto opened = std::make_unique<ModelFolder>(ModelFolder::open(folder.path()));
    auto model = load_model(*opened, placement, progress);
    folder_ = std::move(opened);
    model_ = std::move(model);
}

const Model& Session::model() const {
    if (!model_) throw Error(ErrorKind::Internal, "no model is open");
    return *model_;
}

const ModelFolder& Session::folder() const {
    if (!folder_) throw Error(ErrorKind::Internal, "no model is open");
    return *folder_;
}

void Session::forward(const ForwardRequest& request, const Progress& progress) {
    write_forward(model(), request, progress);
}

CaptureResult Session::capture(const CaptureRequest& request, const Progress& progress) {
    return run_capture(model(), request, progress);
}

ChannelStatistics Session::statistics(std::vector<ChannelNeeds> needs, const TokenWindows& calibration, std::uint64_t seed,
                                      const Progress& progress) {
    return calibrate(model(), calibration, std::move(needs), seed, progress);
}

std::optional<ChannelStatistics> Session::statistics_if_needed(const std::vector<ChannelNeeds>& needs,
                                                               const std::optional<TokenWindows>& calibration,
                                                               std::uint64_t seed, const Progress& progress) const {
    const bool data = std::any_of(needs.begin(), needs.end(), [](const ChannelNeeds& need) { return need.data(); });
    if (!data || !calibration) return std::nullopt;
    return calibrate(model(), *calibration, needs, seed, progress);
}

ModelScores Session::scores(const std::string& name, const std::optional<TokenWindows>& calibration, std::uint64_t seed,
                            const Progress& progress) {
    const Method& method = method_named(name);
    const auto& layers = folder().config().layers;
    const auto data = statistics_if_needed(std::vector<ChannelNeeds>(layers.size(), method.needs), calibration, seed, progress);
    ModelScores scores(layers.size());
    for (std::size_t l = 0; l < layers.size(); ++l) {
        progress.check();
        if (!layers[l].prunable()) continue;
        scores[l] = score_channels(folder(), static_cast<std::int64_t>(l), method, data ? &*data : nullptr, seed);
    }
    return scores;
}

std::vector<PlanResult> Session::plans(const std::vector<PlanRequest>& requests, const std::optional<TokenWindows>& calibration,
                                       const Progress& progress) {
    if (requests.empty()) return {};
    const auto needs = needs_of(requests, folder().config().layers.size());
    const auto data = statistics_if_needed(needs, calibration, requests.front().seed, progress);
    Calibration source;
    if (data) source = {&*data, calibration->text_hash, calibration->tokens()};
    std::vector<PlanResult> plans;
    for (const PlanRequest& request : requests) {
        progress.check();
        plans.push_back(make_plan(folder(), request, data ? &source : nullptr));
    }
    return plans;
}

EvaluateResult Session::evaluate(const EvaluateRequest& request, const Progress& progress) {
    return rankscope::evaluate(model(), folder().parameters(), request, progress);
}

std::unique_ptr<LiveEvaluation> Session::live(TokenWindows windows, const LiveOptions& options) {
    return make_live_evaluation(model(), folder().parameters(), std::move(windows), options);
}

NoiseResult Session::noise(const NoiseRequest& request, const Progress& progress) {
    return measure_noise(model(), request, progress);
}

BenchResult Session::bench(const BenchRequest& request, const Progress& progress) {
    return rankscope::bench(model(), request, progress);
}

KernelBenchResult Session::bench_kernels(const KernelBenchRequest& request, const Progress& progress) {
    return rankscope::bench_kernels(request, progress);
}

TrainResult Session::train(const TrainRequest& request, const Progress& progress) {
    return rankscope::train(request, progress);
}

ComputeDevices Session::devices() const {
    return compute_devices();
}

std::vector<std::pair<std::string, std::string>> Session::describe() const {
    return runtime_info();
}

}  // namespace rankscope
