// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/client/engine_session.hpp"
#include "app/gui/document/plan_record.hpp"
#include "tests/app/gui/client/engine_fixture.hpp"

#include <time.h>

namespace rankscope::gui {
namespace {

using testing::ElementsAre;

class LiveEvaluationTest : public EngineSessionTest {
protected:
    LiveEvaluationTest() {
        QObject::connect(&document_, &Document::resultChanged, &document_, [this](const QString& key) {
            if (key.isEmpty() || key == planKey(keepAll())) return;
            const PlanRecord* record = document_.record(watched_);
            if (record == nullptr || planKey(watched_) != key) return;
            if (seen_.empty() || seen_.back() != record->state) seen_.push_back(record->state);
            if (record->quality && record->state == PlanState::Measuring)
                windows_.push_back(record->quality->windows);
        });
    }

    [[nodiscard]] PlanChoice keepAll() const { return keep_all(document_.config()); }

    void edit(const PlanChoice& plan) { document_.setPlan(QStringLiteral("Edit"), plan); }

    [[nodiscard]] bool isExact(const PlanChoice& plan) const { return stateOf(plan) == PlanState::Exact; }

    PlanChoice watched_;
    std::vector<PlanState> seen_;
    std::vector<std::int64_t> windows_;
};

TEST_F(LiveEvaluationTest, GoesFromHollowOverPartToExact) {
    ASSERT_TRUE(startEngine());
    engine_.setLive(true);
    ASSERT_TRUE(wait([this] { return document_.fullQuality() && document_.fullQuality()->windows == 40; }))
        << "the full model first";
    watched_ = kept(48);
    edit(watched_);
    ASSERT_TRUE(wait([this] { return isExact(watched_); }));
    EXPECT_THAT(seen_, ElementsAre(PlanState::Queued, PlanState::Measuring, PlanState::Exact));
    EXPECT_THAT(windows_, ElementsAre(10, 20, 30));
    const PlanRecord& record = *document_.record(watched_);
    EXPECT_EQ(record.quality->windows, 40);
    EXPECT_NEAR(*record.quality->delta_nll, 0.16, 1e-12);
    EXPECT_EQ(document_.fullQuality()->perplexity, 20);
    // Which channels stay is the engine's word: the last 48, not the first of the order.
    ASSERT_TRUE(record.plan);
    EXPECT_EQ(record.plan->layers.at(0).keep.at(2).front(), 16);
    EXPECT_EQ(document_.keptChannels(watched_.layers[0])->at(0).front(), 16);
}

TEST_F(LiveEvaluationTest, AMissingCalibrationTextIsAskedForAndThenUsed) {
    SavedSession without = session();
    without.calibration.clear();
    document_.openSession(without, QString());
    script({{"fail",
             {{"make_plans",
               {{"message", "method drrqr needs calibration data"}, {"cause", protocol::kNoCalibration}}}}}});
    std::vector<std::string> needed;
    QObject::connect(&engine_, &EngineControl::calibrationNeeded, &document_,
                     [&](const QString& job, const QString& why) {
                         needed.push_back((job + QStringLiteral(" | ") + why).toStdString());
                     });
    ASSERT_TRUE(startEngine());
    engine_.setLive(true);
    edit(kept(48));
    ASSERT_TRUE(wait([this] { return stateOf(kept(48)) == PlanState::Failed; }));
    EXPECT_THAT(needed, ElementsAre(testing::EndsWith(" | method drrqr needs calibration data")));
    script({});
    engine_.restart();
    ASSERT_TRUE(waitUntilIdle());
    document_.setCalibration(folder_ / "calibration.txt");
    // By itself: the plan is on the screen.
    EXPECT_TRUE(wait([this] { return isExact(kept(48)); }));
    EXPECT_EQ(needed.size(), 1U);
    // The channels of another text are others: measured anew.
    const int before = timesAsked("make_plans");
    document_.setCalibration(folder_ / "other.txt");
    EXPECT_FALSE(isExact(kept(48)));
    EXPECT_TRUE(wait([this] { return isExact(kept(48)); }));
    EXPECT_GT(timesAsked("make_plans"), before);
}

TEST_F(LiveEvaluationTest, WaitsUntilThePlanIsStill) {
    ASSERT_TRUE(startEngine());
    engine_.setLive(true);
    ASSERT_TRUE(wait([this] { return document_.fullQuality().has_value() && waitUntilIdle(1); }));
    for (int k = 60; k > 40; --k) {
        document_.dragTo(kept(k));
        QTest::qWait(10);
    }
    EXPECT_EQ(timesAsked("evaluate " + planKey(kept(50)).toStdString()), 0);
    // Held still, the drag not over.
    ASSERT_TRUE(wait([this] { return isExact(kept(41)); }));
    EXPECT_TRUE(document_.isDragging());
    int evaluations = 0;
    for (int k = 60; k > 40; --k)
        evaluations += timesAsked("evaluate " + planKey(kept(k)).toStdString());
    EXPECT_EQ(evaluations, 1);
    const int before = timesAsked("evaluate");
    document_.cancelDrag();
    QTest::qWait(500);
    EXPECT_EQ(timesAsked("evaluate"), before) << "the full model is known";
}

TEST_F(LiveEvaluationTest, DropsWhatIsSuperseded) {
    script({{"steps", 20}, {"step_ms", 20}});
    engine_.start({});
    engine_.setLive(true);
    watched_ = kept(48);
    edit(watched_);
    ASSERT_TRUE(wait([this] { return stateOf(watched_) == PlanState::Measuring; }, 20000));
    const PlanChoice newer = kept(32);
    edit(newer);
    EXPECT_EQ(stateOf(watched_), PlanState::Estimate) << "at once";
    EXPECT_FALSE(document_.record(watched_)->quality);
    EXPECT_EQ(engine_.jobs().front().state, EngineJob::State::Superseded);
    seen_.clear();
    ASSERT_TRUE(wait([&] { return isExact(newer); }, 20000));
    EXPECT_TRUE(seen_.empty()) << "nothing that came late was drawn";
    EXPECT_NEAR(*document_.record(newer)->quality->delta_nll, 0.32, 1e-12);
}

TEST_F(LiveEvaluationTest, FindsResultsAgain) {
    ASSERT_TRUE(startEngine());
    engine_.setLive(true);
    edit(kept(48));
    ASSERT_TRUE(wait([this] { return isExact(kept(48)); }));
    edit(kept(32));
    ASSERT_TRUE(wait([this] { return isExact(kept(32)); }));
    const int before = timesAsked("evaluate");
    document_.undoStack()->undo();
    QTest::qWait(500);
    EXPECT_EQ(timesAsked("evaluate"), before);
    engine_.evaluate();
    ASSERT_TRUE(wait([&] { return timesAsked("evaluate") == before + 1; })) << "asked for by hand it is";
    EXPECT_TRUE(isExact(kept(48))) << "and stays exact meanwhile";
}

TEST_F(LiveEvaluationTest, DoesNothingWhileLiveIsOff) {
    ASSERT_TRUE(startEngine());
    edit(kept(48));
    QTest::qWait(600);
    EXPECT_EQ(timesAsked("evaluate"), 0);
    engine_.evaluate();
    ASSERT_TRUE(wait([this] { return isExact(kept(48)); }));
}

TEST_F(LiveEvaluationTest, EvaluatesAsSoonAsItCan) {
    edit(kept(48));
    engine_.start({});
    ASSERT_TRUE(wait([this] { return engine_.status().state == EngineStatus::State::Ready; }));
    engine_.evaluate();
    ASSERT_TRUE(wait([this] { return isExact(kept(48)); })) << "model and text were still on their way";
    EXPECT_TRUE(refused_.empty());
}

TEST_F(LiveEvaluationTest, SaysWhyAPlanFailed) {
    script({{"fail", {{"evaluate", {{"message", "out of memory"}, {"hint", "fewer windows"}}}}}});
    ASSERT_TRUE(startEngine());
    edit(kept(48));
    engine_.evaluate();
    ASSERT_TRUE(wait([this] { return stateOf(kept(48)) == PlanState::Failed; }));
    EXPECT_EQ(document_.record(kept(48))->failure, QStringLiteral("out of memory\nfewer windows"));
    EXPECT_EQ(engine_.jobs().front().message, QStringLiteral("out of memory"));
    EXPECT_EQ(engine_.status().state, EngineStatus::State::Ready);
}

TEST_F(LiveEvaluationTest, KeepsWhatACancelledOneHasMeasured) {
    script({{"steps", 50}, {"step_ms", 20}});
    engine_.start({});
    edit(kept(48));
    ASSERT_TRUE(wait([this] { return waitUntilIdle(1) && endedJobs().size() >= 2; }, 20000));
    engine_.evaluate();
    ASSERT_TRUE(wait([this] { return stateOf(kept(48)) == PlanState::Measuring; }));
    engine_.cancelRunning();
    ASSERT_TRUE(wait([this] { return engine_.jobs().front().state == EngineJob::State::Cancelled; }));
    EXPECT_EQ(stateOf(kept(48)), PlanState::Measuring);
    EXPECT_LT(document_.record(kept(48))->quality->windows, 40);
}

TEST_F(LiveEvaluationTest, AsksForMissingScores) {
    ASSERT_TRUE(startEngine());
    EXPECT_EQ(timesAsked("scores"), 0) << "a plan without a method";
    edit(kept(48, "l1"));
    ASSERT_TRUE(wait([this] { return document_.orders().head("l1", 3, 2) != nullptr; }));
    PlanChoice two = kept(48, "l1");
    two.layers[1].method = "taylor";
    edit(two);
    ASSERT_TRUE(wait([this] { return document_.orders().head("taylor", 0, 0) != nullptr; }));
    EXPECT_EQ(timesAsked("scores l1"), 1);
    EXPECT_EQ(timesAsked("scores taylor"), 1);
}

TEST_F(LiveEvaluationTest, DropsResultsOfADocumentThatIsGone) {
    script({{"steps", 10}, {"step_ms", 20}});
    engine_.start({});
    edit(kept(48));
    ASSERT_TRUE(wait([this] { return endedJobs().size() >= 2 && waitUntilIdle(1); }, 20000));
    engine_.evaluate();
    ASSERT_TRUE(wait([this] { return stateOf(kept(48)) == PlanState::Measuring; }));
    document_.openSession(session("second"), {});
    ASSERT_TRUE(wait([this] { return timesAsked("text") == 2 && waitUntilIdle(1); }, 20000));
    EXPECT_EQ(stateOf(kept(48)), PlanState::Estimate);
    EXPECT_FALSE(document_.fullQuality());
    EXPECT_EQ(engine_.status().state, EngineStatus::State::Ready);
}

// Processor time of this thread between two turns of the event loop: what others take of the machine does not
// count.
TEST_F(LiveEvaluationTest, KeepsTheWindowAliveUnderAStorm) {
    script({{"steps", 400}, {"step_ms", 0}});
    ASSERT_TRUE(startEngine());
    ASSERT_TRUE(wait([this] { return endedJobs().size() == 2; }));
    const auto used = [] {
        timespec time{};
        ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
        return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
    };
    double last = used();
    double longest = 0;
    int turns = 0;
    QTimer timer;
    QObject::connect(&timer, &QTimer::timeout, &timer, [&] {
        longest = std::max(longest, used() - last);
        last = used();
        ++turns;
    });
    timer.start(1);
    watched_ = kept(48);
    edit(watched_);
    engine_.evaluate();
    ASSERT_TRUE(wait([this] { return isExact(watched_); }, 30000));
    EXPECT_GT(windows_.size(), 200u);
    EXPECT_GT(turns, 0);
    EXPECT_LT(longest, 50);
}

}  // namespace
}  // namespace rankscope::gui
