// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/client/engine_link.hpp"
#include "core/protocol/session_methods.hpp"

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>

#include <functional>
#include <map>
#include <string>

namespace rankscope::gui {

/// Speaks the protocol (core/protocol/README.md) with one engine: hello first, then calls with answers and
/// notifications of jobs. Answers come by callback; of an engine that ends they never come, ended() does.
class EngineClient : public QObject {
    Q_OBJECT

public:
    explicit EngineClient(QObject* parent = nullptr);

    /// Ends the engine before, without a word, and starts one. Answered by ready() or ended().
    void start(const EngineAddress& address);
    /// Answered by ended() with `asked`.
    void stop();

    [[nodiscard]] bool isReady() const { return ready_; }

    /// Of the last ping of an engine on another machine; below 0: none yet.
    [[nodiscard]] double pingMs() const { return pingMs_; }

    using Answer = std::function<void(const protocol::Value&)>;
    using Refusal = std::function<void(const protocol::Failure&)>;

    /// Does nothing without an engine. An answer that cannot be understood (an Error of kind Usage from
    /// `answer`) ends the engine.
    void call(const std::string& method, protocol::Value parameters, Answer answer, Refusal refused);

    template <class Result, class Request>
    void ask(const std::string& method, const Request& request, std::function<void(const Result&)> answer,
             Refusal refused) {
        call(
            method, protocol::to_value(request),
            [method, answer = std::move(answer)](const protocol::Value& value) {
                answer(protocol::parse<Result>(value, method));
            },
            std::move(refused));
    }

    /// What a receiver of a notification does with one that makes no sense.
    void breakOff(const QString& reason, const QString& detail) { link_.breakOff(reason, detail); }

    void setPatience(int ms) { link_.setPatience(ms); }

Q_SIGNALS:
    void ready(const rankscope::protocol::HelloResult& engine);
    void ended(const rankscope::gui::EngineEnd& end);
    void pinged();

    void progress(const rankscope::protocol::ProgressNote& note);
    /// `parameters` as the table of the protocol says for the job's method.
    void partial(std::int64_t job, const rankscope::protocol::Value& parameters);
    void finished(const rankscope::protocol::FinishedNote& note);
    void failed(const rankscope::protocol::FailedNote& note);
    void warning(const rankscope::protocol::WarningNote& note);

private:
    struct Waiting {
        Answer answer;
        Refusal refused;
    };

    void sayHello();
    void receive(const protocol::Message& message);
    void notify(const protocol::Message& message);
    void ping();

    EngineLink link_;
    std::map<std::int64_t, Waiting> waiting_;
    std::int64_t nextId_ = 1;
    bool ready_ = false;
    bool remote_ = false;
    double pingMs_ = -1;
    QTimer pings_;
};

}  // namespace rankscope::gui
