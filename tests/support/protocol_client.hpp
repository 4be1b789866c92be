// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/protocol/frame.hpp"
#include "core/protocol/message.hpp"
#include "core/protocol/methods.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace rankscope::test {

/// The window's side of the protocol, for tests: requests go out, whatever comes back is kept in the order in which it came.
/// Whoever waits longer than two minutes gets an exception.
class ProtocolClient {
public:
    using Value = protocol::Value;
    using Message = protocol::Message;

    /// Closes both at its end.
    ProtocolClient(int from_engine, int to_engine) : from_(from_engine), to_(to_engine) {}

    ~ProtocolClient() {
        close_input();
        ::close(from_);
    }

    ProtocolClient(const ProtocolClient&) = delete;
    ProtocolClient& operator=(const ProtocolClient&) = delete;

    void send_bytes(const Value::Bytes& bytes) const {
        for (std::size_t at = 0; at < bytes.size();) {
            const ssize_t count = ::write(to_, bytes.data() + at, bytes.size() - at);
            if (count < 0) throw std::runtime_error("the engine does not read");
            at += static_cast<std::size_t>(count);
        }
    }

    /// Its number.
    std::int64_t send(const std::string& method, Value params) {
        send_bytes(protocol::encode(protocol::request(++last_, method, std::move(params))));
        return last_;
    }

    /// Waits until some message satisfies this; the first one that does.
    const Message& wait_for(const std::function<bool(const Message&)>& wanted) {
        std::size_t seen = 0;
        while (true) {
            for (; seen < log_.size(); ++seen) {
                if (wanted(log_[seen])) return log_[seen];
            }
            if (!read_more()) throw std::runtime_error("the engine is gone");
        }
    }

    const Message& answer(std::int64_t id) {
        return wait_for([id](const Message& m) { return m.id == id && m.method.empty(); });
    }

    /// Of a request that has to go well.
    template <class Result>
    Result call(const std::string& method, Value params) {
        const Message reply = answer(send(method, std::move(params)));
        if (reply.kind != Message::Kind::Result) throw std::runtime_error(method + ": " + reply.error.message);
        return protocol::parse<Result>(reply.payload, method);
    }

    /// Of a request that has to be refused.
    protocol::Failure refused(const std::string& method, Value params) {
        const Message reply = answer(send(method, std::move(params)));
        if (reply.kind != Message::Kind::Failure) throw std::runtime_error(method + " was not refused");
        return reply.error;
    }

    /// The number of the job.
    std::int64_t start(const std::string& method, Value params) {
        return call<protocol::JobStarted>(method, std::move(params)).job;
    }

    /// `finished` or `failed` of a job.
    Message end_of(std::int64_t job) {
        return wait_for([job](const Message& m) { return (m.method == "finished" || m.method == "failed") && job_of(m) == job; });
    }

    protocol::FailedNote failure_of(std::int64_t job) {
        const Message end = end_of(job);
        if (end.method != "failed") throw std::runtime_error("the job went well");
        return protocol::parse<protocol::FailedNote>(end.payload, end.method);
    }

    template <class Result>
    Result result_of(std::int64_t job) {
        const Message end = end_of(job);
        if (end.method != "finished")
            throw std::runtime_error("the job failed: " + protocol::parse<protocol::FailedNote>(end.payload, "").message);
        const auto note = protocol::parse<protocol::FinishedNote>(end.payload, end.method);
        return protocol::parse<Result>(note.result, note.method);
    }

    template <class Result>
    Result run(const std::string& method, Value params) {
        return result_of<Result>(start(method, std::move(params)));
    }

    /// Everything about a job since its request, in order, its notifications by method.
    [[nodiscard]] std::vector<Message> notes_of(std::int64_t job) const {
        std::vector<Message> out;
        std::copy_if(log_.begin(), log_.end(), std::back_inserter(out),
                     [job](const Message& m) { return !m.method.empty() && job_of(m) == job; });
        return out;
    }

    [[nodiscard]] const std::vector<Message>& log() const noexcept { return log_; }

    /// Reads what comes until the engine closes its side.
    void read_to_the_end() {
        while (read_more()) {
        }
    }

    void close_input() {
        if (to_ >= 0) ::close(to_);
        to_ = -1;
    }

    /// The job a notification is about; 0 for other messages.
    [[nodiscard]] static std::int64_t job_of(const Message& message) {
        const Value* job = message.payload.find("job");
        const auto* number = job != nullptr ? job->as<std::int64_t>() : nullptr;
        return number != nullptr ? *number : 0;
    }

private:
    // False at the end of the stream.
    bool read_more() {
        pollfd end{from_, POLLIN, 0};
        if (::poll(&end, 1, 120'000) <= 0) throw std::runtime_error("no word from the engine for two minutes");
        std::array<std::uint8_t, 65536> buffer;
        const ssize_t count = ::read(from_, buffer.data(), buffer.size());
        if (count <= 0) return false;
        decoder_.feed(std::span(buffer).first(static_cast<std::size_t>(count)));
        while (const auto body = decoder_.next())
            log_.push_back(protocol::decode(*body));
        return true;
    }

    int from_, to_;
    std::int64_t last_ = 0;
    protocol::FrameDecoder decoder_{protocol::FrameDecoder::Greeting::Expected};
    std::vector<Message> log_;
};

}  // namespace rankscope::test
