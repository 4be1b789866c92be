// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/engine/server/job.hpp"

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <thread>
#include <vector>

namespace rankscope::server {

/// One thread that works off jobs and short queries in their order.
class Lane {
public:
    Lane();
    /// Stops everything and waits for the thread.
    ~Lane();
    Lane(const Lane&) = delete;
    Lane& operator=(const Lane&) = delete;

    void add(std::shared_ptr<Job> job);
    /// A query is no job: it answers by itself and must not throw.
    void add(std::function<void()> query);

    /// What the job was: "running" or "queued"; nothing if this lane has none of that number.
    [[nodiscard]] std::optional<std::string_view> stop(std::int64_t id, Job::Reason reason);
    /// Stops the jobs of this method.
    void supersede(std::string_view method);
    /// Forgets what is queued, without a word, and stops what runs.
    void stop_all();
    /// Waits until nothing runs, at most so long; false if something still does.
    bool wait_idle(double seconds);
    [[nodiscard]] std::vector<protocol::JobInfo> jobs() const;
    /// Whether a job of this method runs or waits.
    [[nodiscard]] bool has(std::string_view method) const;

private:
    struct Entry {
        std::shared_ptr<Job> job;     // either a job
        std::function<void()> query;  // or a query
    };

    void add(Entry entry);
    void run();
    [[nodiscard]] std::vector<std::shared_ptr<Job>> take_queued(const std::function<bool(const Job&)>& chosen);

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Entry> queue_;
    std::shared_ptr<Job> running_;
    bool busy_ = false, ended_ = false;
    std::thread thread_;
};

}  // namespace rankscope::server
