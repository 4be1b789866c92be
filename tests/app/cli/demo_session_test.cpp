// SPDX-License-Identifier: Apache-2.0
// The session that `demo --session` makes of a small model: complete, true to what the other commands say, and free of the
// places it was made in.
#include "core/session/session_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "core/capture/capture_reader.hpp"
#include "tests/app/cli/cli_test.hpp"

namespace rankscope::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

// A data folder as shipped, with one small model: two layers of 4 heads, K = 16.
class DemoSession : public CliTest {
protected:
    DemoSession() {
        const fs::path model = folder_ / "data/resources/models/tiny-delta";
        fs::create_directories(model);
        fs::create_directories(folder_ / "data/resources/sessions");
        for (const auto& entry : fs::directory_iterator(golden_model("delta_net-plain"))) {
            if (entry.path().filename() != "golden.safetensors") fs::copy_file(entry.path(), model / entry.path().filename());
        }
        write("data/resources/texts/evaluation.txt", some_text(3000));
        write("data/resources/texts/calibration.txt", some_text(2000));
        write("data/resources/models/tiny-delta/rankscope-demo.json",
              R"({"title": "Tiny", "description": "For tests.", "evaluation": "../../texts/evaluation.txt", "calibration": "../../texts/calibration.txt", "window": 64})");
        options_.environment = {{"RANKSCOPE_DATA", path("data")}};
    }

    ProgramResult run(const std::vector<std::string>& arguments) const { return run_program(arguments, options_); }

    ProgramResult make(const std::string& output, bool force = false) const {
        std::vector<std::string> arguments{"demo", "--run", "tiny-delta", "--session", path(output), "--json"};
        if (force) arguments.push_back("--force");
        return run(arguments);
    }

    ProgramOptions options_;
};

const SessionPoint& point(const SavedSession& session, const std::string& id) {
    const auto found = std::find_if(session.points.begin(), session.points.end(), [&](const SessionPoint& p) { return p.id == id; });
    if (found == session.points.end()) throw std::runtime_error("no point " + id);
    return *found;
}

TEST_F(DemoSession, HoldsEverythingThatTheWindowShows) {
    const std::string name = "data/resources/sessions/tiny.rankscope";
    const ProgramResult result = make(name);
    ASSERT_EQ(result.code, 0) << result.err;
    const Json answer = Json::parse(result.out);
    expect_keys(answer, {"session", "capture", "story", "seconds", "provenance"});
    const SavedSession s = read_session(path(name));
    const ModelConfig config = session_config(s);

    EXPECT_EQ(s.points.size(), 50u);
    std::set<std::string> methods;
    for (const SessionPoint& p : s.points) {
        ASSERT_TRUE(p.quality && p.speed) << p.id;
        EXPECT_TRUE(p.quality->delta_nll && p.quality->delta_nll_se) << p.id;
        EXPECT_GT(p.speed->prefill, 0) << p.id;
        EXPECT_GT(p.speed->decode, 0) << p.id;
        EXPECT_EQ(p.state_bytes, state_bytes(p.plan, config)) << p.id;
        EXPECT_NEAR(p.quality->delta_nll.value(), p.quality->nll - s.full->nll, 1e-9) << p.id;
        for (const LayerChoice& layer : p.choice.layers) {
            const PlanLayer* planned = p.plan.layer(layer.index);
            EXPECT_EQ(planned ? planned->kept_dim() : layer.key_dim, layer.kept) << p.id;
        }
        if (p.uniform) methods.insert(p.choice.layers[0].method);
    }
    EXPECT_EQ(methods.size(), 7u);
    // One measurement for each width, the others say where theirs comes from.
    EXPECT_FALSE(point(s, "drrqr-50").speed->same_width);
    EXPECT_TRUE(point(s, "random-50").speed->same_width);
    EXPECT_EQ(point(s, "random-50").speed->decode, point(s, "drrqr-50").speed->decode);
    EXPECT_TRUE(s.full_speed && s.full_speed->prefill > 0);

    std::set<std::tuple<std::int64_t, std::string, std::int64_t>> alone;
    for (const LayerSweepPoint& p : s.layer_sweep) {
        alone.insert({p.layer, p.method, p.kept});
        EXPECT_TRUE(p.delta_nll_se);
    }
    EXPECT_EQ(alone.size(), 2u * 7 * 8);
    EXPECT_EQ(s.layer_sweep.size(), alone.size());
    ASSERT_EQ(s.scores.size(), 7u);
    EXPECT_EQ(s.noise->heads.size(), 8u);
    EXPECT_EQ(s.noise->levels.size(), 8u);
    EXPECT_TRUE(s.current == point(s, "drrqr-50").choice);
    ASSERT_EQ(s.history.size(), 1u);
    EXPECT_EQ(s.history[0].label, "Open demo session");

    const SessionPoint& mixed = point(s, "mixed");
    EXPECT_FALSE(mixed.uniform);
    EXPECT_LE(mixed.state_bytes, point(s, "drrqr-50").state_bytes);
    EXPECT_EQ(answer["story"]["text"], s.story->text);
    const MeasuredQuality& half = *point(s, "drrqr-50").quality;
    EXPECT_THAT(s.story->text, HasSubstr(fmt::format("to {:#.4g} (", half.perplexity)));
    EXPECT_THAT(s.story->text, HasSubstr(mixed.choice.name));
    EXPECT_EQ(s.story->point, "drrqr-50");
    EXPECT_EQ(s.story->beside, "random-50");
}

