// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/teaching/question.hpp"

#include "app/gui/teaching/lesson_facts.hpp"
#include "app/gui/tradeoff_panels/plan_facts.hpp"
#include "tests/app/gui/support/sample_workspace.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace rankscope::gui {
namespace {

/// A sample whose measurements a test changes before it is opened.
struct Sample {
    explicit Sample(const std::function<void(SavedSession&)>& change = {}, const SampleModel& model = {}) {
        SavedSession session = sampleSession(model);
        if (change) change(session);
        document.openSession(session, {});
        states.setCapture(sampleCapture(model));
    }

    [[nodiscard]] std::optional<Question> ask(Ask::Kind kind, const QString& plan = QStringLiteral("half")) {
        facts = std::make_unique<LessonFacts>(workspace);
        return makeQuestion({kind, plan, {QStringLiteral("drrqr"), QStringLiteral("energy"), QStringLiteral("l1"), QStringLiteral("random")}},
                            workspace, *facts);
    }

    Document document;
    Selection selection;
    FakeStates states;
    FakeEngine engine;
    Workspace workspace{document, selection, states, engine};
    std::unique_ptr<LessonFacts> facts;
};

SessionPoint& pointOf(SavedSession& session, const std::string& method) {
    const auto found = std::ranges::find_if(session.points, [&](const SessionPoint& point) {
        return point.uniform && point.choice.layers.front().method == method && 2 * point.choice.layers.front().kept == point.choice.layers.front().key_dim;
    });
    EXPECT_NE(found, session.points.end());
    return *found;
}

void setDelta(SavedSession& session, const std::string& method, double delta, double error) {
    MeasuredQuality& quality = *pointOf(session, method).quality;
    quality.delta_nll = delta;
    quality.delta_nll_se = error;
    quality.nll = session.full->nll + delta;
    quality.perplexity = std::exp(quality.nll);
}

QStringList rightOf(const std::optional<Question>& question) {
    return question ? question->rightOptions() : QStringList{QStringLiteral("no question")};
}

TEST(Questions, TheBestMethodIsRightAloneWhenItIsSurelyTheBest) {
    Sample sample([](SavedSession& session) {
        setDelta(session, "drrqr", 0.020, 0.001);
        setDelta(session, "energy", 0.030, 0.001);
        setDelta(session, "l1", 0.2, 0.001);
        setDelta(session, "random", 0.4, 0.001);
    });
    const auto question = sample.ask(Ask::Kind::Method);
    EXPECT_EQ(rightOf(question), QStringList{QStringLiteral("DRRQR")});
    EXPECT_EQ(question->options.size(), 4);
    // The other way round nobody claims that DRRQR wins.
    Sample turned([](SavedSession& session) {
        setDelta(session, "drrqr", 0.030, 0.001);
        setDelta(session, "energy", 0.020, 0.001);
        setDelta(session, "l1", 0.2, 0.001);
        setDelta(session, "random", 0.4, 0.001);
    });
    EXPECT_EQ(rightOf(turned.ask(Ask::Kind::Method)), QStringList{QStringLiteral("Energy")});
}

TEST(Questions, MethodsWithinTwoErrorsAreAllRight) {
    Sample sample([](SavedSession& session) {
        setDelta(session, "drrqr", 0.020, 0.004);
        setDelta(session, "energy", 0.030, 0.004);
        setDelta(session, "l1", 0.2, 0.004);
        setDelta(session, "random", 0.4, 0.004);
    });
    EXPECT_EQ(rightOf(sample.ask(Ask::Kind::Method)), (QStringList{QStringLiteral("DRRQR"), QStringLiteral("Energy")}));
}

TEST(Questions, TheRiseIsJudgedByItsRangeAndTheNextOneWithinTheError) {
    // Full perplexity about 24.5: borders at 0.2, 1 and 5.
    const auto right = [](double delta, double error) {
        Sample sample([&](SavedSession& session) { setDelta(session, "drrqr", delta, error); });
        return rightOf(sample.ask(Ask::Kind::Rise));
    };
    EXPECT_EQ(right(0.004, 1e-4), QStringList{QStringLiteral("under 0.2")});
    EXPECT_EQ(right(0.02, 1e-4), QStringList{QStringLiteral("0.2 – 1")});
    EXPECT_EQ(right(0.1, 1e-4), QStringList{QStringLiteral("1 – 5")});
    EXPECT_EQ(right(0.5, 1e-4), QStringList{QStringLiteral("more")});
    EXPECT_EQ(right(0.039, 0.002), (QStringList{QStringLiteral("0.2 – 1"), QStringLiteral("1 – 5")}));
}

TEST(Questions, TheDearestLayerOrAllTheSame) {
    const auto right = [](const std::vector<double>& costs, double error) {
        Sample sample([&](SavedSession& session) {
            for (LayerSweepPoint& point : session.layer_sweep) {
                if (point.method == "drrqr" && point.kept == 32) {
                    point.delta_nll = costs[static_cast<std::size_t>(point.layer)];
                    point.delta_nll_se = error;
                }
            }
        });
        return rightOf(sample.ask(Ask::Kind::Layer));
    };
    EXPECT_EQ(right({0.001, 0.05, 0.002, 0.003}, 0.001), QStringList{QStringLiteral("layer 1")});
    EXPECT_EQ(right({0.001, 0.0012, 0.0011, 0.001}, 0.001), QStringList{QStringLiteral("all the same")});
    // Two that cannot be told apart: both, if both are asked for.
    EXPECT_TRUE(right({0.001, 0.05, 0.0495, 0.003}, 0.001).contains(QStringLiteral("layer 1")));
}

TEST(Questions, OneOptionIsAlwaysRightAndFourAreEnough) {
    for (const bool answers : {false, true}) {
        Sample sample({}, SampleModel{.answers = answers});
        for (const Ask::Kind kind : {Ask::Kind::Directions, Ask::Kind::Layer, Ask::Kind::Rise, Ask::Kind::Method, Ask::Kind::Recall, Ask::Kind::Compare}) {
            const auto question = sample.ask(kind);
            if (!question) continue;
            EXPECT_GE(question->options.size(), 2);
            EXPECT_LE(question->options.size(), 4);
            EXPECT_EQ(question->options.size(), question->right.size());
            EXPECT_GE(question->rightOptions().size(), 1);
            EXPECT_LT(question->rightOptions().size(), question->options.size());
            EXPECT_FALSE(question->answer.isEmpty());
        }
        EXPECT_EQ(sample.ask(Ask::Kind::Recall).has_value(), answers);
    }
}

TEST(Questions, WhatTheSessionDoesNotKnowIsNotAsked) {
    Sample none([](SavedSession& session) {
        session.points.clear();
        session.layer_sweep.clear();
        session.story.reset();
    });
    none.states.setCapture(nullptr);
    for (const Ask::Kind kind : {Ask::Kind::Directions, Ask::Kind::Layer, Ask::Kind::Rise, Ask::Kind::Method, Ask::Kind::Recall, Ask::Kind::Compare})
        EXPECT_FALSE(none.ask(kind)) << static_cast<int>(kind);
    // A plan that was only partly measured is no answer.
    Sample partly([](SavedSession& session) { pointOf(session, "drrqr").quality->windows = 1; });
    (void)partly.ask(Ask::Kind::Rise);
    EXPECT_NE(partly.facts->plan(QStringLiteral("half")), QStringLiteral("drrqr-0.5"));
}

TEST(LessonFactsTest, NamesNothingOfASessionWithoutAModel) {
    Document document;
    Selection selection;
    FakeStates states;
    FakeEngine engine;
    const Workspace workspace{document, selection, states, engine};
    const LessonFacts facts(workspace);
    for (const QString& name : LessonFacts::names()) EXPECT_FALSE(facts.text(name)) << name.toStdString();
    for (const QString& condition : LessonFacts::conditions()) EXPECT_FALSE(facts.holds(condition));
}

TEST(LessonFactsTest, SaysWhatThePanelsSay) {
    Sample sample;
    sample.facts = std::make_unique<LessonFacts>(sample.workspace);
    const PlanFacts half = *factsOfId(sample.document, sample.facts->plan(QStringLiteral("half")));
    EXPECT_EQ(sample.facts->text(QStringLiteral("half.name")), half.name);
    EXPECT_EQ(sample.facts->text(QStringLiteral("half.delta")), deltaText(half));
    EXPECT_EQ(sample.facts->text(QStringLiteral("K")), QStringLiteral("64"));
    const auto rank = [&](int layer) {
        double sum = 0;
        for (std::size_t h = 0; h < 3; ++h) sum += sample.states.capture()->metricSummary("rank_stable", static_cast<std::size_t>(layer), h).mean;
        return sum;
    };
    const int low = *sample.facts->layer(QStringLiteral("low"));
    const int high = *sample.facts->layer(QStringLiteral("high"));
    for (int layer = 0; layer < 4; ++layer) {
        EXPECT_GE(rank(layer), rank(low));
        EXPECT_LE(rank(layer), rank(high));
    }
}

}  // namespace
}  // namespace rankscope::gui
