// SPDX-License-Identifier: Apache-2.0
#include "core/engine/server/outbox.hpp"

#include "core/base/error.hpp"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>

namespace rankscope::server {
namespace {

// So many messages behind, the client is not listening at the moment.
constexpr std::size_t kFarBehind = 256;

}  // namespace

Outbox::Outbox(int descriptor) : descriptor_(descriptor) {
    if (::pipe(wake_) != 0) throw_resource("cannot make a pipe");
    thread_ = std::thread([this] { run(); });
}

Outbox::~Outbox() {
    {
        const std::lock_guard lock(mutex_);
        closing_ = true;
    }
    ::close(wake_[1]);
    changed_.notify_all();
    thread_.join();
    ::close(wake_[0]);
}

void Outbox::post_bytes(protocol::Value::Bytes bytes) {
    {
        const std::lock_guard lock(mutex_);
        if (gone_) return;
        waiting_.push_back(std::move(bytes));
    }
    changed_.notify_all();
}

void Outbox::post(const protocol::Message& message) {
    post_bytes(protocol::encode(message));
}

void Outbox::post_if_heard(const protocol::Message& message) {
    {
        const std::lock_guard lock(mutex_);
        if (gone_ || waiting_.size() > kFarBehind) return;
    }
    post(message);
}

bool Outbox::flush(double seconds) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::duration<double>(seconds), [this] {
        return gone_ || (waiting_.empty() && !writing_);
    }) && !gone_;
}

void Outbox::run() {
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [this] { return closing_ || gone_ || !waiting_.empty(); });
        if (closing_ || gone_) break;
        const protocol::Value::Bytes bytes = std::move(waiting_.front());
        waiting_.pop_front();
        writing_ = true;
        lock.unlock();
        const bool written = write_all(bytes);
        lock.lock();
        writing_ = false;
        if (!written) {
            gone_ = true;
            waiting_.clear();
        }
        changed_.notify_all();
    }
    changed_.notify_all();
}

bool Outbox::write_all(const protocol::Value::Bytes& bytes) {
    for (std::size_t at = 0; at < bytes.size();) {
        std::array<pollfd, 2> ends{pollfd{descriptor_, POLLOUT, 0}, pollfd{wake_[0], POLLIN, 0}};
        if (::poll(ends.data(), ends.size(), -1) < 0) {
            if (errno == EINTR) continue;
            return false;
        }
        if (ends[1].revents != 0) return false;
        // A pipe that can be written to takes a page at least without waiting; more might wait for the client.
        const ssize_t count = ::write(descriptor_, bytes.data() + at, std::min<std::size_t>(bytes.size() - at, 4096));
        if (count < 0 && errno != EINTR && errno != EAGAIN) return false;
        if (count > 0) at += static_cast<std::size_t>(count);
    }
    return true;
}

}  // namespace rankscope::server
