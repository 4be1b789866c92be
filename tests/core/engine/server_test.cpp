// SPDX-License-Identifier: Apache-2.0
// The protocol as such: order of messages, jobs, and what a client may do wrong.
#include "tests/core/engine/server_test.hpp"

#include "core/base/random.hpp"
#include "core/engine/factory.hpp"
#include "core/protocol/cbor.hpp"

#include <new>

namespace rankscope::test {
namespace {

using protocol::Message;
using ::testing::HasSubstr;

TEST_F(ServerTest, WantsHelloFirstAndRefusesAnotherVersionByName) {
    EXPECT_EQ(client_->refused("jobs", Value()).code, protocol::kInvalidRequest);
    const protocol::Failure other = client_->refused("hello", Value::Object{{"protocol", Value(2)}, {"client", "newer"}});
    EXPECT_EQ(other.code, 4);
    EXPECT_THAT(other.message, HasSubstr("found 2, expected 1"));
    EXPECT_EQ(client_->refused("jobs", Value()).code, protocol::kInvalidRequest);
    hello();
    EXPECT_TRUE(client_->call<protocol::JobsResult>("jobs", Value()).jobs.empty());
}

TEST_F(ServerTest, WhatIsNoRequestIsRefusedAndTheEngineLivesOn) {
    hello();
    Random random(5);
    const Value::Bytes good =
        protocol::encode_cbor(Value::Object{{"jsonrpc", "2.0"}, {"id", Value(7)}, {"method", "jobs"}, {"params", Value()}});
    std::vector<Value::Bytes> bodies{
        {},
        {0xff},
        {0x9f, 0x01, 0xff},
        Value::Bytes(100'000, 0x81),
        {0xbb, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
        protocol::encode_cbor(Value(5)),
        protocol::encode_cbor(Value::Array{Value("jobs")}),
        protocol::encode_cbor(Value::Object{{"jsonrpc", "1.0"}, {"id", Value(1)}, {"method", "jobs"}}),
        protocol::encode_cbor(Value::Object{{"jsonrpc", "2.0"}, {"id", "text"}, {"method", "jobs"}})};
    for (std::size_t n = 0; n < good.size(); ++n)
        bodies.emplace_back(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(n));
    for (int i = 0; i < 500; ++i) {
        Value::Bytes body = good;
        for (int n = 0; n < 2; ++n)
            body[random.below(body.size())] = static_cast<std::uint8_t>(random.below(256));
        bodies.push_back(body);
    }
    for (const Value::Bytes& body : bodies)
        client_->send_bytes(protocol::framed(body));
    // Answers to messages without an id, results and notifications of a client are for nobody.
    client_->send_bytes(protocol::encode(protocol::result(3, Value(1))));
    client_->send_bytes(protocol::encode(protocol::notification("jobs", Value())));
    EXPECT_TRUE(client_->call<protocol::JobsResult>("jobs", Value()).jobs.empty());
    int parse = 0, invalid = 0;
    for (const Message& m : client_->log()) {
        if (m.kind != Message::Kind::Failure) continue;
        parse += m.error.code == protocol::kParseError ? 1 : 0;
        invalid += m.error.code == protocol::kInvalidRequest ? 1 : 0;
        EXPECT_EQ(m.error.message.find('\n'), std::string::npos);
    }
    EXPECT_GT(parse, 100);
    EXPECT_GE(invalid, 4);
}

TEST_F(ServerTest, AMessageThatIsTooLongIsRefusedAtOnce) {
    hello();
    client_->send_bytes({0x01, 0x00, 0x00, 0x40});  // 2^30 + 1
    const Message refusal = client_->wait_for([](const Message& m) { return m.kind == Message::Kind::Failure; });
    EXPECT_EQ(refusal.error.code, protocol::kParseError);
    EXPECT_THAT(refusal.error.message, HasSubstr("1073741825"));
    EXPECT_EQ(refusal.id, std::nullopt);
}

TEST_F(ServerTest, UnknownMethodsAndWrongParametersAreErrorsOfTheRequest) {
    open();
    EXPECT_EQ(client_->refused("explode", Value()).code, protocol::kUnknownMethod);
    for (const auto& [method, params] :
         std::vector<std::pair<std::string, Value>>{{"cancel", Value::Object{{"job", "one"}}},
                                                    {"info", Value()},
                                                    {"state", Value::Object{{"path", "x"}, {"layer", Value(1.5)}}},
                                                    {"evaluate", Value::Object{{"plans", Value::Array{Value(1)}}}},
                                                    {"evaluate", Value(7)},
                                                    {"sweep", Value::Object{{"methods", Value::Array{}}}},
                                                    {"scores", Value::Object{{"method", Value(1)}}},
                                                    {"scores", Value::Object{{"method", "unheard-of"}}},
                                                    {"bench", Value::Object{{"repeats", "many"}}}}) {
        const protocol::Failure failure = client_->refused(method, params);
        EXPECT_EQ(failure.code, method == "cancel" ? 2 : protocol::kInvalidParameters) << method << ": " << failure.message;
        EXPECT_FALSE(failure.message.empty());
    }
    EXPECT_TRUE(client_->call<protocol::JobsResult>("jobs", Value()).jobs.empty());
}

TEST_F(ServerTest, JobsFailWithAReasonWhileNothingIsOpen) {
    hello();
    for (const char* method : {"text", "evaluate", "bench", "noise"}) {
        const auto failure = client_->failure_of(client_->start(method, Value()));
        EXPECT_EQ(failure.reason, "error");
        EXPECT_EQ(failure.code, 2);
        EXPECT_EQ(failure.method, method);
        EXPECT_THAT(failure.message, HasSubstr("no model is open"));
    }
    const auto missing = client_->failure_of(client_->start("open_model", Value::Object{{"path", "/nowhere/at/all"}}));
    EXPECT_EQ(missing.code, 3);
}

TEST_F(ServerTest, ANumberComesFirstAndTheEndLast) {
    open();
    const std::int64_t id = client_->send("evaluate", evaluation_of({plan({0, 1})}));
    const auto job = protocol::parse<protocol::JobStarted>(client_->answer(id).payload, "").job;
    (void)client_->end_of(job);
    (void)client_->call<protocol::JobsResult>("jobs", Value());
    bool numbered = false, ended = false;
    int partials = 0;
    double done = -1;
    for (const Message& m : client_->log()) {
        if (m.id == id && m.method.empty()) numbered = true;
        if (ProtocolClient::job_of(m) != job || m.method.empty()) continue;
        EXPECT_TRUE(numbered);
        EXPECT_FALSE(ended);
        ended = m.method == "finished";
        if (m.method == "partial") ++partials;
        if (m.method != "progress") continue;
        const auto note = protocol::parse<protocol::ProgressNote>(m.payload, "");
        EXPECT_GT(note.done, done);
        done = note.done;
        EXPECT_LE(note.done, note.total);
    }
    EXPECT_TRUE(ended);
    EXPECT_GE(partials, 1);
}

TEST_F(ServerTest, ANewerEvaluationSupersedesRunningAndQueuedOnes) {
    open();
    const std::string p = plan({0});
    close_gate();
    const std::int64_t first = client_->start("evaluate", evaluation_of({p}));
    wait_until_running(first);
    // What is no evaluation stays in the queue.
    const std::int64_t other = client_->start("noise", Value::Object{{"levels", Value::Array{Value(0.1)}}});
    const std::int64_t second = client_->start("evaluate", evaluation_of({}));
    const std::int64_t third = client_->start("evaluate", evaluation_of({p}));
    for (const std::int64_t job : {first, second}) {
        const auto failure = client_->failure_of(job);
        EXPECT_EQ(failure.reason, "superseded");
        EXPECT_EQ(failure.code, 130);
    }
    gate_.open();
    EXPECT_EQ(client_->run<protocol::NoiseJobResult>("noise", Value::Object{{"levels", Value::Array{}}}).levels.size(), 0u);
    EXPECT_EQ(client_->result_of<protocol::NoiseJobResult>(other).levels.size(), 1u);
    EXPECT_EQ(client_->result_of<protocol::EvaluateJobResult>(third).plans.size(), 1u);
}

TEST_F(ServerTest, CancelEndsWhatRunsOrWaitsAndNothingElse) {
    open();
    close_gate();
    const std::int64_t running = client_->start("evaluate", evaluation_of({}));
    wait_until_running(running);
    const std::int64_t queued = client_->start("noise", Value());
    const auto jobs = client_->call<protocol::JobsResult>("jobs", Value()).jobs;
    ASSERT_EQ(jobs.size(), 2u);
    EXPECT_EQ(jobs[0].method, "evaluate");
    EXPECT_EQ(jobs[1].state, "queued");
    const auto cancel = [this](std::int64_t job) {
        return client_->call<protocol::CancelResult>("cancel", Value::Object{{"job", Value(job)}}).state;
    };
    EXPECT_EQ(cancel(queued), "queued");
    EXPECT_EQ(client_->failure_of(queued).reason, "cancelled");
    EXPECT_EQ(cancel(running), "running");
    EXPECT_EQ(client_->failure_of(running).reason, "cancelled");
    EXPECT_EQ(client_->failure_of(running).code, 130);
    EXPECT_EQ(cancel(running), "ended");
    EXPECT_EQ(cancel(12345), "ended");
    gate_.open();
    EXPECT_EQ(client_->run<protocol::EvaluateJobResult>("evaluate", evaluation_of({})).windows, 6);
}

TEST_F(ServerTest, ShortQueriesAreAnsweredWhileAJobRuns) {
    open();
    (void)plan({0});
    close_gate();
    const std::int64_t job = client_->start("evaluate", evaluation_of({}));
    wait_until_running(job);
    EXPECT_EQ(client_->call<protocol::ModelResult>("info", Value::Object{{"path", model_.path}}).hash, model_.hash);
    // Needs no run of the model, and so does not wait for its turn.
    EXPECT_FALSE(plan({1}).empty());
    EXPECT_EQ(client_->run<protocol::ScoresResult>("scores", Value::Object{{"method", "l1"}}).layers.size(),
              model_.layers.size());
    EXPECT_EQ(client_->call<protocol::JobsResult>("jobs", Value()).jobs.size(), 1u);
    gate_.open();
    EXPECT_EQ(client_->result_of<protocol::EvaluateJobResult>(job).windows, 6);
}

TEST_F(ServerTest, AJobThatFailsLeavesTheEngineAlive) {
    open();
    int call = 0;
    script_.before = [&call](const std::string& method, const Progress& progress) {
        if (method != "evaluate") return;
        progress.warning("something worth knowing");
        switch (call++) {
            case 0:
                throw std::bad_alloc();
            case 1:
                throw std::runtime_error("a defect\nof ours");
            case 2:
                throw 7;
            case 3:
                throw_resource("out of device memory: found none", "use less");
            default:
                return;
        }
    };
    for (const int code : {5, 1, 1, 5}) {
        const auto failure = client_->failure_of(client_->start("evaluate", evaluation_of({})));
        EXPECT_EQ(failure.code, code);
        EXPECT_EQ(failure.reason, "error");
        EXPECT_FALSE(failure.hint.empty());
        EXPECT_EQ(failure.message.find('\n'), std::string::npos);
    }
    const std::int64_t job = client_->start("evaluate", evaluation_of({}));
    EXPECT_EQ(client_->result_of<protocol::EvaluateJobResult>(job).windows, 6);
    int warnings = 0;
    for (const Message& m : client_->notes_of(job))
        warnings += m.method == "warning" ? 1 : 0;
    EXPECT_EQ(warnings, 1);
}

TEST_F(ServerTest, AnEngineThatCannotBeLoadedSaysWhyAndTheRestWorks) {
    make_engine_ = [] { throw_resource("cannot load the engine: librankscope_model.so not found", "fetch LibTorch"); };
    hello();
    const auto failure =
        client_->failure_of(client_->start("open_model", Value::Object{{"path", golden_model("delta_net-plain").string()}}));
    EXPECT_EQ(failure.code, 5);
    EXPECT_EQ(failure.hint, "fetch LibTorch");
    EXPECT_EQ(
        client_->call<protocol::ModelResult>("info", Value::Object{{"path", golden_model("delta_net-plain").string()}}).family,
        "delta_net");
}

TEST_F(ServerTest, SaysWhichDevicesThereAre) {
    hello();
    const auto found = client_->call<protocol::DevicesResult>("devices", Value());
    ASSERT_FALSE(found.devices.empty());
    EXPECT_EQ(found.devices.front().device, "cpu");
    EXPECT_EQ(found.devices.size() == 1, !found.no_cuda.empty()) << "a reason, or devices";
    // A model opens on every one of them, and on no other.
    for (const auto& device : found.devices) {
        const auto model = client_->run<protocol::ModelResult>(
            "open_model",
            Value::Object{{"path", golden_model("delta_net-plain").string()}, {"device", device.device}, {"threads", Value(1)}});
        EXPECT_THAT(model.provenance.device, HasSubstr(device.device.substr(0, 3)));
    }
    const auto failure = client_->failure_of(client_->start(
        "open_model", Value::Object{{"path", golden_model("delta_net-plain").string()}, {"device", "cuda:99"}}));
    EXPECT_NE(failure.code, 1);
    EXPECT_EQ(failure.cause, "");
}

TEST_F(ServerTest, OnlyAMissingLibTorchIsCalledThat) {
    make_engine_ = [] { throw MissingLibTorch(ErrorKind::Resource, "cannot load the engine", "fetch it"); };
    hello();
    const protocol::Failure devices = client_->refused("devices", Value());
    EXPECT_EQ(devices.code, 5);
    EXPECT_EQ(devices.cause, protocol::kNoLibTorch);
    const Value model = Value::Object{{"path", golden_model("delta_net-plain").string()}};
    EXPECT_EQ(client_->failure_of(client_->start("open_model", model)).cause, protocol::kNoLibTorch);
    make_engine_ = [] { throw Error(ErrorKind::Resource, "no memory", "fetch it"); };
    EXPECT_EQ(client_->failure_of(client_->start("open_model", model)).cause, "");
}

TEST_F(ServerTest, TheEndOfTheInputEndsTheServerAlsoDuringAJob) {
    open();
    close_gate();
    const std::int64_t job = client_->start("evaluate", evaluation_of({}));
    wait_until_running(job);
    (void)client_->start("bench", Value());
    finish();
    EXPECT_TRUE(all_ended_);
    EXPECT_EQ(script_.calls["bench"], 0);
    client_->read_to_the_end();
    EXPECT_EQ(client_->failure_of(job).reason, "cancelled");
}

TEST_F(ServerTest, AStopEndsTheServer) {
    hello();
    stop_.request_stop();
    thread_.join();
    EXPECT_TRUE(all_ended_);
}

TEST_F(ServerTest, AJobThatHearsNothingIsReported) {
    open();
    script_.before = [this](const std::string& method, const Progress&) {
        if (method == "evaluate") gate_.pass_deaf();
    };
    wait_until_running(client_->start("evaluate", evaluation_of({})));
    client_->close_input();
    thread_.join();
    EXPECT_FALSE(all_ended_);
    gate_.open();
}

TEST_F(ServerTest, AClientThatDoesNotReadKeepsNothingFromEnding) {
    hello();
    // Far more answers than a pipe holds.
    for (int i = 0; i < 20000; ++i)
        (void)client_->send("jobs", Value());
    client_->close_input();
    thread_.join();
    EXPECT_TRUE(ended_);
}

TEST_F(ServerTest, AClientThatIsGoneIsNoTrouble) {
    open();
    const std::int64_t job = client_->start("evaluate", evaluation_of({}));
    EXPECT_GT(job, 0);
    client_.reset();
    thread_.join();
    EXPECT_TRUE(ended_);
    client_ = std::make_unique<ProtocolClient>(-1, -1);
}

}  // namespace
}  // namespace rankscope::test
