// SPDX-License-Identifier: Apache-2.0
// What the jobs answer: the same as the modules behind them, and everything that is promised about partial results.
#include "core/engine/calibrate.hpp"
#include "core/pruning/choose_channels.hpp"
#include "core/spectra/singular_values.hpp"
#include "tests/core/engine/server_test.hpp"
#include "tests/support/expect_error.hpp"

#include <cmath>

namespace rankscope::test {
namespace {

using protocol::EvaluationData;
using ::testing::HasSubstr;

class ServerJobs : public ServerTest {
protected:
    /// The same text, read without a server.
    TokenWindows windows(const ModelFolder& folder) const {
        return read_text_windows(folder_ / "text.txt", *Tokenizer::open(folder.path(), folder.config().vocab_size),
                                 {32, 6, std::nullopt});
    }

    static void expect_equal(const EvaluationData& found, const Perplexity& expected) {
        EXPECT_EQ(found.nll, expected.nll);
        EXPECT_EQ(found.perplexity, expected.perplexity);
        EXPECT_EQ(found.perplexity_se, expected.perplexity_se);
    }

    Value calibrated(Value::Object object) const {
        object.emplace_back("calibration", Value::Object{{"text", text_file("calibration.txt")}, {"tokens", Value(256)}});
        return object;
    }
};

TEST_F(ServerJobs, OpeningAModelAndATextSaysWhatPlansAreCountedWith) {
    open();
    const ModelFolder folder = ModelFolder::open(golden_model("delta_net-plain"));
    EXPECT_EQ(model_.hash, folder.hash());
    EXPECT_EQ(model_.parameters, folder.parameters());
    EXPECT_EQ(model_.provenance.device, "cpu");
    const ModelConfig config = parse_model_config(model_.config, "config.json");
    ASSERT_EQ(config.layers.size(), model_.layers.size());
    const Plan half = parse_plan(plan({0}), "plan");
    EXPECT_LT(state_bytes(half, config), model_.state_bytes);
    EXPECT_EQ(state_bytes(half, config), state_bytes(half, folder.config()));
    const TokenWindows expected = windows(folder);
    ASSERT_EQ(text_.windows.size(), expected.rows.size());
    for (std::size_t w = 0; w < expected.rows.size(); ++w) {
        EXPECT_EQ(text_.windows[w].values, expected.rows[w]);
        EXPECT_EQ(text_.token_text.at(w).size(), expected.rows[w].size());
    }
    EXPECT_EQ(text_.text_hash, expected.text_hash);
    EXPECT_EQ(text_.scored_tokens, expected.scored_tokens());
}

TEST_F(ServerJobs, AnotherModelForgetsTheTextAndABadOneChangesNothing) {
    open();
    const auto bad = client_->failure_of(client_->start("open_model", Value::Object{{"path", "/nowhere/at/all"}}));
    EXPECT_EQ(bad.code, 3);
    EXPECT_EQ(client_->run<protocol::EvaluateJobResult>("evaluate", evaluation_of({})).windows, 6);
    (void)client_->run<protocol::ModelResult>("open_model", Value::Object{{"path", golden_model("delta_net-small").string()}});
    const auto none = client_->failure_of(client_->start("evaluate", evaluation_of({})));
    EXPECT_EQ(none.code, 2);
    EXPECT_THAT(none.message, HasSubstr("no text is open"));
}

TEST_F(ServerJobs, AnEvaluationEqualsThatOfTheEngine) {
    open();
    const std::string first = plan({0, 1}), second = plan({1}, 0.25);
    const auto found = client_->run<protocol::EvaluateJobResult>("evaluate", evaluation_of({first, second}));
    const ModelFolder folder = ModelFolder::open(golden_model("delta_net-plain"));
    Session session;
    session.open(folder, {"cpu", "auto", 1}, {});
    const EvaluateResult expected =
        session.evaluate({windows(folder), {{"a", parse_plan(first, "")}, {"b", parse_plan(second, "")}}, 0}, {});
    expect_equal(found.baseline, expected.baseline);
    EXPECT_EQ(found.bits_per_byte, expected.bits_per_byte);
    EXPECT_EQ(found.baseline.parameters, folder.parameters());
    ASSERT_EQ(found.plans.size(), 2u);
    for (std::size_t i = 0; i < 2; ++i) {
        expect_equal(found.plans[i], expected.plans[i].value);
        EXPECT_EQ(found.plans[i].delta_nll, expected.plans[i].delta_nll);
        EXPECT_EQ(found.plans[i].delta_nll_se, expected.plans[i].delta_nll_se);
        EXPECT_EQ(found.plans[i].state_bytes, expected.plans[i].state_bytes);
        EXPECT_EQ(found.plans[i].name, "plan " + std::to_string(i));
    }
    EXPECT_EQ(found.provenance.text_hash, text_.text_hash);
    EXPECT_EQ(found.provenance.model_hash, model_.hash);
    EXPECT_THAT(found.provenance.implementation, ::testing::MatchesRegex("(chunked|recurrent)-[a-z0-9]+(, (chunked|recurrent)-[a-z0-9]+)*"));
}

TEST_F(ServerJobs, AProvenanceNamesWhatItsOwnJobUsed) {
    open();
    const auto scored = client_->run<protocol::ScoresResult>("scores", calibrated({{"method", "taylor"}}));
    ASSERT_FALSE(scored.layers.empty());
    const auto found = client_->run<protocol::EvaluateJobResult>("evaluate", evaluation_of({plan({0})}));
    EXPECT_THAT(found.provenance.implementation, ::testing::Not(HasSubstr("gradient"))) << "of the scores before it";
}

TEST_F(ServerJobs, TheLastPartialIsTheResult) {
    open();
    const std::int64_t job = client_->start("evaluate", evaluation_of({plan({0})}));
    const auto result = client_->result_of<protocol::EvaluateJobResult>(job);
    protocol::EvaluatePartial last;
    for (const auto& m : client_->notes_of(job)) {
        if (m.method == "partial") last = protocol::parse<protocol::EvaluatePartial>(m.payload, "partial");
    }
    EXPECT_EQ(last.job, job);
    EXPECT_EQ(last.plan, 0);
    EXPECT_EQ(last.value.windows, 6);
    EXPECT_EQ(last.value.windows_total, 6);
    EXPECT_EQ(last.value.nll, result.plans.at(0).nll);
    EXPECT_EQ(last.value.delta_nll, result.plans.at(0).delta_nll);
    EXPECT_EQ(last.baseline.nll, result.baseline.nll);
}

TEST_F(ServerJobs, APlanOfAnotherModelOrNoPlanIsRefused) {
    open();
    std::string other = plan({0});
    other.replace(other.find(model_.hash), 8, "00000000");
    EXPECT_EQ(client_->failure_of(client_->start("evaluate", evaluation_of({other}))).code, 3);
    EXPECT_EQ(client_->failure_of(client_->start("evaluate", evaluation_of({"{}"}))).code, 3);
    EXPECT_EQ(
        client_->failure_of(client_->start("export", Value::Object{{"plan", "[]"}, {"output", (folder_ / "out").string()}})).code,
        3);
}

TEST_F(ServerJobs, ASweepSendsEveryPointOnceAndEachEqualsItsEvaluation) {
    open();
    const Value request =
        calibrated({{"methods", Value::Array{Value("l1"), Value("energy")}}, {"ratios", Value::Array{Value(0.5), Value(0.25)}}});
    for (const bool alone : {false, true}) {
        const std::int64_t job = client_->start(alone ? "layer_sweep" : "sweep", request);
        const auto result = client_->result_of<protocol::SweepResult>(job);
        EXPECT_EQ(result.points.size(), alone ? 4 * model_.layers.size() : 4u);
        std::vector<protocol::SweepPoint> sent;
        for (const auto& m : client_->notes_of(job)) {
            if (m.method != "partial") continue;
            const auto partial = protocol::parse<protocol::SweepPartial>(m.payload, "partial");
            sent.insert(sent.end(), partial.points.begin(), partial.points.end());
        }
        ASSERT_EQ(sent.size(), result.points.size());
        std::vector<std::string> plans;
        for (std::size_t i = 0; i < sent.size(); ++i) {
            EXPECT_EQ(sent[i].plan, result.points[i].plan);
            plans.push_back(sent[i].plan);
            const Plan parsed = parse_plan(sent[i].plan, "plan");
            EXPECT_EQ(parsed.layers.size(), alone ? 1u : model_.layers.size());
            EXPECT_EQ(parsed.layers.front().kept_dim(), sent[i].kept);
            EXPECT_EQ(alone ? parsed.layers.front().index : -1, sent[i].layer);
        }
        const auto evaluated = client_->run<protocol::EvaluateJobResult>("evaluate", evaluation_of(plans));
        for (std::size_t i = 0; i < plans.size(); ++i) {
            EXPECT_EQ(evaluated.plans[i].nll, result.points[i].value.nll);
            EXPECT_EQ(evaluated.plans[i].delta_nll, result.points[i].value.delta_nll);
        }
    }
    EXPECT_EQ(script_.calls["statistics"], 1);
}

TEST_F(ServerJobs, ScoresAndPlansReadACalibrationOnce) {
    open();
    const Value scores = calibrated({{"method", "drrqr"}});
    const auto first = client_->run<protocol::ScoresResult>("scores", scores);
    const auto second = client_->run<protocol::ScoresResult>("scores", scores);
    EXPECT_EQ(script_.calls["statistics"], 1);
    const ModelFolder folder = ModelFolder::open(golden_model("delta_net-plain"));
    Session session;
    session.open(folder, {"cpu", "auto", 1}, {});
    const TokenWindows calibration = read_text_windows(
        folder_ / "calibration.txt", *Tokenizer::open(folder.path(), folder.config().vocab_size), {512, std::nullopt, 256});
    const ModelScores expected = session.scores("drrqr", calibration, 0, {});
    ASSERT_EQ(first.layers.size(), expected.size());
    for (std::size_t l = 0; l < expected.size(); ++l) {
        for (std::size_t h = 0; h < expected[l].size(); ++h) {
            EXPECT_EQ(first.layers[l].heads[h].order, expected[l][h].order);
            EXPECT_EQ(first.layers[l].heads[h].scores, expected[l][h].scores);
            EXPECT_EQ(second.layers[l].heads[h].order, expected[l][h].order);
        }
    }
    // Two methods in one plan, one of which is at hand: only the other's statistics are missing.
    protocol::PlanInstruction instruction;
    instruction.layers = {{1, "energy", 0.5, std::nullopt}, {0, "drrqr", std::nullopt, 5}};
    const Value wanted = calibrated({{"plans", Value::Array{to_value(instruction)}}});
    const auto made = client_->run<protocol::MakePlansResult>("make_plans", wanted);
    EXPECT_EQ(script_.calls["statistics"], 2);
    PlanRequest request;
    request.layers.resize(folder.config().layers.size());
    request.layers[0] = LayerRequest{"drrqr", std::nullopt, 5};
    request.layers[1] = LayerRequest{"energy", 0.5, std::nullopt};
    request.model_hash = folder.hash();
    const PlanResult plan = session.plans({request}, calibration, {}).front();
    EXPECT_EQ(made.plans.at(0).plan, to_json(plan.plan));
    EXPECT_EQ(made.plans.at(0).notes, plan.notes);
    EXPECT_EQ(made.plans.at(0).state_bytes, state_bytes(plan.plan, folder.config()));
    // Asked again it waits for nobody.
    close_gate();
    const std::int64_t job = client_->start("evaluate", evaluation_of({}));
    wait_until_running(job);
    EXPECT_EQ(client_->run<protocol::MakePlansResult>("make_plans", wanted).plans.at(0).plan, made.plans.at(0).plan);
    EXPECT_EQ(client_->run<protocol::ScoresResult>("scores", scores).layers.size(), first.layers.size());
    gate_.open();
    // Another file of the same name is another calibration.
    write_bytes(folder_ / "calibration.txt", std::string(3000, 'x') + " and more");
    (void)client_->run<protocol::ScoresResult>(
        "scores",
        Value::Object{{"method", "drrqr"},
                      {"calibration", Value::Object{{"text", (folder_ / "calibration.txt").string()}, {"tokens", Value(256)}}}});
    EXPECT_EQ(script_.calls["statistics"], 3);
}

TEST_F(ServerJobs, WhatCannotBeAPlanIsNamed) {
    open();
    const auto refuse = [this](const protocol::PlanInstruction& instruction, const std::string& part) {
        const auto failure =
            client_->failure_of(client_->start("make_plans", Value::Object{{"plans", Value::Array{to_value(instruction)}}}));
        EXPECT_EQ(failure.code, 2);
        EXPECT_THAT(failure.message, HasSubstr(part));
    };
    refuse({{{99, "l1", 0.5, std::nullopt}}, "widest"}, "found 99");
    refuse({{{0, "l1", 0.5, std::nullopt}, {0, "l1", 0.5, std::nullopt}}, "widest"}, "twice");
    refuse({{{0, "l1", 0.5, 3}}, "widest"}, "width");
    refuse({{{0, "l1", std::nullopt, 1000}}, "widest"}, "found 1000");
    refuse({{{0, "l1", 0.5, std::nullopt}}, "huge"}, "huge");
    refuse({{{0, "drrqr", 0.5, std::nullopt}}, "widest"}, "needs calibration data");
    const auto failure = client_->failure_of(client_->start("scores", Value::Object{{"method", "drrqr"}}));
    EXPECT_EQ(failure.cause, protocol::kNoCalibration) << "a window offers to open a text";
}

TEST_F(ServerJobs, AnAttributionNamesTheLayersThatKeepOtherChannels) {
    open();
    const std::string a = plan({0, 1}, 0.5), b = plan({1}, 0.25);
    const std::int64_t job = client_->start("attribution", to_value(protocol::AttributionRequest{a, b}));
    const auto found = client_->result_of<protocol::AttributionResult>(job);
    ASSERT_EQ(found.layers.size(), 2u);
    EXPECT_EQ(found.layers[0].index, 0);
    EXPECT_EQ(found.layers[1].index, 1);
    std::size_t sent = 0;
    for (const auto& m : client_->notes_of(job)) {
        if (m.method == "partial") sent += protocol::parse<protocol::AttributionPartial>(m.payload, "").layers.size();
    }
    EXPECT_EQ(sent, 2u);
    const auto both = client_->run<protocol::EvaluateJobResult>("evaluate", evaluation_of({a, b}));
    EXPECT_NEAR(found.delta_nll, both.plans[1].nll - both.plans[0].nll, 1e-12);
    EXPECT_TRUE(
        client_->run<protocol::AttributionResult>("attribution", to_value(protocol::AttributionRequest{a, a})).layers.empty());
}

TEST_F(ServerJobs, NoiseSpeedAndExportAnswerForEveryPlan) {
    open();
    const std::string p = plan({0, 1}, 0.5);
    const Value::Array plans{to_value(protocol::NamedPlan{"half", p})};
    const auto noise =
        client_->run<protocol::NoiseJobResult>("noise", Value::Object{{"plans", plans}, {"levels", Value::Array{Value(0.1)}}});
    ASSERT_EQ(noise.levels.size(), 2u);
    EXPECT_EQ(noise.levels[1].plan, "half");
    EXPECT_FALSE(noise.heads.empty());
    const auto bench = client_->run<protocol::BenchJobResult>(
        "bench", Value::Object{
                     {"plans", plans}, {"lengths", Value::Array{Value(16)}}, {"repeats", Value(1)}, {"decode_tokens", Value(2)}});
    EXPECT_EQ(bench.runs.size(), 4u);
    const auto failure = client_->failure_of(client_->start("bench", Value::Object{{"repeats", Value(0)}}));
    EXPECT_EQ(failure.code, 2);
    const Value request = Value::Object{{"plan", p}, {"output", (folder_ / "half").string()}};
    const auto exported = client_->run<protocol::ExportJobResult>("export", request);
    EXPECT_EQ(ModelFolder::open(folder_ / "half").parameters(), exported.parameters);
    EXPECT_LT(exported.parameters, model_.parameters);
    EXPECT_EQ(client_->failure_of(client_->start("export", request)).code, 2);
}

TEST_F(ServerJobs, CapturedStatesAreAskedAboutByPath) {
    open("gated_deltanet-gva");
    const std::string path = (folder_ / "c.h5").string();
    protocol::CaptureJobRequest request;
    request.output = path;
    request.source.max_windows = 2;
    request.positions = {7, 15, 31};
    request.state_positions = {15, 31};
    const auto done = client_->run<protocol::CaptureJobResult>("capture", to_value(request));
    EXPECT_EQ(done.windows, 2);
    EXPECT_EQ(client_->failure_of(client_->start("capture", to_value(request))).code, 2);

    const auto open = client_->call<protocol::OpenCaptureResult>("open_capture", Value::Object{{"path", path}});
    EXPECT_EQ(open.windows_done, 2);
    EXPECT_EQ(open.state_positions, request.state_positions);
    EXPECT_EQ(open.tokens.values[32], text_.windows[1].values[0]);
    const protocol::CapturedLayer& layer = open.layers.front();
    ASSERT_GT(layer.value_heads, layer.key_heads);
    const CaptureReader reader(path);
    EXPECT_EQ(layer.metrics.size(), reader.metrics().size());
    EXPECT_EQ(layer.singular_values.shape,
              (std::vector<std::int64_t>{2, 3, layer.value_heads, std::min(layer.key_dim, layer.value_dim)}));

    // Every second channel; value heads go by their key head.
    std::vector<std::vector<std::int32_t>> keep(static_cast<std::size_t>(layer.key_heads));
    for (std::size_t h = 0; h < keep.size(); ++h) {
        for (auto c = static_cast<std::int32_t>(h % 2); c < layer.key_dim; c += 2)
            keep[h].push_back(c);
    }
    protocol::KeptEnergyRequest energy{path, 0, 1, 2, keep};
    const auto kept = client_->call<protocol::KeptEnergyResult>("kept_energy", to_value(energy));
    const auto after = client_->call<protocol::SpectrumAfterResult>(
        "spectrum_after", to_value(protocol::SpectrumAfterRequest{path, 0, 1, 1, keep}));
    const auto width = static_cast<std::size_t>(layer.value_dim),
               rank = static_cast<std::size_t>(after.singular_values.shape.at(1));
    for (std::int64_t h = 0; h < layer.value_heads; ++h) {
        const auto state =
            client_->call<protocol::StateResult>("state", to_value(protocol::StateRequest{path, 0, 1, 1, h})).state;
        EXPECT_EQ(state.values, reader.state(0, 1, 1, static_cast<std::size_t>(h)));
        const auto& rows = keep[static_cast<std::size_t>(h / (layer.value_heads / layer.key_heads))];
        std::vector<float> left;
        double all = 0, here = 0;
        for (const float x : state.values)
            all += static_cast<double>(x) * x;
        for (const std::int32_t c : rows)
            left.insert(left.end(), state.values.begin() + c * layer.value_dim, state.values.begin() + (c + 1) * layer.value_dim);
        for (const float x : left)
            here += static_cast<double>(x) * x;
        EXPECT_NEAR(kept.kept[static_cast<std::size_t>(h)], here / all, 1e-5);
        EXPECT_LE(kept.kept[static_cast<std::size_t>(h)], kept.bound[static_cast<std::size_t>(h)] + 1e-6);
        std::vector<double> sigma(rank);
        singular_values(left, 1, std::ssize(rows), static_cast<std::int64_t>(width), sigma);
        for (std::size_t i = 0; i < rank; ++i)
            EXPECT_FLOAT_EQ(after.singular_values.values[static_cast<std::size_t>(h) * rank + i], static_cast<float>(sigma[i]));
    }
    // All channels hold all the energy, over all windows and positions too.
    for (auto& rows : keep) {
        rows.clear();
        for (std::int32_t c = 0; c < layer.key_dim; ++c)
            rows.push_back(c);
    }
    for (const double share :
         client_->call<protocol::KeptEnergyResult>("kept_energy", to_value(protocol::KeptEnergyRequest{path, 0, -1, -1, keep}))
             .kept)
        EXPECT_NEAR(share, 1, 1e-6);
}

TEST_F(ServerJobs, QuestionsAboutWhatWasNotCapturedAreRefused) {
    hello();
    EXPECT_EQ(client_->refused("open_capture", Value::Object{{"path", "/nowhere.h5"}}).code, 3);
    open();
    const std::string path = (folder_ / "c.h5").string();
    protocol::CaptureJobRequest request;
    request.output = path;
    request.positions = {31};
    request.state_positions = {31};
    (void)client_->run<protocol::CaptureJobResult>("capture", to_value(request));
    const auto refuse = [this](const char* method, const Value& params) {
        EXPECT_EQ(client_->refused(method, params).code, 2) << method;
    };
    refuse("state", to_value(protocol::StateRequest{path, 99, 0, 0, 0}));
    refuse("state", to_value(protocol::StateRequest{path, 0, 99, 0, 0}));
    refuse("state", to_value(protocol::StateRequest{path, 0, 0, 99, 0}));
    refuse("state", to_value(protocol::StateRequest{path, 0, 0, 0, -1}));
    const auto heads = static_cast<std::size_t>(model_.layers.front().key_heads);
    for (const std::vector<std::int32_t>& rows : std::vector<std::vector<std::int32_t>>{{}, {-1}, {1000}, {2, 2}}) {
        refuse("kept_energy", to_value(protocol::KeptEnergyRequest{path, 0, -1, -1, std::vector(heads, rows)}));
        refuse("spectrum_after", to_value(protocol::SpectrumAfterRequest{path, 0, 0, 0, std::vector(heads, rows)}));
    }
    refuse("kept_energy", to_value(protocol::KeptEnergyRequest{path, 0, -1, -1, {{0}, {0}, {0}, {0}, {0}, {0}, {0}, {0}, {0}}}));
    EXPECT_EQ(client_
                  ->failure_of(client_->start(
                      "capture", Value::Object{{"output", (folder_ / "d.h5").string()}, {"positions", Value::Array{Value(99)}}}))
                  .code,
              2);
    EXPECT_FALSE(std::filesystem::exists(folder_ / "d.h5"));
}

TEST(JobNotes, TheFirstAndTheLastPartialAreSentAndFewBetween) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    ProtocolClient client(ends[0], -1);
    const auto began = std::chrono::steady_clock::now();
    {
        server::Outbox outbox(ends[1]);
        const std::string greeting = protocol::greeting();
        outbox.post_bytes({greeting.begin(), greeting.end()});
        const auto partial = [](int i) { return Value::Object{{"job", Value(3)}, {"i", Value(i)}}; };
        server::Job job(
            3, "evaluate",
            [&](server::Job& self) {
                for (int i = 0; i < 1000; ++i) {
                    self.partial(partial(i));
                    self.progress().update({static_cast<double>(i), 1000, "steps", -1, {}});
                }
                return Value();
            },
            outbox);
        job.run();
        EXPECT_TRUE(outbox.flush(60));
    }
    const double passed = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    ::close(ends[1]);
    client.read_to_the_end();
    std::vector<std::int64_t> seen;
    int progress = 0;
    for (const auto& m : client.log()) {
        if (m.method == "partial") seen.push_back(*m.payload.find("i")->as<std::int64_t>());
        if (m.method == "progress") ++progress;
    }
    ASSERT_GE(seen.size(), 2u);
    EXPECT_EQ(seen.front(), 0);
    EXPECT_EQ(seen.back(), 999);
    EXPECT_LE(static_cast<double>(seen.size()), 2 + 4 * passed);
    EXPECT_GE(progress, 1);
    EXPECT_LE(progress, 1 + 10 * passed);
    EXPECT_EQ(client.log().back().method, "finished");
}

}  // namespace
}  // namespace rankscope::test
