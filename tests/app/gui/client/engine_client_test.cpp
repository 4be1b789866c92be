// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/client/engine_client.hpp"

#include "app/gui/client/engine_command.hpp"
#include "tests/app/gui/client/engine_fixture.hpp"

#include <signal.h>

#include <QElapsedTimer>

namespace rankscope::gui {
namespace {

using testing::HasSubstr;

class EngineClientTest : public ScriptedEngine {
protected:
    EngineClientTest() {
        QObject::connect(&client_, &EngineClient::ready, &client_,
                         [this](const protocol::HelloResult& hello) { ready_ = hello; });
        QObject::connect(&client_, &EngineClient::ended, &client_,
                         [this](const EngineEnd& end) { end_ = end; });
    }

    bool start(const EngineAddress& address = {}) {
        ready_.reset();
        end_.reset();
        client_.start(address);
        return QTest::qWaitFor([this] { return ready_ || end_; }, 10000) && ready_.has_value();
    }

    bool waitForEnd(int ms = 10000) {
        return QTest::qWaitFor([this] { return end_.has_value(); }, ms);
    }

    // A call that makes the engine do what the script says about `jobs`.
    void provoke() {
        client_.call("jobs", protocol::Value(protocol::Value::Object{}), [](const protocol::Value&) {}, {});
    }

