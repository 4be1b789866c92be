// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/window/session_keeper.hpp"

#include "app/gui/document/document.hpp"
#include "core/base/data_folder.hpp"
#include "core/base/error.hpp"
#include "core/session/session_file.hpp"

#include <signal.h>

#include <QCoreApplication>
#include <QDateTime>
#include <QDir>
#include <QFileInfo>
#include <QSettings>
#include <QStandardPaths>

#include <utility>

namespace rankscope::gui {
namespace {

constexpr int kAutosaveMs = 3000;
constexpr int kMostRecent = 12;  // beside the pinned ones
constexpr qsizetype kMostOpened = 400;
const auto kRecent = QStringLiteral("recent");
const auto kPinned = QStringLiteral("recentPinned");
const auto kOpened = QStringLiteral("opened");

std::filesystem::path native(const QString& path) {
    return path.toStdString();
}

QString messageOf(const Error& error) {
    QString text = QString::fromStdString(error.what());
    if (!error.hint().empty()) text += QLatin1Char('\n') + QString::fromStdString(error.hint());
    return text;
}

QString recoveryFolder() {
    return QStandardPaths::writableLocation(QStandardPaths::AppDataLocation) + QStringLiteral("/recovery");
}

// The number of the process is part of the name: that of a running window is nobody's to recover.
bool writerRuns(const QString& autosave) {
    const qint64 process = QFileInfo(autosave).completeBaseName().section(QLatin1Char('-'), -1).toLongLong();
    return process > 0
           && (process == QCoreApplication::applicationPid() || ::kill(static_cast<pid_t>(process), 0) == 0);
}

template <typename Work>
QString guarded(Work&& work) {
    try {
        work();
        return {};
    } catch (const Error& error) {
        return messageOf(error);
    } catch (const std::exception& error) {
        return QString::fromStdString(error.what());
    }
}

}  // namespace

SessionKeeper::SessionKeeper(Document& document, QObject* parent) : QObject(parent), document_(document) {
    timer_.setSingleShot(true);
    timer_.setInterval(kAutosaveMs);
    connect(&timer_, &QTimer::timeout, this, &SessionKeeper::autosave);
    // Whether anything is unsaved is asked when it is time: in the middle of a step nobody can tell.
    const auto soon = [this] {
        if (!timer_.isActive()) timer_.start();
    };
    connect(&document_, &Document::planChanged, this, soon);
    connect(&document_, &Document::pointsChanged, this, soon);
    connect(&document_, &Document::notesChanged, this, soon);
    connect(&document_, &Document::resultChanged, this, soon);
    chooseAutosaveFile();
}

void SessionKeeper::chooseAutosaveFile() {
    autosave_ = QStringLiteral("%1/session-%2.rankscope")
                    .arg(recoveryFolder())
                    .arg(QCoreApplication::applicationPid());
}

QString SessionKeeper::open(const QString& path) {
    return guarded([&] {
        const QString absolute = QFileInfo(path).absoluteFilePath();
        show(read_session(native(absolute)), absolute, absolute);
        remember(absolute);
    });
}

// `file`: where it lies; `path`: where it is saved next.
void SessionKeeper::show(const SavedSession& session, const QString& path, const QString& file) {
    const SessionPlaces before = std::exchange(named_, sessionPlaces(session, file, openedBefore()));
    try {
        document_.openSession(session, path, !named_.unknown.isEmpty());
    } catch (...) {
        named_ = before;
        throw;
    }
}

void SessionKeeper::releaseNamed() {
    rememberOpened(named_.all);
    document_.release();
}

QString SessionKeeper::openDemo(const QString& name) {
    return guarded([&] { show(read_session(native(demoPath(name))), QString(), demoPath(name)); });
}

QString SessionKeeper::save(const QString& path) {
    const QString absolute = QFileInfo(path).absoluteFilePath();
    const QString failure = guarded([&] {
        if (view) document_.view = view();
        write_session(document_.toSession(), native(absolute));
    });
    if (!failure.isEmpty()) return failure;
    document_.setPath(absolute);
    document_.markSaved();
    forget();
    remember(absolute);
    // It is this person's own now.
    if (!document_.isWithheld()) rememberOpened(sessionPlaces(document_.toSession(), absolute, {}).all);
    return {};
}

QString SessionKeeper::saveCopy(const QString& path) {
    return guarded([&] {
        if (view) document_.view = view();
        write_session(document_.toSession(), native(path));
    });
}

void SessionKeeper::autosave() {
    if (!document_.hasModel() || !document_.isModified()) return;
    if (document_.isDragging()) {
        timer_.start();
        return;
    }
    const QString failure = guarded([&] {
        if (view) document_.view = view();
        QDir().mkpath(recoveryFolder());
        SavedSession session = document_.toSession();
        write_session(session, native(autosave_));
        // Which file it belongs to stands beside it.
        QSettings settings;
        settings.setValue(QStringLiteral("recovery/") + QFileInfo(autosave_).completeBaseName(),
                          document_.path());
    });
    if (!failure.isEmpty() && !failing_) Q_EMIT autosaveFailed(failure);
    failing_ = !failure.isEmpty();
}

QString SessionKeeper::recoverable() const {
    const QFileInfoList files =
        QDir(recoveryFolder())
            .entryInfoList({QStringLiteral("session-*.rankscope")}, QDir::Files, QDir::Time);
    for (const QFileInfo& file : files) {
        if (!writerRuns(file.absoluteFilePath())) return file.absoluteFilePath();
    }
    return {};
}

QString SessionKeeper::recover(const QString& autosave) {
    const QString failure = guarded([&] {
        QSettings settings;
        const QString path =
            settings.value(QStringLiteral("recovery/") + QFileInfo(autosave).completeBaseName()).toString();
        show(read_session(native(autosave)), path, path.isEmpty() ? autosave : path);
    });
    // A file that cannot be read stays: a person may want to look at it.
    if (failure.isEmpty()) QFile::remove(autosave);
    return failure;
}

void SessionKeeper::forget() {
    timer_.stop();
    QFile::remove(autosave_);
    QSettings().remove(QStringLiteral("recovery/") + QFileInfo(autosave_).completeBaseName());
}

QStringList SessionKeeper::demos() {
    QStringList names;
    const QDir folder(QString::fromStdString((data_folder() / "resources" / "sessions").string()));
    for (const QString& file : folder.entryList({QStringLiteral("*.rankscope")}, QDir::Files, QDir::Name))
        names << QFileInfo(file).completeBaseName();
    return names;
}

QString SessionKeeper::demoPath(const QString& name) {
    return QString::fromStdString(
        (data_folder() / "resources" / "sessions" / (name.toStdString() + ".rankscope")).string());
}

QStringList SessionKeeper::pinned() const {
    return QSettings().value(kPinned).toStringList();
}

QStringList SessionKeeper::recent() const {
    QStringList all = pinned();
    for (const QString& path : QSettings().value(kRecent).toStringList()) {
        if (!all.contains(path)) all << path;
    }
    return all;
}

QStringList SessionKeeper::openedBefore() const {
    return recent() + QSettings().value(kOpened).toStringList();
}

void SessionKeeper::rememberOpened(const QStringList& paths) {
    QStringList opened = QSettings().value(kOpened).toStringList();
    const QStringList before = opened;
    for (const QString& path : paths) {
        const QString real = canonicalPath(path);
        const QString place = real.isEmpty() ? QDir::cleanPath(path) : real;
        opened.removeAll(place);
        opened.prepend(place);
    }
    if (opened.size() > kMostOpened) opened.resize(kMostOpened);
    if (opened != before) QSettings().setValue(kOpened, opened);
}

void SessionKeeper::remember(const QString& path) {
    rememberOpened({path});
    if (pinned().contains(path)) return;
    QStringList others = QSettings().value(kRecent).toStringList();
    others.removeAll(path);
    others.prepend(path);
    while (others.size() > kMostRecent)
        others.removeLast();
    QSettings().setValue(kRecent, others);
}

void SessionKeeper::setPinned(const QString& path, bool pinned) {
    if (pinned == this->pinned().contains(path)) return;
    forgetRecent(path);
    if (pinned) {
        QSettings().setValue(kPinned, this->pinned() << path);
    } else {
        remember(path);
    }
}

void SessionKeeper::forgetRecent(const QString& path) {
    QSettings settings;
    for (const QString& list : {kRecent, kPinned}) {
        QStringList paths = settings.value(list).toStringList();
        if (paths.removeAll(path) > 0) settings.setValue(list, paths);
    }
}

}  // namespace rankscope::gui
