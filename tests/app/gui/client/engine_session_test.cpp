// SPDX-License-Identifier: GPL-3.0-or-later
// Starting, stopping, models and texts.
#include "app/gui/client/engine_session.hpp"

#include "tests/app/gui/client/engine_fixture.hpp"

#include <signal.h>

#include <QSignalSpy>

namespace rankscope::gui {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using State = EngineStatus::State;

TEST_F(EngineSessionTest, LoadsTheModelOfTheDocumentInTheBackground) {
    QSignalSpy model(&document_, &Document::modelChanged);
    QSignalSpy text(&document_, &Document::textChanged);
    QSignalSpy plan(&document_, &Document::planChanged);
    EXPECT_EQ(engine_.status().state, State::Off);
    ASSERT_TRUE(startEngine());
    EXPECT_THAT(states_, ElementsAre(State::Starting, State::Ready));
    EXPECT_EQ(engine_.status().where, QStringLiteral("Local CPU, 2 threads"));
    ASSERT_TRUE(wait([this] { return endedJobs().size() == 2; }));
    EXPECT_THAT(endedJobs(), ElementsAre("Read text.txt", "Open tiny"));
    EXPECT_EQ(timesAsked("open_model " + (folder_ / "tiny").string()), 1);
    EXPECT_EQ(model.size() + text.size() + plan.size(), 0) << "nothing in the window jumps";
    EXPECT_FALSE(document_.isModified());
    EXPECT_TRUE(refused_.empty());
}

TEST_F(EngineSessionTest, KeepsADocumentWhoseModelIsMissing) {
    script({{"fail", {{"open_model", {{"message", "no folder"}, {"hint", "look elsewhere"}}}}}});
    ASSERT_TRUE(startEngine());
    EXPECT_THAT(refused_, ElementsAre("Model not loaded: tiny | no folder | look elsewhere"));
    EXPECT_TRUE(document_.hasModel());
    engine_.evaluate();
    EXPECT_EQ(refused_.back(), "Plan not evaluated | The engine has not loaded the model | ");
}

TEST_F(EngineSessionTest, SaysThatLibTorchIsMissingUntilItIsThere) {
    // Not by words of the hint: another failure may have the same.
    const std::string hint = "fetch it";
    const nlohmann::json failure = {{"message", "cannot load the engine"}, {"hint", hint}};
    script({{"fail", {{"open_model", failure}}}});
    ASSERT_TRUE(startEngine());
    EXPECT_EQ(engine_.status().reason, "");
    nlohmann::json caused = failure;
    caused["cause"] = protocol::kNoLibTorch;
    script({{"fail", {{"open_model", caused}}}});
    ASSERT_TRUE(startEngine());
    EXPECT_EQ(engine_.status().state, EngineStatus::State::Ready);
    EXPECT_EQ(engine_.status().reason, "No LibTorch");
    EXPECT_EQ(engine_.status().detail.toStdString(), hint);
    engine_.evaluate();
    EXPECT_EQ(refused_.back(), "Plan not evaluated | No LibTorch | " + hint);
    script({});
    engine_.restart();
    ASSERT_TRUE(waitUntilIdle());
    EXPECT_EQ(engine_.status().reason, "");
}

TEST_F(EngineSessionTest, KnowsTheDevicesOfItsMachine) {
    script({{"devices", {{"cuda", {"NVIDIA H100", "NVIDIA A2"}}}}});
    ASSERT_TRUE(startEngine());
    ASSERT_TRUE(wait([this] { return engine_.status().devices.size() == 3; }));
    EXPECT_EQ(engine_.status().devices[2], (EngineDevice{"cuda:1", "NVIDIA A2"}));
    EXPECT_EQ(engine_.status().noCuda, "");
    EXPECT_EQ(engine_.status().device, "auto");
    EXPECT_EQ(timesAsked("arguments serve --device"), 0);
    // Another device: a new engine with the model, the text and Live as they were.
    engine_.setLive(true);
    engine_.start({{}, {}, QStringLiteral("cuda:1")});
    ASSERT_TRUE(waitUntilIdle());
    EXPECT_EQ(engine_.status().device, "cuda:1");
    EXPECT_TRUE(engine_.isLive());
    EXPECT_EQ(timesAsked("arguments serve --device cuda:1"), 1);
    EXPECT_EQ(timesAsked("open_model"), 2);
    EXPECT_EQ(timesAsked("text"), 2);
    document_.setPlan(QStringLiteral("Edit"), kept(48));
    EXPECT_TRUE(wait([this] { return stateOf(kept(48)) == PlanState::Exact; }));
}

TEST_F(EngineSessionTest, KnowsWhyThereIsNoCudaDevice) {
    script({{"devices", {{"no_cuda", "no NVIDIA driver is installed"}}}});
    ASSERT_TRUE(startEngine());
    EXPECT_TRUE(wait([this] { return engine_.status().noCuda == "no NVIDIA driver is installed"; }));
    EXPECT_EQ(engine_.status().devices.size(), 1u);
    script({{"devices", {{"cause", protocol::kNoLibTorch}}}});
    engine_.start({});
    EXPECT_TRUE(wait([this] { return engine_.status().noCuda == "there is no LibTorch"; }));
    EXPECT_TRUE(engine_.status().devices.empty());
}

TEST_F(EngineSessionTest, RefusesAnotherModelInTheFolderOfTheSession) {
    script({{"hash", "otherhash123"}});
    ASSERT_TRUE(startEngine());
    ASSERT_EQ(refused_.size(), 1u);
    EXPECT_THAT(refused_[0],
                testing::AllOf(HasSubstr("another one"), HasSubstr("tiny-has…"), HasSubstr("otherhas…")));
    EXPECT_EQ(timesAsked("text"), 0);
}

TEST_F(EngineSessionTest, RefusesATextThatHasChanged) {
    script({{"text_hash", "new"}});
    ASSERT_TRUE(startEngine());
    ASSERT_TRUE(wait([this] { return !refused_.empty(); }));
    EXPECT_THAT(refused_[0], HasSubstr("text.txt"));
    EXPECT_EQ(document_.text()->hash, "text-hash");
    // Opened by hand it is the text from then on, and results on the other one are gone.
    MeasuredQuality quality;
    quality.windows = quality.windows_total = 40;
    document_.setFullQuality(quality);
    engine_.openText(QString::fromStdString((folder_ / "text.txt").string()), 256);
    ASSERT_TRUE(wait([this] { return document_.text()->hash == "new"; }));
    EXPECT_EQ(document_.text()->window, 256);
    EXPECT_FALSE(document_.fullQuality());
}

TEST_F(EngineSessionTest, OpensAFolder) {
    ASSERT_TRUE(startEngine());
    QSignalSpy opened(&engine_, &EngineControl::modelOpened);
    const QString other = makeModel("other", "other-hash");
    engine_.openModel(other);
    ASSERT_TRUE(wait([&] { return opened.size() == 1; }));
    EXPECT_EQ(document_.model().hash, "other-hash");
    EXPECT_EQ(document_.model().path, other.toStdString());
    EXPECT_EQ(document_.model().parameters, 1000000);
    EXPECT_FALSE(document_.text());
    EXPECT_EQ(timesAsked("open_model"), 2) << "not loaded twice";
    engine_.evaluate();
    EXPECT_EQ(refused_.back(), "Plan not evaluated | No text is open | Open a text to measure on");
    engine_.openText(QStringLiteral("/a/book.txt"), 128);
    ASSERT_TRUE(wait([this] { return document_.text().has_value(); }));
    EXPECT_EQ(document_.text()->window, 128);
    EXPECT_EQ(document_.text()->tokens, 40 * 128);
}

// As on the command line: a model folder, then a text.
TEST_F(EngineSessionTest, TakesATextThatIsOpenedWhileItsModelIsOnItsWay) {
    const QString text = QString::fromStdString((folder_ / "text.txt").string());
    engine_.openModel(makeModel("other", "other-hash"));
    engine_.openText(text, 512);
    ASSERT_TRUE(wait([this] { return document_.model().hash == "other-hash" && document_.text().has_value(); }));
    EXPECT_EQ(document_.text()->path, text.toStdString());
    EXPECT_TRUE(refused_.empty());
}

TEST_F(EngineSessionTest, KeepsTheModelWhenAFolderIsNone) {
    ASSERT_TRUE(startEngine());
    ASSERT_TRUE(wait([this] { return endedJobs().size() == 2; }));
    std::filesystem::create_directories(folder_ / "empty");
    engine_.openModel(QString::fromStdString((folder_ / "empty").string()));
    ASSERT_TRUE(wait([this] { return !refused_.empty(); }));
    EXPECT_THAT(refused_[0], HasSubstr("Model not opened: empty | "));
    EXPECT_EQ(document_.model().hash, "tiny-hash");
}

TEST_F(EngineSessionTest, StartsForAFolderThatIsOpened) {
    document_.openSession(session(), {});
    const QString other = makeModel("other", "other-hash");
    engine_.openModel(other);
    ASSERT_TRUE(wait([this] { return document_.model().hash == "other-hash"; }));
    EXPECT_EQ(timesAsked("open_model"), 1);
}

TEST_F(EngineSessionTest, FollowsADocumentThatOpensSomethingElse) {
    ASSERT_TRUE(startEngine());
    document_.openSession(session("second"), {});
    ASSERT_TRUE(wait([this] { return timesAsked("open_model " + (folder_ / "second").string()) == 1; }));
    ASSERT_TRUE(wait([this] { return timesAsked("text") == 2; }));
    EXPECT_TRUE(refused_.empty());
}

TEST_F(EngineSessionTest, ReadsNothingOfAWithheldSession) {
    ASSERT_TRUE(startEngine());
    document_.openSession(session("theirs"), {}, true);
    engine_.evaluate();
    ASSERT_EQ(refused_.size(), 1U);
    EXPECT_THAT(refused_.back(), HasSubstr("nobody has said yet"));
    // Nor after the engine was started anew, which answers once to show that it had the time.
    QSignalSpy news(&engine_, &EngineControl::statusChanged);
    engine_.restart();
    ASSERT_TRUE(wait([this] { return engine_.status().state == State::Ready; }));
    news.clear();
    ASSERT_TRUE(wait([&] { return !news.isEmpty(); }));
    EXPECT_EQ(timesAsked("open_model " + (folder_ / "theirs").string()), 0);
    document_.release();
    ASSERT_TRUE(wait([this] { return timesAsked("open_model " + (folder_ / "theirs").string()) == 1; }));
    ASSERT_TRUE(wait([this] { return timesAsked("text") == 2; }));
    EXPECT_EQ(refused_.size(), 1U);
}

TEST_F(EngineSessionTest, NoticesWithinASecondThatTheEngineWasKilled) {
    script({{"steps", 1000}, {"step_ms", 20}});
    document_.setPlan(QStringLiteral("Keep 32"), kept(32));
    const SavedSession before = document_.toSession();
    engine_.start({});
    ASSERT_TRUE(wait([this] { return !engine_.jobs().empty() && engine_.jobs().front().done > 1; }));
    EXPECT_EQ(engine_.jobs().front().title, QStringLiteral("Open tiny"));
    EXPECT_EQ(engine_.jobs().front().state, EngineJob::State::Running);
    EXPECT_EQ(engine_.jobs().front().total, 1001);
    EXPECT_EQ(engine_.jobs().front().unit, QStringLiteral("windows"));
    const std::string line = asked().front();
    ASSERT_EQ(::kill(std::stoi(line.substr(line.find(' '))), SIGKILL), 0);
    ASSERT_TRUE(wait([this] { return engine_.status().state == State::Stopped; }, 1000));
    EXPECT_EQ(engine_.jobs().front().state, EngineJob::State::Failed);
    EXPECT_EQ(document_.toSession(), before);
    EXPECT_TRUE(document_.undoStack()->canUndo());
}

TEST_F(EngineSessionTest, DiesDuringAnEvaluationAndComesBack) {
    const auto once = (folder_ / "died").string();
    script(
        {{"steps", 6},
         {"step_ms", 10},
         {"trouble",
          {{"method", "evaluate"}, {"step", 4}, {"what", "kill"}, {"log", "last words\n"}, {"once", once}}}});
    ASSERT_TRUE(startEngine());
    document_.setPlan(QStringLiteral("Keep 32"), kept(32));
    const PlanChoice plan = document_.plan();
    engine_.setLive(true);
    ASSERT_TRUE(wait([this] { return engine_.status().state == State::Stopped; }));
    EXPECT_EQ(engine_.status().reason,
              QStringLiteral("The engine was killed, most likely because memory ran out"));
    EXPECT_EQ(engine_.status().detail, QStringLiteral("last words"));
    EXPECT_EQ(engine_.status().remedy, QStringLiteral("Restart"));
    EXPECT_EQ(engine_.jobs().front().state, EngineJob::State::Failed);
    EXPECT_EQ(engine_.jobs().front().message, engine_.status().reason);
    EXPECT_EQ(document_.plan(), plan);
    EXPECT_EQ(stateOf(plan), PlanState::Measuring) << "what was measured stays";
    EXPECT_GT(document_.record(plan)->quality->windows, 0);
    EXPECT_TRUE(engine_.isLive());
    engine_.evaluate();
    EXPECT_EQ(refused_.back(), "Plan not evaluated | The engine is not running | Start the engine");
    engine_.restart();
    ASSERT_TRUE(wait([&] { return stateOf(plan) == PlanState::Exact; })) << "model, text and live are back";
    EXPECT_EQ(timesAsked("open_model"), 2);
    EXPECT_EQ(timesAsked("text"), 2);
}

TEST_F(EngineSessionTest, RestartsByItselfOnceAMinute) {
    engine_.setRestartDelay(10);
    script({{"trouble", {{"method", "text"}, {"step", 0}, {"what", "kill"}}}});
    engine_.start({});
    ASSERT_TRUE(wait([this] { return timesAsked("hello") == 2; }));
    ASSERT_TRUE(wait([this] { return engine_.status().state == State::Stopped; }));
    QTest::qWait(200);
    EXPECT_EQ(timesAsked("hello"), 2) << "not after the second stop";
    EXPECT_THAT(states_, ElementsAre(State::Starting, State::Ready, State::Stopped, State::Starting,
                                     State::Ready, State::Stopped));
}

TEST_F(EngineSessionTest, DoesNotRetryWhatNeverWorked) {
    engine_.setRestartDelay(10);
    script({{"greeting", "RANKSCOPE 7"}});
    engine_.start({});
    ASSERT_TRUE(wait([this] { return engine_.status().state == State::Stopped; }));
    QTest::qWait(100);
    EXPECT_THAT(states_, ElementsAre(State::Starting, State::Stopped));
    EXPECT_THAT(engine_.status().detail.toStdString(), HasSubstr("found 7, expected 1"));
}

TEST_F(EngineSessionTest, IsOffWhenItWasStopped) {
    engine_.setRestartDelay(10);
    ASSERT_TRUE(startEngine());
    engine_.stop();
    ASSERT_TRUE(wait([this] { return engine_.status().state == State::Off; }));
    QTest::qWait(100);
    EXPECT_EQ(engine_.status().state, State::Off);
    EXPECT_TRUE(engine_.status().reason.isEmpty());
}

TEST_F(EngineSessionTest, RefusesAHostThatIsAnOption) {
    EngineAddress address;
    address.host = QStringLiteral("-oProxyCommand=x");
    engine_.start(address);
    ASSERT_TRUE(wait([this] { return engine_.status().state == State::Stopped; }));
    EXPECT_EQ(engine_.status().reason, QStringLiteral("The engine could not be reached"));
    EXPECT_THAT(engine_.status().detail.toStdString(), HasSubstr("-oProxyCommand=x"));
}

TEST_F(EngineSessionTest, NamesTheOtherMachine) {
    const auto ssh = folder_ / "ssh";
    rankscope::test::write_bytes(ssh, "#!/bin/sh\nexec " SCRIPTED_ENGINE "\n");
    std::filesystem::permissions(ssh, std::filesystem::perms::owner_all);
    qputenv("RANKSCOPE_SSH", ssh.c_str());
    EngineAddress address;
    address.host = QStringLiteral("gpu-box");
    engine_.start(address);
    ASSERT_TRUE(waitUntilIdle());
    ASSERT_TRUE(wait([this] { return engine_.status().pingMs >= 0; }));
    EXPECT_EQ(engine_.status().where, QStringLiteral("gpu-box · CPU, 2 threads"));
}

}  // namespace
}  // namespace rankscope::gui
