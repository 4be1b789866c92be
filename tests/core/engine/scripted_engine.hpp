// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/engine/session.hpp"

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace rankscope::test {

/// Something a job waits for until a test opens it or the job is stopped.
class Gate {
public:
    void open() {
        {
            const std::lock_guard lock(mutex_);
            open_ = true;
        }
        changed_.notify_all();
    }

    /// Throws Cancelled where the wait was stopped.
    void pass(const Progress& progress) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, progress.stop, [this] { return open_; });
        lock.unlock();
        progress.check();
    }

    /// Hears no stop.
    void pass_deaf() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return open_; });
    }

private:
    std::mutex mutex_;
    std::condition_variable_any changed_;
    bool open_ = false;
};

/// What a test wants to happen inside the engine: called with the name of the method before the real one.
struct Script {
    std::function<void(const std::string& method, const Progress& progress)> before;
    std::map<std::string, int> calls;

    void enter(const std::string& method, const Progress& progress) {
        ++calls[method];
        if (before) before(method, progress);
    }
};

/// The real evaluation behind a script.
class ScriptedLive final : public LiveEvaluation {
public:
    ScriptedLive(std::unique_ptr<LiveEvaluation> real, Script& script) : real_(std::move(real)), script_(script) {}

    EvaluateResult evaluate(const std::vector<PlanFile>& plans, bool remember, const OnPartial& partial,
                            const Progress& progress) override {
        script_.enter("evaluate", progress);
        return real_->evaluate(plans, remember, partial, progress);
    }

    PlanDifference difference(const Plan& a, const Plan& b, const Progress& progress) override {
        return real_->difference(a, b, progress);
    }

    [[nodiscard]] std::vector<std::int64_t> differing_layers(const Plan& a, const Plan& b) const override {
        return real_->differing_layers(a, b);
    }

    [[nodiscard]] LiveMemory memory() const override { return real_->memory(); }

    [[nodiscard]] const TokenWindows& windows() const override { return real_->windows(); }

private:
    std::unique_ptr<LiveEvaluation> real_;
    Script& script_;
};

/// The real engine behind a script.
class ScriptedEngine final : public Engine {
public:
    explicit ScriptedEngine(Script& script) : script_(script) {}

    void open(const ModelFolder& folder, const Placement& placement, const Progress& progress) override {
        script_.enter("open", progress);
        real_.open(folder, placement, progress);
    }

    [[nodiscard]] const Model& model() const override { return real_.model(); }

    void forward(const ForwardRequest& request, const Progress& progress) override { real_.forward(request, progress); }

    CaptureResult capture(const CaptureRequest& request, const Progress& progress) override {
        script_.enter("capture", progress);
        return real_.capture(request, progress);
    }

    ModelScores scores(const std::string& method, const std::optional<TokenWindows>& calibration, std::uint64_t seed,
                       const Progress& progress) override {
        return real_.scores(method, calibration, seed, progress);
    }

    ChannelStatistics statistics(std::vector<ChannelNeeds> needs, const TokenWindows& calibration, std::uint64_t seed,
                                 const Progress& progress) override {
        script_.enter("statistics", progress);
        return real_.statistics(std::move(needs), calibration, seed, progress);
    }

    std::vector<PlanResult> plans(const std::vector<PlanRequest>& requests, const std::optional<TokenWindows>& calibration,
                                  const Progress& progress) override {
        return real_.plans(requests, calibration, progress);
    }

    EvaluateResult evaluate(const EvaluateRequest& request, const Progress& progress) override {
        return real_.evaluate(request, progress);
    }

    std::unique_ptr<LiveEvaluation> live(TokenWindows windows, const LiveOptions& options) override {
        return std::make_unique<ScriptedLive>(real_.live(std::move(windows), options), script_);
    }

    NoiseResult noise(const NoiseRequest& request, const Progress& progress) override {
        script_.enter("noise", progress);
        return real_.noise(request, progress);
    }

    BenchResult bench(const BenchRequest& request, const Progress& progress) override {
        script_.enter("bench", progress);
        return real_.bench(request, progress);
    }

    KernelBenchResult bench_kernels(const KernelBenchRequest& request, const Progress& progress) override {
        return real_.bench_kernels(request, progress);
    }

    TrainResult train(const TrainRequest& request, const Progress& progress) override { return real_.train(request, progress); }

    [[nodiscard]] ComputeDevices devices() const override { return real_.devices(); }

    [[nodiscard]] std::vector<std::pair<std::string, std::string>> describe() const override { return real_.describe(); }

private:
    Session real_;
    Script& script_;
};

}  // namespace rankscope::test
