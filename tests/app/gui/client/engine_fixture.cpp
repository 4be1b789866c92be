// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/app/gui/client/engine_fixture.hpp"

#include "app/gui/document/plan_record.hpp"
#include "tests/app/gui/support/sample_session.hpp"

#include <algorithm>
#include <fstream>

namespace rankscope::gui {

ScriptedEngine::ScriptedEngine() {
    qputenv("RANKSCOPE_ENGINE", SCRIPTED_ENGINE);
    script({});
}

ScriptedEngine::~ScriptedEngine() {
    qunsetenv("RANKSCOPE_ENGINE");
    qunsetenv("RANKSCOPE_SSH");
    qunsetenv("RANKSCOPE_TEST_SCRIPT");
}

void ScriptedEngine::script(const nlohmann::json& script) {
    nlohmann::json all = {{"log", (folder_ / "log").string()}};
    all.update(script.is_null() ? nlohmann::json::object() : script);
    rankscope::test::write_bytes(folder_ / "script.json", all.dump());
    qputenv("RANKSCOPE_TEST_SCRIPT", (folder_ / "script.json").c_str());
}

std::vector<std::string> ScriptedEngine::asked() const {
    std::vector<std::string> lines;
    std::ifstream file(folder_ / "log");
    for (std::string line; std::getline(file, line);)
        lines.push_back(line);
    return lines;
}

int ScriptedEngine::timesAsked(const std::string& line) const {
    const auto lines = asked();
    return static_cast<int>(
        std::ranges::count_if(lines, [&](const std::string& each) { return each.starts_with(line); }));
}

QString ScriptedEngine::makeModel(const std::string& name, const std::string& hash) {
    const std::filesystem::path path = folder_ / name;
    std::filesystem::create_directories(path);
    rankscope::test::write_bytes(path / "config.json", sampleSession().model.config);
    rankscope::test::write_bytes(path / "hash", hash);
    return QString::fromStdString(path.string());
}

SavedSession ScriptedEngine::session(const std::string& name) {
    SavedSession out;
    out.model = sampleSession().model;
    out.model.path = makeModel(name, name + "-hash").toStdString();
    out.model.hash = name + "-hash";
    out.text = SessionText{folder_ / "text.txt", "text-hash", 512, 40, 20480, 20440, false};
    out.calibration = folder_ / "calibration.txt";
    out.current = keep_all(session_config(out));
    return out;
}

EngineSessionTest::EngineSessionTest() {
    document_.openSession(session(), {});
    for (const auto signal : {&EngineControl::refused, &EngineControl::modelRefused}) {
        QObject::connect(
            &engine_, signal, &engine_,
            [this](const QString& title, const QString& detail, const QString& hint) {
                refused_.push_back(
                    (title + QLatin1String(" | ") + detail + QLatin1String(" | ") + hint).toStdString());
            });
    }
    QObject::connect(&engine_, &EngineControl::statusChanged, &engine_, [this] {
        if (states_.empty() || states_.back() != engine_.status().state)
            states_.push_back(engine_.status().state);
    });
    engine_.setRestartDelay(-1);
}

bool EngineSessionTest::startEngine() {
    engine_.start({});
    if (waitUntilIdle()) return true;
    QStringList where{engine_.status().reason, engine_.status().detail};
    for (const EngineJob& job : engine_.jobs())
        where.append(
            QStringLiteral("%1: %2 %3").arg(job.title).arg(static_cast<int>(job.state)).arg(job.message));
    for (const std::string& line : refused_)
        where.append(QString::fromStdString(line));
    ADD_FAILURE() << where.join(u'\n').toStdString();
    return false;
}

bool EngineSessionTest::waitUntilIdle(int ms) {
    return wait(
        [this] {
            return engine_.status().state == EngineStatus::State::Ready && !engine_.jobs().empty()
                   && engine_.jobs().front().state != EngineJob::State::Running
                   && engine_.jobs().front().state != EngineJob::State::Queued;
        },
        ms);
}

PlanChoice EngineSessionTest::kept(std::int64_t count, const std::string& method) const {
    PlanChoice plan = document_.state().plan;
    plan.layers.front().method = method;
    plan.layers.front().kept = count;
    return plan;
}

PlanState EngineSessionTest::stateOf(const PlanChoice& choice) const {
    const PlanRecord* record = document_.record(choice);
    return record != nullptr ? record->state : PlanState::Estimate;
}

std::vector<std::string> EngineSessionTest::endedJobs() const {
    std::vector<std::string> titles;
    for (const EngineJob& job : engine_.jobs()) {
        if (job.state == EngineJob::State::Finished) titles.push_back(job.title.toStdString());
    }
    return titles;
}

}  // namespace rankscope::gui
