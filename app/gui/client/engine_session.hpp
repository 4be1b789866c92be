// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/client/engine_client.hpp"
#include "app/gui/client/engine_control.hpp"
#include "app/gui/client/engine_jobs.hpp"
#include "app/gui/client/measurements.hpp"
#include "app/gui/client/plan_evaluator.hpp"
#include "app/gui/client/plan_maker.hpp"
#include "app/gui/client/score_keeper.hpp"

#include <QElapsedTimer>
#include <QTimer>

#include <optional>

namespace rankscope::gui {

class Document;

/// The engine behind a document. Whatever happens to the engine, the document keeps what it knows; a new
/// engine gets its model and text again.
class EngineSession : public EngineControl {
    Q_OBJECT

public:
    explicit EngineSession(Document& document, QObject* parent = nullptr);
    ~EngineSession() override;

    [[nodiscard]] const EngineStatus& status() const override { return status_; }

    [[nodiscard]] const std::vector<EngineJob>& jobs() const override { return jobs_.list(); }

    void start(const EngineAddress& address) override;
    void restart() override;
    void stop() override;
    void openModel(const QString& folder) override;
    void openText(const QString& path, int window) override;

    [[nodiscard]] bool isLive() const override { return evaluator_.isLive(); }

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

    /// An engine that stops by itself is started again after so long; below 0: never. Not if it stopped twice
    /// in a minute.
    void setRestartDelay(int ms) { restartDelayMs_ = ms; }

    /// How long to wait for a new engine to say something.
    void setPatience(int ms) { client_.setPatience(ms); }

private:
    enum class Loaded { No, Loading, Yes };

    void setStatus(EngineStatus status);
    void engineReady();
    void askDevices();
    void engineEnded(const EngineEnd& end);
    void showWhere(const protocol::ProvenanceData& provenance);
    void modelChanged();
    void setModel(Loaded loaded);
    void setText(Loaded loaded);
    /// Says so in the status when LibTorch is what a model was refused for want of.
    void noticeWhatIsMissing(const JobFailure& failure);
    void loadModel();
    void modelLoaded(const protocol::ModelResult& result);
    void loadText();
    void textLoaded(const SessionText& text, bool asked);
    void openFolder(const QString& folder);
    void folderOpened(const protocol::ModelResult& result, const QString& folder, std::int64_t job);
    void sendText(const QString& path, int window, bool asked);
    /// False, after having said so, where the engine cannot do a thing. `text`: it needs the text too.
    bool can(const QString& what, bool text, const Done& done = {});
    [[nodiscard]] PlanChoice choiceOf(const QString& point) const;

    Document& document_;
    EngineClient client_;
    EngineJobs jobs_;
    PlanMaker maker_;
    PlanEvaluator evaluator_;
    ScoreKeeper scores_;
    Measurements measurements_;

    EngineAddress address_;
    EngineStatus status_;
    Loaded model_ = Loaded::No;
    Loaded text_ = Loaded::No;
    std::string loadedHash_;  // of the engine's model
    bool evaluateWhenReady_ = false;
    QString folderWhenReady_;
    std::optional<std::pair<QString, int>> textWhenReady_;
    bool takingOver_ = false;  // the document changes because of us
    QTimer restarts_;
    int restartDelayMs_ = 2000;
    QElapsedTimer lastStop_;
};

}  // namespace rankscope::gui
