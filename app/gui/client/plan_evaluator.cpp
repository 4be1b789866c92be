// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/client/plan_evaluator.hpp"

#include "app/gui/client/results.hpp"
#include "app/gui/document/document.hpp"
#include "core/base/error.hpp"

namespace rankscope::gui {
namespace {

constexpr int kStillMs = 300;

QString nameOf(const PlanChoice& choice, const Document& document) {
    for (const SavedPlan& point : document.state().points) {
        if (samePlan(point.choice, choice)) return QString::fromStdString(point.choice.name);
    }
    return defaultPlanName(choice);
}

bool isWhole(const std::optional<MeasuredQuality>& quality) {
    return quality && quality->windows > 0 && quality->windows >= quality->windows_total;
}

}  // namespace

PlanEvaluator::PlanEvaluator(Document& document, EngineJobs& jobs, PlanMaker& maker, QObject* parent)
    : QObject(parent), document_(document), jobs_(jobs), maker_(maker) {
    timer_.setSingleShot(true);
    timer_.setInterval(kStillMs);
    connect(&timer_, &QTimer::timeout, this, &PlanEvaluator::evaluateLive);
    connect(&document_, &Document::planChanged, this, &PlanEvaluator::planChanged);
    connect(&document_, &Document::calibrationChanged, this, [this] {
        // It measures channels that are no longer the plan's.
        if (job_ >= 0) jobs_.supersede(job_);
        if (live_) timer_.start();
    });
}

void PlanEvaluator::setLive(bool live) {
    live_ = live;
    if (live_) {
        evaluateLive();
    } else {
        timer_.stop();
    }
}

void PlanEvaluator::setReady(bool ready) {
    if (ready_ == ready) return;
    ready_ = ready;
    if (live_) timer_.start();
}

void PlanEvaluator::planChanged() {
    if (!live_) return;
    // The engine is free by the time the next one comes.
    if (job_ >= 0 && planKey(document_.plan()) != key_) jobs_.supersede(job_);
    timer_.start();
}

void PlanEvaluator::evaluateLive() {
    if (!live_ || !ready_ || !document_.hasModel()) return;
    const PlanChoice choice = document_.plan();
    if (!isKnown(choice)) start(choice);
}

void PlanEvaluator::evaluate() {
    timer_.stop();
    if (ready_) start(document_.plan());
}

bool PlanEvaluator::isKnown(const PlanChoice& choice) const {
    if (planMethod(choice) == Method::FullModel) return isWhole(document_.fullQuality());
    const PlanRecord* record = document_.record(choice);
    return record != nullptr && record->state == PlanState::Exact;
}

void PlanEvaluator::forget() {
    job_ = -1;
    timer_.stop();
}

void PlanEvaluator::start(const PlanChoice& choice) {
    const QString key = planKey(choice);
    if (job_ >= 0 && key == key_) return;
    if (job_ >= 0) jobs_.supersede(job_);
    choice_ = choice;
    key_ = key;
    const PlanRecord* record = document_.record(choice);
    before_ = record != nullptr ? std::optional(*record) : std::nullopt;
    again_ = isKnown(choice);
    const auto number = std::make_shared<std::int64_t>(-1);
    const std::int64_t job = jobs_.begin(tr("Evaluate %1").arg(nameOf(choice, document_)),
                                         [this, number](const JobFailure& failure) {
                                             if (*number == job_) takeFailure(failure);
                                         });
    *number = job_ = job;
    if (!again_) {
        document_.updateRecord(choice, [](PlanRecord& known) {
            if (!known.quality) known.state = PlanState::Queued;
            known.failure.clear();
        });
    }
    maker_.make({choice}, job, [this, job](const std::vector<Plan>& plans) { run(job, plans.front()); });
}

void PlanEvaluator::run(std::int64_t job, const Plan& plan) {
    if (job != job_) return;
    protocol::EvaluateJobRequest request;
    if (!plan.layers.empty()) request.plans.push_back({key_.toStdString(), to_json(plan)});
    EngineJobs::Handlers handlers;
    handlers.partial = [this, job, plan](const protocol::Value& value) {
        if (job == job_) takePartial(protocol::parse<protocol::EvaluatePartial>(value, "evaluate"), plan);
    };
    handlers.finished = [this, job, plan](const protocol::Value& value) {
        if (job == job_) takeResult(protocol::parse<protocol::EvaluateJobResult>(value, "evaluate"), plan);
    };
    jobs_.run(job, "evaluate", protocol::to_value(request), std::move(handlers));
}

void PlanEvaluator::takePartial(const protocol::EvaluatePartial& partial, const Plan& plan) {
    takeFull(partial.plan < 0 ? partial.value : partial.baseline);
    // What was measured to the end stays until there is something as good.
    if (again_ || partial.plan > 0 || (partial.plan < 0 && !plan.layers.empty())) return;
    document_.updateRecord(choice_, [&](PlanRecord& record) {
        record.state = PlanState::Measuring;
        record.quality = results::quality(partial.value);
        record.plan = plan;
    });
}

void PlanEvaluator::takeResult(const protocol::EvaluateJobResult& result, const Plan& plan) {
    const bool full = plan.layers.empty();
    if (!full && result.plans.size() != 1)
        throw_input("evaluate: found " + std::to_string(result.plans.size()) + " plans, expected 1");
    const MeasuredQuality quality = results::quality(full ? result.baseline : result.plans.front());
    job_ = -1;
    document_.setFullQuality(results::quality(result.baseline));
    document_.updateRecord(choice_, [&](PlanRecord& record) {
        record.state = PlanState::Exact;
        record.quality = quality;
        record.plan = plan;
        record.failure.clear();
    });
}

void PlanEvaluator::takeFailure(const JobFailure& failure) {
    job_ = -1;
    if (again_) return;
    document_.updateRecord(choice_, [&](PlanRecord& record) {
        switch (failure.reason) {
            case JobFailure::Reason::Error:
                record.state = PlanState::Failed;
                record.failure = failure.message;
                if (!failure.hint.isEmpty()) record.failure += QLatin1Char('\n') + failure.hint;
                break;
            case JobFailure::Reason::Superseded:
                // As if it had never begun: nobody waits for the rest of it.
                record.state = before_ ? before_->state : PlanState::Estimate;
                record.quality = before_ ? before_->quality : std::nullopt;
                record.failure = before_ ? before_->failure : QString();
                break;
            case JobFailure::Reason::Cancelled:
            case JobFailure::Reason::EngineEnded:
                if (record.state == PlanState::Queued) record.state = PlanState::Estimate;
                break;
        }
    });
}

void PlanEvaluator::takeFull(const protocol::EvaluationData& data) {
    const MeasuredQuality quality = results::quality(data);
    if (quality.windows > 0 && (isWhole(quality) || !isWhole(document_.fullQuality())))
        document_.setFullQuality(quality);
}

}  // namespace rankscope::gui
