// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/charts/column_table.hpp"

#include "app/gui/theme/number_text.hpp"

#include <gtest/gtest.h>

namespace rankscope::gui {
namespace {

ColumnTable sampleTable() {
    ColumnTable table;
    table.columns = {{"plan", {}, {}}, {"state", "KiB", {}}, {"perplexity", {}, number_text::perplexity}};
    table.rows = {{QStringLiteral("half, \"uniform\""), 184, 24.123456789},
                  {QStringLiteral("x"), 1234567, QVariant()}};
    return table;
}

TEST(ColumnTable, CsvHasUnitsQuotesAndFullPrecision) {
    EXPECT_EQ(sampleTable().toCsv(),
              QStringLiteral(
                  "plan,state (KiB),perplexity\n\"half, \"\"uniform\"\"\",184,24.123456789\nx,1234567,\n"));
}

TEST(ColumnTable, TsvNeverBreaksItsRows) {
    ColumnTable table = sampleTable();
    table.rows[0][0] = QStringLiteral("a\tb\nc");
    EXPECT_EQ(table.toTsv(),
              QStringLiteral("plan\tstate (KiB)\tperplexity\na b c\t184\t24.123456789\nx\t1234567\t\n"));
}

TEST(ColumnTableModel, ShowsTextsAndGivesValues) {
    ColumnTableModel model;
    model.setTable(sampleTable());
    ASSERT_EQ(model.rowCount(), 2);
    ASSERT_EQ(model.columnCount(), 3);
    EXPECT_EQ(model.headerData(1, Qt::Horizontal).toString(), QStringLiteral("state (KiB)"));
    EXPECT_EQ(model.index(0, 2).data().toString(), QStringLiteral("24.12"));
    EXPECT_EQ(model.index(0, 2).data(Qt::EditRole).toDouble(), 24.123456789);
    EXPECT_EQ(model.index(0, 2).data(Qt::ToolTipRole).toString(), QStringLiteral("24.123456789"));
    EXPECT_EQ(model.index(1, 2).data().toString(), QStringLiteral("–"));
    EXPECT_FALSE(model.data(model.index(7, 0)).isValid());
}

}  // namespace
}  // namespace rankscope::gui
