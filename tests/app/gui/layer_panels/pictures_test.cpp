// SPDX-License-Identifier: GPL-3.0-or-later
// The middle column as a person sees it, at the sizes and fonts it must survive. RANKSCOPE_RENDER_DIR:
// pictures to look at.
#include "app/gui/layer_panels/layer_panel.hpp"
#include "app/gui/layer_panels/state_panel.hpp"
#include "app/gui/layer_panels/token_scrubber.hpp"
#include "app/gui/theme/fonts.hpp"
#include "tests/app/gui/support/sample_workspace.hpp"

#include <gtest/gtest.h>

#include <QApplication>
#include <QTest>
#include <QVBoxLayout>

#include <memory>

namespace rankscope::gui {
namespace {

struct Look {
    std::string name;
    SampleModel model;
    QSize size;
    bool dark = false, compact = false, state = false, allHeads = false;
    QString family = QStringLiteral("Noto Sans");
    double points = 9.75;
};

class MiddleColumn : public testing::TestWithParam<Look> {
protected:
    MiddleColumn() : fontBefore(QApplication::font()), paletteBefore(QApplication::palette()) {}

    ~MiddleColumn() override {
        QApplication::setFont(fontBefore);
        QApplication::setPalette(paletteBefore);
    }

    QFont fontBefore;
    QPalette paletteBefore;
};

TEST_P(MiddleColumn, FitsAndIsPainted) {
    const Look& look = GetParam();
    QFont font(look.family);
    font.setPointSizeF(look.points);
    QApplication::setFont(font);
    const Theme& theme = look.dark ? Theme::dark() : Theme::light();
    QApplication::setPalette(theme.palette());

    SampleWorkspace sample(look.model);
    sample.selection.setLayerAndHead(look.model.layers / 2, look.model.valueHeads - 1);
    sample.selection.setToken(287);
    sample.selection.setWindow(2);
    QWidget column;
    auto* layout = new QVBoxLayout(&column);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    auto* scrubber = new TokenScrubber(sample.workspace);
    scrubber->applyTheme(theme);
    Panel* panel = nullptr;
    StatePanel* state = nullptr;
    if (look.state) {
        state = new StatePanel(sample.workspace);
        panel = state;
        sample.selection.setLevel(Selection::Level::State);
    } else {
        auto* layer = new LayerPanel(sample.workspace);
        layer->setCompact(look.compact);
        panel = layer;
    }
    panel->applyTheme(theme);
    layout->addWidget(panel, 1);
    layout->addWidget(scrubber);
    column.resize(look.size);
    column.show();
    if (state != nullptr) {
        if (look.allHeads)
            state->showAllHeads(true);
        else
            QTRY_VERIFY(state->analysis() != nullptr);
    }
    QApplication::processEvents();
    EXPECT_LE(column.minimumSizeHint().width(), look.size.width());
    EXPECT_LE(column.minimumSizeHint().height(), look.size.height());
    EXPECT_EQ(column.size(), look.size);
    const QImage image = column.grab().toImage();
    EXPECT_EQ(image.pixelColor(image.width() / 2, 3), theme.color(Role::Panel));
    renderForEyes(column, look.name);
}

const SampleModel kDemo{6, 4, 4, 64, 64};
const SampleModel kLarge{24, 16, 16, 128, 128};

INSTANTIATE_TEST_SUITE_P(
    Looks, MiddleColumn,
    testing::Values(
        Look{"layer-light-660", kDemo, {660, 720}}, Look{"layer-dark-660", kDemo, {660, 720}, true},
        Look{"layer-380", kDemo, {380, 560}},
        Look{"layer-compact-450-dejavu",
             kDemo,
             {450, 544},
             false,
             true,
             false,
             false,
             QStringLiteral("DejaVu Sans")},
        Look{"layer-380-dejavu-dark",
             kDemo,
             {380, 544},
             true,
             false,
             false,
             false,
             QStringLiteral("DejaVu Sans")},
        Look{"layer-large-700", kLarge, {700, 820}},
        Look{"layer-large-compact-dark", kLarge, {600, 820}, true, true},
        Look{"layer-150",
             kDemo,
             {800, 816},
             false,
             false,
             false,
             false,
             QStringLiteral("DejaVu Sans"),
             9.75 * 1.5},
        Look{"layer-150-narrow",
             kDemo,
             {570, 816},
             true,
             true,
             false,
             false,
             QStringLiteral("DejaVu Sans"),
             9.75 * 1.5},
        Look{"state-light-660", kDemo, {660, 720}, false, false, true},
        Look{"state-dark-660", kDemo, {660, 720}, true, false, true},
        Look{"state-560-dejavu", kDemo, {560, 560}, false, false, true, false, QStringLiteral("DejaVu Sans")},
        Look{"state-380", kDemo, {380, 544}, false, false, true},
        Look{"state-large-700", kLarge, {700, 820}, true, false, true},
        Look{"state-150",
             kDemo,
             {800, 816},
             false,
             false,
             true,
             false,
             QStringLiteral("DejaVu Sans"),
             9.75 * 1.5},
        Look{"heads-demo", kDemo, {660, 720}, false, false, true, true},
        Look{"heads-large-dark", kLarge, {700, 820}, true, false, true, true}),
    [](const testing::TestParamInfo<Look>& info) {
        std::string name = info.param.name;
        std::ranges::replace(name, '-', '_');
        return name;
    });

}  // namespace
}  // namespace rankscope::gui
