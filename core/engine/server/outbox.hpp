// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/protocol/message.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace rankscope::server {

/// Sends messages, whole and in order, on a thread of its own: a client that does not read never blocks whoever has something
/// to say. What is waiting is bounded by leaving out notifications that a later one makes superfluous.
class Outbox {
public:
    /// Writes to this descriptor, which stays the caller's. SIGPIPE must be ignored.
    explicit Outbox(int descriptor);
    /// Does not wait for a client that does not read.
    ~Outbox();
    Outbox(const Outbox&) = delete;
    Outbox& operator=(const Outbox&) = delete;

    /// Bytes that are no message: the greeting.
    void post_bytes(protocol::Value::Bytes bytes);
    /// Error{Resource}: larger than a message may be; then nothing is sent.
    void post(const protocol::Message& message);
    /// Left out while the client is far behind.
    void post_if_heard(const protocol::Message& message);

    /// Waits until everything is written, at most so long; false if it is not, or the client is gone.
    bool flush(double seconds);

private:
    void run();
    [[nodiscard]] bool write_all(const protocol::Value::Bytes& bytes);

    int descriptor_;
    int wake_[2] = {-1, -1};  // ends a write that waits for the client
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<protocol::Value::Bytes> waiting_;
    bool writing_ = false, closing_ = false, gone_ = false;
    std::thread thread_;
};

}  // namespace rankscope::server
