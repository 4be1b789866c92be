// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/plan_panels/layer_columns.hpp"

#include <gtest/gtest.h>

#include <numeric>

namespace rankscope::gui {
namespace {

ColumnNeeds needsOf(int heads, double unit = 1) {
    return {unit, 32 * unit, 52 * unit, 46 * unit, 48 * unit, 42 * unit, 56 * unit, heads};
}

TEST(LayerColumns, FillTheRoomExactly) {
    for (const int heads : {1, 4, 16, 64}) {
        for (int width = 300; width < 1200; width += 7) {
            const ColumnLayout layout = columnLayout(width, needsOf(heads));
            EXPECT_EQ(std::accumulate(layout.width.begin(), layout.width.end(), 0), width) << heads;
        }
    }
}

TEST(LayerColumns, AllEightFrom560UnitsOn) {
    const ColumnLayout narrow = columnLayout(559, needsOf(4));
    EXPECT_EQ(narrow[LayerColumn::Energy], 0);
    EXPECT_EQ(narrow[LayerColumn::Lock], 0);
    EXPECT_GT(narrow[LayerColumn::Method], 0);
    const ColumnLayout wide = columnLayout(560, needsOf(4));
    for (const int width : wide.width)
        EXPECT_GT(width, 0);
    // Units, not pixels.
    EXPECT_EQ(columnLayout(700, needsOf(4, 1.5))[LayerColumn::Energy], 0);
    EXPECT_GT(columnLayout(840, needsOf(4, 1.5))[LayerColumn::Energy], 0);
}

TEST(LayerColumns, TheTrackKeepsItsFloorAndNamesGiveWayBeforeIt) {
    bool named = false;
    bool marked = false;
    bool strip = false;
    for (int width = 340; width < 560; ++width) {
        for (const int heads : {2, 4, 8, 16, 32}) {
            const ColumnLayout layout = columnLayout(width, needsOf(heads));
            EXPECT_GE(layout.track, layout.methodNames ? 88 : 72) << width << " " << heads;
            if (!layout.headStrip) {
                EXPECT_GE(layout.headPitch, 6) << width << " " << heads;
            }
            named = named || layout.methodNames;
            marked = marked || !layout.methodNames;
            strip = strip || layout.headStrip;
        }
    }
    EXPECT_TRUE(named);
    EXPECT_TRUE(marked);
    EXPECT_TRUE(strip);
}

TEST(LayerColumns, RowsAreAsHighAsTheirNumberAllows) {
    EXPECT_EQ(layerRowHeight(8, 1000), 38);
    EXPECT_EQ(layerRowHeight(9, 1000), 30);
    EXPECT_EQ(layerRowHeight(14, 1000), 30);
    EXPECT_EQ(layerRowHeight(15, 1000), 21);
    EXPECT_EQ(layerRowHeight(8, 8 * 38 - 1), 30);
    EXPECT_EQ(layerRowHeight(8, 100), 21);
}

TEST(LayerColumns, HeadsAreFoundWhereTheyArePainted) {
    const ColumnLayout layout = columnLayout(700, needsOf(16));
    const HeadCells cells = headCells(QRectF(50, 20, 130, 21), 16, layout, 1);
    for (int head = 0; head < 16; ++head) {
        EXPECT_EQ(cells.at(cells.cell(head).center()), head);
        EXPECT_GE(cells.cell(head).width(), 5 - 0.51);
    }
    EXPECT_EQ(cells.at({49, 30}), -1);
    EXPECT_EQ(cells.at({cells.cell(15).right() + 3, 30}), -1);
}

TEST(LayerColumns, TheTrackGoesFromNoneToAll) {
    const KeptTrack track = keptTrack(QRectF(100, 0, 200, 38), 64, 52, 1);
    EXPECT_EQ(track.kept(track.x(40), false), 40);
    EXPECT_EQ(track.kept(track.x(37), true), 37);
    EXPECT_EQ(track.kept(track.x(37), false), 40);
    EXPECT_EQ(track.kept(track.track.left() - 50, false), 1);
    EXPECT_EQ(track.kept(track.track.right() + 50, true), 64);
    EXPECT_GT(track.number.left(), track.track.right());
    // K that is no multiple of the step can be reached.
    const KeptTrack odd = keptTrack(QRectF(100, 0, 200, 38), 60, 52, 1);
    EXPECT_EQ(odd.kept(odd.track.right(), false), 60);
    EXPECT_EQ(odd.kept(odd.x(55), false), 56);
}

}  // namespace
}  // namespace rankscope::gui
