// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/client/measurements.hpp"

#include "app/gui/document/plan_record.hpp"
#include "tests/app/gui/client/engine_fixture.hpp"

namespace rankscope::gui {
namespace {

class MeasurementsTest : public EngineSessionTest {
protected:
    // A job with this title has finished.
    bool finished(const std::string& title) {
        return wait([&] {
            const auto titles = endedJobs();
            return std::ranges::find(titles, title) != titles.end();
        });
    }

    EngineControl::Done done() {
        return [this](const QString& message, const QString& hint) {
            done_.push_back((message + QLatin1Char('|') + hint).toStdString());
        };
    }

    std::vector<std::string> done_;
};

TEST_F(MeasurementsTest, AddsThePlansOfASweep) {
    ASSERT_TRUE(startEngine());
    engine_.sweep({QStringLiteral("drrqr"), QStringLiteral("l1")}, {0.0, 0.25, 0.5});
    ASSERT_TRUE(finished("Sweep 2 × 3 plans"));
    ASSERT_EQ(document_.state().points.size(), 4u) << "nothing removed is the full model";
    EXPECT_FALSE(document_.undoStack()->canUndo());
    const SavedPlan& point = document_.state().points[1];
    EXPECT_TRUE(point.uniform);
    EXPECT_EQ(point.choice.name, "DRRQR 50 %");
    const PlanRecord& record = *document_.record(point.choice);
    EXPECT_EQ(record.state, PlanState::Exact);
    EXPECT_NEAR(*record.quality->delta_nll, 4 * 0.32, 1e-12);
    EXPECT_TRUE(record.plan);
    EXPECT_EQ(document_.fullQuality()->windows, 40);
}

TEST_F(MeasurementsTest, SweepsLayersWithTheMethodsOfThePlan) {
    ASSERT_TRUE(startEngine());
    PlanChoice plan = kept(48, "l1");
    plan.layers[2].method = "energy";
    document_.setPlan(QStringLiteral("Edit"), plan);
    engine_.layerSweep();
    ASSERT_TRUE(finished("Sweep every layer alone"));
    EXPECT_EQ(document_.layerSweep().size(), 2u * 4 * 4);
    LayerChoice layer = plan.layers[3];
    layer.method = "energy";
    layer.kept = 32;
    EXPECT_NEAR(*document_.layerDelta(layer), 0.32, 1e-12);
}

TEST_F(MeasurementsTest, MeasuresSpeedOfFullModelAndPlans) {
    ASSERT_TRUE(startEngine());
    BenchmarkRequest request;
    request.plans = {kept(32), kept(48)};
    request.lengths = {512, 1024};
    request.batch = 2;
    request.decodeTokens = 16;
    std::size_t runs = 0;
    const std::int64_t job = engine_.benchmark(
        request, [&](const protocol::BenchJobResult& result) { runs = result.runs.size(); }, done());
    EXPECT_GE(job, 0);
    ASSERT_TRUE(wait([this] { return !done_.empty(); }));
    EXPECT_EQ(done_, std::vector<std::string>{"|"});
    EXPECT_EQ(runs, 3U * 3U) << "two lengths and writing, of the full model and two plans";
    EXPECT_EQ(document_.fullSpeed()->length, 1024);
    EXPECT_EQ(document_.fullSpeed()->batch, 2);
    EXPECT_EQ(document_.fullSpeed()->prefill, 1024);
    EXPECT_NEAR(document_.fullSpeed()->prefill_mad, 0.1, 1e-12);
    EXPECT_EQ(document_.fullSpeed()->decode, 100);
    EXPECT_NEAR(document_.fullSpeed()->decode_mad, 0.05, 1e-12);
    EXPECT_EQ(document_.record(kept(32))->speed->prefill, 1025);
    EXPECT_EQ(document_.record(kept(48))->speed->prefill, 1026);
    EXPECT_EQ(document_.record(kept(48))->speed->decode, 102);
    EXPECT_EQ(stateOf(kept(48)), PlanState::Estimate) << "speed is no quality";
}

TEST_F(MeasurementsTest, NothingIsTimedBesideAnEvaluation) {
    script({{"steps", 20}, {"step_ms", 10}});
    ASSERT_TRUE(startEngine());
    document_.setPlan(QStringLiteral("Edit"), kept(48));
    engine_.evaluate();
    ASSERT_TRUE(wait([this] { return stateOf(kept(48)) == PlanState::Measuring; }));
    const std::int64_t job = engine_.benchmark({{kept(48)}}, {}, done());
    const auto mine = [&] { return *std::ranges::find(engine_.jobs(), job, &EngineJob::id); };
    ASSERT_TRUE(wait([&] { return mine().state == EngineJob::State::Running; }));
    EXPECT_EQ(stateOf(kept(48)), PlanState::Exact) << "the evaluation has ended before";
    engine_.cancel(job);
    ASSERT_TRUE(wait([this] { return !done_.empty(); }));
    EXPECT_EQ(mine().state, EngineJob::State::Cancelled);
    EXPECT_FALSE(document_.fullSpeed());
}

TEST_F(MeasurementsTest, SaysWhyNoSpeedCanBeMeasured) {
    EXPECT_EQ(engine_.benchmark({}, {}, done()), -1);
    EXPECT_EQ(done_.back(), "The engine is not running|Start the engine");
    script({{"fail", {{"bench", {{"message", "the device is gone"}, {"hint", "use the CPU"}}}}}});
    ASSERT_TRUE(startEngine());
    EXPECT_GE(engine_.benchmark({}, {}, done()), 0);
    ASSERT_TRUE(wait([this] { return done_.size() == 2; }));
    EXPECT_EQ(done_.back(), "the device is gone|use the CPU");
    EXPECT_TRUE(refused_.empty());
}

TEST(BenchmarkRequestTest, TakesLongerWithMoreOfEverything) {
    MeasuredSpeed speed;
    BenchmarkRequest request;
    EXPECT_FALSE(benchmarkSeconds(request, speed));
    speed.prefill = 1000;
    speed.decode = 100;
    const double once = *benchmarkSeconds(request, speed);
    // Six runs of the full model alone: 2,560 tokens read, 64 written.
    EXPECT_GE(once, 6 * (2.56 + 0.64));
    EXPECT_LE(once, 6 * (2 * 2.56 + 0.64));
    EXPECT_EQ(benchmarkRuns(request), 3 * 6);
    request.plans.resize(2);
    EXPECT_NEAR(*benchmarkSeconds(request, speed), 3 * once, 1e-9);
    EXPECT_EQ(benchmarkRuns(request), 3 * 3 * 6);
    request.batch = 2;
    EXPECT_NEAR(*benchmarkSeconds(request, speed), 6 * once, 1e-9);
    speed.decode = 0;
    EXPECT_TRUE(benchmarkSeconds(request, speed)) << "from prefill alone";
}

TEST_F(MeasurementsTest, MeasuresNoise) {
    ASSERT_TRUE(startEngine());
    engine_.noise({0.1, 0.3});
    ASSERT_TRUE(wait([this] { return document_.noise().has_value(); }));
    EXPECT_EQ(document_.noise()->levels.size(), 2u);
    EXPECT_EQ(document_.noise()->heads.at(0).amplification, 2.5);
}

TEST_F(MeasurementsTest, TakesADifferenceApart) {
    ASSERT_TRUE(startEngine());
    document_.setPlan(QStringLiteral("Edit"), kept(48));
    const QString a = document_.savePoint();
    document_.setPlan(QStringLiteral("Edit"), kept(32));
    std::vector<std::size_t> layers;
    double delta = 0;
    engine_.attribution(
        a, {},
        [&](const protocol::AttributionResult& result) {
            layers.push_back(result.layers.size());
            delta = result.delta_nll;
        },
        done());
    ASSERT_TRUE(wait([this] { return !done_.empty(); }));
    EXPECT_EQ(layers, (std::vector<std::size_t>{1, 2, 3, 2})) << "all so far, then the result";
    EXPECT_EQ(delta, 0.04);
    EXPECT_EQ(done_, std::vector<std::string>{"|"});
}

TEST_F(MeasurementsTest, MakesAPlanWhoseChannelsAreNotKnown) {
    std::optional<Plan> made;
    const auto take = [&](const Plan& plan) { made = plan; };
    engine_.makePlan(kept(48), take, done());
    EXPECT_EQ(done_, std::vector<std::string>{"The engine is not running|Start the engine"});
    ASSERT_TRUE(startEngine());
    ASSERT_FALSE(document_.exactPlan(kept(48)));
    engine_.makePlan(kept(48), take, done());
    ASSERT_TRUE(wait([this] { return done_.size() == 2; }));
    EXPECT_EQ(done_.back(), "|");
    ASSERT_TRUE(made);
    EXPECT_EQ(made, document_.exactPlan(kept(48)));
    EXPECT_EQ(made->layers.at(0).kept_dim(), 48);
    const int asked = timesAsked("make_plans");
    engine_.makePlan(kept(48), take, done());
    EXPECT_EQ(done_.size(), 3U) << "known by now: at once";
    EXPECT_EQ(timesAsked("make_plans"), asked);
    const auto open = [](const EngineJob& job) { return job.state != EngineJob::State::Finished; };
    EXPECT_TRUE(std::ranges::none_of(engine_.jobs(), open)) << "every job has ended";
}

TEST_F(MeasurementsTest, TellsWhoeverCapturesAndExports) {
    ASSERT_TRUE(startEngine());
    ASSERT_TRUE(wait([this] { return endedJobs().size() == 2; }));
    protocol::CaptureJobRequest request;
    request.output = "/a/states.h5";
    request.positions = {3};
    engine_.capture(request, done());
    ASSERT_TRUE(wait([this] { return done_.size() == 1; }));
    document_.setPlan(QStringLiteral("Edit"), kept(48));
    engine_.exportModel(QStringLiteral("/a/out"), QStringLiteral("padded"), false, done());
    ASSERT_TRUE(wait([this] { return done_.size() == 2; }));
    EXPECT_EQ(done_, (std::vector<std::string>{"|", "|"}));
    EXPECT_EQ(timesAsked("capture /a/states.h5"), 1);
    EXPECT_EQ(timesAsked("export /a/out"), 1);
}

TEST_F(MeasurementsTest, TellsThemOfFailuresToo) {
    script({{"fail", {{"export", {{"message", "the disk is full"}, {"hint", "make room"}}}}}});
    engine_.exportModel(QStringLiteral("/a/out"), {}, false, done());
    EXPECT_EQ(done_.back(), "The engine is not running|Start the engine");
    ASSERT_TRUE(startEngine());
    engine_.exportModel(QStringLiteral("/a/out"), {}, false, done());
    ASSERT_TRUE(wait([this] { return done_.size() == 2; }));
    EXPECT_EQ(done_.back(), "the disk is full|make room");
    EXPECT_TRUE(refused_.empty()) << "not twice";
}

TEST_F(MeasurementsTest, CancelsAJobByItsNumber) {
    script({{"steps", 500}, {"step_ms", 20}});
    engine_.start({});
    ASSERT_TRUE(wait([this] {
        return !engine_.jobs().empty() && engine_.jobs().front().state == EngineJob::State::Running;
    }));
    engine_.exportModel(QStringLiteral("/a/out"), {}, false, done());
    engine_.layerSweep();
    const std::vector<EngineJob> jobs = engine_.jobs();
    ASSERT_EQ(jobs.size(), 3u);
    EXPECT_EQ(jobs[0].title, QStringLiteral("Open tiny"));
    EXPECT_EQ(jobs[1].state, EngineJob::State::Queued);
    engine_.cancel(jobs[1].id);
    ASSERT_TRUE(wait([this] { return !done_.empty(); }));
    EXPECT_EQ(engine_.jobs()[0].title, QStringLiteral("Open tiny"));
    EXPECT_EQ(engine_.jobs()[1].title, QStringLiteral("Sweep every layer alone"));
    EXPECT_EQ(engine_.jobs()[2].state, EngineJob::State::Cancelled);
    engine_.cancel(engine_.jobs()[0].id);
    ASSERT_TRUE(
        wait([this] { return engine_.jobs()[0].title == QStringLiteral("Sweep every layer alone"); }));
}

}  // namespace
}  // namespace rankscope::gui
