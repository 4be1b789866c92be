// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/progress.hpp"
#include "core/engine/server/outbox.hpp"
#include "core/engine/server/throttle.hpp"
#include "core/protocol/session_methods.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

namespace rankscope::server {

/// One job from its request to its last notification. Its own thread calls what is in the middle; stop() and info() may be
/// called by any.
class Job {
public:
    enum class Reason { Cancelled, Superseded };
    /// Runs the job and gives its result.
    using Body = std::function<protocol::Value(Job&)>;

    Job(std::int64_t id, std::string method, Body body, Outbox& outbox);

    [[nodiscard]] std::int64_t id() const noexcept { return id_; }

    [[nodiscard]] const std::string& method() const noexcept { return method_; }

    /// To be handed to every long call.
    [[nodiscard]] const Progress& progress() const noexcept { return progress_; }

    /// Sends a partial result, or keeps it until the interval is over or the job ends; then only the newest is sent.
    /// `params` holds the job's number.
    void partial(protocol::Value params);
    /// Whether a partial would be sent now: for those who collect what is new since the last one. Counts as sent.
    [[nodiscard]] bool partial_due();
    /// Sends at once.
    void send_partial(protocol::Value params);

    /// From here on for the queue that runs it.
    /// Runs the body and sends `finished` or `failed`.
    void run();
    /// Sends `failed` of a job that never ran.
    void drop();
    /// Asks for an end. The first reason counts.
    void stop(Reason reason);
    [[nodiscard]] protocol::JobInfo info(bool running) const;

    /// True before the last notification is on its way: whoever has heard that finds the job ended.
    [[nodiscard]] bool ended() const noexcept { return ended_; }

private:
    void report(const ProgressUpdate& update);
    void fail(const protocol::Failure& failure, const char* reason);

    const std::int64_t id_;
    const std::string method_;
    Body body_;
    Outbox& outbox_;
    std::stop_source stop_;
    Progress progress_;
    Throttle progress_throttle_{std::chrono::milliseconds(100)}, partial_throttle_{std::chrono::milliseconds(250)};
    Throttle::Clock::time_point began_;
    std::optional<protocol::Value> held_;  // a partial that was too early
    mutable std::mutex mutex_;
    protocol::JobInfo info_;
    std::optional<Reason> reason_;
    std::atomic<bool> ended_ = false;
};

/// What the exception in flight means for the client. Never throws.
[[nodiscard]] protocol::Failure failure_in_flight() noexcept;

}  // namespace rankscope::server
