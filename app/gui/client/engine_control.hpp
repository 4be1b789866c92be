// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/client/benchmark_request.hpp"
#include "app/gui/client/engine_status.hpp"
#include "core/protocol/methods.hpp"
#include "core/pruning/plan.hpp"
#include "core/session/saved_session.hpp"

#include <QObject>
#include <QString>

#include <functional>
#include <vector>

namespace rankscope::gui {

/// What panels and window may ask of the engine. The real one drives `rankscope-cli serve`; tests script
/// another. Results of evaluations, sweeps, scores and so on go into the Document; what else a caller wants
/// comes to its callback. Never blocks.
class EngineControl : public QObject {
    Q_OBJECT

public:
    using QObject::QObject;

    [[nodiscard]] virtual const EngineStatus& status() const = 0;
    /// Running first, then queued, then the ended ones, newest first.
    [[nodiscard]] virtual const std::vector<EngineJob>& jobs() const = 0;

    virtual void start(const EngineAddress& address) = 0;
    /// Again, where it was; opens the model, the text and the capture that were open.
    virtual void restart() = 0;
    virtual void stop() = 0;

    /// The model of the document is loaded when the engine is ready; with a folder: this one is opened
    /// instead and the document takes it over when the engine could read it (modelRefused() otherwise).
    virtual void openModel(const QString& folder) = 0;
    virtual void openText(const QString& path, int window) = 0;

    [[nodiscard]] virtual bool isLive() const = 0;
    /// Live: every change of the plan is evaluated 300 ms after the last one.
    virtual void setLive(bool live) = 0;
    /// The current plan, now.
    virtual void evaluate() = 0;
    virtual void sweep(const QStringList& methods, const std::vector<double>& ratios) = 0;
    virtual void layerSweep() = 0;
    virtual void noise(const std::vector<double>& levels) = 0;
    virtual void requestScores(const QString& method) = 0;
    /// What a job that a person has cancelled says.
    [[nodiscard]] static QString cancelledText() { return tr("Cancelled"); }

    /// finished/failed of these come to `done` (message empty: it worked; cancelledText(): that).
    using Done = std::function<void(const QString& message, const QString& hint)>;
    /// Speed of the full model and of plans; waits for what runs to end, so that nothing is timed beside it.
    /// `result` comes before `done`: plans have their index in the request as name. The number of the job;
    /// −1: `done` has said why there is none.
    using Benchmark = std::function<void(const protocol::BenchJobResult&)>;
    virtual std::int64_t benchmark(const BenchmarkRequest& request, Benchmark result, Done done) = 0;
    /// The channels that the plan's methods choose, asked of the engine where the document does not know
    /// them. `result` comes before `done`.
    using MadePlan = std::function<void(const Plan&)>;
    virtual void makePlan(const PlanChoice& choice, MadePlan result, Done done) = 0;
    virtual void capture(const protocol::CaptureJobRequest& request, Done done) = 0;
    virtual void exportModel(const QString& folder, const QString& layout, bool force, Done done) = 0;
    /// One layer of A replaced by B's at a time.
    using Attribution = std::function<void(const protocol::AttributionResult&)>;
    virtual void attribution(const QString& pointA, const QString& pointB, Attribution partial,
                             Done done) = 0;

    virtual void cancel(std::int64_t job) = 0;
    /// Whatever runs.
    virtual void cancelRunning() = 0;

Q_SIGNALS:
    void statusChanged();
    void jobsChanged();
    void liveChanged(bool live);
    /// A text or plan the engine would not take, or the model of the document: title, why, what to do.
    void refused(const QString& title, const QString& detail, const QString& hint);
    /// A folder that was to be opened; what was open before is as it was.
    void modelRefused(const QString& title, const QString& detail, const QString& hint);
    void modelOpened();
    /// A job has failed since its method looks at activations and the document names no text for that.
    void calibrationNeeded(const QString& job, const QString& why);
    void warning(const QString& message);
};

}  // namespace rankscope::gui
