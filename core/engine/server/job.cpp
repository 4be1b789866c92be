// SPDX-License-Identifier: Apache-2.0
#include "core/engine/server/job.hpp"

#include "core/base/stop_scope.hpp"
#include "core/engine/factory.hpp"
#include "core/engine/server/channel_jobs.hpp"

#include <new>

namespace rankscope::server {

protocol::Failure failure_in_flight() noexcept {
    constexpr std::int64_t kCancelled = 130, kResource = 5, kDefect = 1;
    try {
        try {
            throw;
        } catch (const Cancelled&) {
            return {kCancelled, "cancelled", {}, {}};
        } catch (const MissingLibTorch& e) {
            protocol::Failure failure = protocol::failure_of(e);
            failure.cause = protocol::kNoLibTorch;
            return failure;
        } catch (const MissingCalibration& e) {
            protocol::Failure failure = protocol::failure_of(e);
            failure.cause = protocol::kNoCalibration;
            return failure;
        } catch (const Error& e) {
            return protocol::failure_of(e);
        } catch (const std::bad_alloc&) {
            return {kResource, "out of memory", "use a smaller window, fewer layers or a machine with more memory", {}};
        } catch (const std::exception& e) {
            return {kDefect, "internal error: " + printable(e.what(), 300), "please report this", {}};
        } catch (...) {
            return {kDefect, "internal error", "please report this", {}};
        }
    } catch (...) {
        // Not even memory for the message.
        return {kResource, {}, {}, {}};
    }
}

Job::Job(std::int64_t id, std::string method, Body body, Outbox& outbox)
    : id_(id), method_(std::move(method)), body_(std::move(body)), outbox_(outbox) {
    info_.job = id_;
    info_.method = method_;
    progress_.stop = stop_.get_token();
    progress_.report = [this](const ProgressUpdate& update) { report(update); };
    progress_.warn = [this](const std::string& text) {
        outbox_.post(protocol::notification("warning", protocol::to_value(protocol::WarningNote{id_, text})));
    };
}

void Job::report(const ProgressUpdate& update) {
    const auto now = Throttle::Clock::now();
    const double passed = std::chrono::duration<double>(now - began_).count();
    double eta = update.eta_seconds;
    if (eta < 0 && passed > 0.5 && update.done > 0 && update.total > 0) eta = passed * (update.total - update.done) / update.done;
    {
        const std::lock_guard lock(mutex_);
        info_.done = update.done;
        info_.total = update.total;
        info_.unit = update.unit;
        info_.eta_seconds = eta;
    }
    if (!progress_throttle_.ready(now)) return;
    const protocol::ProgressNote note{id_, update.done, update.total, std::string(update.unit), std::string(update.note), eta};
    outbox_.post_if_heard(protocol::notification("progress", protocol::to_value(note)));
}

bool Job::partial_due() {
    return partial_throttle_.ready(Throttle::Clock::now());
}

void Job::partial(protocol::Value params) {
    if (partial_due()) {
        held_.reset();
        send_partial(std::move(params));
    } else {
        held_ = std::move(params);
    }
}

void Job::send_partial(protocol::Value params) {
    outbox_.post(protocol::notification("partial", std::move(params)));
}

void Job::run() {
    began_ = Throttle::Clock::now();
    try {
        const StopScope scope(stop_.get_token());
        progress_.check();
        protocol::Value result = body_(*this);
        if (held_) send_partial(std::move(*held_));
        const auto end =
            protocol::notification("finished", protocol::to_value(protocol::FinishedNote{id_, method_, std::move(result)}));
        ended_ = true;
        outbox_.post(end);
    } catch (const Cancelled&) {
        drop();
    } catch (...) {
        fail(failure_in_flight(), "error");
    }
    body_ = {};
}

void Job::drop() {
    std::optional<Reason> reason;
    {
        const std::lock_guard lock(mutex_);
        reason = reason_;
    }
    const bool superseded = reason == Reason::Superseded;
    fail({130, superseded ? "superseded" : "cancelled", {}, {}}, superseded ? "superseded" : "cancelled");
}

void Job::fail(const protocol::Failure& failure, const char* reason) {
    const protocol::FailedNote note{id_, method_, reason, failure.code, failure.message, failure.hint, failure.cause};
    ended_ = true;
    outbox_.post(protocol::notification("failed", protocol::to_value(note)));
}

void Job::stop(Reason reason) {
    {
        const std::lock_guard lock(mutex_);
        if (!reason_) reason_ = reason;
    }
    stop_.request_stop();
}

protocol::JobInfo Job::info(bool running) const {
    const std::lock_guard lock(mutex_);
    protocol::JobInfo out = info_;
    out.state = running ? "running" : "queued";
    return out;
}

}  // namespace rankscope::server
