// SPDX-License-Identifier: Apache-2.0
// The engine behind the window as a process of its own, on a shipped model.
#include "core/protocol/cbor.hpp"
#include "tests/app/cli/cli_test.hpp"
#include "tests/app/cli/serve_program.hpp"

#include <signal.h>

namespace rankscope::test {
namespace {

using protocol::to_value;
using protocol::Value;
using ::testing::HasSubstr;

const std::string kModel = std::string(RANKSCOPE_SOURCE_DIR) + "/resources/models/books-delta";
const std::string kText = std::string(RANKSCOPE_SOURCE_DIR) + "/resources/texts/the-lighthouse-ledger.txt";

class Serve : public CliTest {
protected:
    ProtocolClient& client() { return serve_.client(); }

    void hello() {
        (void)client().call<protocol::HelloResult>("hello", to_value(protocol::HelloRequest{protocol::kVersion, "test"}));
    }

    void open(std::int64_t windows) {
        needs_libtorch();
        hello();
        model_ = client().run<protocol::ModelResult>("open_model", Value::Object{{"path", kModel}, {"device", "cpu"}});
        text_ = client().run<protocol::TextResult>("text", Value::Object{{"text", kText}, {"max_windows", Value(windows)}});
    }

    std::string plan(double ratio, std::uint64_t seed) {
        protocol::MakePlansRequest request;
        auto& layers = request.plans.emplace_back().layers;
        for (const auto& layer : model_.layers)
            layers.push_back({layer.index, "random", ratio, std::nullopt});
        request.seed = seed;
        return client().run<protocol::MakePlansResult>("make_plans", to_value(request)).plans.at(0).plan;
    }

    static Value evaluation_of(const std::string& plan) {
        protocol::EvaluateJobRequest request;
        request.plans.push_back({"p", plan});
        return to_value(request);
    }

    void expect_end(int code = 0) {
        client().close_input();
        EXPECT_EQ(serve_.wait(), code);
        EXPECT_EQ(serve_.errors(), "");
    }

