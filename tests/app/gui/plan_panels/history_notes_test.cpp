// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/plan_panels/history_list.hpp"
#include "app/gui/plan_panels/history_notes_panel.hpp"
#include "app/gui/plan_panels/notes_edit.hpp"
#include "app/gui/widgets/segmented_switch.hpp"
#include "tests/app/gui/plan_panels/shown_panel.hpp"
#include "tests/app/gui/support/sample_workspace.hpp"

#include <gtest/gtest.h>

#include <QLabel>
#include <QSignalSpy>

namespace rankscope::gui {
namespace {

TEST(RelativeTime, IsShort) {
    constexpr qint64 kNow = 1'800'000'000'000;
    const auto ago = [](qint64 seconds) { return relativeTime(kNow - seconds * 1000, kNow); };
    EXPECT_EQ(ago(0), QStringLiteral("now"));
    EXPECT_EQ(ago(9), QStringLiteral("9 s"));
    EXPECT_EQ(ago(119), QStringLiteral("1 min"));
    EXPECT_EQ(ago(7200), QStringLiteral("2 h"));
    EXPECT_EQ(ago(86400 * 3), QStringLiteral("3 d"));
    EXPECT_EQ(ago(86400 * 60).count(QLatin1Char('-')), 2);
    EXPECT_TRUE(relativeTime(0, kNow).isEmpty());
}

class HistoryNotesTest : public testing::Test {
protected:
    HistoryNotesTest()
        : panel(sample.workspace),
          history(*panel.history()),
          model(*history.history()),
          notes(*panel.notes()) {
        look.show(panel, 420, 230);
    }

    [[nodiscard]] QString label(int row) const { return model.data(model.index(row)).toString(); }

    void keep(int layer, int kept) {
        sample.document.setPlan(QStringLiteral("Layer %1 to %2").arg(layer).arg(kept),
                                sample.document.withKept(layer, kept));
    }

    void click(int row) {
        QTest::mouseClick(history.viewport(), Qt::LeftButton, {},
                          history.visualRect(model.index(row)).center());
    }

