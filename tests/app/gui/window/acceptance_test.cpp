// SPDX-License-Identifier: GPL-3.0-or-later
// What the whole window promises: sizes, fonts, large models, the keyboard alone.
#include "app/gui/charts/spectrum_view.hpp"
#include "app/gui/charts/tradeoff_view.hpp"
#include "app/gui/plan_panels/layer_table.hpp"
#include "app/gui/plan_panels/layer_table_model.hpp"
#include "app/gui/theme/fonts.hpp"
#include "app/gui/tradeoff_panels/compare_panel.hpp"
#include "app/gui/tradeoff_panels/explanation_card.hpp"
#include "app/gui/tradeoff_panels/ribbon_readout.hpp"
#include "app/gui/widgets/elided_label.hpp"
#include "app/gui/window/action_registry.hpp"
#include "app/gui/window/banner.hpp"
#include "app/gui/window/command_palette.hpp"
#include "app/gui/window/main_window.hpp"
#include "tests/app/gui/support/sample_workspace.hpp"

#include <gtest/gtest.h>

#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QScrollBar>
#include <QSettings>
#include <QTableView>
#include <QTest>
#include <QToolButton>

namespace rankscope::gui {
namespace {

class Acceptance : public testing::Test {
protected:
    void TearDown() override { QApplication::setFont(font_); }

    void open(const SampleModel& model, const QSize& size) {
        QSettings().clear();
        sample = std::make_unique<SampleWorkspace>(model);
        window = std::make_unique<MainWindow>(sample->workspace);
        window->setTheme(Theme::light());
        window->resize(size);
        window->show();
        ASSERT_TRUE(QTest::qWaitForWindowExposed(window.get()));
        window->activateWindow();
        window->takeKeyboard();
    }

    /// Texts of the window that do not have the room that they need.
    [[nodiscard]] QStringList clipped() const {
        QStringList found;
        const auto check = [&](const QWidget* widget, int needed, const QString& text) {
            if (widget->isVisible() && !text.isEmpty() && widget->width() < needed)
                found << QStringLiteral("%1 '%2' has %3 of %4")
                             .arg(QLatin1String(widget->metaObject()->className()), text)
                             .arg(widget->width())
                             .arg(needed);
        };
        for (const auto* label : window->findChildren<QLabel*>()) {
            if (qobject_cast<const ElidedLabel*>(label) != nullptr) continue;
            check(label, label->wordWrap() ? 1 : label->sizeHint().width(), label->text());
        }
        for (const auto* button : window->findChildren<QPushButton*>())
            check(button, button->minimumSizeHint().width(), button->text());
        for (const auto* button : window->findChildren<QToolButton*>()) {
            if (button->toolButtonStyle() == Qt::ToolButtonIconOnly) continue;
            check(button, button->fontMetrics().horizontalAdvance(button->text()), button->text());
        }
        for (const auto* readout : window->findChildren<RibbonReadout*>())
            check(readout, readout->sizeHint().width(), readout->topic());
        return found;
    }

    [[nodiscard]] QAction* action(const char* id) const {
        return window->actions().action(QLatin1String(id));
    }

