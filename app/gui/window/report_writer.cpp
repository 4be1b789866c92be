// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/window/report_writer.hpp"

#include "app/gui/client/engine_command.hpp"

#include <QTemporaryDir>

namespace rankscope::gui {

QString failureSaid(const QString& output) {
    QStringList said;
    for (const QString& line : output.split(QLatin1Char('\n'), Qt::SkipEmptyParts)) {
        for (const QLatin1String prefix : {QLatin1String("rankscope-cli: "), QLatin1String("hint: ")}) {
            if (line.startsWith(prefix)) said << line.mid(prefix.size());
        }
    }
    return said.isEmpty() ? output.trimmed() : said.join(QLatin1Char('\n'));
}

ReportWriter::ReportWriter(QObject* parent) : QObject(parent) {
    process_.setProcessChannelMode(QProcess::MergedChannels);
    connect(&process_, &QProcess::finished, this, &ReportWriter::end);
    connect(&process_, &QProcess::errorOccurred, this, [this](QProcess::ProcessError error) {
        if (error == QProcess::FailedToStart) Q_EMIT finished(page_, process_.errorString());
    });
}

ReportWriter::~ReportWriter() {
    // Nobody is left to hear of it.
    process_.disconnect(this);
    if (!isWriting()) return;
    process_.kill();
    process_.waitForFinished(1000);
}

void ReportWriter::write(const std::function<QString(const QString&)>& saveTo, const QString& page) {
    page_ = page;
    QString why;
    const auto engine = engineCommand({}, why);
    folder_ = std::make_unique<QTemporaryDir>();
    if (!engine) {
        Q_EMIT finished(page, tr("Reports are written by rankscope-cli. %1").arg(why));
        return;
    }
    const QString session = folder_->filePath(QStringLiteral("session.rankscope"));
    if (const QString failure = saveTo(session); !failure.isEmpty()) {
        Q_EMIT finished(page, failure);
        return;
    }
    process_.start(engine->program, {QStringLiteral("report"), session, QStringLiteral("-o"), page,
                                     QStringLiteral("--force"), QStringLiteral("--quiet")});
}

void ReportWriter::end() {
    const bool good = process_.exitStatus() == QProcess::NormalExit && process_.exitCode() == 0;
    const QString said = failureSaid(QString::fromUtf8(process_.readAll()));
    folder_.reset();
    Q_EMIT finished(page_, good             ? QString()
                           : said.isEmpty() ? tr("rankscope-cli ended without a word")
                                            : said);
}

}  // namespace rankscope::gui
