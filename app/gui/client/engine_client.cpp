// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/client/engine_client.hpp"

#include "core/base/error.hpp"

#include <QCoreApplication>
#include <QMetaObject>

#include <memory>

namespace rankscope::gui {
namespace {

constexpr int kPingEveryMs = 10000;

}  // namespace

EngineClient::EngineClient(QObject* parent) : QObject(parent) {
    pings_.setInterval(kPingEveryMs);
    connect(&pings_, &QTimer::timeout, this, &EngineClient::ping);
    connect(&link_, &EngineLink::greeted, this, &EngineClient::sayHello);
    connect(&link_, &EngineLink::received, this, &EngineClient::receive);
    connect(&link_, &EngineLink::ended, this, [this](const EngineEnd& end) {
        EngineEnd known = end;
        known.worked = std::exchange(ready_, false);
        waiting_.clear();
        pings_.stop();
        Q_EMIT ended(known);
    });
}

void EngineClient::start(const EngineAddress& address) {
    ready_ = false;
    waiting_.clear();
    pings_.stop();
    pingMs_ = -1;
    remote_ = !address.host.isEmpty();
    QString why;
    const auto command = engineCommand(address, why);
    if (command) {
        link_.start(*command, address.host);
        return;
    }
    EngineEnd end;
    end.reason = remote_ ? tr("The engine could not be reached") : tr("The engine was not found");
    end.detail = why;
    end.remedy = remote_ ? tr("Reconnect") : tr("Restart");
    // As always: later.
    QMetaObject::invokeMethod(
        this, [this, end] { Q_EMIT ended(end); }, Qt::QueuedConnection);
}

void EngineClient::stop() {
    link_.close();
}

void EngineClient::sayHello() {
    protocol::HelloRequest hello;
    hello.protocol = protocol::kVersion;
    hello.client = ("rankscope " + QCoreApplication::applicationVersion()).toStdString();
    ask<protocol::HelloResult>(
        "hello", hello,
        [this](const protocol::HelloResult& engine) {
            if (engine.protocol != protocol::kVersion) {
                link_.breakOff(tr("The engine is of another version"),
                               tr("It speaks version %1 of the protocol, this window version %2. Install the "
                                  "same version "
                                  "of Rankscope on both sides.")
                                   .arg(engine.protocol)
                                   .arg(protocol::kVersion));
                return;
            }
            ready_ = true;
            if (remote_) {
                pings_.start();
                ping();
            }
            Q_EMIT ready(engine);
        },
        [this](const protocol::Failure& failure) {
            link_.breakOff(tr("The engine refused this window"), QString::fromStdString(failure.message));
        });
}

void EngineClient::ping() {
    auto timer = std::make_shared<QElapsedTimer>();
    timer->start();
    const auto answered = [this, timer] {
        pingMs_ = static_cast<double>(timer->nsecsElapsed()) / 1e6;
        Q_EMIT pinged();
    };
    call(
        "jobs", protocol::Value(protocol::Value::Object{}),
        [answered](const protocol::Value&) { answered(); },
        [answered](const protocol::Failure&) { answered(); });
}

void EngineClient::call(const std::string& method, protocol::Value parameters, Answer answer,
                        Refusal refused) {
    if (!link_.isOpen()) return;
    const std::int64_t id = nextId_++;
    waiting_[id] = {std::move(answer), std::move(refused)};
    link_.send(protocol::request(id, method, std::move(parameters)));
}

void EngineClient::receive(const protocol::Message& message) {
    using Kind = protocol::Message::Kind;
    try {
        if (message.kind == Kind::Notification) {
            notify(message);
            return;
        }
        if (message.kind == Kind::Request || !message.id) {
            throw_input(message.kind == Kind::Failure
                            ? "the engine could not read a message: " + printable(message.error.message)
                            : "found a request from the engine, expected answers");
        }
        const auto found = waiting_.find(*message.id);
        if (found == waiting_.end()) throw_input("found an answer to nothing that was asked");
        const Waiting waiting = std::move(found->second);
        waiting_.erase(found);
        if (message.kind == Kind::Result) {
            waiting.answer(message.payload);
        } else if (waiting.refused) {
            waiting.refused(message.error);
        }
    } catch (const std::exception& error) {
        link_.breakOff(tr("The engine sent something that makes no sense"),
                       QString::fromStdString(error.what()));
    }
}

void EngineClient::notify(const protocol::Message& message) {
    const std::string& method = message.method;
    if (method == "progress") {
        Q_EMIT progress(protocol::parse<protocol::ProgressNote>(message.payload, method));
    } else if (method == "partial") {
        const protocol::Value* job = message.payload.find("job");
        const auto* number = job != nullptr ? job->as<std::int64_t>() : nullptr;
        if (number == nullptr) throw_usage("partial: found no number of a job");
        Q_EMIT partial(*number, message.payload);
    } else if (method == "finished") {
        Q_EMIT finished(protocol::parse<protocol::FinishedNote>(message.payload, method));
    } else if (method == "failed") {
        Q_EMIT failed(protocol::parse<protocol::FailedNote>(message.payload, method));
    } else if (method == "warning") {
        Q_EMIT warning(protocol::parse<protocol::WarningNote>(message.payload, method));
    }
    // A newer engine may say more.
}

}  // namespace rankscope::gui
