// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/window/engine_button.hpp"

#include "app/gui/theme/theme.hpp"
#include "app/gui/widgets/elided_label.hpp"
#include "tests/app/gui/support/fake_engine.hpp"

#include <gtest/gtest.h>

#include <QApplication>

#include <algorithm>

namespace rankscope::gui {
namespace {

TEST(EngineButton, CutsNoNumberOfARunningJob) {
    FakeEngine engine;
    EngineStatus status;
    status.state = EngineStatus::State::Ready;
    engine.setStatus(status);
    EngineJob job;
    job.id = 1;
    job.title = QStringLiteral("Evaluate a plan with a long name");
    job.state = EngineJob::State::Running;
    job.done = 123;
    job.total = 1024;
    job.unit = QStringLiteral("batches of windows");
    job.etaSeconds = 61;
    EngineJob waiting = job;
    waiting.id = 2;
    waiting.state = EngineJob::State::Queued;
    for (const bool oneLine : {false, true}) {
        EngineButton button(engine);
        button.applyTheme(Theme::light());
        button.setShort(oneLine);
        button.resize(button.minimumSizeHint().expandedTo({button.minimumWidth(), 0}));
        button.show();
        engine.setJobs({job, waiting});
        QApplication::processEvents();
        const auto labels = button.findChildren<ElidedLabel*>();
        const auto said = std::ranges::find_if(labels, [](const ElidedLabel* label) {
            return label->fullText().startsWith(QStringLiteral("123 of 1024"));
        });
        ASSERT_NE(said, labels.end());
        EXPECT_FALSE((*said)->text().contains(QChar(0x2026))) << (*said)->text().toStdString();
        EXPECT_TRUE((*said)->text().contains(QStringLiteral("12 %"))) << (*said)->text().toStdString();
        engine.setJobs({});
    }
}

}  // namespace
}  // namespace rankscope::gui
