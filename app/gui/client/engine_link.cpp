// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/client/engine_link.hpp"

#include "core/base/error.hpp"

#include <QCoreApplication>
#include <QElapsedTimer>
#include <QPointer>
#include <QProcess>

#include <span>

namespace rankscope::gui {
namespace {

constexpr int kPatienceMs = 60000;  // a cold start from a network drive, or a slow line
constexpr int kKillAfterMs = 1500;
constexpr int kPortionMs = 8;
constexpr qsizetype kLogBytes = 16384;

std::span<const std::uint8_t> bytesOf(const QByteArray& data) {
    return {reinterpret_cast<const std::uint8_t*>(data.constData()), static_cast<std::size_t>(data.size())};
}

}  // namespace

EngineLink::EngineLink(QObject* parent) : QObject(parent) {
    patience_.setSingleShot(true);
    patience_.setInterval(kPatienceMs);
    killing_.setSingleShot(true);
    killing_.setInterval(kKillAfterMs);
    pumping_.setSingleShot(true);
    pumping_.setInterval(0);
    connect(&patience_, &QTimer::timeout, this, [this] {
        breakOff(host_.isEmpty() ? tr("The engine does not answer")
                                 : tr("The engine on %1 does not answer").arg(host_),
                 lastLines(log_ + QByteArray::fromStdString(decoder_.noise())));
    });
    connect(&killing_, &QTimer::timeout, this, [this] {
        if (process_ != nullptr) process_->kill();
    });
    connect(&pumping_, &QTimer::timeout, this, &EngineLink::pump);
}

// Here waiting blocks nobody, and a killed process is gone at once: none is left behind.
EngineLink::~EngineLink() {
    const QPointer<QProcess> process(process_);
    dropProcess();
    if (process != nullptr && process->state() != QProcess::NotRunning) process->waitForFinished(kKillAfterMs);
}

void EngineLink::start(const EngineCommand& command, const QString& host) {
    dropProcess();
    host_ = host;
    decoder_ = protocol::FrameDecoder(protocol::FrameDecoder::Greeting::Expected);
    log_.clear();
    greeted_ = asked_ = false;
    finished_.reset();
    process_ = new QProcess(this);
    connect(process_, &QProcess::readyReadStandardOutput, this, &EngineLink::readOutput);
    connect(process_, &QProcess::readyReadStandardError, this, &EngineLink::readLog);
    connect(process_, &QProcess::finished, this, &EngineLink::processFinished);
    connect(process_, &QProcess::errorOccurred, this, [this](QProcess::ProcessError error) {
        if (error == QProcess::FailedToStart)
            breakOff(tr("The engine could not be started"), process_->errorString());
    });
    patience_.start();
    process_->start(command.program, command.arguments);
}

void EngineLink::send(const protocol::Message& message) {
    if (process_ == nullptr || finished_ || asked_) return;
    const protocol::Value::Bytes bytes = protocol::encode(message);
    process_->write(reinterpret_cast<const char*>(bytes.data()), static_cast<qint64>(bytes.size()));
}

void EngineLink::close() {
    if (process_ == nullptr || asked_) return;
    asked_ = true;
    patience_.stop();
    process_->closeWriteChannel();
    killing_.start();
}

void EngineLink::readOutput() {
    if (process_ == nullptr) return;
    const QByteArray data = process_->readAllStandardOutput();
    try {
        decoder_.feed(bytesOf(data));
    } catch (const Error& error) {
        breakOff(error.kind() == ErrorKind::Unsupported ? tr("The engine is of another version")
                                                        : tr("There is no engine at the other end"),
                 QString::fromStdString(error.what())
                     + (error.hint().empty() ? QString()
                                             : QLatin1Char('\n') + QString::fromStdString(error.hint())));
        return;
    }
    pump();
}

void EngineLink::pump() {
    if (process_ == nullptr) return;
    const QPointer<EngineLink> alive(this);
    if (!greeted_ && decoder_.greeted()) {
        greeted_ = true;
        patience_.stop();
        Q_EMIT greeted();
    }
    QElapsedTimer timer;
    timer.start();
    // A receiver may close or delete the link, or start it anew.
    const QProcess* const process = process_;
    while (alive && process_ == process) {
        if (timer.elapsed() > kPortionMs) {
            pumping_.start();
            return;
        }
        std::optional<protocol::Message> message;
        try {
            const auto body = decoder_.next();
            if (!body) break;
            message = protocol::decode(*body);
        } catch (const std::exception& error) {
            breakOff(tr("The engine sent something that is no message"),
                     QString::fromStdString(error.what()));
            return;
        }
        Q_EMIT received(*message);
    }
    if (!alive || process_ != process || !finished_) return;
    finished_->withinMessage = decoder_.within_message();
    if (!greeted_) finished_->log += QByteArray::fromStdString(decoder_.noise());
    end(describeEnd(*finished_));
}

void EngineLink::readLog() {
    if (process_ == nullptr) return;
    log_ += process_->readAllStandardError();
    if (log_.size() > kLogBytes) log_.remove(0, log_.size() - kLogBytes);
}

void EngineLink::processFinished(int code, int status) {
    readLog();
    finished_ =
        EndedProcess{host_, decoder_.greeted(), false, code, static_cast<QProcess::ExitStatus>(status), log_};
    // What it sent before is still to be heard.
    readOutput();
}

void EngineLink::breakOff(const QString& reason, const QString& detail) {
    if (process_ == nullptr) return;
    EngineEnd end;
    end.reason = reason;
    end.detail = detail;
    end.remedy = host_.isEmpty() ? tr("Restart") : tr("Reconnect");
    this->end(std::move(end));
}

void EngineLink::end(EngineEnd end) {
    end.asked = asked_;
    end.worked = greeted_;
    dropProcess();
    Q_EMIT ended(end);
}

// Whoever waited here for the process to be gone would block the window.
void EngineLink::dropProcess() {
    patience_.stop();
    killing_.stop();
    pumping_.stop();
    QProcess* process = std::exchange(process_, nullptr);
    if (process == nullptr) return;
    process->disconnect(this);
    if (process->state() == QProcess::NotRunning) {
        process->deleteLater();
        return;
    }
    // The program ends it, should it end first.
    process->setParent(QCoreApplication::instance());
    connect(process, &QProcess::finished, process, &QObject::deleteLater);
    process->kill();
}

}  // namespace rankscope::gui
