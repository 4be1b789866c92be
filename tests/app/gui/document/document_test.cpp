// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/document/document.hpp"

#include "core/base/error.hpp"
#include "core/pruning/method.hpp"
#include "tests/app/gui/support/sample_session.hpp"

#include <gtest/gtest.h>

#include <QSignalSpy>

#include <cmath>

namespace rankscope::gui {
namespace {

class DocumentTest : public testing::Test {
protected:
    void SetUp() override { document.openSession(sampleSession(), QString()); }

    void keep(int layer, std::int64_t kept) {
        document.setPlan(QStringLiteral("Layer"), document.withKept(layer, kept));
    }

    Document document;
};

TEST_F(DocumentTest, OpensASessionWithoutUnsavedWork) {
    EXPECT_TRUE(document.hasModel());
    EXPECT_EQ(document.plan().layers.size(), 4U);
    EXPECT_EQ(document.state().points.size(), 35U);
    EXPECT_FALSE(document.isModified());
    EXPECT_FALSE(document.undoStack()->canUndo());
    EXPECT_EQ(document.startLabel(), QStringLiteral("Open demo session"));
    ASSERT_NE(document.currentPoint(), nullptr);
    EXPECT_EQ(document.currentPoint()->id, QStringLiteral("drrqr-0.5"));
}

TEST_F(DocumentTest, ADamagedSessionChangesNothing) {
    SavedSession broken = sampleSession();
    broken.model.config = "{\"model_type\":\"mamba2\"}";
    QSignalSpy changed(&document, &Document::modelChanged);
    EXPECT_THROW(document.openSession(broken, QStringLiteral("/x.rankscope")), Error);
    EXPECT_EQ(changed.count(), 0);
    EXPECT_EQ(document.state().points.size(), 35U);
    EXPECT_TRUE(document.path().isEmpty());
}

TEST_F(DocumentTest, AnotherCalibrationTextForgetsWhatCameOfTheFormerOne) {
    const auto byId = [&](const char* id) { return document.point(QString::fromLatin1(id))->choice; };
    const PlanChoice calibrated = byId("drrqr-0.5"), byWeights = byId("l1-0.25");
    PlanChoice failed = document.withKept(0, 20);
    document.updateRecord(failed, [](PlanRecord& record) {
        record.state = PlanState::Failed;
        record.failure = QStringLiteral("the text is too short");
    });
    ASSERT_TRUE(document.record(calibrated)->quality);
    QSignalSpy changed(&document, &Document::calibrationChanged);
    document.setCalibration("/texts/new.txt");
    EXPECT_EQ(changed.count(), 1);
    EXPECT_EQ(document.calibration(), "/texts/new.txt");
    EXPECT_FALSE(document.record(calibrated)->quality);
    EXPECT_EQ(document.record(calibrated)->state, PlanState::Estimate);
    EXPECT_FALSE(document.keptChannels(calibrated.layers[0])) << "nobody has scored them on this text";
    EXPECT_TRUE(document.record(byWeights)->quality);
    EXPECT_EQ(document.record(byWeights)->state, PlanState::Exact);
    EXPECT_TRUE(document.keptChannels(byWeights.layers[0]));
    for (const LayerSweepPoint& point : document.layerSweep())
        EXPECT_FALSE(needs_data(point.method)) << point.method;
    EXPECT_EQ(document.record(failed)->state, PlanState::Estimate);
    EXPECT_TRUE(document.record(failed)->failure.isEmpty());
    EXPECT_TRUE(document.isModified());
}

TEST_F(DocumentTest, ThatThereIsACalibrationTextAtAllForgetsNothing) {
    document.openModel(document.model());
    const PlanChoice half = document.withKept(0, 32);
    PlanRecord exact;
    exact.state = PlanState::Exact;
    exact.quality = MeasuredQuality{};
    exact.plan = Plan{};
    exact.plan->layers.push_back({0, "drrqr", 0.5, 64, KeptChannels(3, std::vector<std::int32_t>(32, 1))});
    document.setRecord(half, exact);
    document.setCalibration("/texts/new.txt");
    EXPECT_EQ(document.record(half)->state, PlanState::Exact) << "channels by hand or of a plan file";
    EXPECT_TRUE(document.record(half)->quality);
}

TEST_F(DocumentTest, ADragIsSeenAtOnceAndBecomesOneStep) {
    QSignalSpy changed(&document, &Document::planChanged);
    for (const int kept : {31, 30, 24})
        document.dragTo(document.withKept(2, kept));
    EXPECT_EQ(changed.count(), 3);
    EXPECT_EQ(document.layerChoice(2)->kept, 24);
    EXPECT_FALSE(document.undoStack()->canUndo());
    document.finishDrag(QStringLiteral("Layer 2: K′ 32 → 24"));
    EXPECT_EQ(document.undoStack()->count(), 1);
    EXPECT_TRUE(document.isModified());
    document.undoStack()->undo();
    EXPECT_EQ(document.layerChoice(2)->kept, 32);
    EXPECT_FALSE(document.isModified());
}

TEST_F(DocumentTest, ACancelledDragLeavesNoTrace) {
    const DocumentState before = document.state();
    document.dragTo(document.withKept(1, 8));
    document.cancelDrag();
    EXPECT_EQ(document.state(), before);
    EXPECT_EQ(document.layerChoice(1)->kept, 32);
    EXPECT_EQ(document.undoStack()->count(), 0);
}

TEST_F(DocumentTest, ADragBackToItsStartIsNoStep) {
    document.dragTo(document.withKept(1, 8));
    document.dragTo(document.state().plan);
    document.finishDrag(QStringLiteral("nothing"));
    EXPECT_EQ(document.undoStack()->count(), 0);
}

TEST_F(DocumentTest, StepsWithOneMergeIdAreOneStep) {
    document.setPlan(QStringLiteral("a"), document.withKept(0, 31), 7);
    document.setPlan(QStringLiteral("b"), document.withKept(0, 30), 7);
    document.setPlan(QStringLiteral("c"), document.withKept(0, 29), 8);
    EXPECT_EQ(document.undoStack()->count(), 2);
    document.undoStack()->undo();
    document.undoStack()->undo();
    EXPECT_EQ(document.layerChoice(0)->kept, 32);
}

TEST_F(DocumentTest, EverythingAPersonDoesIsUndone) {
    const DocumentState start = document.state();
    keep(0, 40);
    const QString id = document.savePoint();
    document.pin(true, id);
    document.renamePoint(id, QStringLiteral("Mine"));
    DocumentState next = document.state();
    next.notes = QStringLiteral("Look at layer 0");
    next.baseline = id;
    document.setState(QStringLiteral("Notes"), next);
    document.restorePoint(QStringLiteral("random-0.25"));
    document.removePoint(id);
    EXPECT_TRUE(document.state().pinA.isEmpty());
    while (document.undoStack()->canUndo())
        document.undoStack()->undo();
    EXPECT_EQ(document.state(), start);
}

TEST_F(DocumentTest, ResultsSurviveUndo) {
    keep(0, 40);
    PlanRecord record;
    record.state = PlanState::Exact;
    record.quality = MeasuredQuality{22, 22, 11000, 3.3, std::exp(3.3), 0.2, 0.1, 0.01, 0, 0, {}};
    const PlanChoice plan = document.plan();
    document.setRecord(plan, record);
    document.undoStack()->undo();
    document.undoStack()->redo();
    ASSERT_NE(document.record(document.plan()), nullptr);
    EXPECT_EQ(document.record(document.plan())->quality, record.quality);
}

TEST_F(DocumentTest, MeasuredPointsAreNotUndoneByLaterOrEarlierSteps) {
    keep(0, 40);
    SavedPlan point{QStringLiteral("sweep-1"), document.withKept(0, 5), true, {}};
    document.addMeasuredPoint(point, {});
    keep(0, 48);
    document.undoStack()->undo();
    document.undoStack()->undo();
    EXPECT_NE(document.point(QStringLiteral("sweep-1")), nullptr);
    document.undoStack()->redo();
    EXPECT_NE(document.point(QStringLiteral("sweep-1")), nullptr);
}

TEST_F(DocumentTest, RestoringAPlanKeepsLocks) {
    PlanChoice locked = document.plan();
    locked.layers[1].locked = true;
    document.setPlan(QStringLiteral("Lock"), locked);
    document.restorePoint(QStringLiteral("taylor-0.25"));
    EXPECT_TRUE(document.layerChoice(1)->locked);
    EXPECT_EQ(document.layerChoice(1)->method, "taylor");
}

TEST_F(DocumentTest, SizesAreThoseOfThePlanFile) {
    const SavedSession session = sampleSession();
    for (const SessionPoint& point : session.points) {
        EXPECT_EQ(document.stateBytes(point.choice), point.state_bytes) << point.id;
        EXPECT_EQ(document.parameters(point.choice), point.parameters) << point.id;
        const auto plan = document.toPlan(point.choice);
        ASSERT_TRUE(plan) << point.id;
        for (std::size_t i = 0; i < plan->layers.size(); ++i)
            EXPECT_EQ(plan->layers[i].keep, point.plan.layers[i].keep) << point.id;
    }
}

TEST_F(DocumentTest, ExactChannelsReplaceTheOrder) {
    Plan plan = *document.toPlan(document.plan());
    std::vector<std::int32_t>& keep = plan.layers[0].keep[0];
    std::vector<std::int32_t> other;
    for (std::int32_t c = 0; c < 32; ++c)
        other.push_back(2 * c);
    keep = other;
    document.setExactChannels(plan);
    EXPECT_EQ(document.keptChannels(document.plan().layers[0])->front(), other);
    // Another width is still the order's.
    EXPECT_EQ(document.keptChannels(document.withKept(0, 31).layers[0])->front().size(), 31U);
}

TEST_F(DocumentTest, APlanIsExactWhereNobodyGuessesItsChannels) {
    PlanChoice plan = keep_all(document.config());
    ASSERT_TRUE(document.exactPlan(plan));
    EXPECT_TRUE(document.exactPlan(plan)->layers.empty());
    plan.layers[0].method = "l1";
    plan.layers[0].kept = 20;
    ASSERT_TRUE(document.exactPlan(plan)) << "its order says it at every width";
    EXPECT_EQ(document.exactPlan(plan), document.toPlan(plan));
    EXPECT_TRUE(document.exactPlan(plan)->calibration_hash.empty());
    plan.layers[1].method = "drrqr";
    plan.layers[1].kept = 20;
    EXPECT_TRUE(document.toPlan(plan));
    EXPECT_FALSE(document.exactPlan(plan)) << "the order of DRRQR is a guess before the swaps";
    Plan answer = *document.toPlan(plan);
    std::swap(answer.layers[1].keep[0], answer.layers[1].keep[1]);
    answer.calibration_hash = "abc";
    answer.calibration_tokens = 4096;
    document.setExactChannels(answer);
    ASSERT_TRUE(document.exactPlan(plan));
    EXPECT_EQ(document.exactPlan(plan)->layers[1].keep, answer.layers[1].keep);
    EXPECT_EQ(document.exactPlan(plan)->calibration_hash, "abc");
    EXPECT_EQ(document.exactPlan(plan)->calibration_tokens, 4096);
    plan.layers[1].kept = 21;
    EXPECT_FALSE(document.exactPlan(plan));
    plan.layers[1].by_hand = *document.keptChannels(plan.layers[1]);
    EXPECT_TRUE(document.exactPlan(plan)) << "a hand has chosen";
}

TEST_F(DocumentTest, TheEstimateAddsLayersAndGoesMonotonically) {
    double before = 0;
    for (int kept = 64; kept >= 8; kept -= 4) {
        const auto estimate = document.estimate(document.withKept(0, kept));
        ASSERT_TRUE(estimate) << kept;
        EXPECT_GE(estimate->error, 0.1 * std::abs(estimate->deltaNll) - 1e-12);
        const double alone = *document.layerDelta(document.withKept(0, kept).layers[0]);
        EXPECT_GE(alone, before);
        before = alone;
    }
    // A width that was measured is what was measured.
    EXPECT_DOUBLE_EQ(*document.layerDelta(document.withKept(0, 16).layers[0]),
                     0.6 * 0.02 * 0.75 * 0.75 * 0.75);
    // Below the last measured width nothing is known.
    EXPECT_FALSE(document.estimate(document.withKept(0, 2)));
}

TEST_F(DocumentTest, SpeedOfTheSameWidthsIsSaidToBeThat) {
    PlanChoice plan = document.plan();
    for (LayerChoice& layer : plan.layers)
        layer.method = "drrqr-sampled";
    const auto speed = document.speed(plan);
    ASSERT_TRUE(speed);
    EXPECT_TRUE(speed->same_width);
    EXPECT_FALSE(document.speed(document.withKept(0, 5)));
}

TEST_F(DocumentTest, RoundTripThroughASession) {
    keep(3, 48);
    document.savePoint();
    DocumentState next = document.state();
    next.notes = QStringLiteral("n");
    document.setState(QStringLiteral("Notes"), next);
    Document other;
    other.openSession(document.toSession(), QString());
    EXPECT_EQ(other.state(), document.state());
    EXPECT_EQ(other.undoStack()->count(), 1);  // only steps of the plan come back
    EXPECT_EQ(other.layerSweep(), document.layerSweep());
    EXPECT_EQ(other.fullQuality(), document.fullQuality());
    other.undoStack()->undo();
    EXPECT_EQ(other.layerChoice(3)->kept, 32);
}

TEST_F(DocumentTest, AMethodThatIsNotKnownKeepsItsNameAndItsChannels) {
    SavedSession session = sampleSession();
    for (SessionPoint& point : session.points) {
        for (LayerChoice& layer : point.choice.layers)
            if (layer.method == "taylor") layer.method = "tensor-train";
        for (PlanLayer& layer : point.plan.layers)
            if (layer.method == "taylor") layer.method = "tensor-train";
    }
    document.openSession(session, QString());
    document.restorePoint(QStringLiteral("taylor-0.5"));
    EXPECT_EQ(planMethod(document.plan()), Method::Mixed);
    EXPECT_EQ(planMethodName(document.plan()), QStringLiteral("tensor-train"));
    EXPECT_EQ(defaultPlanName(document.plan()), QStringLiteral("tensor-train 50 %"));
    // Two methods are mixed, known or not.
    PlanChoice two = document.plan();
    two.layers[1].method = "l1";
    EXPECT_EQ(planMethodName(two), methodName(Method::Mixed));
    two = document.plan();
    two.layers[1].by_hand = KeptChannels(3, std::vector<std::int32_t>(32, 1));
    EXPECT_EQ(planMethodName(two), methodName(Method::Mixed));
    // No scores say which channels it keeps, its file does.
    const SavedSession saved = document.toSession();
    EXPECT_EQ(saved.current.layers, document.plan().layers);
    for (std::size_t i = 0; i < session.points.size(); ++i) {
        EXPECT_EQ(saved.points[i].choice, session.points[i].choice);
        EXPECT_EQ(saved.points[i].plan.layers, session.points[i].plan.layers);
    }
}

TEST_F(DocumentTest, PlanKeyIsWhatThePlanDoes) {
    PlanChoice a = document.plan(), b = a;
    b.name = "other";
    b.layers[0].locked = true;
    EXPECT_EQ(planKey(a), planKey(b));
    b.layers[0].kept = 33;
    EXPECT_NE(planKey(a), planKey(b));
    PlanChoice whole = keep_all(document.config()), idle = whole;
    idle.layers[0].method = "l1";  // at full width a method does nothing
    EXPECT_EQ(planKey(whole), planKey(idle));
    EXPECT_EQ(planMethod(idle), Method::FullModel);
    b = a;
    b.layers[0].by_hand = KeptChannels(3, std::vector<std::int32_t>(32, 1));
    EXPECT_NE(planKey(a), planKey(b));
    EXPECT_EQ(planMethod(b), Method::Mixed);
}

// Two ways to say the same thing: they must never differ.
TEST_F(DocumentTest, PlansAreTheSameWhereTheirKeysAre) {
    std::vector<PlanChoice> plans{document.plan(), keep_all(document.config())};
    for (const std::int64_t kept : {std::int64_t{31}, std::int64_t{64}}) {
        for (const char* method : {"", "l1", "drrqr"}) {
            for (const bool byHand : {false, true}) {
                for (const std::size_t layer : {std::size_t{0}, std::size_t{3}}) {
                    PlanChoice plan = plans[0];
                    plan.layers[layer].kept = kept;
                    plan.layers[layer].method = method;
                    if (byHand)
                        plan.layers[layer].by_hand =
                            KeptChannels(3, std::vector<std::int32_t>(static_cast<std::size_t>(kept), 1));
                    plans.push_back(plan);
                    plan.scale = plan.scale == ScaleRule::Widest ? ScaleRule::Kept : ScaleRule::Widest;
                    plan.name = "another name";
                    plans.push_back(plan);
                }
            }
        }
    }
    int same = 0;
    for (const PlanChoice& a : plans) {
        for (const PlanChoice& b : plans) {
            EXPECT_EQ(samePlan(a, b), planKey(a) == planKey(b))
                << planKey(a).toStdString() << " and " << planKey(b).toStdString();
            same += samePlan(a, b) && &a != &b ? 1 : 0;
        }
    }
    EXPECT_GT(same, 0);
}

TEST(DocumentPoints, AnEditedPlanIsNotSavedUnderAnotherPlansName) {
    Document document;
    document.openSession(sampleSession(), QString());
    // As a plan that was made current and edited: the name is still that of the saved one.
    PlanChoice plan = document.point(QStringLiteral("drrqr-0.5"))->choice;
    document.setPlan(QStringLiteral("x"), plan);
    document.setPlan(QStringLiteral("y"), document.withKept(1, 40));
    const QString first = document.savePoint();
    const std::string name = document.point(first)->choice.name;
    EXPECT_NE(name, plan.name);
    document.setPlan(QStringLiteral("z"), document.withKept(2, 40));
    document.setPlan(QStringLiteral("z"), document.withKept(1, 32));
    const QString second = document.savePoint();
    EXPECT_NE(second, first);
    // The same mean of channels makes the same plain name.
    EXPECT_NE(document.point(second)->choice.name, name);
}

}  // namespace
}  // namespace rankscope::gui