    ServeProgram serve_;
    protocol::ModelResult model_;
    protocol::TextResult text_;
};

TEST_F(Serve, DoesTheWholeJobOnAShippedModel) {
    open(4);
    EXPECT_EQ(model_.family, "delta_net");
    ASSERT_EQ(text_.windows.size(), 4u);
    EXPECT_EQ(text_.token_text.at(0).size(), 512u);

    // The same numbers as the command.
    const std::string half = plan(0.5, 1);
    const auto found = client().run<protocol::EvaluateJobResult>("evaluate", evaluation_of(half));
    const Json expected = run_json(
        {"evaluate", kModel, "--text", kText, "--tokens", "2048", "--plan", write("half.json", half), "--device", "cpu"});
    EXPECT_NEAR(found.baseline.nll, expected["baseline"]["nll"].get<double>(), 1e-9);
    EXPECT_NEAR(found.plans.at(0).nll, expected["plans"][0]["nll"].get<double>(), 1e-6);
    EXPECT_NEAR(*found.plans.at(0).delta_nll, expected["plans"][0]["delta_nll"].get<double>(), 1e-6);
    EXPECT_NEAR(*found.plans.at(0).delta_nll_se, expected["plans"][0]["delta_nll_se"].get<double>(), 1e-6);
    EXPECT_EQ(found.plans.at(0).state_bytes, expected["plans"][0]["state_bytes"]);
    EXPECT_EQ(found.plans.at(0).parameters, expected["plans"][0]["parameters"]);
    EXPECT_EQ(found.tokens, expected["tokens"]);

    const auto sweep = client().run<protocol::SweepResult>(
        "sweep", Value::Object{{"methods", Value::Array{Value("l1")}}, {"ratios", Value::Array{Value(0.5), Value(0.75)}}});
    ASSERT_EQ(sweep.points.size(), 2u);
    EXPECT_LT(sweep.points[1].kept, sweep.points[0].kept);

    protocol::CaptureJobRequest capture;
    capture.output = path("c.h5");
    capture.source.max_windows = 2;
    capture.positions = {255, 511};
    capture.state_positions = {511};
    EXPECT_EQ(client().run<protocol::CaptureJobResult>("capture", to_value(capture)).windows, 2);
    const auto opened = client().call<protocol::OpenCaptureResult>("open_capture", Value::Object{{"path", capture.output}});
    EXPECT_EQ(opened.layers.size(), model_.layers.size());
    EXPECT_EQ(opened.token_text.at(0), text_.token_text.at(0));
    const auto state =
        client().call<protocol::StateResult>("state", to_value(protocol::StateRequest{capture.output, 3, 1, 0, 2}));
    EXPECT_EQ(state.state.shape, (std::vector<std::int64_t>{64, 64}));

    const auto exported =
        client().run<protocol::ExportJobResult>("export", Value::Object{{"plan", half}, {"output", path("half")}});
    EXPECT_EQ(run_json({"info", path("half")})["parameters"], exported.parameters);
    expect_end();
    EXPECT_EQ(listing(), (std::vector<std::string>{"c.h5", "half", "half.json"}));
}

TEST_F(Serve, SupersedesAndCancelsEvaluationsWhileTheyRun) {
    open(16);
    (void)client().run<protocol::EvaluateJobResult>("evaluate", Value());
    const std::string first = plan(0.5, 1), second = plan(0.25, 2), third = plan(0.75, 3);
    const auto partial_of = [this](std::int64_t job) {
        (void)client().wait_for(
            [job](const protocol::Message& m) { return m.method == "partial" && ProtocolClient::job_of(m) == job; });
    };
    const std::int64_t a = client().start("evaluate", evaluation_of(first));
    partial_of(a);
    const std::int64_t b = client().start("evaluate", evaluation_of(second));
    EXPECT_EQ(client().failure_of(a).reason, "superseded");
    EXPECT_EQ(client().result_of<protocol::EvaluateJobResult>(b).plans.size(), 1u);

    const std::int64_t c = client().start("evaluate", evaluation_of(third));
    partial_of(c);
    const auto cancelled = client().call<protocol::CancelResult>("cancel", Value::Object{{"job", Value(c)}});
    EXPECT_EQ(cancelled.state, "running");
    EXPECT_EQ(client().failure_of(c).reason, "cancelled");
    // Nothing about a job comes after its end.
    (void)client().call<protocol::JobsResult>("jobs", Value());
    for (const std::int64_t job : {a, b, c}) {
        const std::string last = client().notes_of(job).back().method;
        EXPECT_EQ(last, job == b ? "finished" : "failed");
    }
    expect_end();
}

TEST_F(Serve, EndsWithItsInputAlsoDuringAJobAndLeavesNothing) {
    open(30);
    (void)client().start("evaluate", evaluation_of(plan(0.5, 1)));
    (void)client().start("export", Value::Object{{"plan", plan(0.5, 1)}, {"output", path("half")}});
    expect_end();
    EXPECT_TRUE(listing().empty());
}

TEST_F(Serve, EndsWithASignal) {
    open(30);
    (void)client().start("evaluate", evaluation_of(plan(0.5, 1)));
    serve_.signal(SIGTERM);
    EXPECT_EQ(serve_.wait(), 130);
    EXPECT_EQ(serve_.errors(), "rankscope-cli: cancelled\n");
}

TEST_F(Serve, LivesOnAfterWhateverIsNoMessage) {
    hello();
    for (int i = 0; i < 300; ++i) {
        Value::Bytes body(static_cast<std::size_t>(i), static_cast<std::uint8_t>(37 * i));
        client().send_bytes(protocol::framed(body));
    }
    EXPECT_EQ(client().call<protocol::ModelResult>("info", Value::Object{{"path", kModel}}).layers.size(), 4u);
    // Cut off in the middle of a message.
    client().send_bytes({200, 0, 0, 0, 1, 2, 3});
    expect_end();
}

TEST_F(Serve, TwoEnginesKnowNothingOfEachOther) {
    ServeProgram other;
    open(2);
    EXPECT_EQ(other.client().refused("jobs", Value()).code, protocol::kInvalidRequest);
    (void)other.client().call<protocol::HelloResult>("hello", to_value(protocol::HelloRequest{protocol::kVersion, "other"}));
    EXPECT_EQ(other.client().failure_of(other.client().start("evaluate", Value())).code, 2);
    other.client().close_input();
    EXPECT_EQ(other.wait(), 0);
    EXPECT_EQ(client().run<protocol::EvaluateJobResult>("evaluate", Value()).windows, 2);
    expect_end();
}

// A copy of the program in a folder of its own has no librankscope_model.so beside it.
TEST_F(Serve, StartsWithoutLibTorchAndSaysHowToGetIt) {
    namespace fs = std::filesystem;
    const fs::path source = program_path();
    fs::create_directories(folder_ / "there/bin");
    fs::create_directories(folder_ / "there/lib");
    fs::copy_file(source, folder_ / "there/bin/rankscope-cli");
    for (const char* name : {"librankscope_analysis.so", "librankscope_kernels.so"}) {
        const fs::path library = source.parent_path() / "../lib" / name;
        if (fs::exists(library)) fs::copy_file(library, folder_ / "there/lib" / name);
    }
    ServeProgram alone(folder_ / "there/bin/rankscope-cli");
    ProtocolClient& c = alone.client();
    (void)c.call<protocol::HelloResult>("hello", to_value(protocol::HelloRequest{protocol::kVersion, "test"}));
    EXPECT_EQ(c.call<protocol::ModelResult>("info", Value::Object{{"path", kModel}}).parameters, 2569408);
    const auto failure = c.failure_of(c.start("open_model", Value::Object{{"path", kModel}}));
    EXPECT_EQ(failure.code, 5);
    EXPECT_THAT(failure.hint, HasSubstr("doctor --fetch-libtorch"));
    EXPECT_EQ(failure.cause, protocol::kNoLibTorch);
    c.close_input();
    EXPECT_EQ(alone.wait(), 0);
}

}  // namespace
}  // namespace rankscope::test