TEST_F(DemoSession, SaysWhatTheOtherCommandsSay) {
    ASSERT_EQ(make("data/resources/sessions/tiny.rankscope").code, 0);
    const SavedSession s = read_session(path("data/resources/sessions/tiny.rankscope"));
    const std::string model = path("data/resources/models/tiny-delta"), text = path("data/resources/texts/evaluation.txt");
    write("mixed.json", to_json(point(s, "mixed").plan));
    write("taylor.json", to_json(point(s, "taylor-75").plan));
    const Json again = run_json({"evaluate", model, "--text", text, "--window", "64", "--plan", path("mixed.json"), "--plan", path("taylor.json")});
    EXPECT_DOUBLE_EQ(again["baseline"]["nll"].get<double>(), s.full->nll);
    EXPECT_DOUBLE_EQ(again["plans"][0]["nll"].get<double>(), point(s, "mixed").quality->nll);
    EXPECT_DOUBLE_EQ(again["plans"][1]["delta_nll_se"].get<double>(), point(s, "taylor-75").quality->delta_nll_se.value());
    EXPECT_EQ(again["plans"][1]["parameters"].get<std::int64_t>(), point(s, "taylor-75").parameters);
    const Json plan = run_json({"plan", model, "--method", "s-wanda", "--keep", "4", "--layer", "0:keep=4", "--calibrate",
                                path("data/resources/texts/calibration.txt"), "-o", path("one.json")});
    EXPECT_EQ(plan["layers"][0]["keep"], Json(point(s, "s-wanda-75").plan.layer(0)->keep));
    const Json scores = run_json({"scores", model, "--method", "l1", "-o", path("scores.json")});
    const auto l1 = std::find_if(s.scores.begin(), s.scores.end(), [](const SessionScores& x) { return x.method == "l1"; });
    EXPECT_EQ(scores["layers"][1]["heads"][1]["order"], Json(l1->heads[1][1].order));
}

TEST_F(DemoSession, CarriesNoPlaceOfTheMachineThatMadeIt) {
    ASSERT_EQ(make("data/resources/sessions/tiny.rankscope").code, 0);
    for (const char* file : {"data/resources/sessions/tiny.rankscope", "data/resources/sessions/tiny.h5"}) {
        EXPECT_THAT(read_file(path(file)), Not(HasSubstr(folder_.string()))) << file;
    }
    const Json document = Json::parse(read_file(path("data/resources/sessions/tiny.rankscope")));
    EXPECT_EQ(document["model"]["path"], "../models/tiny-delta");
    EXPECT_EQ(document["provenance"]["model"], "../models/tiny-delta");
    EXPECT_EQ(document["captures"], Json({"tiny.h5"}));
    const CaptureReader capture(path("data/resources/sessions/tiny.h5"));
    EXPECT_TRUE(capture.complete());
    EXPECT_EQ(Json::parse(capture.provenance())["model"], "../models/tiny-delta");
    EXPECT_EQ(capture.layout().positions, (std::vector<std::int64_t>{31, 63}));
    EXPECT_EQ(capture.layout().state_positions, (std::vector<std::int64_t>{31, 63}));
    EXPECT_GE(capture.layout().windows(), 2);
    // The whole tree elsewhere.
    fs::rename(path("data"), path("moved"));
    EXPECT_TRUE(fs::exists(read_session(path("moved/resources/sessions/tiny.rankscope")).model.path / "config.json"));
}

TEST_F(DemoSession, IsListedAndNotOverwritten) {
    const auto listed = [&] { return Json::parse(run({"demo", "--json"}).out)["models"][0]["session"]; };
    EXPECT_TRUE(listed().is_null());
    write("data/resources/sessions/tiny-delta.rankscope", "old");
    EXPECT_EQ(listed(), path("data/resources/sessions/tiny-delta.rankscope"));
    EXPECT_THAT(run({"demo"}).out, HasSubstr("tiny-delta.rankscope"));

    const ProgramResult refused = make("data/resources/sessions/tiny-delta.rankscope");
    EXPECT_EQ(refused.code, 2);
    EXPECT_THAT(refused.err, HasSubstr("exists"));
    EXPECT_EQ(read_file(path("data/resources/sessions/tiny-delta.rankscope")), "old");
    EXPECT_EQ(make("data/resources/sessions/tiny-delta.rankscope", true).code, 0);
    EXPECT_EQ(read_session(path("data/resources/sessions/tiny-delta.rankscope")).points.size(), 50u);

    EXPECT_THAT(make("session.json").err, HasSubstr(".rankscope"));
    EXPECT_EQ(make("session.json").code, 2);
    EXPECT_EQ(run({"demo", "--session", path("x.rankscope")}).code, 2);
    EXPECT_EQ(run({"demo", "--run", "tiny-delta", "-o", path("o"), "--session", path("x.rankscope")}).code, 2);
    EXPECT_EQ(listing(), (std::vector<std::string>{"data"}));
}

}  // namespace
}  // namespace rankscope::test
