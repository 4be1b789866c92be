// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/window/main_window.hpp"
#include "tests/app/gui/support/sample_workspace.hpp"

#include <gtest/gtest.h>

#include <QSettings>
#include <QTest>

#include <memory>

namespace rankscope::gui {

/// The whole window on a screen, over the sample session and a scripted engine, with no settings from before.
class ShownWindow : public testing::Test {
protected:
    void SetUp() override {
        QSettings().clear();
        window = std::make_unique<MainWindow>(sample.workspace);
        window->setTheme(Theme::light());
        window->resize(1440, 900);
        window->show();
        ASSERT_TRUE(QTest::qWaitForWindowExposed(window.get()));
    }

    SampleWorkspace sample;
    std::unique_ptr<MainWindow> window;
};

}  // namespace rankscope::gui
