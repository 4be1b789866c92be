// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/client/engine_command.hpp"
#include "app/gui/client/engine_end.hpp"
#include "core/protocol/frame.hpp"
#include "core/protocol/message.hpp"

#include <QByteArray>
#include <QObject>
#include <QTimer>

#include <optional>

QT_BEGIN_NAMESPACE
class QProcess;
QT_END_NAMESPACE

namespace rankscope::gui {

/// One run of an engine process and the messages to and from it. Works with events alone; long answers are
/// taken apart in portions, so that the window stays alive. What the engine sends is not trusted: anything
/// malformed ends the link.
class EngineLink : public QObject {
    Q_OBJECT

public:
    explicit EngineLink(QObject* parent = nullptr);
    /// Kills the engine.
    ~EngineLink() override;

    /// `host` only for messages. Answered by greeted() or ended().
    void start(const EngineCommand& command, const QString& host);
    void send(const protocol::Message& message);
    /// Closes the engine's input, which ends it; kills it if that takes longer than a second and a half.
    /// ended() follows.
    void close();
    /// Gives up at once: ended() with this reason follows.
    void breakOff(const QString& reason, const QString& detail);

    [[nodiscard]] bool isOpen() const { return process_ != nullptr; }

    /// How long to wait for the greeting.
    void setPatience(int ms) { patience_.setInterval(ms); }

Q_SIGNALS:
    void greeted();
    void received(const rankscope::protocol::Message& message);
    void ended(const rankscope::gui::EngineEnd& end);

private:
    void readOutput();
    void readLog();
    void pump();
    void processFinished(int code, int status);
    void end(EngineEnd end);
    void dropProcess();

    QProcess* process_ = nullptr;
    QString host_;
    protocol::FrameDecoder decoder_;
    QByteArray log_;
    QTimer patience_, killing_, pumping_;
    bool greeted_ = false;
    bool asked_ = false;
    std::optional<EndedProcess> finished_;
};

}  // namespace rankscope::gui
