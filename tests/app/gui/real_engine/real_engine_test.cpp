// SPDX-License-Identifier: GPL-3.0-or-later
// The window's side and the real engine, on a small model that comes with the program.
#include "app/gui/client/engine_session.hpp"
#include "app/gui/data/local_state_source.hpp"
#include "app/gui/document/document.hpp"
#include "app/gui/document/plan_record.hpp"
#include "core/session/session_file.hpp"
#include "tests/support/scratch_folder.hpp"

#include <gtest/gtest.h>

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QSignalSpy>
#include <QTest>

#include <algorithm>

namespace rankscope::gui {
namespace {

constexpr int kPatienceMs = 240000;  // slow, shared machines

class RealEngineTest : public testing::Test {
protected:
    RealEngineTest() {
        qputenv("RANKSCOPE_ENGINE", RANKSCOPE_BINARY_DIR "/bin/rankscope-cli");
        for (const auto signal : {&EngineControl::refused, &EngineControl::modelRefused}) {
            QObject::connect(&engine_, signal, &engine_,
                             [this](const QString& title, const QString& detail, const QString& hint) {
                                 refused_ += title + QLatin1String(" | ") + detail + QLatin1String(" | ")
                                             + hint + QLatin1Char('\n');
                             });
        }
        engine_.setRestartDelay(-1);
    }

    ~RealEngineTest() override { qunsetenv("RANKSCOPE_ENGINE"); }

    void SetUp() override {
#ifndef RANKSCOPE_HAS_MODEL
        GTEST_SKIP() << "built without LibTorch: there is no engine to run a model with";
#endif
    }

    static QString resource(const std::string& name) {
        return QString::fromStdString(RANKSCOPE_SOURCE_DIR "/resources/" + name);
    }

    // The beginning of a text of the program, so that nothing takes long.
    QString shortText(const std::string& name, std::size_t bytes) {
        const std::string text = rankscope::test::read_bytes(resource("texts/" + name).toStdString());
        rankscope::test::write_bytes(folder_ / name, text.substr(0, bytes));
        return QString::fromStdString((folder_ / name).string());
    }

    bool wait(const std::function<bool()>& until) {
        const auto ended = [&] {
            return until() || !refused_.isEmpty() || engine_.status().state == EngineStatus::State::Stopped;
        };
        const bool reached = QTest::qWaitFor(ended, kPatienceMs) && until();
        if (!reached) ADD_FAILURE() << said().toStdString();
        return reached;
    }

    [[nodiscard]] QString said() const {
        QString text = refused_ + engine_.status().reason + QLatin1Char('\n') + engine_.status().detail;
        for (const EngineJob& job : engine_.jobs())
            text += QStringLiteral("\n%1: %2 %3")
                        .arg(job.title)
                        .arg(static_cast<int>(job.state))
                        .arg(job.message, job.hint);
        return text;
    }

    bool openModel(const QString& folder) {
        QSignalSpy opened(&engine_, &EngineControl::modelOpened);
        engine_.openModel(folder);
        return wait([&] { return opened.size() == 1; });
    }

    // Half of the first layer by norm, a quarter of the second with the swaps of DRRQR.
    [[nodiscard]] PlanChoice mixedPlan() const {
        PlanChoice plan = keep_all(document_.config());
        plan.layers[0].method = "l1";
        plan.layers[0].kept = 32;
        plan.layers[1].method = "drrqr";
        plan.layers[1].kept = 48;
        return plan;
    }

    bool evaluate(MeasuredQuality& quality) {
        const PlanChoice plan = document_.plan();
        const std::size_t ended = engine_.jobs().size();
        engine_.evaluate();
        const auto done = [&] {
            const PlanRecord* record = document_.record(plan);
            const bool idle =
                engine_.jobs().size() > ended && engine_.jobs().front().state == EngineJob::State::Finished;
            return idle && record != nullptr && record->state == PlanState::Exact;
        };
        if (!wait(done)) return false;
        quality = *document_.record(plan)->quality;
        return true;
    }

    // What the program writes to standard output.
    static QByteArray commandLine(const QStringList& arguments) {
        QProcess program;
        program.start(QStringLiteral(RANKSCOPE_BINARY_DIR "/bin/rankscope-cli"), arguments);
        EXPECT_TRUE(program.waitForFinished(kPatienceMs));
        EXPECT_EQ(program.exitCode(), 0) << program.readAllStandardError().toStdString();
        return program.readAllStandardOutput();
    }

