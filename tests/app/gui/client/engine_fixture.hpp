// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/client/engine_session.hpp"
#include "app/gui/document/document.hpp"
#include "tests/support/scratch_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <QTest>

#include <string>
#include <vector>

namespace rankscope::gui {

/// Tests that start the scripted engine (scripted_engine/main.cpp) as a process of its own.
class ScriptedEngine : public testing::Test {
protected:
    ScriptedEngine();
    ~ScriptedEngine() override;

    /// What the next engine does.
    void script(const nlohmann::json& script);
    /// What engines were asked, line by line.
    [[nodiscard]] std::vector<std::string> asked() const;
    [[nodiscard]] int timesAsked(const std::string& line) const;

    /// A folder that the scripted engine takes for a model of four layers with three heads of 64 channels.
    [[nodiscard]] QString makeModel(const std::string& name, const std::string& hash);
    /// That model with a text and nothing known of it.
    [[nodiscard]] SavedSession session(const std::string& name = "tiny");

    rankscope::test::ScratchFolder folder_;
};

/// A document with a session, and an engine behind it.
class EngineSessionTest : public ScriptedEngine {
protected:
    EngineSessionTest();

    [[nodiscard]] bool startEngine();
    /// Model and text are there.
    [[nodiscard]] bool waitUntilIdle(int ms = 10000);

    [[nodiscard]] static bool wait(const std::function<bool()>& until, int ms = 10000) {
        return QTest::qWaitFor(until, ms);
    }

    /// The current plan with K' of the first layer.
    [[nodiscard]] PlanChoice kept(std::int64_t count, const std::string& method = "drrqr") const;
    [[nodiscard]] PlanState stateOf(const PlanChoice& choice) const;
    [[nodiscard]] std::vector<std::string> endedJobs() const;

    Document document_;
    EngineSession engine_{document_};
    std::vector<std::string> refused_;
    std::vector<EngineStatus::State> states_;
};

}  // namespace rankscope::gui
