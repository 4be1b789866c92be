// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/client/engine_control.hpp"

#include <string>
#include <vector>

namespace rankscope::gui {

/// Writes down what it is asked and does what a test says.
class FakeEngine : public EngineControl {
    Q_OBJECT

public:
    using EngineControl::EngineControl;

    [[nodiscard]] const EngineStatus& status() const override { return status_; }

    [[nodiscard]] const std::vector<EngineJob>& jobs() const override { return jobs_; }

    void setStatus(const EngineStatus& status);
    void setJobs(const std::vector<EngineJob>& jobs);

    void start(const EngineAddress& address) override;
    void restart() override;
    void stop() override;
    void openModel(const QString& folder) override;
    void openText(const QString& path, int window) override;

    [[nodiscard]] bool isLive() const override { return live_; }

    void setLive(bool live) override;
    void evaluate() override;
    void sweep(const QStringList& methods, const std::vector<double>& ratios) override;
    void layerSweep() override;
    std::int64_t benchmark(const BenchmarkRequest& request, Benchmark result, Done done) override;
    void noise(const std::vector<double>& levels) override;
    void requestScores(const QString& method) override;
    void capture(const protocol::CaptureJobRequest& request, Done done) override;
    void makePlan(const PlanChoice& choice, MadePlan result, Done done) override;
    void exportModel(const QString& folder, const QString& layout, bool force, Done done) override;
    void attribution(const QString& pointA, const QString& pointB, Attribution partial, Done done) override;
    void cancel(std::int64_t job) override;
    void cancelRunning() override;

    std::vector<std::string> calls;  ///< "evaluate", "openModel /x", "cancel 3", …
    protocol::CaptureJobRequest lastCapture;
    BenchmarkRequest lastBenchmark;
    Benchmark lastBenchmarkResult;
    std::int64_t benchmarkJob = 7;  ///< what benchmark() answers
    EngineAddress lastAddress;
    Attribution lastAttribution;
    MadePlan lastMadePlan;
    Done lastDone;

private:
    EngineStatus status_;
    std::vector<EngineJob> jobs_;
    bool live_ = false;
};

}  // namespace rankscope::gui
