// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/app/gui/support/fake_engine.hpp"

#include <fmt/format.h>

namespace rankscope::gui {

void FakeEngine::setStatus(const EngineStatus& status) {
    status_ = status;
    Q_EMIT statusChanged();
}

void FakeEngine::setJobs(const std::vector<EngineJob>& jobs) {
    jobs_ = jobs;
    Q_EMIT jobsChanged();
}

void FakeEngine::start(const EngineAddress& address) {
    calls.push_back("start " + address.host.toStdString());
    lastAddress = address;
}

void FakeEngine::restart() {
    calls.emplace_back("restart");
}

void FakeEngine::stop() {
    calls.emplace_back("stop");
}

void FakeEngine::openModel(const QString& folder) {
    calls.push_back("openModel " + folder.toStdString());
}

void FakeEngine::openText(const QString& path, int window) {
    calls.push_back(fmt::format("openText {} {}", path.toStdString(), window));
}

void FakeEngine::setLive(bool live) {
    if (live == live_) return;
    live_ = live;
    Q_EMIT liveChanged(live);
}

void FakeEngine::evaluate() {
    calls.emplace_back("evaluate");
}

void FakeEngine::sweep(const QStringList& methods, const std::vector<double>& ratios) {
    calls.push_back(fmt::format("sweep {} {}", methods.join(QLatin1Char(',')).toStdString(), ratios.size()));
}

void FakeEngine::layerSweep() {
    calls.emplace_back("layerSweep");
}

std::int64_t FakeEngine::benchmark(const BenchmarkRequest& request, Benchmark result, Done done) {
    calls.push_back(fmt::format("benchmark {} {} {}", request.plans.size(), request.lengths.size(), request.batch));
    lastBenchmark = request;
    lastBenchmarkResult = std::move(result);
    lastDone = std::move(done);
    return benchmarkJob;
}

void FakeEngine::noise(const std::vector<double>& levels) {
    calls.push_back(fmt::format("noise {}", levels.size()));
}

void FakeEngine::requestScores(const QString& method) {
    calls.push_back("requestScores " + method.toStdString());
}

void FakeEngine::capture(const protocol::CaptureJobRequest& request, Done done) {
    calls.push_back("capture " + request.output);
    lastCapture = request;
    lastDone = std::move(done);
}

void FakeEngine::makePlan(const PlanChoice& choice, MadePlan result, Done done) {
    calls.push_back("makePlan " + choice.name);
    lastMadePlan = std::move(result);
    lastDone = std::move(done);
}

void FakeEngine::exportModel(const QString& folder, const QString& layout, bool force, Done done) {
    calls.push_back(fmt::format("exportModel {} {} {}", folder.toStdString(), layout.toStdString(), force));
    lastDone = std::move(done);
}

void FakeEngine::attribution(const QString& pointA, const QString& pointB, Attribution partial, Done done) {
    calls.push_back(fmt::format("attribution {} {}", pointA.toStdString(), pointB.toStdString()));
    lastAttribution = std::move(partial);
    lastDone = std::move(done);
}

void FakeEngine::cancel(std::int64_t job) {
    calls.push_back(fmt::format("cancel {}", job));
}

void FakeEngine::cancelRunning() {
    calls.emplace_back("cancelRunning");
}

}  // namespace rankscope::gui
