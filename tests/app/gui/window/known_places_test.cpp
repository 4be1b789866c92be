// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/window/known_places.hpp"

#include "core/base/data_folder.hpp"
#include "core/session/saved_session.hpp"

#include <gtest/gtest.h>

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QTemporaryDir>

namespace rankscope::gui {
namespace {

class SessionPlacesTest : public testing::Test {
protected:
    SessionPlacesTest() : root_(QFileInfo(folder_.path()).canonicalFilePath()) {
        QDir().mkpath(at("mine/texts"));
    }

    [[nodiscard]] QString at(const char* name) const {
        return root_ + QLatin1Char('/') + QLatin1String(name);
    }

    [[nodiscard]] QString make(const char* name) const {
        const QFileInfo file(at(name));
        QDir().mkpath(file.absolutePath());
        QFile made(file.filePath());
        EXPECT_TRUE(made.open(QIODevice::WriteOnly));
        return file.filePath();
    }

    [[nodiscard]] SessionPlaces places(const QStringList& before = {}) const {
        return sessionPlaces(session, at("mine/x.rankscope"), before);
    }

    void name(const QString& model, const QString& text, const QString& capture) {
        session.model.path = model.toStdString();
        session.text.emplace().path = text.toStdString();
        session.captures = {capture.toStdString()};
    }

    QTemporaryDir folder_;
    QString root_;
    SavedSession session;
};

TEST_F(SessionPlacesTest, NothingIsAskedOfWhatLiesBesideTheSession) {
    (void)make("mine/model/config.json");
    name(at("mine/model"), make("mine/texts/a.txt"), make("mine/states.h5"));
    EXPECT_TRUE(places().unknown.isEmpty()) << places().unknown.join(QLatin1Char(' ')).toStdString();
    EXPECT_EQ(places().all.size(), 3);
}

TEST_F(SessionPlacesTest, WhatLiesElsewhereIsAskedFor) {
    (void)make("private/model/config.json");
    name(at("private/model"), make("private/diary.txt"), make("private/states.h5"));
    session.calibration = make("mine/deep/er/b.txt").toStdString();
    const QStringList all{at("private/model"), at("private/diary.txt"), at("mine/deep/er/b.txt"),
                          at("private/states.h5")};
    EXPECT_EQ(places().unknown, all);
    EXPECT_TRUE(places().shown);
    // Opened before, one by one.
    EXPECT_EQ(places({at("private/model"), at("private/diary.txt")}).unknown, all.mid(2));
    EXPECT_EQ(places({at("private")}).unknown, all) << "a folder above is another one";
    EXPECT_TRUE(places(all).unknown.isEmpty());
}

TEST_F(SessionPlacesTest, ALinkIsWhereItLeads) {
    const QString away = make("private/diary.txt");
    ASSERT_TRUE(QFile::link(away, at("mine/innocent.txt")));
    name(at("mine"), at("mine/innocent.txt"), at("mine/../mine/x.h5"));
    EXPECT_EQ(places().unknown, QStringList{away});
}

TEST_F(SessionPlacesTest, WhatIsShippedIsKnownAndWhatIsGoneIsNot) {
    const auto shipped = [](const char* name) {
        return QString::fromStdString((data_folder() / "resources" / name).string());
    };
    name(shipped("models/books-delta"), shipped("texts/the-mill-house.txt"), QStringLiteral("/no/such/x.h5"));
    EXPECT_EQ(places().unknown, QStringList{QStringLiteral("/no/such/x.h5")});
    EXPECT_TRUE(places({QStringLiteral("/no/such/x.h5")}).unknown.isEmpty());
}

TEST_F(SessionPlacesTest, APathThatWouldShowAsAnotherIsNotShown) {
    name(at("mine"), make("private/a\xe2\x80\xae.txt"), at("mine/x.h5"));
    EXPECT_FALSE(places().shown);
}

}  // namespace
}  // namespace rankscope::gui
