// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/client/engine_jobs.hpp"

#include "core/base/error.hpp"

#include <algorithm>
#include <utility>

namespace rankscope::gui {
namespace {

constexpr std::size_t kKeptEnded = 60;
// A long drag leaves many of them, and nobody asks for them.
constexpr int kKeptSuperseded = 3;

EngineJob::State stateOf(JobFailure::Reason reason) {
    switch (reason) {
        case JobFailure::Reason::Cancelled:
            return EngineJob::State::Cancelled;
        case JobFailure::Reason::Superseded:
            return EngineJob::State::Superseded;
        case JobFailure::Reason::Error:
        case JobFailure::Reason::EngineEnded:
            break;
    }
    return EngineJob::State::Failed;
}

}  // namespace

EngineJobs::EngineJobs(EngineClient& client, QObject* parent) : QObject(parent), client_(client) {
    connect(&client_, &EngineClient::progress, this, &EngineJobs::progress);
    connect(&client_, &EngineClient::partial, this, &EngineJobs::partial);
    connect(&client_, &EngineClient::finished, this, &EngineJobs::finished);
    connect(&client_, &EngineClient::failed, this, &EngineJobs::failed);
}

EngineJobs::Entry* EngineJobs::entry(std::int64_t job) {
    const auto found = std::ranges::find_if(active_, [&](const Entry& each) { return each.shown.id == job; });
    return found == active_.end() ? nullptr : &*found;
}

EngineJobs::Entry* EngineJobs::entryOfEngine(std::int64_t engineJob) {
    const auto found = std::ranges::find(active_, engineJob, &Entry::engineJob);
    return engineJob < 0 || found == active_.end() ? nullptr : &*found;
}

bool EngineJobs::isActive(std::int64_t job) const {
    return std::ranges::any_of(active_, [&](const Entry& each) { return each.shown.id == job; });
}

std::int64_t EngineJobs::begin(const QString& title, Failed failed) {
    Entry& entry = active_.emplace_back();
    entry.shown.id = next_++;
    entry.shown.title = title;
    entry.failed = std::move(failed);
    const std::int64_t id = entry.shown.id;
    arrange();
    return id;
}

void EngineJobs::run(std::int64_t job, const std::string& method, protocol::Value parameters,
                     Handlers handlers) {
    Entry* entry = this->entry(job);
    if (entry == nullptr) return;
    entry->handlers = std::move(handlers);
    entry->engineJob = -1;
    entry->asked = true;
    entry->shown.done = entry->shown.total = 0;
    entry->shown.etaSeconds = -1;
    const std::int64_t step = ++entry->step;
    client_.call(
        method, std::move(parameters),
        [this, job, step, method](const protocol::Value& answer) {
            started(job, step, protocol::parse<protocol::JobStarted>(answer, method).job);
        },
        [this, job, step](const protocol::Failure& failure) {
            Entry* entry = this->entry(job);
            if (entry == nullptr || entry->step != step) return;
            fail(job, {JobFailure::Reason::Error, QString::fromStdString(failure.message),
                       QString::fromStdString(failure.hint), QString::fromStdString(failure.cause)});
        });
}

void EngineJobs::started(std::int64_t job, std::int64_t step, std::int64_t engineJob) {
    Entry* entry = this->entry(job);
    // Superseded before it had a number.
    if (entry == nullptr || entry->step != step) {
        tellEngine(engineJob);
        return;
    }
    entry->engineJob = engineJob;
    if (entry->cancelled) tellEngine(engineJob);
    // A later step stands where it now is in the engine's queue.
    const auto place = std::ranges::find_if(active_, [&](const Entry& each) { return &each == entry; });
    active_.splice(active_.end(), active_, place);
    arrange();
}

void EngineJobs::tellEngine(std::int64_t engineJob) {
    client_.call("cancel", protocol::to_value(protocol::CancelRequest{engineJob}),
                 [](const protocol::Value&) {}, {});
}

void EngineJobs::progress(const protocol::ProgressNote& note) {
    Entry* entry = entryOfEngine(note.job);
    if (entry == nullptr) return;
    entry->heard = true;
    entry->shown.done = note.done;
    entry->shown.total = note.total;
    entry->shown.etaSeconds = note.eta_seconds;
    entry->shown.unit = QString::fromStdString(printable(note.unit, 40));
    arrange();
}

void EngineJobs::partial(std::int64_t engineJob, const protocol::Value& parameters) {
    Entry* entry = entryOfEngine(engineJob);
    if (entry == nullptr || entry->cancelled) return;
    if (!std::exchange(entry->heard, true)) arrange();
    if (!entry->handlers.partial) return;
    // A copy: the handler may end the job.
    const auto handler = entry->handlers.partial;
    guarded([&] { handler(parameters); });
}

void EngineJobs::finished(const protocol::FinishedNote& note) {
    Entry* entry = entryOfEngine(note.job);
    if (entry == nullptr) return;
    const std::int64_t job = entry->shown.id;
    const std::int64_t step = entry->step;
    entry->engineJob = -1;
    entry->asked = false;
    const auto handler = entry->handlers.finished;
    guarded([&] {
        if (handler) handler(note.result);
    });
    entry = this->entry(job);
    // Unless the handler has started the next step or ended the job.
    if (entry != nullptr && entry->step == step && !entry->asked) finish(job);
}

void EngineJobs::failed(const protocol::FailedNote& note) {
    Entry* entry = entryOfEngine(note.job);
    if (entry == nullptr) return;
    JobFailure failure;
    if (note.reason == "cancelled") failure.reason = JobFailure::Reason::Cancelled;
    if (note.reason == "superseded") failure.reason = JobFailure::Reason::Superseded;
    failure.message = QString::fromStdString(note.message);
    failure.hint = QString::fromStdString(note.hint);
    failure.cause = QString::fromStdString(note.cause);
    entry->engineJob = -1;
    fail(entry->shown.id, failure);
}

void EngineJobs::guarded(const std::function<void()>& call) {
    try {
        call();
    } catch (const std::exception& error) {
        client_.breakOff(tr("The engine sent something that makes no sense"),
                         QString::fromStdString(error.what()));
    }
}

void EngineJobs::finish(std::int64_t job) {
    if (Entry* entry = this->entry(job)) settle(*entry, EngineJob::State::Finished, {});
}

void EngineJobs::fail(std::int64_t job, const JobFailure& failure) {
    if (Entry* entry = this->entry(job)) settle(*entry, stateOf(failure.reason), failure);
}

void EngineJobs::cancel(std::int64_t job) {
    Entry* entry = this->entry(job);
    if (entry == nullptr || entry->cancelled) return;
    entry->cancelled = true;
    if (entry->engineJob >= 0) {
        tellEngine(entry->engineJob);
    } else if (!entry->asked) {
        fail(job, {JobFailure::Reason::Cancelled, {}, {}, {}});
    }
}

void EngineJobs::supersede(std::int64_t job) {
    Entry* entry = this->entry(job);
    if (entry == nullptr) return;
    if (entry->engineJob >= 0) tellEngine(entry->engineJob);
    fail(job, {JobFailure::Reason::Superseded, {}, {}, {}});
}

void EngineJobs::cancelRunning() {
    if (!list_.empty() && list_.front().state == EngineJob::State::Running) cancel(list_.front().id);
}

void EngineJobs::failAll(const JobFailure& failure, std::int64_t except) {
    std::vector<std::int64_t> jobs;
    for (const Entry& each : active_)
        jobs.push_back(each.shown.id);
    for (const std::int64_t job : jobs) {
        const Entry* entry = job == except ? nullptr : this->entry(job);
        if (entry == nullptr) continue;
        if (entry->engineJob >= 0) tellEngine(entry->engineJob);
        fail(job, failure);
    }
}

void EngineJobs::settle(Entry& entry, EngineJob::State state, const JobFailure& failure) {
    EngineJob shown = entry.shown;
    shown.state = state;
    shown.message = failure.message;
    shown.hint = failure.hint;
    shown.etaSeconds = -1;
    if (entry.clock.isValid()) shown.seconds = static_cast<double>(entry.clock.elapsed()) / 1000;
    const Failed handler = entry.failed;
    active_.erase(std::ranges::find_if(active_, [&](const Entry& each) { return &each == &entry; }));
    ended_.insert(ended_.begin(), shown);
    int superseded = 0;
    std::erase_if(ended_, [&](const EngineJob& job) {
        return job.state == EngineJob::State::Superseded && ++superseded > kKeptSuperseded;
    });
    if (ended_.size() > kKeptEnded) ended_.resize(kKeptEnded);
    arrange();
    if (state == EngineJob::State::Finished) return;
    if (handler) handler(failure);
    Q_EMIT jobFailed(shown.title, failure);
}

void EngineJobs::arrange() {
    // The engine works off its queue in order: the first that has a number is the one that runs. Those that
    // have spoken up run beside it.
    bool first = true;
    std::vector<EngineJob> queued;
    list_.clear();
    for (Entry& entry : active_) {
        const bool runs = entry.heard || (first && entry.engineJob >= 0);
        if (entry.engineJob >= 0) first = false;
        if (runs && !entry.clock.isValid()) entry.clock.start();
        if (entry.clock.isValid()) entry.shown.seconds = static_cast<double>(entry.clock.elapsed()) / 1000;
        entry.shown.state = runs ? EngineJob::State::Running : EngineJob::State::Queued;
        (runs ? list_ : queued).push_back(entry.shown);
    }
    list_.insert(list_.end(), queued.begin(), queued.end());
    list_.insert(list_.end(), ended_.begin(), ended_.end());
    Q_EMIT changed();
}

}  // namespace rankscope::gui
