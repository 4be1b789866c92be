// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QProcess>
#include <QString>

#include <functional>
#include <memory>

QT_BEGIN_NAMESPACE
class QTemporaryDir;
QT_END_NAMESPACE

namespace rankscope::gui {

/// What a person reads of what rankscope-cli said as it failed: its error and its hint, a line each and
/// without their prefixes; all of it where there is no error in its form.
[[nodiscard]] QString failureSaid(const QString& output);

/// Has `rankscope-cli report` write the page about a session, beside the window and without a shell.
class ReportWriter : public QObject {
    Q_OBJECT

public:
    explicit ReportWriter(QObject* parent = nullptr);
    ~ReportWriter() override;

    [[nodiscard]] bool isWriting() const { return process_.state() != QProcess::NotRunning; }

    /// `saveTo` writes the session to a path and says what went wrong (empty: nothing). A file at `page` is
    /// replaced, after the whole page is there.
    void write(const std::function<QString(const QString& path)>& saveTo, const QString& page);

Q_SIGNALS:
    /// Empty failure: the page is written.
    void finished(const QString& page, const QString& failure);

private:
    void end();

    QProcess process_;
    std::unique_ptr<QTemporaryDir> folder_;
    QString page_;
};

}  // namespace rankscope::gui
