// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/window/device_menu.hpp"

#include "app/gui/window/main_window.hpp"
#include "tests/app/gui/support/sample_workspace.hpp"

#include <gtest/gtest.h>

#include <QSettings>
#include <QSignalSpy>

namespace rankscope::gui {
namespace {

class DeviceMenuTest : public testing::Test {
protected:
    DeviceMenuTest() {
        QSettings().clear();
        status.state = EngineStatus::State::Ready;
        status.device = QStringLiteral("auto");
        status.devices = {{QStringLiteral("cpu"), {}}};
    }

    ~DeviceMenuTest() override { QSettings().clear(); }

    void show() {
        sample.engine.setStatus(status);
        menu.fill();
    }

    QAction* entry(const QString& device) {
        for (QAction* action : menu.actions()) {
            if (action->data().toString() == device) return action;
        }
        return nullptr;
    }

    SampleWorkspace sample;
    EngineStatus status;
    DeviceMenu menu{sample.engine};
};

TEST_F(DeviceMenuTest, OffersWhatTheMachineHas) {
    status.devices.push_back({QStringLiteral("cuda:0"), QStringLiteral("NVIDIA H100 & more")});
    status.devices.push_back({QStringLiteral("cuda:1"), {}});
    show();
    ASSERT_EQ(menu.actions().size(), 4);
    EXPECT_EQ(entry(QStringLiteral("cuda:0"))->text(), QStringLiteral("CUDA device 0: NVIDIA H100 && more"));
    EXPECT_EQ(entry(QStringLiteral("cuda:1"))->text(), QStringLiteral("CUDA device 1"));
    EXPECT_TRUE(entry(QStringLiteral("auto"))->isChecked());
    QSignalSpy chosen(&menu, &DeviceMenu::chosen);
    entry(QStringLiteral("cuda:1"))->trigger();
    ASSERT_EQ(chosen.count(), 1);
    EXPECT_EQ(chosen[0][0].toString(), QStringLiteral("cuda:1"));
    status.device = QStringLiteral("cuda:1");
    show();
    EXPECT_TRUE(entry(QStringLiteral("cuda:1"))->isChecked());
    entry(QStringLiteral("cuda:1"))->trigger();
    EXPECT_EQ(chosen.count(), 1) << "the one that is in use needs no new engine";
    // Started by hand with --device cuda: the first one.
    status.device = QStringLiteral("cuda");
    show();
    EXPECT_TRUE(entry(QStringLiteral("cuda:0"))->isChecked());
}

TEST_F(DeviceMenuTest, SaysWhyThereIsNoCudaDevice) {
    status.noCuda = QStringLiteral("no NVIDIA driver is installed (libcuda.so.1)");
    show();
    const QAction* last = menu.actions().last();
    EXPECT_FALSE(last->isEnabled());
    EXPECT_TRUE(last->isVisible());
    EXPECT_EQ(last->text(), QStringLiteral("CUDA: no NVIDIA driver is installed (libcuda.so.1)"));
    EXPECT_TRUE(entry(QStringLiteral("cpu"))->isEnabled());
    // Before an engine has said anything the CPU can be chosen all the same.
    status = {};
    show();
    EXPECT_TRUE(entry(QStringLiteral("cpu"))->isEnabled());
    EXPECT_TRUE(menu.actions().last()->text().contains(QStringLiteral("known when the engine runs")));
    // Chosen when it was there.
    status.state = EngineStatus::State::Ready;
    status.device = QStringLiteral("cuda:3");
    status.devices = {{QStringLiteral("cpu"), {}}, {QStringLiteral("cuda:0"), {}}};
    show();
    EXPECT_EQ(menu.actions().last()->text(), QStringLiteral("cuda:3: not there any more"));
}

TEST_F(DeviceMenuTest, IsKeptForEveryMachineOnItsOwn) {
    EXPECT_EQ(DeviceMenu::kept({}), QStringLiteral("auto"));
    DeviceMenu::keep({}, QStringLiteral("cuda:1"));
    DeviceMenu::keep(QStringLiteral("me@gpu/box"), QStringLiteral("cpu"));
    EXPECT_EQ(DeviceMenu::kept({}), QStringLiteral("cuda:1"));
    EXPECT_EQ(DeviceMenu::kept(QStringLiteral("me@gpu/box")), QStringLiteral("cpu"));
    EXPECT_EQ(DeviceMenu::kept(QStringLiteral("other")), QStringLiteral("auto"));
    DeviceMenu::keep({}, QStringLiteral("cuda:0; rm"));
    EXPECT_EQ(DeviceMenu::kept({}), QStringLiteral("auto")) << "settings are a file that hands have been at";
}

TEST_F(DeviceMenuTest, TheWindowStartsTheEngineThereAndRemembersIt) {
    MainWindow window(sample.workspace);
    window.startEngine();
    EXPECT_EQ(sample.engine.lastAddress.device, QStringLiteral("auto"));
    status.devices.push_back({QStringLiteral("cuda:0"), QStringLiteral("NVIDIA H100")});
    show();
    DeviceMenu* own = window.findChild<DeviceMenu*>();
    ASSERT_NE(own, nullptr);
    Q_EMIT own->chosen(QStringLiteral("cuda:0"));
    EXPECT_EQ(sample.engine.calls.back(), "start ");
    EXPECT_EQ(sample.engine.lastAddress.device, QStringLiteral("cuda:0"));
    MainWindow next(sample.workspace);
    next.startEngine();
    EXPECT_EQ(sample.engine.lastAddress.device, QStringLiteral("cuda:0"));
}

}  // namespace
}  // namespace rankscope::gui
