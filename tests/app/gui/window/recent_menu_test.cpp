// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/window/recent_menu.hpp"

#include "app/gui/document/document.hpp"
#include "app/gui/window/session_keeper.hpp"

#include <gtest/gtest.h>

#include <QFile>
#include <QSettings>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

namespace rankscope::gui {
namespace {

class RecentMenuTest : public testing::Test {
protected:
    RecentMenuTest() { QSettings().clear(); }

    ~RecentMenuTest() override { QSettings().clear(); }

    QString made(const QString& name) const {
        QFile file(folder.filePath(name));
        EXPECT_TRUE(file.open(QIODevice::WriteOnly));
        return file.fileName();
    }

    // What can be opened, from top to bottom; "|" where a line is.
    QStringList shown() {
        menu.fill();
        QStringList out;
        for (const QAction* action : menu.actions()) {
            if (action->isSeparator()) out << QStringLiteral("|");
            if (!action->data().toString().isEmpty()) out << action->text().section(QLatin1Char('\t'), 0, 0);
        }
        return out;
    }

    QTemporaryDir folder;
    Document document;
    SessionKeeper keeper{document};
    RecentMenu menu{keeper};
};

TEST_F(RecentMenuTest, PinnedOnesStayOnTopAndSurviveTheLimit) {
    EXPECT_EQ(shown(), QStringList());
    EXPECT_FALSE(menu.actions().first()->isEnabled());
    const QString kept = made(QStringLiteral("kept.h5"));
    keeper.remember(kept);
    keeper.setPinned(kept, true);
    for (int i = 0; i < 20; ++i)
        keeper.remember(made(QStringLiteral("%1.h5").arg(i)));
    const QStringList entries = shown();
    EXPECT_EQ(entries.size(), 1 + 1 + 12 + 1);
    EXPECT_EQ(entries[0], QStringLiteral("kept.h5 (pinned)"));
    EXPECT_EQ(entries[1], QStringLiteral("|"));
    EXPECT_EQ(entries[2], QStringLiteral("19.h5"));
    // Opened again it stays where it is.
    keeper.remember(kept);
    EXPECT_EQ(shown(), entries);
    // Another window, another start: the settings have it.
    EXPECT_EQ(SessionKeeper(document).pinned(), QStringList{kept});
    keeper.setPinned(kept, false);
    EXPECT_EQ(shown()[0], QStringLiteral("kept.h5"));
    EXPECT_EQ(keeper.recent().size(), 12) << "it is one of the others again";
}

TEST_F(RecentMenuTest, SaysWhatIsMissing) {
    keeper.remember(made(QStringLiteral("there.h5")));
    const QString gone = folder.filePath(QStringLiteral("gone & away.h5"));
    keeper.remember(gone);
    EXPECT_EQ(shown(), (QStringList{QStringLiteral("gone && away.h5 (missing)"), QStringLiteral("there.h5"),
                                    QStringLiteral("|")}));
    keeper.setPinned(gone, true);
    EXPECT_EQ(shown()[0], QStringLiteral("gone && away.h5 (pinned, missing)"));
    EXPECT_FALSE(menu.actions()[0]->icon().isNull());
    keeper.forgetRecent(gone);
    EXPECT_EQ(shown()[0], QStringLiteral("there.h5"));
}

TEST_F(RecentMenuTest, KeysAndButtonsPinOpenAndForget) {
    const QString a = made(QStringLiteral("a.h5")), b = made(QStringLiteral("b.h5"));
    keeper.remember(a);
    keeper.remember(b);
    QSignalSpy opened(&menu, &RecentMenu::openRequested);
    menu.popup({});
    ASSERT_TRUE(QTest::qWaitForWindowExposed(&menu));
    QTest::keyClick(&menu, Qt::Key_Down);
    QTest::keyClick(&menu, Qt::Key_Down);
    ASSERT_NE(menu.activeAction(), nullptr);
    EXPECT_EQ(menu.activeAction()->data().toString(), a);
    QTest::keyClick(&menu, Qt::Key_P);
    EXPECT_TRUE(menu.isVisible()) << "several can be pinned";
    EXPECT_EQ(keeper.pinned(), QStringList{a});
    EXPECT_EQ(menu.activeAction()->data().toString(), a) << "the keys stay on it where it is now";
    EXPECT_EQ(menu.actions().first(), menu.activeAction());
    QTest::keyClick(&menu, Qt::Key_Down);
    ASSERT_NE(menu.activeAction(), nullptr);
    EXPECT_EQ(menu.activeAction()->data().toString(), b);
    QTest::mouseClick(&menu, Qt::RightButton, {}, menu.actionGeometry(menu.activeAction()).center());
    EXPECT_EQ(keeper.pinned(), (QStringList{a, b}));
    EXPECT_EQ(opened.count(), 0);
    QTest::keyClick(&menu, Qt::Key_P);
    EXPECT_EQ(keeper.pinned(), QStringList{a});
    QTest::keyClick(&menu, Qt::Key_Delete);
    EXPECT_EQ(keeper.recent(), QStringList{a});
    QTest::keyClick(&menu, Qt::Key_Down);
    QTest::keyClick(&menu, Qt::Key_Return);
    ASSERT_EQ(opened.count(), 1);
    EXPECT_EQ(opened[0][0].toString(), a);
    EXPECT_FALSE(menu.isVisible());
}

TEST_F(RecentMenuTest, TheSubmenuPinsToo) {
    const QString a = made(QStringLiteral("a.h5"));
    keeper.remember(a);
    menu.fill();
    QMenu* pins = menu.actions().last()->menu();
    ASSERT_NE(pins, nullptr);
    EXPECT_EQ(pins->title(), QStringLiteral("Keep on top"));
    pins->actions().first()->trigger();
    EXPECT_EQ(keeper.pinned(), QStringList{a});
    menu.fill();
    pins = menu.actions().last()->menu();
    EXPECT_TRUE(pins->actions().first()->isChecked());
    pins->actions().first()->trigger();
    EXPECT_EQ(keeper.pinned(), QStringList());
}

}  // namespace
}  // namespace rankscope::gui
