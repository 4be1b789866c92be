// SPDX-License-Identifier: Apache-2.0
#include "core/engine/server/lane.hpp"

#include <algorithm>
#include <chrono>

namespace rankscope::server {

Lane::Lane() : thread_([this] { run(); }) {}

Lane::~Lane() {
    stop_all();
    {
        const std::lock_guard lock(mutex_);
        ended_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

void Lane::add(std::shared_ptr<Job> job) {
    add(Entry{std::move(job), {}});
}

void Lane::add(std::function<void()> query) {
    add(Entry{nullptr, std::move(query)});
}

void Lane::add(Entry entry) {
    {
        const std::lock_guard lock(mutex_);
        queue_.push_back(std::move(entry));
    }
    changed_.notify_all();
}

std::vector<std::shared_ptr<Job>> Lane::take_queued(const std::function<bool(const Job&)>& chosen) {
    std::vector<std::shared_ptr<Job>> out;
    const auto end = std::remove_if(queue_.begin(), queue_.end(), [&](Entry& entry) {
        if (!entry.job || !chosen(*entry.job)) return false;
        out.push_back(std::move(entry.job));
        return true;
    });
    queue_.erase(end, queue_.end());
    return out;
}

std::optional<std::string_view> Lane::stop(std::int64_t id, Job::Reason reason) {
    std::vector<std::shared_ptr<Job>> queued;
    {
        const std::lock_guard lock(mutex_);
        if (running_ && running_->id() == id) {
            if (running_->ended()) return std::nullopt;
            running_->stop(reason);
            return "running";
        }
        queued = take_queued([id](const Job& job) { return job.id() == id; });
    }
    if (queued.empty()) return std::nullopt;
    queued.front()->stop(reason);
    queued.front()->drop();
    return "queued";
}

void Lane::supersede(std::string_view method) {
    std::vector<std::shared_ptr<Job>> queued;
    {
        const std::lock_guard lock(mutex_);
        if (running_ && running_->method() == method) running_->stop(Job::Reason::Superseded);
        queued = take_queued([method](const Job& job) { return job.method() == method; });
    }
    for (const auto& job : queued) {
        job->stop(Job::Reason::Superseded);
        job->drop();
    }
}

void Lane::stop_all() {
    const std::lock_guard lock(mutex_);
    queue_.clear();
    if (running_) running_->stop(Job::Reason::Cancelled);
}

bool Lane::wait_idle(double seconds) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::duration<double>(seconds), [this] { return !busy_ && queue_.empty(); });
}

std::vector<protocol::JobInfo> Lane::jobs() const {
    const std::lock_guard lock(mutex_);
    std::vector<protocol::JobInfo> out;
    if (running_ && !running_->ended()) out.push_back(running_->info(true));
    for (const Entry& entry : queue_) {
        if (entry.job) out.push_back(entry.job->info(false));
    }
    return out;
}

bool Lane::has(std::string_view method) const {
    const std::lock_guard lock(mutex_);
    return (running_ && !running_->ended() && running_->method() == method)
           || std::any_of(queue_.begin(), queue_.end(),
                          [&](const Entry& entry) { return entry.job && entry.job->method() == method; });
}

void Lane::run() {
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [this] { return ended_ || !queue_.empty(); });
        if (ended_) return;
        Entry entry = std::move(queue_.front());
        queue_.pop_front();
        running_ = entry.job;
        busy_ = true;
        lock.unlock();
        if (entry.job) {
            entry.job->run();
        } else {
            entry.query();
        }
        lock.lock();
        running_.reset();
        busy_ = false;
        changed_.notify_all();
    }
}

}  // namespace rankscope::server
