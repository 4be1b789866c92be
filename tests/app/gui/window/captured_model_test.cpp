// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/window/captured_model.hpp"

#include "app/gui/data/capture_data.hpp"
#include "core/base/data_folder.hpp"

#include <gtest/gtest.h>

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>

namespace rankscope::gui {
namespace {

class CapturedModelTest : public testing::Test {
protected:
    CapturedModelTest() : root_(QFileInfo(folder_.path()).canonicalFilePath()) {}

    QString makeModel(const QString& name) const {
        const QString path = root_ + QLatin1Char('/') + name;
        QDir().mkpath(path);
        QFile config(path + QStringLiteral("/config.json"));
        EXPECT_TRUE(config.open(QIODevice::WriteOnly)) << path.toStdString();
        return path;
    }

    [[nodiscard]] CapturedModel modelOf(const QString& named, const QStringList& before = {}) const {
        QDir().mkpath(root_ + QStringLiteral("/captures"));
        CaptureData capture;
        capture.path = (root_ + QStringLiteral("/captures/x.h5")).toStdString();
        capture.provenance =
            QJsonDocument(QJsonObject{{QStringLiteral("model"), named}}).toJson().toStdString();
        return capturedModel(capture, before);
    }

    QTemporaryDir folder_;
    QString root_;
};

TEST_F(CapturedModelTest, IsKnownInTheFolderOfTheCaptureAndNowhereBelowOrAbove) {
    const QString beside = makeModel(QStringLiteral("captures/model"));
    EXPECT_TRUE(modelOf(QStringLiteral("model")).known);
    EXPECT_TRUE(modelOf(beside).known);
    EXPECT_EQ(modelOf(QStringLiteral("model")).folder, beside);
    makeModel(QStringLiteral("captures/deep/model"));
    makeModel(QStringLiteral("model"));
    for (const char* away : {"deep/model", "../model", "model/../../model"}) {
        const CapturedModel model = modelOf(QString::fromLatin1(away));
        EXPECT_FALSE(model.folder.isEmpty()) << away;
        EXPECT_FALSE(model.known) << away;
        EXPECT_TRUE(model.canBeShown) << away;
    }
    makeModel(QStringLiteral("captures"));
    EXPECT_TRUE(modelOf(QStringLiteral(".")).known) << "the capture lies in the model folder";
}

TEST_F(CapturedModelTest, ALinkBesideTheCaptureIsWhereItLeads) {
    const QString away = makeModel(QStringLiteral("private"));
    QDir().mkpath(root_ + QStringLiteral("/captures"));
    ASSERT_TRUE(QFile::link(away, root_ + QStringLiteral("/captures/innocent")));
    const CapturedModel model = modelOf(QStringLiteral("innocent"));
    EXPECT_FALSE(model.known);
    EXPECT_EQ(model.folder, away);
}

TEST_F(CapturedModelTest, IsKnownWhereThePersonWasBeforeAndWhereItIsShipped) {
    const QString away = makeModel(QStringLiteral("away"));
    EXPECT_FALSE(modelOf(away, {root_}).known) << "a folder above is another one";
    EXPECT_TRUE(modelOf(away, {root_ + QStringLiteral("/captures"), away + QLatin1Char('/')}).known);
    const std::filesystem::path shipped = data_folder() / "resources" / "models" / "books-delta";
    EXPECT_TRUE(modelOf(QString::fromStdString(shipped.string())).known);
}

TEST_F(CapturedModelTest, WhatIsNotThereIsNamedAlone) {
    EXPECT_TRUE(modelOf(QString()).named.isEmpty());
    const CapturedModel gone = modelOf(QStringLiteral("/no/such/model"));
    EXPECT_EQ(gone.named, QStringLiteral("/no/such/model"));
    EXPECT_TRUE(gone.folder.isEmpty());
    EXPECT_FALSE(gone.known);
}

TEST_F(CapturedModelTest, ANameThatWouldShowAsAnotherIsNotOffered) {
    for (const QString& name :
         {QStringLiteral("a\u202Eb"), QStringLiteral("a\nb"), QStringLiteral("a\u200Bb"),
          QString(200, QLatin1Char('x')) + QLatin1Char('/') + QString(200, QLatin1Char('y'))}) {
        const CapturedModel model = modelOf(makeModel(name));
        EXPECT_FALSE(model.folder.isEmpty());
        EXPECT_FALSE(model.canBeShown);
    }
    EXPECT_TRUE(modelOf(makeModel(QStringLiteral("Größe 模型"))).canBeShown);
}

}  // namespace
}  // namespace rankscope::gui
