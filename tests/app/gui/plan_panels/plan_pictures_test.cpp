// SPDX-License-Identifier: GPL-3.0-or-later
// The panel as it looks in the sizes, themes and fonts that it must stand. With RANKSCOPE_RENDER_DIR set the
// pictures are written; the tests check that nothing stands outside of its place.
#include "app/gui/plan_panels/layer_table.hpp"
#include "app/gui/plan_panels/layer_table_model.hpp"
#include "app/gui/plan_panels/plan_panel.hpp"
#include "app/gui/plan_panels/set_bar.hpp"
#include "tests/app/gui/plan_panels/shown_panel.hpp"
#include "tests/app/gui/support/sample_workspace.hpp"

#include <gtest/gtest.h>

#include <QAbstractButton>
#include <QComboBox>

namespace rankscope::gui {
namespace {

struct Case {
    const char* name;
    SampleModel model;
    int width, height;
    const char* family = "Noto Sans";
    double points = 9.75;
    bool dark = false;
};

void makePlanVary(Document& document) {
    PlanChoice plan = document.plan();
    int i = 0;
    for (LayerChoice& layer : plan.layers) {
        layer.kept = std::max<std::int64_t>(8, layer.key_dim * (2 + (i * 3) % 6) / 8);
        ++i;
    }
    document.setPlan(QStringLiteral("vary"), plan);
}

class PlanPictures : public testing::TestWithParam<Case> {};

TEST_P(PlanPictures, NothingIsCutOff) {
    const Case& c = GetParam();
    const Look look(c.family, c.points, c.dark ? Theme::dark() : Theme::light());
    SampleWorkspace sample(c.model);
    makePlanVary(sample.document);
    sample.selection.setLayerAndHead(1, 2);
    PlanPanel panel(sample.workspace);
    look.show(panel, c.width, c.height);
    EXPECT_LE(panel.minimumSizeHint().width(), c.width);
    EXPECT_EQ(panel.width(), c.width);
    const LayerTable& table = *panel.table();
    int sum = 0;
    for (const int width : table.columns().width)
        sum += width;
    EXPECT_EQ(sum, table.viewport()->width());
    const double unit = panel.px(100) / 100.0;
    EXPECT_GE(table.columns().track, (table.columns().methodNames ? 88 : 72) * unit - 1);
    for (const QAbstractButton* button : panel.setBar()->findChildren<QAbstractButton*>()) {
        if (!button->isVisible() || button->text().isEmpty()) continue;
        EXPECT_GE(button->width(), button->sizeHint().width()) << qPrintable(button->text());
        EXPECT_LE(button->mapTo(&panel, QPoint(button->width(), 0)).x(), c.width)
            << qPrintable(button->text());
    }
    renderForEyes(panel, c.name);
}

const SampleModel kDemo{4, 3, 3, 64, 64, -1, true};
const SampleModel kSix{6, 4, 4, 64, 64};
const SampleModel kLarge{24, 16, 16, 128, 128};
const SampleModel kHybrid{6, 2, 4, 64, 64, 3};

INSTANTIATE_TEST_SUITE_P(
    Sizes, PlanPictures,
    testing::Values(Case{"plan_demo_340", kDemo, 340, 380}, Case{"plan_demo_420", kDemo, 420, 380},
                    Case{"plan_demo_640", kDemo, 640, 380}, Case{"plan_six_340", kSix, 340, 390},
                    Case{"plan_six_340_dejavu", kSix, 340, 390, "DejaVu Sans"},
                    Case{"plan_six_376_dejavu", kSix, 376, 390, "DejaVu Sans"},
                    Case{"plan_six_597", kSix, 597, 390},
                    Case{"plan_six_640_dejavu", kSix, 640, 390, "DejaVu Sans"},
                    Case{"plan_six_640_dark", kSix, 640, 390, "Noto Sans", 9.75, true},
                    Case{"plan_six_340_dark", kSix, 340, 390, "Noto Sans", 9.75, true},
                    Case{"plan_large_340", kLarge, 340, 680}, Case{"plan_large_420", kLarge, 420, 680},
                    Case{"plan_large_740", kLarge, 740, 680},
                    Case{"plan_large_740_dark", kLarge, 740, 680, "Noto Sans", 9.75, true},
                    Case{"plan_hybrid_640", kHybrid, 640, 390},
                    Case{"plan_demo_510_150", kDemo, 510, 560, "DejaVu Sans", 14.6},
                    Case{"plan_six_900_150", kSix, 900, 560, "Noto Sans", 14.6}),
    [](const testing::TestParamInfo<Case>& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace rankscope::gui
