// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/client/engine_jobs.hpp"
#include "app/gui/client/plan_maker.hpp"
#include "app/gui/document/plan_record.hpp"
#include "core/protocol/evaluation_methods.hpp"

#include <QObject>
#include <QTimer>

#include <cstdint>
#include <optional>

namespace rankscope::gui {

class Document;

/// Evaluates the current plan: when asked, and live 300 ms after its last change, during a drag that is held
/// still too. Every result goes to the plan it was asked for, whatever is the current one by then.
class PlanEvaluator : public QObject {
    Q_OBJECT

public:
    PlanEvaluator(Document& document, EngineJobs& jobs, PlanMaker& maker, QObject* parent = nullptr);

    [[nodiscard]] bool isLive() const { return live_; }

    void setLive(bool live);

    /// The engine has model and text.
    [[nodiscard]] bool isReady() const { return ready_; }

    void setReady(bool ready);

    /// Now, measured already or not. Only when ready.
    void evaluate();

    /// The document holds something else now: results under way mean nothing any more.
    void forget();

private:
    void planChanged();
    void evaluateLive();
    [[nodiscard]] bool isKnown(const PlanChoice& choice) const;
    void start(const PlanChoice& choice);
    void run(std::int64_t job, const Plan& plan);
    void takePartial(const protocol::EvaluatePartial& partial, const Plan& plan);
    void takeResult(const protocol::EvaluateJobResult& result, const Plan& plan);
    void takeFailure(const JobFailure& failure);
    void takeFull(const protocol::EvaluationData& data);

    Document& document_;
    EngineJobs& jobs_;
    PlanMaker& maker_;
    QTimer timer_;
    bool live_ = false;
    bool ready_ = false;

    std::int64_t job_ = -1;  // the one under way
    PlanChoice choice_;      // what it evaluates
    QString key_;
    bool again_ = false;  // it was exact before
    std::optional<PlanRecord> before_;
};

}  // namespace rankscope::gui
