// SPDX-License-Identifier: GPL-3.0-or-later
// The dialogs with right and wrong input: what is wrong is said under the fields, and nothing starts.
#include "app/gui/window/capture_dialog.hpp"
#include "app/gui/window/connect_dialog.hpp"
#include "app/gui/window/device_menu.hpp"
#include "app/gui/window/export_dialog.hpp"
#include "app/gui/window/preferences_dialog.hpp"
#include "app/gui/window/sweep_dialog.hpp"
#include "tests/app/gui/support/sample_workspace.hpp"

#include <gtest/gtest.h>

#include <QCheckBox>
#include <QComboBox>
#include <QDialog>
#include <QFile>
#include <QLineEdit>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTemporaryDir>
#include <QTest>

#include <vector>

namespace rankscope::gui {
namespace {

bool canStart(const QDialog& dialog) {
    return dialog.findChild<QPushButton*>(QStringLiteral("start"))->isEnabled();
}

class CaptureDialogTest : public testing::Test {
protected:
    void SetUp() override {
        QSettings().clear();
        dialog = std::make_unique<CaptureDialog>(sample.workspace, -1);
        dialog->file->setText(folder.filePath(QStringLiteral("new.h5")));
    }

    SampleWorkspace sample;
    QTemporaryDir folder;
    std::unique_ptr<CaptureDialog> dialog;
};

TEST_F(CaptureDialogTest, AsksForWhatTheFieldsSay) {
    dialog->layers->setText(QStringLiteral("1,3"));
    dialog->heads->setText(QStringLiteral("0-1"));
    dialog->windows->setValue(2);
    dialog->every->setValue(128);
    dialog->statesAt->setText(QStringLiteral("-1"));
    ASSERT_TRUE(dialog->request().has_value()) << dialog->problem().toStdString();
    const protocol::CaptureJobRequest request = *dialog->request();
    EXPECT_EQ(request.layers, (std::vector<std::int64_t>{1, 3}));
    EXPECT_EQ(request.heads, (std::vector<std::int64_t>{0, 1}));
    EXPECT_EQ(request.positions, (std::vector<std::int64_t>{127, 255, 383, 511}));
    EXPECT_EQ(request.state_positions, (std::vector<std::int64_t>{511}));
    EXPECT_FALSE(request.force);
    EXPECT_TRUE(canStart(*dialog));
    // Two windows, two layers, two heads: the states alone are 64 x 64 floats each.
    EXPECT_GT(dialog->bytes(), 2 * 2 * 2 * 64 * 64 * 4);
    const auto less = dialog->bytes();
    dialog->windows->setValue(4);
    EXPECT_GT(dialog->bytes(), less);
    renderForEyes(*dialog, "dialog-capture");
}

TEST_F(CaptureDialogTest, RefusesWhatCannotBeAndSaysWhy) {
    const auto refused = [&](QLineEdit* field, const QString& text) {
        const QString before = field->text();
        field->setText(text);
        EXPECT_FALSE(dialog->request().has_value()) << text.toStdString();
        EXPECT_FALSE(dialog->problem().isEmpty()) << text.toStdString();
        EXPECT_FALSE(canStart(*dialog));
        field->setText(before);
        EXPECT_TRUE(canStart(*dialog)) << dialog->problem().toStdString();
    };
    refused(dialog->layers, QStringLiteral("9"));
    refused(dialog->layers, QStringLiteral("two"));
    refused(dialog->layers, QString());
    refused(dialog->heads, QStringLiteral("3"));
    refused(dialog->statesAt, QStringLiteral("99"));
    refused(dialog->file, QString());
    refused(dialog->file, folder.path());
    refused(dialog->file, QStringLiteral("/no/such/folder/x.h5"));
    QFile there(folder.filePath(QStringLiteral("there.h5")));
    ASSERT_TRUE(there.open(QIODevice::WriteOnly));
    there.close();
    dialog->file->setText(there.fileName());
    ASSERT_TRUE(dialog->request().has_value());
    EXPECT_TRUE(dialog->request()->force);
}

TEST_F(CaptureDialogTest, RemembersItsFieldsForTheNextOpening) {
    dialog->layers->setText(QStringLiteral("1,3"));
    dialog->heads->setText(QStringLiteral("0-1"));
    dialog->windows->setValue(2);
    dialog->what->setCurrentIndex(1);
    dialog->every->setValue(100);
    dialog->statesAt->setText(QStringLiteral("0"));
    dialog->inputs->setChecked(true);
    dialog->underPlan->setChecked(true);
    const QString file = dialog->file->text();
    dialog->reject();
    const CaptureDialog next(sample.workspace, -1);
    EXPECT_EQ(next.layers->text(), QStringLiteral("1,3"));
    EXPECT_EQ(next.heads->text(), QStringLiteral("0-1"));
    EXPECT_EQ(next.windows->value(), 2);
    EXPECT_EQ(next.what->currentIndex(), 1);
    EXPECT_EQ(next.every->value(), 100);
    EXPECT_EQ(next.statesAt->text(), QStringLiteral("0"));
    EXPECT_TRUE(next.inputs->isChecked());
    EXPECT_TRUE(next.underPlan->isChecked());
    EXPECT_EQ(next.file->text(), file);
    EXPECT_TRUE(next.request()) << next.problem().toStdString();
    // From a layer's own button it is that layer.
    EXPECT_EQ(CaptureDialog(sample.workspace, 2).layers->text(), QStringLiteral("2"));
    // What is wrong is not kept.
    CaptureDialog wrong(sample.workspace, -1);
    wrong.heads->setText(QStringLiteral("nine"));
    wrong.reject();
    EXPECT_EQ(CaptureDialog(sample.workspace, -1).heads->text(), QStringLiteral("0-1"));
    // Layers and file are those of a model.
    SavedSession session = sampleSession();
    session.model.hash = std::string(64, 'e');
    sample.document.openSession(session, {});
    const CaptureDialog other(sample.workspace, -1);
    EXPECT_EQ(other.layers->text(), QStringLiteral("all"));
    EXPECT_NE(other.file->text(), file);
    EXPECT_EQ(other.windows->value(), 2);
}

TEST(SweepDialogTest, RemembersWhatWasTicked) {
    QSettings().clear();
    SweepDialog dialog(std::nullopt);
    const QStringList methods = dialog.methods();
    for (QCheckBox* box : dialog.findChildren<QCheckBox*>())
        box->toggle();
    const QStringList others = dialog.methods();
    const std::vector<double> ratios = dialog.ratios();
    ASSERT_NE(others, methods);
    dialog.accept();
    const SweepDialog next(std::nullopt);
    EXPECT_EQ(next.methods(), others);
    EXPECT_EQ(next.ratios(), ratios);
}

TEST_F(CaptureDialogTest, WithoutATextItHelpsToOpenOne) {
    sample.document.openModel(sample.document.model());
    CaptureDialog open(sample.workspace, -1);
    open.file->setText(folder.filePath(QStringLiteral("new.h5")));
    EXPECT_EQ(open.problem(), QStringLiteral("Open a text first"));
    EXPECT_FALSE(canStart(open));
    QSignalSpy asked(&open, &CaptureDialog::textRequested);
    open.text->click();
    EXPECT_EQ(asked.count(), 1);
    // The window opens it; the dialog is still there.
    SessionText text = *sampleSession().text;
    text.windows = 3;
    sample.document.setText(text);
    EXPECT_TRUE(canStart(open)) << open.problem().toStdString();
    EXPECT_EQ(open.windows->value(), 3) << "no more than the text has";
}

TEST_F(CaptureDialogTest, OfRanksAloneItAsksAtEveryTokenAndForNoSpectra) {
    ASSERT_TRUE(dialog->request()->spectra);
    EXPECT_FALSE(dialog->request()->ranks);
    const int before = dialog->every->value();
    ASSERT_GT(before, 1);
    const auto spectra = dialog->bytes();
    dialog->what->setCurrentIndex(1);
    EXPECT_EQ(dialog->every->value(), 1);
    ASSERT_TRUE(dialog->request().has_value()) << dialog->problem().toStdString();
    const protocol::CaptureJobRequest request = *dialog->request();
    EXPECT_TRUE(request.ranks);
    EXPECT_FALSE(request.spectra);
    EXPECT_EQ(request.positions.size(), 512U);
    EXPECT_EQ(request.state_positions, (std::vector<std::int64_t>{511}));
    // 8 windows, 4 layers, 3 heads: at each of 512 positions four numbers, one state at the last, and the tokens;
    // beside the numbers the text of the tokens and the file's own structures.
    const std::int64_t heads = 8 * 4 * 3;
    EXPECT_EQ(dialog->bytes(), 4 * (heads * (512 * 4 + 64 * 64) + 8 * 512) + 8 * 512 * 48 + 4 * 20480);
    renderForEyes(*dialog, "dialog-capture-ranks");
    dialog->what->setCurrentIndex(0);
    EXPECT_EQ(dialog->every->value(), before);
    EXPECT_EQ(dialog->bytes(), spectra);
    // What was typed is not changed.
    dialog->every->setValue(100);
    dialog->what->setCurrentIndex(1);
    EXPECT_EQ(dialog->every->value(), 100);
}

TEST_F(CaptureDialogTest, SaysHowManySpectraOrRanksThereAreToCompute) {
    const auto said = [&](const QString& text) {
        for (const QLabel* label : dialog->findChildren<QLabel*>()) {
            if (label->text().contains(text)) return true;
        }
        return false;
    };
    dialog->windows->setValue(2);
    dialog->layers->setText(QStringLiteral("1"));
    dialog->every->setValue(128);
    EXPECT_TRUE(said(QStringLiteral("24 spectra to compute")));  // 2 windows, 4 positions, 3 heads
    dialog->what->setCurrentIndex(1);
    EXPECT_TRUE(said(QStringLiteral("24 ranks to compute")));
    EXPECT_TRUE(said(QStringLiteral("Ranks every")));
}

TEST(CaptureDialogWithoutAText, SaysWhatToOpen) {
    SampleWorkspace sample;
    SavedSession session = sampleSession();
    session.text.reset();
    sample.document.openSession(session, QString());
    CaptureDialog dialog(sample.workspace, 0);
    EXPECT_FALSE(dialog.request().has_value());
    EXPECT_TRUE(dialog.problem().contains(QStringLiteral("text"))) << dialog.problem().toStdString();
}

TEST(ExportDialogTest, TakesAnEmptyFolderAndNoOther) {
    SampleWorkspace sample;
    QTemporaryDir folder;
    ExportDialog dialog(sample.workspace);
    dialog.place->setText(folder.filePath(QStringLiteral("new")));
    EXPECT_TRUE(dialog.problem().isEmpty()) << dialog.problem().toStdString();
    EXPECT_TRUE(canStart(dialog));
    QFile file(folder.filePath(QStringLiteral("x")));
    ASSERT_TRUE(file.open(QIODevice::WriteOnly));
    file.close();
    for (const QString& wrong :
         {folder.path(), file.fileName(), QString(), file.fileName() + QStringLiteral("/y")}) {
        dialog.place->setText(wrong);
        EXPECT_FALSE(dialog.problem().isEmpty()) << wrong.toStdString();
        EXPECT_FALSE(canStart(dialog));
    }
    dialog.place->setText(folder.filePath(QStringLiteral("new")));
    sample.document.setPlan(QStringLiteral("x"), sample.document.withKept(1, 20));
    ExportDialog other(sample.workspace);
    other.place->setText(folder.filePath(QStringLiteral("new")));
    other.layouts->setCurrentIndex(other.layouts->findData(QStringLiteral("uniform")));
    EXPECT_TRUE(other.problem().contains(QStringLiteral("Padded")));
    renderForEyes(other, "dialog-export");
}

TEST(SweepDialogTest, NothingChosenIsNothingToDo) {
    SweepDialog dialog(std::nullopt);
    EXPECT_TRUE(canStart(dialog));
    EXPECT_FALSE(dialog.methods().isEmpty());
    for (auto* box : dialog.findChildren<QCheckBox*>())
        box->setChecked(false);
    EXPECT_FALSE(canStart(dialog));
    renderForEyes(dialog, "dialog-sweep");
}

TEST(ConnectDialogTest, TakesNamesOfMachines) {
    QSettings().clear();
    ConnectDialog dialog({}, {});
    EXPECT_FALSE(canStart(dialog));
    dialog.host->setText(QStringLiteral(" me@gpu-box "));
    EXPECT_TRUE(canStart(dialog));
    EXPECT_EQ(dialog.address().host, QStringLiteral("me@gpu-box"));
    dialog.host->setText(QStringLiteral("-oProxyCommand=x"));
    EXPECT_FALSE(canStart(dialog));
    EXPECT_FALSE(dialog.problem().isEmpty());
    dialog.host->setText(QStringLiteral("two words"));
    EXPECT_FALSE(canStart(dialog));
    dialog.host->setText(QStringLiteral("gpu-box"));
    dialog.program->setText(QStringLiteral("/opt/rankscope-cli"));
    dialog.keep();
    EXPECT_EQ(ConnectDialog({}, {}).address().program, QStringLiteral("/opt/rankscope-cli"));
    renderForEyes(dialog, "dialog-connect");
    QSettings().clear();
}

TEST(ConnectDialogTest, ShowsTheDeviceOfTheEngineUntilAnotherIsChosen) {
    QSettings().clear();
    DeviceMenu::keep(QStringLiteral("other"), QStringLiteral("cpu"));
    const std::vector<EngineDevice> devices{{QStringLiteral("cpu"), {}},
                                            {QStringLiteral("cuda:0"), QStringLiteral("NVIDIA H100")},
                                            {QStringLiteral("cuda:1"), QStringLiteral("NVIDIA H100")}};
    ConnectDialog dialog({QStringLiteral("gpu-box"), {}, QStringLiteral("cuda:1")}, devices);
    EXPECT_EQ(dialog.host->text(), QStringLiteral("gpu-box"));
    EXPECT_EQ(dialog.address().device, QStringLiteral("cuda:1"));
    EXPECT_EQ(dialog.device->currentText(), QStringLiteral("CUDA device 1: NVIDIA H100"));
    renderForEyes(dialog, "dialog-connect-device");
    // Another machine: what was chosen there, and none of this one's devices.
    dialog.host->setText(QStringLiteral("other"));
    EXPECT_EQ(dialog.address().device, QStringLiteral("cpu"));
    EXPECT_LT(dialog.device->findData(QStringLiteral("cuda:1")), 0);
    dialog.host->setText(QStringLiteral("unknown"));
    EXPECT_EQ(dialog.address().device, QStringLiteral("auto"));
    // A choice by hand stays.
    dialog.device->setCurrentIndex(dialog.device->findData(QStringLiteral("cuda")));
    Q_EMIT dialog.device->activated(dialog.device->currentIndex());
    dialog.host->setText(QStringLiteral("other"));
    EXPECT_EQ(dialog.address().device, QStringLiteral("cuda"));
    QSettings().clear();
}

TEST(PreferencesTest, WhatIsChosenIsKeptAndNonsenseIsNot) {
    QSettings().clear();
    EXPECT_EQ(Preferences::kept().floor, 1e-6);
    PreferencesDialog dialog;
    Preferences chosen;
    QObject::connect(&dialog, &PreferencesDialog::chosen,
                     [&](const Preferences& preferences) { chosen = preferences; });
    dialog.floor->setCurrentIndex(dialog.floor->findData(-9));
    dialog.colors->setCurrentIndex(dialog.colors->findData(static_cast<int>(SequentialMap::Grey)));
    Q_EMIT dialog.colors->activated(dialog.colors->currentIndex());
    EXPECT_NEAR(chosen.floor, 1e-9, 1e-15);
    EXPECT_EQ(Preferences::kept().colors, SequentialMap::Grey);
    renderForEyes(dialog, "dialog-preferences");
    QSettings settings;
    settings.setValue(QStringLiteral("spectrumFloor"), QStringLiteral("nan"));
    settings.setValue(QStringLiteral("theme"), QStringLiteral("pink"));
    settings.setValue(QStringLiteral("colors"), 7);
    EXPECT_EQ(Preferences::kept().floor, 1e-6);
    EXPECT_TRUE(Preferences::kept().theme.isEmpty());
    EXPECT_EQ(Preferences::kept().colors, SequentialMap::Viridis);
    QSettings().clear();
}

}  // namespace
}  // namespace rankscope::gui