    Look look;
    SampleWorkspace sample;
    HistoryNotesPanel panel;
    HistoryList& history;
    HistoryModel& model;
    NotesEdit& notes;
};

TEST_F(HistoryNotesTest, NewestFirstAndBeginsWhereTheSessionBegan) {
    ASSERT_EQ(model.rowCount(), 1);
    EXPECT_EQ(label(0), QStringLiteral("Open demo session"));
    keep(0, 16);
    keep(1, 8);
    ASSERT_EQ(model.rowCount(), 3);
    EXPECT_EQ(label(0), QStringLiteral("Layer 1 to 8"));
    EXPECT_EQ(label(2), QStringLiteral("Open demo session"));
    EXPECT_TRUE(model.data(model.index(0), HistoryModel::CurrentRole).toBool());
    EXPECT_EQ(model.data(model.index(0), HistoryModel::TimeRole).toString(), QStringLiteral("now"));
    EXPECT_EQ(model.data(model.index(0), Qt::AccessibleTextRole).toString(),
              QStringLiteral("Layer 1 to 8, now, current"));
}

TEST_F(HistoryNotesTest, AClickGoesThereAndBack) {
    keep(0, 16);
    keep(1, 8);
    keep(2, 24);
    click(2);
    EXPECT_EQ(sample.document.undoStack()->index(), 1);
    EXPECT_EQ(sample.document.layerChoice(0)->kept, 16);
    EXPECT_EQ(sample.document.layerChoice(1)->kept, 32);
    EXPECT_EQ(model.currentRow(), 2);
    EXPECT_TRUE(model.data(model.index(0), HistoryModel::UndoneRole).toBool());
    EXPECT_EQ(model.rowCount(), 4);
    renderForEyes(panel, "history");
    click(0);
    EXPECT_EQ(sample.document.layerChoice(2)->kept, 24);
    QTest::keyClick(&history, Qt::Key_Down);
    QTest::keyClick(&history, Qt::Key_Return);
    EXPECT_EQ(sample.document.layerChoice(2)->kept, 32);
}

TEST_F(HistoryNotesTest, ADragIsNotInterruptedByTheHistory) {
    keep(0, 16);
    sample.document.dragTo(sample.document.withKept(1, 8));
    click(1);
    EXPECT_TRUE(sample.document.isDragging());
    EXPECT_EQ(sample.document.undoStack()->index(), 1);
}

TEST_F(HistoryNotesTest, NotesBecomeOneStepAMomentLater) {
    panel.showPage(HistoryNotesPanel::Page::Notes);
    const int steps = sample.document.undoStack()->count();
    const QString before = sample.document.state().notes;
    notes.moveCursor(QTextCursor::End);
    QTest::keyClicks(&notes, QStringLiteral(" More"));
    EXPECT_EQ(sample.document.undoStack()->count(), steps);
    ASSERT_TRUE(QTest::qWaitFor([&] { return sample.document.undoStack()->count() == steps + 1; }, 5000));
    EXPECT_EQ(sample.document.state().notes, before + QStringLiteral(" More"));
    QTest::keyClicks(&notes, QStringLiteral("!"));
    notes.flush();
    EXPECT_EQ(sample.document.undoStack()->count(), steps + 1);
    sample.document.undoStack()->undo();
    EXPECT_EQ(notes.toPlainText(), before);
    // Reading them back is no edit.
    notes.flush();
    EXPECT_EQ(sample.document.state().notes, before);
    EXPECT_TRUE(sample.document.undoStack()->canRedo());
}

TEST_F(HistoryNotesTest, UndoTakesWhatWasTypedAMomentAgo) {
    panel.showPage(HistoryNotesPanel::Page::Notes);
    const QString before = sample.document.state().notes;
    QTest::keyClicks(&notes, QStringLiteral("x"));
    QKeyEvent shortcut(QEvent::ShortcutOverride, Qt::Key_Z, Qt::ControlModifier);
    shortcut.ignore();
    QApplication::sendEvent(&notes, &shortcut);
    EXPECT_FALSE(shortcut.isAccepted());
    EXPECT_NE(sample.document.state().notes, before);
    sample.document.undoStack()->undo();
    EXPECT_EQ(notes.toPlainText(), before);
}

TEST_F(HistoryNotesTest, LinksLeadToLayersAndPlans) {
    panel.showPage(HistoryNotesPanel::Page::Notes);
    notes.setPlainText(
        QStringLiteral("See [[layer 2]] and [[drrqr 75 %]], not [[layer 99]] or [[nothing]]."));
    const QString text = notes.toPlainText();
    const auto at = [&](const char* word) {
        return notes.linkAt(static_cast<int>(text.indexOf(QLatin1String(word))) + 1);
    };
    EXPECT_EQ(at("layer 2").layer, 2);
    EXPECT_EQ(at("drrqr").point, QStringLiteral("drrqr-0.75"));
    EXPECT_FALSE(at("layer 99").leadsSomewhere());
    EXPECT_FALSE(at("nothing").leadsSomewhere());
    EXPECT_TRUE(at("See").target.isEmpty());
    renderForEyes(panel, "notes");

    QTextCursor cursor = notes.textCursor();
    cursor.setPosition(static_cast<int>(text.indexOf(QLatin1String("layer 2"))) + 2);
    const QPoint point = notes.cursorRect(cursor).center();
    QTest::mouseClick(notes.viewport(), Qt::LeftButton, Qt::ControlModifier, point);
    EXPECT_EQ(sample.selection.layer(), 2);
    cursor.setPosition(static_cast<int>(text.indexOf(QLatin1String("drrqr"))) + 2);
    notes.setTextCursor(cursor);
    QTest::keyClick(&notes, Qt::Key_Return, Qt::ControlModifier);
    EXPECT_EQ(sample.selection.point(), QStringLiteral("drrqr-0.75"));
    EXPECT_EQ(notes.toPlainText(), text);
}

TEST_F(HistoryNotesTest, AThirdPageComesAndGoes) {
    auto* extra = new QLabel(QStringLiteral("extra"));
    panel.setExtraPage(QStringLiteral("Channels"), extra);
    panel.showPage(HistoryNotesPanel::Page::Extra);
    EXPECT_TRUE(extra->isVisible());
    renderForEyes(panel, "history_three_tabs");
    EXPECT_EQ(panel.takeExtraPage(), extra);
    EXPECT_EQ(panel.page(), HistoryNotesPanel::Page::History);
    EXPECT_EQ(extra->parentWidget(), nullptr);
    panel.showPage(HistoryNotesPanel::Page::Extra);
    EXPECT_EQ(panel.page(), HistoryNotesPanel::Page::History);
    delete extra;
}

TEST_F(HistoryNotesTest, CollapsedToItsTabsAClickOpensIt) {
    QSignalSpy changed(&panel, &HistoryNotesPanel::collapsedChanged);
    panel.setCollapsed(true);
    EXPECT_LE(panel.maximumHeight(), 40);
    EXPECT_FALSE(history.isVisible());
    Q_EMIT panel.tabs()->picked(1);
    EXPECT_FALSE(panel.isCollapsed());
    EXPECT_TRUE(notes.isVisible());
    EXPECT_EQ(panel.page(), HistoryNotesPanel::Page::Notes);
    EXPECT_EQ(changed.count(), 2);
}

TEST(HistoryPictures, DarkAndLarge) {
    const Look look("DejaVu Sans", 14.6, Theme::dark());
    SampleWorkspace sample;
    HistoryNotesPanel panel(sample.workspace);
    for (const int kept : {16, 24, 40})
        sample.document.setPlan(
            QStringLiteral("Layer 0: K′ 32 → %1 and a label that is much too long for its row").arg(kept),
            sample.document.withKept(0, kept));
    sample.document.undoStack()->undo();
    look.show(panel, 510, 300);
    renderForEyes(panel, "history_dark_150");
    panel.showPage(HistoryNotesPanel::Page::Notes);
    renderForEyes(panel, "notes_dark_150");
}

}  // namespace
}  // namespace rankscope::gui