    static EngineAddress here() {
        EngineAddress address;
        address.device = QStringLiteral("cpu");
        return address;
    }

    rankscope::test::ScratchFolder folder_;
    QString refused_;
    Document document_;
    EngineSession engine_{document_};
};

TEST_F(RealEngineTest, OpensEvaluatesCapturesAndExports) {
    engine_.start(here());
    ASSERT_TRUE(openModel(resource("models/books-delta")));
    EXPECT_EQ(document_.modelName(), QStringLiteral("books-delta"));
    EXPECT_GT(document_.model().parameters, 100000);
    EXPECT_TRUE(engine_.status().where.startsWith(QLatin1String("Local CPU")))
        << engine_.status().where.toStdString();
    document_.setCalibration(shortText("the-mill-house.txt", 6000).toStdString());
    engine_.openText(shortText("the-lighthouse-ledger.txt", 4000), 128);
    ASSERT_TRUE(wait([this] { return document_.text().has_value(); }));
    EXPECT_GT(document_.text()->windows, 2);
    EXPECT_EQ(document_.text()->hash.size(), 64u);

    document_.setPlan(QStringLiteral("Edit"), mixedPlan());
    MeasuredQuality first;
    ASSERT_TRUE(evaluate(first));
    EXPECT_EQ(first.windows, document_.text()->windows);
    EXPECT_EQ(first.tokens, document_.text()->scored_tokens);
    ASSERT_TRUE(document_.fullQuality());
    EXPECT_NEAR(first.nll - document_.fullQuality()->nll, *first.delta_nll, 1e-6);
    EXPECT_NE(*first.delta_nll, 0);
    ASSERT_TRUE(wait([this] { return document_.orders().head("drrqr", 1, 0) != nullptr; }))
        << "scores come by themselves";

    // The plan file is that of the command line: it chooses the same channels, and takes the file for the same plan.
    const std::optional<Plan> plan = document_.exactPlan(document_.plan());
    ASSERT_TRUE(plan);
    const QString model = resource("models/books-delta");
    const QString saved = QString::fromStdString((folder_ / "saved.json").string());
    const QString chosen = QString::fromStdString((folder_ / "chosen.json").string());
    rankscope::test::write_bytes(folder_ / "saved.json", to_json(*plan));
    ASSERT_EQ(read_plan(folder_ / "saved.json"), *plan);
    commandLine({QStringLiteral("plan"), model, QStringLiteral("--method"), QStringLiteral("l1"),
                 QStringLiteral("--ratio"), QStringLiteral("0.5"), QStringLiteral("--layer"),
                 QStringLiteral("1:method=drrqr,ratio=0.25"), QStringLiteral("--calibrate"),
                 QString::fromStdString(document_.calibration().string()), QStringLiteral("-o"), chosen});
    const Plan theirs = read_plan(folder_ / "chosen.json");
    EXPECT_EQ(plan->model_hash, theirs.model_hash);
    EXPECT_EQ(plan->model_family, theirs.model_family);
    EXPECT_EQ(plan->scale, theirs.scale);
    EXPECT_EQ(plan->calibration_hash, theirs.calibration_hash);
    EXPECT_EQ(plan->calibration_tokens, theirs.calibration_tokens);
    ASSERT_EQ(plan->layers.size(), 2U);
    for (const PlanLayer& layer : plan->layers)
        EXPECT_EQ(layer, *theirs.layer(layer.index)) << layer.index;
    const QByteArray answer = commandLine(
        {QStringLiteral("evaluate"), model, QStringLiteral("--text"),
         QString::fromStdString(document_.text()->path.string()), QStringLiteral("--window"),
         QStringLiteral("128"), QStringLiteral("--plan"), saved, QStringLiteral("--json")});
    const QJsonObject measured =
        QJsonDocument::fromJson(answer).object()[QStringLiteral("plans")].toArray().at(0).toObject();
    EXPECT_NEAR(measured[QStringLiteral("delta_nll")].toDouble(), *first.delta_nll, 1e-7);
    // A plan whose channels nobody has asked for yet.
    PlanChoice unknown = document_.plan();
    unknown.layers[1].kept = 40;
    ASSERT_FALSE(document_.exactPlan(unknown));
    std::optional<Plan> made;
    QString ended = QStringLiteral("–");
    engine_.makePlan(
        unknown, [&](const Plan& answered) { made = answered; },
        [&](const QString& why, const QString&) { ended = why; });
    ASSERT_TRUE(wait([&] { return ended != QStringLiteral("–"); }));
    ASSERT_TRUE(made) << ended.toStdString();
    EXPECT_EQ(made, document_.exactPlan(unknown));
    EXPECT_EQ(made->layers[1].keep[0].size(), 40U);

    // Another process on the same plan gives the same bits.
    engine_.restart();
    ASSERT_TRUE(wait([this] { return engine_.status().state == EngineStatus::State::Ready; }));
    MeasuredQuality second;
    ASSERT_TRUE(evaluate(second));
    EXPECT_EQ(first, second);

    // A capture, and what the window reads of it.
    protocol::CaptureJobRequest capture;
    capture.output = (folder_ / "states.h5").string();
    capture.positions = {31, 63, 127};
    capture.state_positions = {127};
    QString message = QStringLiteral("–");
    const auto tell = [&](const QString& said, const QString&) { message = said; };
    engine_.capture(capture, tell);
    ASSERT_TRUE(wait([&] { return message != QStringLiteral("–"); }));
    ASSERT_TRUE(message.isEmpty()) << message.toStdString();
    LocalStateSource states;
    QSignalSpy opened(&states, &StateSource::opened);
    std::vector<float> state;
    QObject::connect(&states, &StateSource::stateReady, &states,
                     [&](const StateKey&, const auto& values) { state = *values; });
    states.open(QString::fromStdString(capture.output));
    ASSERT_TRUE(QTest::qWaitFor([&] { return opened.size() == 1; }, kPatienceMs));
    EXPECT_EQ(states.capture()->layout.positions, capture.positions);
    EXPECT_EQ(states.capture()->layout.layers.size(), document_.config().layers.size());
    EXPECT_FALSE(states.capture()->tokenText.empty());
    states.requestState({0, 0, 0, 0});
    ASSERT_TRUE(QTest::qWaitFor([&] { return !state.empty(); }, kPatienceMs));
    double energy = 0;
    for (const float value : state)
        energy += static_cast<double>(value) * value;
    double squares = 0;
    for (const float value : states.capture()->spectrum(0, 0, 2, 0))
        squares += static_cast<double>(value) * value;
    EXPECT_NEAR(squares / energy, 1, 1e-4);

    // The exported model is the plan: no channel removed from it gives the same perplexity.
    const QString out = QString::fromStdString((folder_ / "pruned").string());
    message = QStringLiteral("–");
    engine_.exportModel(out, QStringLiteral("auto"), false, tell);
    ASSERT_TRUE(wait([&] { return message != QStringLiteral("–"); }));
    ASSERT_TRUE(message.isEmpty()) << message.toStdString();
    const std::string text = document_.text()->path.string();
    ASSERT_TRUE(openModel(out));
    EXPECT_EQ(document_.config().layers[0].key_dim, 32);
    EXPECT_EQ(document_.config().layers[1].key_dim, 48);
    EXPECT_EQ(document_.plan().layers[0].key_dim, 32);
    engine_.openText(QString::fromStdString(text), 128);
    ASSERT_TRUE(wait([this] { return document_.text().has_value(); }));
    MeasuredQuality exported;
    ASSERT_TRUE(evaluate(exported));
    EXPECT_NEAR(exported.nll, first.nll, 1e-4);

    // And a session of it opens again.
    write_session(document_.toSession(), folder_ / "pruned.rankscope");
    const std::int64_t bytes = document_.stateBytes(document_.plan());
    document_.openSession(read_session(folder_ / "pruned.rankscope"), {});
    EXPECT_EQ(document_.stateBytes(document_.plan()), bytes);
    ASSERT_TRUE(wait([this] {
        return engine_.jobs().front().title.startsWith(QLatin1String("Read "))
               && engine_.jobs().front().state == EngineJob::State::Finished;
    }));
    EXPECT_TRUE(refused_.isEmpty()) << refused_.toStdString();
}

}  // namespace
}  // namespace rankscope::gui
