// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/layer_panels/noise_panel.hpp"

#include "app/gui/widgets/elided_label.hpp"
#include "app/gui/widgets/empty_note.hpp"
#include "app/gui/widgets/segmented_switch.hpp"
#include "tests/app/gui/layer_panels/pointer.hpp"
#include "tests/app/gui/support/sample_workspace.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace rankscope::gui {
namespace {

class NoisePanelTest : public testing::Test {
protected:
    NoisePanelTest() : panel(sample.workspace) {
        panel.resize(420, 340);
        panel.show();
        QApplication::processEvents();
    }

    SampleWorkspace sample;
    NoisePanel panel;
};

TEST_F(NoisePanelTest, AHeadsDotIsPickedAndShared) {
    const SessionNoise::Head& head = sample.document.noise()->heads.back();
    Pointer pointer(*panel.view());
    const QPointF at = panel.view()->headPixel(static_cast<int>(head.layer), static_cast<int>(head.head));
    ASSERT_TRUE(std::isfinite(at.x()));
    pointer.move(at);
    EXPECT_GE(sample.selection.hover().layer, 0);
    pointer.click(at);
    EXPECT_EQ(sample.selection.layer(), head.layer);
    EXPECT_EQ(sample.selection.head(), head.head);
    renderForEyes(panel, "noise-heads");
}

TEST_F(NoisePanelTest, ANameCoversNoOtherHead) {
    NoiseData data;
    data.layer = data.head = 0;
    // Another head wherever the name could stand but one place.
    data.heads = {{0, 0, 5, 0.6F}, {0, 1, 5.6F, 0.61F}, {1, 0, 4.4F, 0.61F}, {1, 1, 5.6F, 0.59F}, {2, 0, 10, 0.8F}, {2, 1, 1, 0.4F}};
    panel.view()->setData(data);
    const QRectF name = panel.view()->nameRect();
    ASSERT_FALSE(name.isEmpty());
    for (const NoiseData::Head& head : data.heads)
        EXPECT_FALSE(name.contains(panel.view()->headPixel(head.layer, head.head))) << head.layer << ' ' << head.head;
    data.layer = 9;
    panel.view()->setData(data);
    EXPECT_TRUE(panel.view()->nameRect().isEmpty());
}

TEST_F(NoisePanelTest, ItsTitleSaysWhichHeadsAreBlue) {
    for (const int layer : {1, 3}) {
        sample.selection.setLayer(layer);
        const auto labels = panel.findChildren<ElidedLabel*>();
        EXPECT_TRUE(std::ranges::any_of(labels, [&](const ElidedLabel* label) {
            return label->fullText().endsWith(QStringLiteral("blue: layer %1").arg(layer));
        })) << layer;
    }
}

TEST_F(NoisePanelTest, LevelsBecomeOneAscendingCurveAPlan) {
    SessionNoise noise;
    noise.heads = sample.document.noise()->heads;
    noise.levels = {{0.1, "", 25, 0.04, 0.01},
                    {0.01, "", 24, 0.001, {}},
                    {0.1, "drrqr-0.5", 27, 0.05, 0.02},
                    {0.1, "gone", 30, 0.05, 0.02}};
    sample.document.setNoise(noise);
    const NoiseData data = noiseData(sample.document);
    ASSERT_EQ(data.curves.size(), 3);
    EXPECT_EQ(data.curves[0].level, (std::vector<float>{0.01F, 0.1F}));
    EXPECT_EQ(data.curves[0].method, Method::FullModel);
    EXPECT_TRUE(std::isnan(data.curves[0].error[0]));
    EXPECT_FLOAT_EQ(data.curves[0].error[1], 0.25F);
    EXPECT_EQ(data.curves[1].method, Method::Drrqr);
    EXPECT_EQ(data.curves[1].name.toStdString(),
              sample.document.point(QStringLiteral("drrqr-0.5"))->choice.name);
    EXPECT_EQ(data.curves[2].name, QStringLiteral("gone"));
    EXPECT_EQ(panel.view()->data().curves.size(), 3);
    Q_EMIT panel.findChild<SegmentedSwitch*>()->picked(1);
    renderForEyes(panel, "noise-perplexity");
}

TEST_F(NoisePanelTest, WithoutNumbersOneButtonMeasures) {
    sample.document.setNoise({});
    EXPECT_TRUE(panel.emptyNote()->isVisible());
    EXPECT_EQ(panel.emptyNote()->remedy(), QString()) << "nothing to press while the engine is off";
    EngineStatus ready;
    ready.state = EngineStatus::State::Ready;
    sample.engine.setStatus(ready);
    EXPECT_EQ(panel.emptyNote()->remedy(), QStringLiteral("Measure query noise"));
    Q_EMIT panel.emptyNote()->remedyRequested();
    ASSERT_FALSE(sample.engine.calls.empty());
    EXPECT_TRUE(sample.engine.calls.back().starts_with("noise"));
    sample.document.setNoise(*sampleSession().noise);
    EXPECT_FALSE(panel.emptyNote()->isVisible());
}

TEST_F(NoisePanelTest, FitsTheNarrowestColumn) {
    EXPECT_LE(panel.minimumSizeHint().width(), 320);
}

}  // namespace
}  // namespace rankscope::gui
