// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/window/main_window.hpp"

#include "app/gui/plan_panels/channels_panel.hpp"
#include "app/gui/plan_panels/history_notes_panel.hpp"
#include "app/gui/plan_panels/layer_table.hpp"
#include "app/gui/theme/fonts.hpp"
#include "app/gui/tradeoff_panels/compare_panel.hpp"
#include "app/gui/tradeoff_panels/explanation_card.hpp"
#include "app/gui/tradeoff_panels/explanation_table.hpp"
#include "app/gui/tradeoff_panels/plans_model.hpp"
#include "app/gui/tradeoff_panels/plans_table.hpp"
#include "app/gui/tradeoff_panels/ribbon_readout.hpp"
#include "app/gui/widgets/elided_label.hpp"
#include "app/gui/window/action_registry.hpp"
#include "app/gui/window/banner.hpp"
#include "app/gui/window/command_palette.hpp"
#include "app/gui/window/plans_export.hpp"
#include "app/gui/window/session_keeper.hpp"
#include "core/pruning/plan.hpp"
#include "tests/app/gui/window/shown_window.hpp"

#include <gtest/gtest.h>

#include <QAction>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QSettings>
#include <QStatusBar>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>

namespace rankscope::gui {
namespace {

class MainWindowTest : public ShownWindow {
protected:
    [[nodiscard]] QAction* action(const char* id) const {
        return window->actions().action(QLatin1String(id));
    }
};

TEST_F(MainWindowTest, WhetherPlansAreMeasuredLiveIsRemembered) {
    for (const bool live : {true, false}) {
        action("run.live")->trigger();
        EXPECT_EQ(sample.engine.isLive(), live);
        EXPECT_EQ(QSettings().value(QStringLiteral("live")), QVariant(live));
    }
}

TEST_F(MainWindowTest, EveryLayoutFitsTheSmallestWindow) {
    for (const Layout layout : {Layout::Inspect, Layout::Tune, Layout::Compare}) {
        window->setLayout(layout);
        window->resize(1280, 720);
        QCoreApplication::processEvents();
        EXPECT_LE(window->minimumSizeHint().width(), 1280) << static_cast<int>(layout);
        EXPECT_LE(window->minimumSizeHint().height(), 720) << static_cast<int>(layout);
        EXPECT_EQ(window->width(), 1280);
        renderForEyes(*window, "window-" + std::to_string(static_cast<int>(layout)));
    }
}

// Real stories are longer than the sample's.
TEST_F(MainWindowTest, EveryDemoFitsTheSmallestWindowWithItsStory) {
    const QFont before = QApplication::font();
    QFont small = before;
    small.setPointSizeF(7.5);
    for (const QFont& font : {before, small}) {
        QApplication::setFont(font);
        for (const QString& name : SessionKeeper::demos()) {
            SampleWorkspace other;
            MainWindow shown(other.workspace);
            shown.openDemo(name);
            shown.resize(1280, 900);
            shown.show();
            for (const Layout layout : {Layout::Inspect, Layout::Tune, Layout::Compare}) {
                shown.setLayout(layout);
                shown.resize(1280, 720);
                for (int i = 0; i < 5; ++i)
                    QCoreApplication::processEvents();
                EXPECT_EQ(shown.size(), QSize(1280, 720))
                    << name.toStdString() << ", " << font.pointSizeF() << " pt";
                EXPECT_LE(shown.minimumSizeHint().height(), 720)
                    << name.toStdString() << ", layout " << static_cast<int>(layout) << ", "
                    << font.pointSizeF() << " pt";
            }
        }
    }
    QApplication::setFont(before);
}

TEST_F(MainWindowTest, TheLayoutCompareComparesThePinnedPlans) {
    sample.document.pin(true, QStringLiteral("drrqr-0.5"));
    sample.document.pin(false, QStringLiteral("taylor-0.5"));
    action("layout.compare")->trigger();
    const auto* compare = window->findChild<ComparePanel*>();
    ASSERT_NE(compare, nullptr);
    EXPECT_TRUE(compare->isVisible());
    EXPECT_EQ(compare->planA(), QStringLiteral("drrqr-0.5"));
    EXPECT_EQ(compare->planB(), QStringLiteral("taylor-0.5"));
    action("layout.tune")->trigger();
    EXPECT_FALSE(compare->isVisible());
}

TEST_F(MainWindowTest, LongNamesLeaveRoomForWhatIsSaid) {
    SessionText text = *sample.document.text();
    text.path = "/texts/" + std::string(150, 'n') + ".txt";
    sample.document.setText(text);
    window->resize(1280, 800);
    window->say(QStringLiteral("Saved /a/folder/of/somebody/plan.json"));
    QCoreApplication::processEvents();
    const auto labels = window->statusBar()->findChildren<ElidedLabel*>();
    const auto said = std::ranges::find_if(labels, [](const ElidedLabel* label) {
        return label->fullText().startsWith(QStringLiteral("Saved"));
    });
    ASSERT_NE(said, labels.end());
    EXPECT_EQ((*said)->text(), (*said)->fullText()) << "none of it is cut";
}

TEST_F(MainWindowTest, WhatTakesTheKeyboardHasAName) {
    int seen = 0;
    for (const QWidget* widget : window->findChildren<QWidget*>()) {
        if ((widget->focusPolicy() & Qt::TabFocus) == 0 || !widget->isVisible()) continue;
        ++seen;
        const auto* parent = widget->parentWidget();
        // A button's text is its name.
        const bool named = !widget->accessibleName().isEmpty()
                           || !widget->property("text").toString().isEmpty()
                           || (parent != nullptr && !parent->accessibleName().isEmpty());
        EXPECT_TRUE(named) << widget->metaObject()->className() << " in "
                           << (parent != nullptr ? parent->metaObject()->className() : "nothing");
    }
    EXPECT_GT(seen, 20);
}

TEST_F(MainWindowTest, UndoAndRedoNameTheirStep) {
    EXPECT_FALSE(action("edit.undo")->isEnabled());
    sample.document.setPlan(QStringLiteral("Layer 3: K′ 32 → 24"), sample.document.withKept(3, 24));
    EXPECT_TRUE(action("edit.undo")->toolTip().contains(QStringLiteral("Layer 3")));
    action("edit.undo")->trigger();
    EXPECT_EQ(sample.document.layerChoice(3)->kept, 32);
    action("edit.redo")->trigger();
    EXPECT_EQ(sample.document.layerChoice(3)->kept, 24);
}

TEST_F(MainWindowTest, AStoppedEngineLeavesEverythingAndOffersARestart) {
    const DocumentState before = sample.document.state();
    EngineStatus status;
    status.state = EngineStatus::State::Stopped;
    status.reason = QStringLiteral("The engine was killed (signal 9).");
    sample.engine.setStatus(status);
    EXPECT_TRUE(window->banner()->isVisible());
    EXPECT_EQ(window->banner()->text().title, QStringLiteral("The engine was killed (signal 9)"));
    EXPECT_TRUE(window->banner()->text().sentence.startsWith(QStringLiteral("Your plan")));
    EXPECT_EQ(sample.document.state(), before);
    Q_EMIT window->banner()->remedyChosen(window->banner()->text().id);
    EXPECT_EQ(sample.engine.calls.back(), "restart");
    status.state = EngineStatus::State::Ready;
    sample.engine.setStatus(status);
    EXPECT_FALSE(window->banner()->isVisible());
}

TEST_F(MainWindowTest, TheEngineControlSaysWhatIsMissing) {
    EngineStatus status;
    status.state = EngineStatus::State::Ready;
    status.reason = QStringLiteral("LibTorch is missing");
    status.detail = QStringLiteral("fetch it");
    status.remedy = QStringLiteral("Try again");
    sample.engine.setStatus(status);
    auto* control = window->findChild<QWidget*>(QStringLiteral("engine"));
    ASSERT_NE(control, nullptr);
    EXPECT_TRUE(control->accessibleName().contains(status.reason)) << control->accessibleName().toStdString();
    EXPECT_TRUE(control->toolTip().contains(status.detail));
    auto* button = control->findChild<QPushButton*>();
    ASSERT_NE(button, nullptr);
    EXPECT_TRUE(button->isVisible());
    EXPECT_EQ(button->text(), status.remedy);
    button->click();
    EXPECT_EQ(sample.engine.calls.back(), "restart");
    sample.engine.setStatus({EngineStatus::State::Ready});
    EXPECT_FALSE(button->isVisible());
}

TEST_F(MainWindowTest, BadPathsAreRefusedWhereThePersonLooks) {
    const DocumentState before = sample.document.state();
    window->openPath(QStringLiteral("/no/such/thing.rankscope"));
    EXPECT_TRUE(window->banner()->isVisible());
    QTemporaryDir folder;
    QFile odd(folder.filePath(QStringLiteral("picture.bmp")));
    ASSERT_TRUE(odd.open(QIODevice::WriteOnly));
    odd.close();
    window->openPath(odd.fileName());
    EXPECT_TRUE(window->banner()->text().title.contains(QStringLiteral("picture.bmp")));
    QFile broken(folder.filePath(QStringLiteral("x.rankscope")));
    ASSERT_TRUE(broken.open(QIODevice::WriteOnly));
    broken.write("[]");
    broken.close();
    window->openPath(broken.fileName());
    EXPECT_TRUE(window->banner()->text().sentence.contains(QStringLiteral("unchanged")));
    EXPECT_EQ(sample.document.state(), before);
    window->openPath(folder.path());
    EXPECT_EQ(sample.engine.calls.back(), "openModel " + folder.path().toStdString());
}

TEST_F(MainWindowTest, EscapeHidesAMessageWhereverTheKeyboardIs) {
    window->activateWindow();
    for (QWidget* place : std::initializer_list<QWidget*>{window->findChild<LayerTable*>(),
                                                          window->findChild<PlansTable*>()}) {
        window->openPath(QStringLiteral("/no/such/thing.rankscope"));
        ASSERT_TRUE(window->banner()->isVisible());
        place->setFocus();
        QTest::keyClick(place, Qt::Key_Escape);
        EXPECT_FALSE(window->banner()->isVisible()) << place->metaObject()->className();
    }
}

// A style sheet gives a widget back the palette that it had at its former parent.
TEST_F(MainWindowTest, APanelThatMovesKeepsTheThemesColours) {
    const auto* channels = window->findChild<ChannelsPanel*>();
    const auto subtitle = [&] {
        const auto labels = channels->findChildren<ElidedLabel*>();
        return labels.isEmpty() ? QColor() : labels.first()->palette().color(QPalette::WindowText);
    };
    for (const QSize& size : {QSize(1280, 720), QSize(1440, 900)}) {
        window->setTheme(Theme::light());
        window->resize(QSize(1440, 900 + 720) - QSize(0, size.height()));
        QCoreApplication::processEvents();
        window->setTheme(Theme::dark());
        EXPECT_EQ(subtitle(), Theme::dark().color(Role::Ink2));
        window->resize(size);
        QCoreApplication::processEvents();
        EXPECT_EQ(subtitle(), Theme::dark().color(Role::Ink2)) << size.height();
    }
}

TEST_F(MainWindowTest, APlanFileBecomesTheCurrentPlanInOneStep) {
    QTemporaryDir folder;
    const QString path = folder.filePath(QStringLiteral("smaller.json"));
    const auto write = [&](const Plan& plan) {
        QFile file(path);
        ASSERT_TRUE(file.open(QIODevice::WriteOnly));
        file.write(QByteArray::fromStdString(to_json(plan)));
    };
    PlanChoice wanted = sample.document.withKept(1, 24);
    wanted.layers[3].method = "l1";
    Plan plan = *sample.document.toPlan(wanted);
    write(plan);
    const int steps = sample.document.undoStack()->count();
    window->openPath(path);
    EXPECT_FALSE(window->banner()->isVisible());
    EXPECT_EQ(sample.document.undoStack()->count(), steps + 1);
    EXPECT_TRUE(samePlan(sample.document.plan(), wanted));
    EXPECT_EQ(sample.document.plan().name, "smaller");
    EXPECT_EQ(sample.document.toPlan(sample.document.plan())->layers, plan.layers);
    sample.document.undoStack()->undo();
    // Other channels than the method would keep are kept all the same.
    plan.layers[0].keep[1][0] = plan.layers[0].keep[1][0] == 0 ? 1 : 0;
    std::ranges::sort(plan.layers[0].keep[1]);
    plan.layers[0].keep[1].erase(std::ranges::unique(plan.layers[0].keep[1]).begin(),
                                 plan.layers[0].keep[1].end());
    for (std::int32_t channel = 63; plan.layers[0].keep[1].size() < plan.layers[0].keep[0].size();
         --channel) {
        if (std::ranges::find(plan.layers[0].keep[1], channel) == plan.layers[0].keep[1].end())
            plan.layers[0].keep[1].push_back(channel);
        std::ranges::sort(plan.layers[0].keep[1]);
    }
    plan.layers[2].method = "tensor-train";
    write(plan);
    window->openPath(path);
    EXPECT_EQ(sample.document.plan().layers[0].by_hand, plan.layers[0].keep);
    EXPECT_EQ(sample.document.plan().layers[2].method, "tensor-train");
    EXPECT_EQ(sample.document.toPlan(sample.document.plan())->layers, plan.layers);
}

TEST_F(MainWindowTest, APlanThatDoesNotFitIsRefusedAndNothingChanges) {
    QTemporaryDir folder;
    const QString path = folder.filePath(QStringLiteral("bad.json"));
    const auto open = [&](const QByteArray& text) {
        QFile file(path);
        if (file.open(QIODevice::WriteOnly)) file.write(text);
        file.close();
        window->banner()->hide();
        window->openPath(path);
        const Banner::Text said = window->banner()->text();
        EXPECT_TRUE(window->banner()->isVisible());
        EXPECT_TRUE(said.title.contains(QStringLiteral("bad.json"))) << said.title.toStdString();
        EXPECT_TRUE(said.sentence.contains(QStringLiteral("unchanged"))) << said.sentence.toStdString();
        EXPECT_FALSE(said.sentence.contains(QStringLiteral("--"))) << said.sentence.toStdString();
        return said;
    };
    const DocumentState before = sample.document.state();
    const Plan good = *sample.document.toPlan(sample.document.plan());
    EXPECT_EQ(open("{").id, QStringLiteral("file.open_plan"));
    EXPECT_TRUE(open("{}").sentence.contains(QStringLiteral("format")));
    const QByteArray whole = QByteArray::fromStdString(to_json(good));
    open(whole.left(whole.size() / 2));
    EXPECT_TRUE(open(QByteArray(whole).replace("\"version\": 1", "\"version\": 2"))
                    .sentence.contains(QStringLiteral("2")));
    Plan twice = good;
    twice.layers[0].keep[0][1] = twice.layers[0].keep[0][0];
    EXPECT_TRUE(open(QByteArray::fromStdString(to_json(twice)))
                    .sentence.contains(QStringLiteral("layer 0, head 0: channel")));
    Plan wide = good;
    wide.layers[1].key_dim = 128;
    EXPECT_TRUE(open(QByteArray::fromStdString(to_json(wide))).sentence.contains(QStringLiteral("layer 1")));
    EXPECT_EQ(sample.document.state(), before);
    // Another model: both are named, and it may be used where it fits.
    Plan other = good;
    other.model_hash = std::string(64, 'c');
    other.layers.pop_back();
    const Banner::Text said = open(QByteArray::fromStdString(to_json(other)));
    EXPECT_TRUE(said.sentence.contains(QStringLiteral("cccccccc…")));
    EXPECT_TRUE(said.sentence.contains(QStringLiteral("aaaaaaaa…")));
    EXPECT_EQ(sample.document.state(), before);
    other.layers[0].keep.pop_back();
    const Banner::Text odd = open(QByteArray::fromStdString(to_json(other)));
    EXPECT_TRUE(odd.sentence.contains(QStringLiteral("found 2 heads, expected 3")))
        << odd.sentence.toStdString();
    EXPECT_TRUE(odd.sentence.contains(QStringLiteral("cccccccc…")));
    EXPECT_EQ(odd.id, QStringLiteral("file.open_plan"));
    other.layers[0].keep.push_back(good.layers[0].keep.back());
    open(QByteArray::fromStdString(to_json(other)));
    Q_EMIT window->banner()->remedyChosen(said.id);
    EXPECT_FALSE(window->banner()->isVisible()) << "what was refused is open now";
    EXPECT_EQ(sample.document.layerChoice(3)->kept, 64);
}

TEST_F(MainWindowTest, ThePaletteFindsActionsLayersAndHeads) {
    window->activateWindow();
    action("palette")->trigger();
    CommandPalette* palette = window->palettePanel();
    ASSERT_TRUE(palette->isVisible());
    QTest::keyClicks(palette->field(), QStringLiteral("l2 h1"));
    QTest::keyClick(palette->field(), Qt::Key_Return);
    EXPECT_FALSE(palette->isVisible());
    EXPECT_EQ(sample.selection.layer(), 2);
    EXPECT_EQ(sample.selection.head(), 1);
    action("palette")->trigger();
    QTest::keyClicks(palette->field(), QStringLiteral("sweep every"));
    QTest::keyClick(palette->field(), Qt::Key_Return);
    EXPECT_EQ(sample.engine.calls.back(), "layerSweep");
    action("palette")->trigger();
    QTest::keyClick(palette->field(), Qt::Key_Escape);
    EXPECT_FALSE(palette->isVisible());
}

TEST_F(MainWindowTest, NoTwoEntriesOfThePaletteHaveOneName) {
    window->activateWindow();
    action("palette")->trigger();
    CommandPalette* palette = window->palettePanel();
    ASSERT_TRUE(palette->isVisible());
    QSet<QString> titles;
    for (int row = 0; row < palette->list()->count(); ++row) {
        const QString title = palette->list()->item(row)->text();
        EXPECT_FALSE(titles.contains(title)) << title.toStdString();
        titles.insert(title);
    }
    EXPECT_GE(titles.size(), 50);
    // What is made comes before what is opened.
    QTest::keyClicks(palette->field(), QStringLiteral("capture"));
    EXPECT_EQ(palette->list()->item(0)->data(CommandPalette::IdRole).toString(),
              QStringLiteral("run.capture"));
    QTest::keyClick(palette->field(), Qt::Key_Escape);
}

TEST_F(MainWindowTest, TheNumberUnderPointerOrKeyboardIsExplained) {
    window->activateWindow();
    auto* card = window->findChild<ExplanationCard*>();
    ASSERT_NE(card, nullptr);
    // The keyboard: one number of the ribbon after the other.
    int numbers = 0;
    for (auto* readout : window->findChildren<RibbonReadout*>()) {
        if (!readout->isVisible()) continue;
        readout->setFocus(Qt::TabFocusReason);
        QTest::keyClick(readout, Qt::Key_F1, Qt::ShiftModifier);
        EXPECT_TRUE(card->isVisible());
        EXPECT_EQ(card->topic(), readout->topic());
        card->hide();
        ++numbers;
    }
    EXPECT_GE(numbers, 4);
    // The pointer, while the keyboard is elsewhere.
    auto* plans = window->findChild<PlansTable*>();
    plans->setFocus();
    const QModelIndex cell = plans->model()->index(2, PlansModel::State);
    QTest::mouseMove(plans->viewport(), plans->visualRect(cell).center());
    action("help.explain")->trigger();
    const QString id = plans->plans().facts(plans->sourceRow(2)).id;
    EXPECT_EQ(card->topic(), QStringLiteral("state/") + id);
    EXPECT_TRUE(card->accessibleName().contains(plans->plans().facts(plans->sourceRow(2)).name));
    // A key makes the keyboard's number the one that is meant.
    auto* table = window->findChild<LayerTable*>();
    table->setFocus();
    QTest::keyClick(table, Qt::Key_Down);
    action("help.explain")->trigger();
    EXPECT_EQ(card->topic(), QStringLiteral("kept_channels"));
}

TEST_F(MainWindowTest, ACaptureOfAnotherModelIsClosedAndBothHashesAreNamed) {
    auto other = std::make_shared<CaptureData>(*sampleCapture());
    other->provenance = R"({"model_hash": "ffff0000ffff"})";
    sample.states.setCapture(other);
    EXPECT_TRUE(window->banner()->isVisible());
    EXPECT_TRUE(window->banner()->text().sentence.contains(QStringLiteral("ffff0000")));
    EXPECT_TRUE(window->banner()->text().sentence.contains(QStringLiteral("aaaaaaaa")));
    EXPECT_TRUE(window->banner()->text().id.startsWith(QStringLiteral("anyway:")));
    // It is not kept in the session, and the one before comes back.
    EXPECT_EQ(sample.states.capture(), nullptr);
    EXPECT_EQ(std::ranges::count(sample.states.calls, "open /captures/sample.h5"), 1);
    EXPECT_EQ(sample.document.captures(), std::vector<std::filesystem::path>{"/captures/sample.h5"});
    // One of this model is not asked about.
    other = std::make_shared<CaptureData>(*sampleCapture());
    other->provenance = R"({"model_hash": ")" + sample.document.model().hash + R"("})";
    other->path = "/captures/newer.h5";
    sample.states.setCapture(other);
    EXPECT_NE(sample.states.capture(), nullptr);
    EXPECT_EQ(sample.document.captures(),
              (std::vector<std::filesystem::path>{"/captures/newer.h5", "/captures/sample.h5"}));
}

TEST_F(MainWindowTest, WithoutHeightTheChannelsStandBesideTheHistory) {
    const auto* channels = window->findChild<ChannelsPanel*>();
    const auto* history = window->findChild<HistoryNotesPanel*>();
    EXPECT_FALSE(history->isAncestorOf(channels));
    // Height is counted in the design's units: with small letters the least window would be high enough.
    const QFont before = QApplication::font();
    QFont font = before;
    font.setPointSizeF(before.pointSizeF() / designUnit(before));
    QApplication::setFont(font);
    window->resize(1280, 600);
    QCoreApplication::processEvents();
    EXPECT_TRUE(history->isAncestorOf(channels));
    window->resize(1440, 900);
    QCoreApplication::processEvents();
    EXPECT_FALSE(history->isAncestorOf(channels));
    EXPECT_TRUE(channels->isVisible());
    QApplication::setFont(before);
}

TEST_F(MainWindowTest, PinningSavesAPlanThatWasNotSaved) {
    sample.document.setPlan(QStringLiteral("x"), sample.document.withKept(1, 20));
    action("plan.pin_a")->trigger();
    ASSERT_NE(sample.document.point(sample.document.state().pinA), nullptr);
    EXPECT_EQ(planKey(sample.document.point(sample.document.state().pinA)->choice),
              planKey(sample.document.plan()));
}

TEST_F(MainWindowTest, LectureAndBackIsAsBefore) {
    const double size = QApplication::font().pointSizeF();
    action("view.lecture")->trigger();
    EXPECT_TRUE(window->isLecture());
    EXPECT_GT(QApplication::font().pointSizeF(), 1.5 * size);
    QTest::keyClick(window.get(), Qt::Key_Escape);
    EXPECT_FALSE(window->isLecture());
    EXPECT_NEAR(QApplication::font().pointSizeF(), size, 1e-6);
}

TEST_F(MainWindowTest, DarkAndLightAgainLeavesNoWhiteWindow) {
    window->setTheme(Theme::dark());
    QCoreApplication::processEvents();
    const QImage picture = window->grab().toImage();
    qint64 white = 0;
    for (int y = 0; y < picture.height(); y += 4) {
        for (int x = 0; x < picture.width(); x += 4)
            white += picture.pixelColor(x, y).lightness() > 235 ? 1 : 0;
    }
    // Letters and lines alone are that light.
    EXPECT_LT(white, picture.width() * picture.height() / 16 / 20);
    renderForEyes(*window, "window-dark");
    window->setTheme(Theme::light());
}

TEST_F(MainWindowTest, ThePlansTableIsCompleteAsCsvAndLatex) {
    const QString csv = plansTable(sample.document, false);
    EXPECT_EQ(csv.count(QLatin1Char('\n')), 1 + 1 + 35);
    EXPECT_TRUE(csv.contains(QStringLiteral("DRRQR 50 %")));
    const QString latex = plansTable(sample.document, true);
    EXPECT_TRUE(latex.contains(QStringLiteral("DRRQR 50 \\%")));
    EXPECT_FALSE(latex.contains(QStringLiteral("nan")));
}

TEST(MainWindowPlaces, EveryPlaceOfACardIsThereAndIsShown) {
    SampleWorkspace sample;
    MainWindow window(sample.workspace);
    window.show();
    for (const ExplanationPlace& place : explanationPlaces()) {
        const QString name = QString::fromLatin1(place.name);
        QWidget* there = window.place(name);
        ASSERT_NE(there, nullptr) << place.name;
        Q_EMIT window.findChild<ExplanationCard*>()->placeRequested(name);
        EXPECT_TRUE(there->isVisible()) << place.name;
    }
}

}  // namespace
}  // namespace rankscope::gui
