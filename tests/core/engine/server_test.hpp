// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/engine/server/server.hpp"
#include "tests/core/engine/scripted_engine.hpp"
#include "tests/support/model_files.hpp"
#include "tests/support/protocol_client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <memory>
#include <thread>

namespace rankscope::test {

using protocol::to_value;
using protocol::Value;

/// A server on two pipes with the real engine behind a script, and its client.
class ServerTest : public ::testing::Test {
protected:
    ServerTest() {
        std::signal(SIGPIPE, SIG_IGN);
        int requests[2], answers[2];
        if (::pipe(requests) != 0 || ::pipe(answers) != 0) throw std::runtime_error("no pipe");
        in_ = requests[0];
        out_ = answers[1];
        client_ = std::make_unique<ProtocolClient>(answers[0], requests[1]);
        server_ = std::make_unique<server::Server>(in_, out_, [this]() -> std::unique_ptr<Engine> {
            if (make_engine_) make_engine_();
            return std::make_unique<ScriptedEngine>(script_);
        });
        thread_ = std::thread([this] {
            all_ended_ = server_->run(stop_.get_token());
            ended_ = true;
        });
    }

    ~ServerTest() override {
        gate_.open();
        finish();
        client_.reset();
        ::close(in_);
    }

    /// Closes the input and waits for the server to be gone, with all its threads.
    void finish() {
        client_->close_input();
        if (thread_.joinable()) thread_.join();
        server_.reset();
        if (out_ >= 0) ::close(out_);
        out_ = -1;
    }

    void hello() {
        (void)client_->call<protocol::HelloResult>("hello", to_value(protocol::HelloRequest{protocol::kVersion, "test"}));
    }

    /// hello, open_model, text: 6 windows of 32 tokens.
    void open(const std::string& model = "delta_net-plain") {
        hello();
        model_ = client_->run<protocol::ModelResult>(
            "open_model", Value::Object{{"path", golden_model(model).string()}, {"device", "cpu"}, {"threads", Value(1)}});
        text_ = client_->run<protocol::TextResult>("text", model == "delta_net-plain" ? text_request() : ids_request());
    }

    [[nodiscard]] std::string text_file(const std::string& name = "text.txt") const {
        std::string text;
        for (int i = 0; text.size() < 1600; ++i)
            text += "The lamp on pier " + std::to_string(i * i) + " went out before the tide came in. ";
        write_bytes(folder_ / name, text);
        return (folder_ / name).string();
    }

    /// Six rows of 32 ids for a model without tokenizer.
    [[nodiscard]] Value ids_request() const {
        nlohmann::json rows = nlohmann::json::array();
        for (int w = 0; w < 6; ++w) {
            auto& row = rows.emplace_back(nlohmann::json::array());
            for (int t = 0; t < 32; ++t)
                row.push_back((7 * t + 13 * w * t + w) % 60);
        }
        write_bytes(folder_ / "ids.json", rows.dump());
        return Value::Object{{"ids", (folder_ / "ids.json").string()}};
    }

    [[nodiscard]] Value text_request() const {
        return Value::Object{{"text", text_file()}, {"window", Value(32)}, {"max_windows", Value(6)}};
    }

    /// Text of a plan that keeps the first channels by l1 of these layers.
    std::string plan(const std::vector<std::int64_t>& layers, double ratio = 0.5, const std::string& method = "l1") {
        protocol::MakePlansRequest request;
        for (const std::int64_t l : layers)
            request.plans.resize(1), request.plans[0].layers.push_back({l, method, ratio, std::nullopt});
        return client_->run<protocol::MakePlansResult>("make_plans", to_value(request)).plans.at(0).plan;
    }

    [[nodiscard]] static Value evaluation_of(const std::vector<std::string>& plans) {
        protocol::EvaluateJobRequest request;
        for (std::size_t i = 0; i < plans.size(); ++i)
            request.plans.push_back({"plan " + std::to_string(i), plans[i]});
        return to_value(request);
    }

    /// Every evaluation waits at the gate.
    void close_gate() {
        script_.before = [this](const std::string& method, const Progress& progress) {
            if (method == "evaluate") gate_.pass(progress);
        };
    }

    void wait_until_running(std::int64_t job) {
        while (true) {
            const auto jobs = client_->call<protocol::JobsResult>("jobs", Value());
            if (!jobs.jobs.empty() && jobs.jobs.front().job == job && jobs.jobs.front().state == "running") return;
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
        }
    }

    ScratchFolder folder_;
    Script script_;
    Gate gate_;
    std::function<void()> make_engine_;
    std::stop_source stop_;
    int in_ = -1, out_ = -1;
    std::unique_ptr<ProtocolClient> client_;
    std::unique_ptr<server::Server> server_;
    std::atomic<bool> ended_ = false;
    bool all_ended_ = false;  // after the thread
    std::thread thread_;
    protocol::ModelResult model_;
    protocol::TextResult text_;
};

}  // namespace rankscope::test
