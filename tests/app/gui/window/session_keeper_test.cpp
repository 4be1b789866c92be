// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/window/session_keeper.hpp"

#include "app/gui/document/document.hpp"
#include "core/session/session_file.hpp"
#include "tests/app/gui/support/sample_session.hpp"

#include <gtest/gtest.h>

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QSettings>
#include <QSignalSpy>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

namespace rankscope::gui {
namespace {

class SessionKeeperTest : public testing::Test {
protected:
    void SetUp() override {
        document.openSession(sampleSession(), QString());
        QDir(QStandardPaths::writableLocation(QStandardPaths::AppDataLocation) + QStringLiteral("/recovery"))
            .removeRecursively();
    }

    void edit() { document.setPlan(QStringLiteral("Layer 0"), document.withKept(0, 8)); }

    QTemporaryDir folder;
    Document document;
    SessionKeeper keeper{document};
};

TEST_F(SessionKeeperTest, SavesAndOpens) {
    edit();
    const QString path = folder.filePath(QStringLiteral("a.rankscope"));
    EXPECT_EQ(keeper.save(path), QString());
    EXPECT_FALSE(document.isModified());
    Document other;
    SessionKeeper second(other);
    EXPECT_EQ(second.open(path), QString());
    EXPECT_EQ(other.state(), document.state());
    EXPECT_EQ(keeper.recent().first(), path);
}

TEST_F(SessionKeeperTest, AFailedSaveLosesNothing) {
    const QString path = folder.filePath(QStringLiteral("a.rankscope"));
    ASSERT_EQ(keeper.save(path), QString());
    QFile file(path);
    ASSERT_TRUE(file.open(QIODevice::ReadOnly));
    const QByteArray before = file.readAll();
    edit();
    EXPECT_NE(keeper.save(folder.filePath(QStringLiteral("no/such/folder/b.rankscope"))), QString());
    EXPECT_TRUE(document.isModified());
    EXPECT_EQ(document.layerChoice(0)->kept, 8);
    EXPECT_EQ(document.path(), path);
    file.seek(0);
    EXPECT_EQ(file.readAll(), before);
}

TEST_F(SessionKeeperTest, ABrokenSessionLeavesWhatIsOpen) {
    edit();
    const DocumentState before = document.state();
    const QString path = folder.filePath(QStringLiteral("broken.rankscope"));
    QFile file(path);
    ASSERT_TRUE(file.open(QIODevice::WriteOnly));
    file.write("{\"format\":\"rankscope-session\",\"version\":1,");
    file.close();
    const QString failure = keeper.open(path);
    EXPECT_TRUE(failure.contains(QStringLiteral("broken.rankscope"))) << failure.toStdString();
    EXPECT_EQ(document.state(), before);
}

TEST_F(SessionKeeperTest, AutosaveIsRecoveredWhenItsWriterIsGone) {
    edit();
    QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(keeper.autosaveFile()), 20000);
    // The writer is this very process: nothing to recover.
    EXPECT_EQ(keeper.recoverable(), QString());
    // As after a crash: the number of a process that is gone.
    const QString left =
        QFileInfo(keeper.autosaveFile()).absolutePath() + QStringLiteral("/session-4194999.rankscope");
    ASSERT_TRUE(QFile::rename(keeper.autosaveFile(), left));
    EXPECT_EQ(keeper.recoverable(), left);
    Document other;
    SessionKeeper second(other);
    EXPECT_EQ(second.recover(left), QString());
    EXPECT_EQ(other.layerChoice(0)->kept, 8);
    EXPECT_FALSE(QFile::exists(left));
}

TEST_F(SessionKeeperTest, WhatASessionFromElsewhereNamesIsWithheldUntilThePersonAgrees) {
    QSettings().clear();
    // As another person has written it.
    const QString path = folder.filePath(QStringLiteral("theirs.rankscope"));
    SavedSession session = sampleSession();
    session.model.path = "/private/model";
    write_session(session, path.toStdString());
    ASSERT_EQ(keeper.open(path), QString());
    EXPECT_TRUE(document.isWithheld());
    EXPECT_TRUE(keeper.named().unknown.contains(QStringLiteral("/private/model")));
    EXPECT_EQ(document.state().points.size(), session.points.size()) << "its numbers are shown";
    ASSERT_EQ(keeper.open(path), QString());
    EXPECT_TRUE(document.isWithheld()) << "to have opened the session says nothing of what it names";
    // Nor has to have saved it.
    ASSERT_EQ(keeper.save(folder.filePath(QStringLiteral("copy.rankscope"))), QString());
    ASSERT_EQ(keeper.open(folder.filePath(QStringLiteral("copy.rankscope"))), QString());
    EXPECT_TRUE(document.isWithheld());
    QSignalSpy released(&document, &Document::released);
    keeper.releaseNamed();
    EXPECT_EQ(released.count(), 1);
    EXPECT_FALSE(document.isWithheld());
    ASSERT_EQ(keeper.open(path), QString());
    EXPECT_FALSE(document.isWithheld()) << "agreed to once";
}

TEST_F(SessionKeeperTest, OnesOwnSessionAsksNothing) {
    QSettings().clear();
    const QString path = folder.filePath(QStringLiteral("mine.rankscope"));
    ASSERT_EQ(keeper.save(path), QString());
    for (int i = 0; i < 30; ++i)
        keeper.remember(QStringLiteral("/other/%1.h5").arg(i));
    ASSERT_FALSE(keeper.recent().contains(path)) << "long ago";
    ASSERT_EQ(keeper.open(path), QString());
    EXPECT_FALSE(document.isWithheld());
    // Nor do the shipped ones.
    QSettings().clear();
    for (const QString& demo : SessionKeeper::demos()) {
        ASSERT_EQ(keeper.openDemo(demo), QString());
        EXPECT_FALSE(document.isWithheld())
            << demo.toStdString() << ": " << keeper.named().unknown.join(QLatin1Char(' ')).toStdString();
    }
}

TEST_F(SessionKeeperTest, SavingRemovesTheAutosave) {
    edit();
    QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(keeper.autosaveFile()), 20000);
    ASSERT_EQ(keeper.save(folder.filePath(QStringLiteral("a.rankscope"))), QString());
    EXPECT_FALSE(QFile::exists(keeper.autosaveFile()));
}

}  // namespace
}  // namespace rankscope::gui
