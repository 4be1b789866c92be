// SPDX-License-Identifier: Apache-2.0
#include "core/engine/server/server.hpp"

#include "core/base/error.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>
#include <utility>
#include <vector>

namespace rankscope::server {
namespace {

using protocol::Failure;
using protocol::Message;
using protocol::Value;

constexpr double kPatience = 0.5;  // seconds that jobs have to end in
constexpr double kFarewell = 0.1;  // seconds for the last messages

// A pipe that becomes readable when a stop is requested.
class StopSignal {
public:
    explicit StopSignal(const std::stop_token& stop) {
        callback_.emplace(stop, [this] { ::close(std::exchange(ends_[1], -1)); });
    }

    ~StopSignal() {
        callback_.reset();  // waits for one that runs
        for (const int end : ends_) {
            if (end >= 0) ::close(end);
        }
    }

    StopSignal(const StopSignal&) = delete;
    StopSignal& operator=(const StopSignal&) = delete;

    [[nodiscard]] int descriptor() const noexcept { return ends_[0]; }

private:
    static std::array<int, 2> opened() {
        std::array<int, 2> ends{-1, -1};
        if (::pipe(ends.data()) != 0) throw_resource("cannot make a pipe");
        return ends;
    }

    std::array<int, 2> ends_ = opened();
    std::optional<std::stop_callback<std::function<void()>>> callback_;
};

}  // namespace

Server::Server(int in, int out, Workspace::MakeEngine make_engine, std::string device)
    : in_(in), workspace_(std::move(make_engine), std::move(device)), outbox_(out) {
    at_once_["hello"] = [this](const Value& params) { return hello(params); };
    at_once_["cancel"] = [this](const Value& params) { return cancel(params); };
    at_once_["jobs"] = [this](const Value&) { return jobs(); };
    add_methods();
    add_channel_methods();
}

Server::~Server() = default;

bool Server::run(std::stop_token stop) {
    const std::string greeting = protocol::greeting();
    outbox_.post_bytes({greeting.begin(), greeting.end()});
    const StopSignal stopped(stop);
    std::vector<std::uint8_t> buffer(std::size_t{1} << 16);
    while (!stop.stop_requested()) {
        std::array<pollfd, 2> ends{pollfd{in_, POLLIN, 0}, pollfd{stopped.descriptor(), POLLIN, 0}};
        if (::poll(ends.data(), ends.size(), -1) < 0 && errno != EINTR) break;
        if (ends[1].revents != 0) break;
        if (ends[0].revents == 0) continue;
        const ssize_t count = ::read(in_, buffer.data(), buffer.size());
        if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (count <= 0) break;
        try {
            decoder_.feed(std::span(buffer).first(static_cast<std::size_t>(count)));
        } catch (...) {
            refuse(std::nullopt, failure_in_flight());
        }
        while (true) {
            try {
                const auto body = decoder_.next();
                if (!body) break;
                receive(*body);
            } catch (const Error& e) {
                refuse(std::nullopt, {protocol::kParseError, e.what(), e.hint(), {}});
            } catch (...) {
                refuse(std::nullopt, failure_in_flight());
            }
        }
    }
    jobs_lane_.stop_all();
    queries_lane_.stop_all();
    const bool idle = jobs_lane_.wait_idle(kPatience) && queries_lane_.wait_idle(kFarewell);
    outbox_.flush(kFarewell);
    return idle;
}

void Server::refuse(std::optional<std::int64_t> id, Failure failure) {
    try {
        outbox_.post(protocol::failure(id, std::move(failure)));
    } catch (...) {
        // Nothing left to say it with.
    }
}

void Server::receive(const Value::Bytes& body) {
    Message message;
    try {
        message = protocol::decode(body);
    } catch (const Error& e) {
        return refuse(std::nullopt,
                      {e.kind() == ErrorKind::Input ? protocol::kParseError : protocol::kInvalidRequest, e.what(), e.hint(), {}});
    }
    // Answers are for nobody, and no notification of a client means anything yet.
    if (message.kind == Message::Kind::Request) answer(message);
}

void Server::answer(const Message& message) {
    try {
        const auto now = at_once_.find(message.method);
        const auto query = queries_.find(message.method);
        const auto job = jobs_.find(message.method);
        if (now == at_once_.end() && query == queries_.end() && job == jobs_.end()) {
            return refuse(message.id, {protocol::kUnknownMethod, "unknown method: found '" + printable(message.method, 80) + "'",
                                       "both sides should be the same version of Rankscope", {}});
        }
        if (!greeted_ && message.method != "hello") {
            return refuse(message.id,
                          {protocol::kInvalidRequest, "no hello yet: found " + message.method + ", expected hello first", {}, {}});
        }
        if (now != at_once_.end()) {
            outbox_.post(protocol::result(*message.id, now->second(message.payload)));
        } else if (query != queries_.end()) {
            start_query(message, query->second);
        } else {
            start_job(message, job->second);
        }
    } catch (...) {
        refuse(message.id, failure_in_flight());
    }
}

namespace {

// The error of wrong parameters has a code of its own.
template <class Make>
auto checked(const Make& make, const Value& params) {
    try {
        return make(params);
    } catch (const Error& e) {
        if (e.kind() != ErrorKind::Usage) throw;
        throw Failure{protocol::kInvalidParameters, e.what(), e.hint(), {}};
    }
}

}  // namespace

void Server::start_query(const Message& message, const MakeQuery& make) {
    std::function<Value()> work;
    try {
        work = checked(make, message.payload);
    } catch (const Failure& failure) {
        return refuse(message.id, failure);
    }
    // What needs the engine itself waits its turn behind the jobs.
    Lane& lane = message.method == "devices" ? jobs_lane_ : queries_lane_;
    lane.add([this, id = *message.id, work = std::move(work)] {
        try {
            outbox_.post(protocol::result(id, work()));
        } catch (...) {
            refuse(id, failure_in_flight());
        }
    });
}

void Server::start_job(const Message& message, const MakeJob& make) {
    JobWork work;
    try {
        work = checked(make, message.payload);
    } catch (const Failure& failure) {
        return refuse(message.id, failure);
    }
    auto job = std::make_shared<Job>(++last_job_, message.method, std::move(work.body), outbox_);
    // The number first, then what is said about it.
    outbox_.post(protocol::result(*message.id, protocol::to_value(protocol::JobStarted{job->id()})));
    if (message.method == "evaluate") jobs_lane_.supersede("evaluate");
    (work.beside ? queries_lane_ : jobs_lane_).add(std::move(job));
}

Value Server::hello(const Value& params) {
    const auto request = protocol::parse<protocol::HelloRequest>(params, "hello");
    if (request.protocol != protocol::kVersion) {
        throw_unsupported(
            fmt::format("client of another protocol version: found {}, expected {}", request.protocol, protocol::kVersion),
            "install the same version of Rankscope on both sides");
    }
    if (!greeted_) jobs_lane_.add([this] { workspace_.prepare(); });
    greeted_ = true;
    return protocol::to_value(protocol::HelloResult{protocol::kVersion, RANKSCOPE_VERSION, ::getpid()});
}

Value Server::cancel(const Value& params) {
    const auto request = protocol::parse<protocol::CancelRequest>(params, "cancel");
    for (Lane* lane : {&jobs_lane_, &queries_lane_}) {
        if (const auto state = lane->stop(request.job, Job::Reason::Cancelled))
            return protocol::to_value(protocol::CancelResult{request.job, std::string(*state)});
    }
    return protocol::to_value(protocol::CancelResult{request.job, "ended"});
}

Value Server::jobs() const {
    protocol::JobsResult out{jobs_lane_.jobs()};
    for (protocol::JobInfo& job : queries_lane_.jobs())
        out.jobs.push_back(std::move(job));
    return protocol::to_value(out);
}

}  // namespace rankscope::server