    EngineClient client_;
    std::optional<protocol::HelloResult> ready_;
    std::optional<EngineEnd> end_;
};

TEST_F(EngineClientTest, SkipsWhatIsPrintedBeforeTheGreeting) {
    script({{"noise", std::string("Welcome to gpu-box\n\x01\x02 RANK\nLast login: never\n$ ")}});
    ASSERT_TRUE(start()) << end_->detail.toStdString();
    EXPECT_EQ(ready_->version, "test");
    EXPECT_TRUE(client_.isReady());
    client_.stop();
    ASSERT_TRUE(waitForEnd());
    EXPECT_TRUE(end_->asked);
    EXPECT_FALSE(client_.isReady());
}

TEST_F(EngineClientTest, RefusesAnotherVersionByName) {
    script({{"greeting", "RANKSCOPE 2"}});
    ASSERT_FALSE(start());
    EXPECT_EQ(end_->reason, QStringLiteral("The engine is of another version"));
    EXPECT_THAT(end_->detail.toStdString(), HasSubstr("found 2, expected 1"));
    EXPECT_FALSE(end_->worked);
    script({{"protocol", 3}});
    ASSERT_FALSE(start());
    EXPECT_EQ(end_->reason, QStringLiteral("The engine is of another version"));
    EXPECT_THAT(end_->detail.toStdString(), HasSubstr("version 3"));
}

TEST_F(EngineClientTest, GivesUpOnWhatNeverGreets) {
    script({{"greeting", ""}, {"noise", "password:\n"}});
    client_.setPatience(200);
    ASSERT_FALSE(start());
    EXPECT_EQ(end_->reason, QStringLiteral("The engine does not answer"));
    EXPECT_THAT(end_->detail.toStdString(), HasSubstr("password:"));
}

TEST_F(EngineClientTest, EndsAnEngineThatTalksNonsense) {
    for (const char* what : {"malformed", "oversized", "nonsense", "foreign"}) {
        script({{"trouble", {{"method", "jobs"}, {"what", what}}}});
        ASSERT_TRUE(start()) << what;
        provoke();
        ASSERT_TRUE(waitForEnd()) << what;
        EXPECT_THAT(end_->reason.toStdString(), HasSubstr("sent something")) << what;
        EXPECT_FALSE(end_->detail.isEmpty()) << what;
        EXPECT_TRUE(end_->worked);
        EXPECT_FALSE(end_->asked);
    }
    script({});
    EXPECT_TRUE(start()) << "and the next one works";
}

TEST_F(EngineClientTest, SaysHowAnEngineEnded) {
    const auto endOf = [this](nlohmann::json trouble) {
        trouble["method"] = "jobs";
        script({{"trouble", trouble}});
        EXPECT_TRUE(start());
        provoke();
        EXPECT_TRUE(waitForEnd());
        return end_->reason.toStdString();
    };
    EXPECT_EQ(endOf({{"what", "kill"}}), "The engine was killed, most likely because memory ran out");
    EXPECT_EQ(endOf({{"what", "exit"}, {"code", 5}}), "The engine ran out of memory");
    EXPECT_EQ(endOf({{"what", "exit"}, {"code", 1}, {"log", "std::bad_alloc\n"}}),
              "The engine ran out of memory");
    EXPECT_EQ(endOf({{"what", "cut"}}), "The engine ended in the middle of a message");
    EXPECT_EQ(endOf({{"what", "exit"}, {"code", 1}, {"log", "one\ntwo\n\x1b[31mlast words\n"}}),
              "The engine ended (exit code 1)");
    EXPECT_THAT(end_->detail.toStdString(),
                testing::AllOf(HasSubstr("two\n"), HasSubstr("last words"), testing::Not(HasSubstr("\x1b"))));
    EXPECT_EQ(end_->remedy, QStringLiteral("Restart"));
}

TEST_F(EngineClientTest, KillsAnEngineThatDoesNotEndWhenAsked) {
    script({{"trouble", {{"method", "jobs"}, {"what", "stop"}}}});
    ASSERT_TRUE(start());
    provoke();
    QTest::qWait(50);
    client_.stop();
    ASSERT_TRUE(waitForEnd());
    EXPECT_TRUE(end_->asked);
    EXPECT_NE(::kill(static_cast<pid_t>(ready_->process), 0), 0) << "it is gone";
}

TEST_F(EngineClientTest, LeavesNoEngineBehind) {
    pid_t process = 0;
    {
        EngineClient other;
        QObject::connect(&other, &EngineClient::ready, &other, [&](const protocol::HelloResult& hello) {
            process = static_cast<pid_t>(hello.process);
        });
        other.start({});
        ASSERT_TRUE(QTest::qWaitFor([&] { return process != 0; }, 10000));
    }
    EXPECT_TRUE(QTest::qWaitFor([&] { return ::kill(process, 0) != 0; }, 5000));
}

TEST_F(EngineClientTest, SaysThatThereIsNoProgram) {
    qunsetenv("RANKSCOPE_ENGINE");
    EngineAddress address;
    address.program = QStringLiteral("/nowhere/rankscope-cli");
    ASSERT_FALSE(start(address));
    EXPECT_EQ(end_->reason, QStringLiteral("The engine was not found"));
    EXPECT_THAT(end_->detail.toStdString(), HasSubstr("/nowhere/rankscope-cli"));
    EXPECT_FALSE(end_->worked);
}

TEST_F(EngineClientTest, GivesSshArgumentsOneByOne) {
    const auto recorder = folder_ / "ssh";
    rankscope::test::write_bytes(
        recorder, "#!/bin/sh\nfor each in \"$@\"; do echo \"$each\" >> '" + (folder_ / "arguments").string()
                      + "'; done\necho 'Warning: a banner'\nexec " SCRIPTED_ENGINE "\n");
    std::filesystem::permissions(recorder, std::filesystem::perms::owner_all);
    qputenv("RANKSCOPE_SSH", recorder.c_str());
    EngineAddress address;
    address.host = QStringLiteral("me@gpu-box");
    address.program = QStringLiteral("/opt/two words/rankscope-cli");
    ASSERT_TRUE(start(address)) << end_->reason.toStdString();
    ASSERT_TRUE(QTest::qWaitFor([this] { return client_.pingMs() >= 0; }, 5000));
    const std::string arguments = rankscope::test::read_bytes(folder_ / "arguments");
    EXPECT_THAT(arguments, testing::EndsWith("--\nme@gpu-box\n'/opt/two words/rankscope-cli'\nserve\n"));
    EXPECT_THAT(arguments, HasSubstr("-oBatchMode=yes\n"));
}

TEST_F(EngineClientTest, SaysWhatSshSays) {
    const auto failing = folder_ / "ssh";
    rankscope::test::write_bytes(failing, "#!/bin/sh\necho 'Permission denied (publickey).' >&2\nexit 255\n");
    std::filesystem::permissions(failing, std::filesystem::perms::owner_all);
    qputenv("RANKSCOPE_SSH", failing.c_str());
    EngineAddress address;
    address.host = QStringLiteral("gpu-box");
    ASSERT_FALSE(start(address));
    EXPECT_EQ(end_->reason, QStringLiteral("There is no connection to gpu-box"));
    EXPECT_EQ(end_->detail, QStringLiteral("Permission denied (publickey)."));
    EXPECT_EQ(end_->remedy, QStringLiteral("Reconnect"));
    rankscope::test::write_bytes(failing, "#!/bin/sh\nexit 127\n");
    ASSERT_FALSE(start(address));
    EXPECT_EQ(end_->reason, QStringLiteral("rankscope-cli was not found on gpu-box"));
}

TEST(EngineCommandTest, RefusesHostsThatAreOptions) {
    qputenv("RANKSCOPE_SSH", "/bin/true");
    for (const char* host : {"-oProxyCommand=x", "-", "two words", "tab\there", "line\nbreak"}) {
        EngineAddress address;
        address.host = QString::fromUtf8(host);
        QString why;
        EXPECT_FALSE(engineCommand(address, why)) << host;
        EXPECT_FALSE(why.isEmpty());
    }
    qunsetenv("RANKSCOPE_SSH");
}

TEST(EngineCommandTest, KeepsTheOtherShellFromReadingAPath) {
    qputenv("RANKSCOPE_SSH", "/bin/true");
    EngineAddress address;
    address.host = QStringLiteral("box");
    QString why;
    const auto programAt = [&](const char* path) {
        address.program = QString::fromUtf8(path);
        return engineCommand(address, why)->arguments.at(6).toStdString();
    };
    EXPECT_EQ(programAt(""), "rankscope-cli");
    EXPECT_EQ(programAt("~/bin/rankscope-cli"), "~/bin/rankscope-cli");
    EXPECT_EQ(programAt("x; rm -rf y"), "'x; rm -rf y'");
    EXPECT_EQ(programAt("it's"), "'it'\\''s'");
    EXPECT_EQ(programAt("-x"), "'-x'");
    qunsetenv("RANKSCOPE_SSH");
}

}  // namespace
}  // namespace rankscope::gui