    std::unique_ptr<SampleWorkspace> sample;
    std::unique_ptr<MainWindow> window;

private:
    QFont font_ = QApplication::font();
};

TEST_F(Acceptance, TheWidestFontFitsTheSmallestWindowInEveryLayoutAndLevel) {
    QFont wide = QApplication::font();
    wide.setFamilies({QStringLiteral("DejaVu Sans")});
    wide.setPointSizeF(9.75);
    QApplication::setFont(wide);
    open({}, {1280, 720});
    sample->document.pin(true, QStringLiteral("drrqr-0.5"));
    sample->document.pin(false, QStringLiteral("taylor-0.5"));
    for (const Layout layout : {Layout::Inspect, Layout::Tune, Layout::Compare}) {
        window->setLayout(layout);
        for (const Selection::Level level : {Selection::Level::Layer, Selection::Level::State}) {
            sample->selection.setLevel(level);
            QCoreApplication::processEvents();
            const std::string where =
                std::to_string(static_cast<int>(layout)) + "-" + std::to_string(static_cast<int>(level));
            EXPECT_LE(window->minimumSizeHint().width(), 1280) << where;
            EXPECT_LE(window->minimumSizeHint().height(), 720) << where;
            EXPECT_EQ(window->size(), QSize(1280, 720)) << where;
            EXPECT_EQ(clipped().join(QLatin1Char('\n')).toStdString(), "") << where;
            renderForEyes(*window, "wide-font-" + where);
        }
    }
}

TEST_F(Acceptance, TwentyFourLayersOfSixteenHeadsNeedNoScrolling) {
    open({24, 16, 16, 128, 128}, {1920, 1080});
    auto* table = window->findChild<LayerTable*>();
    for (const Layout layout : {Layout::Inspect, Layout::Tune}) {
        window->setLayout(layout);
        QCoreApplication::processEvents();
        renderForEyes(*window, "large-" + std::to_string(static_cast<int>(layout)));
        EXPECT_EQ(table->model()->rowCount(), 24);
        EXPECT_EQ(table->verticalScrollBar()->maximum(), 0);
        const QRect last = table->cellOf(23, LayerColumn::Kept);
        EXPECT_TRUE(table->viewport()->rect().contains(last.center()));
    }
    // Head and layer under the pointer are named at once.
    const HeadCells cells = table->headsOf(17);
    if (!cells.strip) {
        QTest::mouseMove(table->viewport(), cells.cell(11).center().toPoint());
        EXPECT_EQ(sample->selection.hover().layer, 17);
        EXPECT_EQ(sample->selection.hover().head, 11);
    }
    // A drag on the last row moves that row.
    const KeptTrack track = table->trackOf(23);
    const auto at = [&](double kept) {
        return QPoint(qRound(track.x(kept)), qRound(track.track.center().y()));
    };
    const auto before = sample->document.layerChoice(23)->kept;
    QTest::mousePress(table->viewport(), Qt::LeftButton, {}, at(static_cast<double>(before)));
    QTest::mouseMove(table->viewport(), at(40));
    EXPECT_EQ(sample->document.layerChoice(23)->kept, 40);
    QTest::mouseRelease(table->viewport(), Qt::LeftButton, {}, at(40));
    sample->document.undoStack()->undo();
    EXPECT_EQ(sample->document.layerChoice(23)->kept, before);
}

TEST_F(Acceptance, TabReachesEveryPanelAndEveryStopIsSeenAndNamed) {
    open({}, {1440, 900});
    QSet<QWidget*> reached;
    QList<QWidget*> order;
    for (int i = 0; i < 300; ++i) {
        QTest::keyClick(QApplication::focusWidget(), Qt::Key_Tab);
        QWidget* focus = QApplication::focusWidget();
        ASSERT_NE(focus, nullptr);
        if (reached.contains(focus)) break;
        reached << focus;
        order << focus;
        EXPECT_TRUE(focus->isVisible());
        const bool named =
            !focus->accessibleName().isEmpty() || !focus->property("text").toString().isEmpty();
        EXPECT_TRUE(named) << focus->metaObject()->className();
    }
    for (QWidget* panel : window->panels()) {
        if (!panel->isVisible()) continue;
        const bool inside = std::ranges::any_of(
            order, [&](const QWidget* stop) { return panel == stop || panel->isAncestorOf(stop); });
        EXPECT_TRUE(inside) << panel->accessibleName().toStdString();
    }
    EXPECT_GT(order.size(), 25);
}

TEST_F(Acceptance, TShowsTheNumbersOfEveryPanelAndCopyHasThemAll) {
    open({}, {1440, 900});
    sample->document.pin(true, QStringLiteral("drrqr-0.5"));
    sample->document.pin(false, QStringLiteral("taylor-0.5"));
    int tables = 0;
    for (const Layout layout : {Layout::Inspect, Layout::Compare}) {
        window->setLayout(layout);
        QCoreApplication::processEvents();
        for (QWidget* widget : window->panels()) {
            auto* panel = qobject_cast<Panel*>(widget);
            if (panel == nullptr || !panel->isVisible()) continue;
            // The keyboard into the panel, then the key.
            QWidget* inside = nullptr;
            for (QWidget* child : panel->findChildren<QWidget*>()) {
                if (child->isVisible() && (child->focusPolicy() & Qt::TabFocus) != 0
                    && qobject_cast<QLineEdit*>(child) == nullptr)
                    inside = child;
            }
            ASSERT_NE(inside, nullptr) << panel->title().toStdString();
            inside->setFocus();
            action("panel.table")->trigger();
            if (!panel->showsTable()) continue;  // history and notes have no numbers
            ++tables;
            QTableView* shown = nullptr;
            for (QTableView* view : panel->findChildren<QTableView*>()) {
                if (view->isVisible() && view->accessibleName().startsWith(QLatin1String("Numbers of")))
                    shown = view;
            }
            ASSERT_NE(shown, nullptr) << panel->title().toStdString();
            EXPECT_GT(shown->model()->rowCount(), 0) << panel->title().toStdString();
            QApplication::clipboard()->clear();
            shown->selectAll();
            QTest::keyClick(shown, Qt::Key_C, Qt::ControlModifier);
            const QString copied = QApplication::clipboard()->text();
            EXPECT_EQ(copied.count(QLatin1Char('\n')) + 1, shown->model()->rowCount())
                << panel->title().toStdString();
            EXPECT_TRUE(copied.contains(QLatin1Char('\t')));
            panel->copyData();
            const QString all = QApplication::clipboard()->text();
            EXPECT_GT(all.size(), copied.size()) << "without its titles";
            panel->showTable(false);
        }
    }
    EXPECT_GE(tables, 6);
}

TEST_F(Acceptance, TheKeyboardAloneTunesAPlanAndComparesIt) {
    open({}, {1440, 900});
    const auto press = [](int key, Qt::KeyboardModifiers modifiers = {}) {
        QWidget* to = QApplication::activePopupWidget();
        if (to == nullptr) to = QApplication::focusWidget();
        ASSERT_NE(to, nullptr);
        QTest::keyClick(to, static_cast<Qt::Key>(key), modifiers);
    };
    press(Qt::Key_Down);
    press(Qt::Key_Down);
    EXPECT_EQ(sample->selection.layer(), 2);
    press(Qt::Key_4);
    press(Qt::Key_0);
    press(Qt::Key_Return);
    EXPECT_EQ(sample->document.layerChoice(2)->kept, 40);
    press(Qt::Key_M);
    auto* menu = qobject_cast<QMenu*>(QApplication::activePopupWidget());
    ASSERT_NE(menu, nullptr);
    QAction* taylor = nullptr;
    for (QAction* entry : menu->actions()) {
        if (entry->text().contains(QLatin1String("Taylor"))) taylor = entry;
    }
    ASSERT_NE(taylor, nullptr);
    for (int i = 0; i < menu->actions().size() && menu->activeAction() != taylor; ++i)
        press(Qt::Key_Down);
    press(Qt::Key_Return);
    EXPECT_EQ(sample->document.layerChoice(2)->method, "taylor");
    press(Qt::Key_K);
    EXPECT_TRUE(sample->document.layerChoice(2)->locked);
    press(Qt::Key_F5);
    ASSERT_FALSE(sample->engine.calls.empty());
    EXPECT_EQ(sample->engine.calls.back(), "evaluate");
    press(Qt::Key_A);
    const SavedPlan* pinned = sample->document.point(sample->document.state().pinA);
    ASSERT_NE(pinned, nullptr);
    EXPECT_EQ(planKey(pinned->choice), planKey(sample->document.plan()));
    press(Qt::Key_3, Qt::ControlModifier);
    EXPECT_EQ(window->currentLayout(), Layout::Compare);
    EXPECT_TRUE(window->findChild<ComparePanel*>()->isVisible());
    // Every step is in the history.
    EXPECT_GE(sample->document.undoStack()->count(), 4);
}

TEST_F(Acceptance, KeysThatNothingTakesWalkThroughTheModel) {
    open({}, {1440, 900});
    auto* view = window->findChild<TradeoffView*>();
    view->setFocus();
    QTest::keyClick(view, Qt::Key_Down);
    EXPECT_EQ(sample->selection.layer(), 1);
    QTest::keyClick(view, Qt::Key_Return);
    auto* spectrum = window->findChild<SpectrumView*>();
    spectrum->setFocus();
    // A chart without numbers for copying leaves Ctrl+C to its panel.
    QApplication::clipboard()->clear();
    QTest::keyClick(spectrum, Qt::Key_C, Qt::ControlModifier);
    EXPECT_TRUE(QApplication::clipboard()->text().startsWith(QLatin1String("index i")));
}

}  // namespace
}  // namespace rankscope::gui
