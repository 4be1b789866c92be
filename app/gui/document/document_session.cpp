// SPDX-License-Identifier: GPL-3.0-or-later
// A session into the document and back.
#include "app/gui/document/document.hpp"
#include "app/gui/document/state_command.hpp"

#include <QDateTime>

namespace rankscope::gui {
namespace {

// Steps beyond this are not worth their room in the file.
constexpr int kHistorySteps = 200;

qint64 timeOf(const std::string& text) {
    const QDateTime time = QDateTime::fromString(QString::fromStdString(text), Qt::ISODate);
    return time.isValid() ? time.toMSecsSinceEpoch() : QDateTime::currentMSecsSinceEpoch();
}

std::string timeText(qint64 time) {
    return QDateTime::fromMSecsSinceEpoch(time, Qt::UTC).toString(Qt::ISODate).toStdString();
}

}  // namespace

void Document::openSession(const SavedSession& session, const QString& path, bool withhold) {
    ModelConfig config = session_config(session);
    reset(session.model, std::move(config));
    path_ = path;
    withheld_ = withhold;
    captures_ = session.captures;
    text_ = session.text;
    calibration_ = session.calibration;
    calibrationTokens_ = session.calibration_tokens;
    seed_ = session.seed;
    device_ = session.device;
    dtype_ = session.compute_dtype;
    provenance_ = session.provenance;
    story_ = session.story;
    view = session.view;
    full_ = session.full;
    fullSpeed_ = session.full_speed;
    layerSweep_ = session.layer_sweep;
    noise_ = session.noise;
    for (const SessionScores& scores : session.scores)
        orders_.setScores(scores);

    for (const SessionPoint& point : session.points) {
        state_.points.push_back({QString::fromStdString(point.id), point.choice, point.uniform,
                                 QString::fromStdString(point.recovered_from)});
        PlanRecord& record = records_[planKey(point.choice)];
        record.plan = point.plan;
        record.quality = point.quality;
        record.speed = point.speed;
        record.failure = QString::fromStdString(point.failure);
        if (!record.failure.isEmpty()) {
            record.state = PlanState::Failed;
        } else if (point.quality) {
            record.state = point.quality->windows >= point.quality->windows_total ? PlanState::Exact
                                                                                  : PlanState::Measuring;
        }
        for (const LayerChoice& choice : point.choice.layers) {
            const PlanLayer* layer = point.plan.layer(choice.index);
            // What a hand has changed is not what the method says.
            if (layer != nullptr && choice.by_hand.empty() && layer->method == choice.method)
                orders_.setExact(*layer);
        }
        learnCalibration(point.plan);
    }
    state_.pinA = QString::fromStdString(session.pin_a);
    state_.pinB = QString::fromStdString(session.pin_b);
    state_.baseline = QString::fromStdString(session.baseline);
    state_.notes = QString::fromStdString(session.notes);

    // The steps of the session become steps that can be undone: all of them changed the plan.
    state_.plan = session.history.empty() ? session.current : session.history.front().choice;
    if (!session.history.empty()) {
        startLabel_ = QString::fromStdString(session.history.front().label);
        // A session without steps was opened now, whenever it was made.
        if (session.history.size() > 1) stepTimes_ = {timeOf(session.history.front().time)};
        for (std::size_t i = 1; i < session.history.size(); ++i) {
            setPlan(QString::fromStdString(session.history[i].label), session.history[i].choice);
            stepTimes_.resize(static_cast<std::size_t>(undo_.index()) + 1);
            stepTimes_.back() = timeOf(session.history[i].time);
        }
    } else {
        startLabel_ = tr("Open session");
    }
    if (!(state_.plan == session.current)) setPlan(tr("Plan as it was saved"), session.current);
    undo_.setClean();
    resultsUnsaved_ = false;
    Q_EMIT modelChanged();
}

SavedSession Document::toSession() const {
    SavedSession session;
    session.model = model_;
    session.captures = captures_;
    session.text = text_;
    session.calibration = calibration_;
    session.calibration_tokens = calibrationTokens_;
    session.seed = seed_;
    session.device = device_;
    session.compute_dtype = dtype_;
    session.provenance = provenance_;
    session.story = story_;
    session.view = view;
    session.full = full_;
    session.full_speed = fullSpeed_;
    session.layer_sweep = layerSweep_;
    session.noise = noise_;
    session.scores = orders_.scores();
    session.current = state_.plan;
    session.pin_a = state_.pinA.toStdString();
    session.pin_b = state_.pinB.toStdString();
    session.baseline = state_.baseline.toStdString();
    session.notes = state_.notes.toStdString();
    for (const SavedPlan& saved : state_.points) {
        SessionPoint point;
        point.id = saved.id.toStdString();
        point.choice = saved.choice;
        point.uniform = saved.uniform;
        point.recovered_from = saved.recoveredFrom.toStdString();
        point.state_bytes = stateBytes(saved.choice);
        point.parameters = parameters(saved.choice);
        const PlanRecord* known = record(saved.choice);
        std::optional<Plan> plan = known != nullptr && known->plan ? known->plan : toPlan(saved.choice);
        if (plan) point.plan = std::move(*plan);
        if (known != nullptr) {
            point.quality = known->quality;
            point.speed = known->speed;
            if (known->state == PlanState::Failed) point.failure = known->failure.toStdString();
        }
        session.points.push_back(std::move(point));
    }

    const int last = undo_.index();
    const int first = std::max(0, last - kHistorySteps);
    PlanChoice before = state_.plan;
    for (int i = last; i > first; --i) {
        const auto* step = static_cast<const StateCommand*>(undo_.command(i - 1));
        session.history.insert(session.history.begin(),
                               {step->text().toStdString(), timeText(stepTime(i)), step->after().plan});
        before = step->before().plan;
    }
    session.history.insert(session.history.begin(),
                           {startLabel_.toStdString(), timeText(stepTime(first)), before});
    return session;
}

}  // namespace rankscope::gui
