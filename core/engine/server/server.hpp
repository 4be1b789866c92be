// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/engine/server/capture_store.hpp"
#include "core/engine/server/lane.hpp"
#include "core/engine/server/outbox.hpp"
#include "core/engine/server/workspace.hpp"
#include "core/protocol/frame.hpp"

#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>

namespace rankscope::server {

/// The engine's side of the protocol (core/protocol/README.md) on two descriptors. Four threads: the one that calls run() reads
/// and is never kept waiting, one writes, one runs jobs, one answers short queries.
class Server {
public:
    /// Neither descriptor is closed. SIGPIPE must be ignored. `make_engine` is called on the thread of the jobs. `device`: for
    /// models whose request leaves it to the engine.
    Server(int in, int out, Workspace::MakeEngine make_engine, std::string device = "auto");
    /// Waits for what still runs.
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// Greets and serves until the input ends, the client is gone or a stop is requested; then jobs are stopped. False if one of
    /// them did not end in half a second: the process should, then, without waiting for it.
    bool run(std::stop_token stop);

private:
    using Payload = protocol::Value;
    /// Checks the parameters and returns what answers.
    using MakeQuery = std::function<std::function<Payload()>(const Payload&)>;

    struct JobWork {
        Job::Body body;
        bool beside = false;  ///< needs nothing that a running job needs
    };

    using MakeJob = std::function<JobWork(const Payload&)>;

    void add_methods();
    void add_channel_methods();
    template <class Request, class Answer>
    void add_query(const std::string& name, Answer answer);
    template <class Request, class Run>
    void add_job(const std::string& name, Run run);

    void receive(const protocol::Value::Bytes& body);
    void answer(const protocol::Message& message);
    void start_job(const protocol::Message& message, const MakeJob& make);
    void start_query(const protocol::Message& message, const MakeQuery& make);
    [[nodiscard]] Payload hello(const Payload& params);
    [[nodiscard]] Payload cancel(const Payload& params);
    [[nodiscard]] Payload jobs() const;
    void refuse(std::optional<std::int64_t> id, protocol::Failure failure);

    int in_;
    std::map<std::string, std::function<Payload(const Payload&)>> at_once_;
    std::map<std::string, MakeQuery> queries_;
    std::map<std::string, MakeJob> jobs_;
    protocol::FrameDecoder decoder_;
    bool greeted_ = false;
    std::int64_t last_job_ = 0;
    Workspace workspace_;
    CaptureStore captures_;  // the thread of the queries
    Outbox outbox_;
    Lane queries_lane_, jobs_lane_;  // last: their threads use everything above
};

}  // namespace rankscope::server
