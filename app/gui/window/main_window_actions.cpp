// SPDX-License-Identifier: GPL-3.0-or-later
// Every command of the window, and where menus show it.
#include "app/gui/client/engine_control.hpp"
#include "app/gui/document/document.hpp"
#include "app/gui/document/selection.hpp"
#include "app/gui/layer_panels/token_scrubber.hpp"
#include "app/gui/plan_panels/layer_table.hpp"
#include "app/gui/plan_panels/plan_panel.hpp"
#include "app/gui/theme/number_text.hpp"
#include "app/gui/tradeoff_panels/story_card.hpp"
#include "app/gui/widgets/panel.hpp"
#include "app/gui/window/action_registry.hpp"
#include "app/gui/window/command_palette.hpp"
#include "app/gui/window/device_menu.hpp"
#include "app/gui/window/engine_button.hpp"
#include "app/gui/window/main_tool_bar.hpp"
#include "app/gui/window/main_window.hpp"
#include "app/gui/window/recent_menu.hpp"
#include "app/gui/window/session_keeper.hpp"

#include <QApplication>
#include <QDialog>
#include <QHeaderView>
#include <QLineEdit>
#include <QMenuBar>
#include <QMessageBox>
#include <QSettings>
#include <QStatusBar>
#include <QTableWidget>
#include <QVBoxLayout>

#include <algorithm>

namespace rankscope::gui {
namespace {

QKeySequence key(const char* text) {
    return QKeySequence(QLatin1String(text));
}

QString id(const char* text) {
    return QLatin1String(text);
}

// What a command is called where no menu stands around it: to open a capture is not to make one.
QString wholeTitle(const QString& name, const QAction& action) {
    const QString title = QString(action.text()).remove(QLatin1Char('&'));
    if (name.startsWith(QLatin1String("file.open_"))) return MainWindow::tr("Open: %1").arg(title);
    if (name.startsWith(QLatin1String("export.")) && name != QLatin1String("export.menu"))
        return MainWindow::tr("Export: %1").arg(title);
    return title;
}

}  // namespace

void MainWindow::buildActions() {
    Document& document = workspace_.document;
    EngineControl& engine = workspace_.engine;
    const auto add = [this](ActionRegistry::Spec spec, std::function<void(bool)> run) {
        return actions_->add(spec, std::move(run));
    };

    add({id("file.open_model"),
         tr("Model folder…"),
         {key("Ctrl+O")},
         id("folder"),
         {tr("load"), tr("checkpoint")}},
        [this](bool) { openModelFolder(); });
    add({id("file.open_capture"), tr("Capture…"), {}, id("pulse"), {tr("h5"), tr("states")}},
        [this](bool) { openCapture(); });
    add({id("file.open_session"), tr("Session…"), {key("Ctrl+Shift+O")}, id("folder"), {}},
        [this](bool) { openSession(); });
    add({id("file.open_plan"), tr("Plan…"), {}, id("sliders"), {tr("json"), tr("channels")}},
        [this](bool) { askPlan(); });
    add({id("file.open_text"), tr("Evaluation text…"), {}, {}, {tr("corpus")}}, [this](bool) { openText(); });
    add({id("file.open_calibration"),
         tr("Calibration text…"),
         {},
         {},
         {tr("calibrate"), tr("corpus"), tr("scores")}},
        [this](bool) { openCalibration(); });
    add({id("file.save"), tr("Save"), {QKeySequence::Save}, id("floppy"), {}}, [this](bool) { save(false); });
    add({id("file.save_as"), tr("Save as…"), {key("Ctrl+Shift+S")}, {}, {}}, [this](bool) { save(true); });
    add({id("file.save_plan"),
         tr("Save plan…"),
         {},
         id("sliders"),
         {tr("plan.json"), tr("export"), tr("command line"), tr("channels")}},
        [this](bool) { askSavePlan({}); });
    add({id("file.quit"), tr("Quit"), {key("Ctrl+Q")}, {}, {tr("exit")}}, [this](bool) { close(); });

    add({id("edit.undo"), tr("Undo"), {QKeySequence::Undo}, id("undo"), {}},
        [&document](bool) { document.undoStack()->undo(); });
    add({id("edit.redo"), tr("Redo"), {key("Ctrl+Shift+Z")}, id("redo"), {}},
        [&document](bool) { document.undoStack()->redo(); });
    // Ctrl+C belongs to what has the keyboard; what does not take it leaves it to the window.
    add({id("edit.copy"),
         tr("Copy the numbers of the panel"),
         {key("Ctrl+C")},
         {},
         {tr("data"), tr("table")}},
        [this](bool) { copyPanel(); });
    actions_->action(id("edit.copy"))->setShortcutContext(Qt::WidgetShortcut);
    const auto steps = [this, &document] {
        const QUndoStack* stack = document.undoStack();
        QAction* undo = actions_->action(id("edit.undo"));
        QAction* redo = actions_->action(id("edit.redo"));
        undo->setEnabled(stack->canUndo());
        redo->setEnabled(stack->canRedo());
        undo->setToolTip(stack->canUndo() ? tr("Undo: %1 (Ctrl+Z)").arg(stack->undoText())
                                          : tr("Nothing to undo"));
        redo->setToolTip(stack->canRedo() ? tr("Redo: %1 (Ctrl+Shift+Z)").arg(stack->redoText())
                                          : tr("Nothing to redo"));
    };
    connect(document.undoStack(), &QUndoStack::indexChanged, this, steps);
    steps();

    const Layout layouts[] = {Layout::Inspect, Layout::Tune, Layout::Compare};
    const QString titles[] = {tr("Inspect"), tr("Tune"), tr("Compare")};
    const char* ids[] = {"layout.inspect", "layout.tune", "layout.compare"};
    for (int i = 0; i < 3; ++i) {
        ActionRegistry::Spec spec{
            id(ids[i]), titles[i], {QKeySequence(QStringLiteral("Ctrl+%1").arg(i + 1))}, {}, {tr("layout")}};
        spec.checkable = true;
        add(spec, [this, layout = layouts[i]](bool) {
            rememberShares();
            setLayout(layout);
        });
    }
    add({id("view.level_down"),
         tr("State of this head"),
         {key("Return")},
         {},
         {tr("state level"), tr("matrix")}},
        [this](bool) { workspace_.selection.setLevel(Selection::Level::State); });
    add({id("view.level_up"), tr("Whole layer"), {key("Backspace")}, {}, {tr("layer level"), tr("spectrum")}},
        [this](bool) { workspace_.selection.setLevel(Selection::Level::Layer); });
    for (const char* each : {"view.level_down", "view.level_up"})
        actions_->action(id(each))->setShortcutContext(Qt::WidgetShortcut);
    add({id("view.noise"), tr("Query noise"), {key("Ctrl+4")}, {}, {tr("amplification")}}, [this](bool) {
        noise_ = !noise_;
        showMiddle();
    });
    add({id("panel.table"),
         tr("Show the panel as a table"),
         {key("T")},
         id("table"),
         {tr("numbers")},
         {},
         false,
         true},
        [this](bool) {
            if (auto* panel = qobject_cast<Panel*>(focusedPanel())) panel->showTable(!panel->showsTable());
        });
    add({id("panel.maximise"), tr("Maximise the panel"), {key("F11")}, id("corners"), {tr("full screen")}},
        [this](bool) { maximise(focusedPanel()); });
    add({id("panel.next"), tr("Next panel"), {key("F6")}, {}, {}}, [this](bool) { stepPanel(1); });
    add({id("panel.previous"), tr("Previous panel"), {key("Shift+F6")}, {}, {}},
        [this](bool) { stepPanel(-1); });
    add({id("view.larger"), tr("Larger type"), {key("Ctrl++"), key("Ctrl+=")}, {}, {tr("zoom in")}},
        [this](bool) { scaleFont(std::min(fontFactor_ * 1.1, 3.0)); });
    add({id("view.smaller"), tr("Smaller type"), {key("Ctrl+-")}, {}, {tr("zoom out")}},
        [this](bool) { scaleFont(std::max(fontFactor_ / 1.1, 0.6)); });
    add({id("view.light"), tr("Light theme"), {}, {}, {}}, [this](bool) {
        QSettings().setValue(QStringLiteral("theme"), QStringLiteral("light"));
        setTheme(Theme::light());
    });
    add({id("view.dark"), tr("Dark theme"), {}, {}, {}}, [this](bool) {
        QSettings().setValue(QStringLiteral("theme"), QStringLiteral("dark"));
        setTheme(Theme::dark());
    });
    add({id("view.reset_layout"), tr("Reset layout"), {}, {}, {}}, [this](bool) {
        QSettings settings;
        for (const QString& saved : settings.allKeys()) {
            if (saved.startsWith(QLatin1String("shares"))) settings.remove(saved);
        }
        applyShares();
    });
    ActionRegistry::Spec lecture{id("view.lecture"),
                                 tr("Lecture mode"),
                                 {key("Ctrl+Shift+L")},
                                 {},
                                 {tr("presentation"), tr("teaching")}};
    lecture.checkable = true;
    add(lecture, [this](bool on) { setLecture(on); });

    add({id("run.capture"), tr("Capture…"), {}, id("pulse"), {tr("record states")}},
        [this](bool) { askCapture(-1); });
    add({id("run.benchmark"), tr("Benchmark…"), {}, id("stopwatch"), {tr("speed"), tr("tokens per second")}},
        [this](bool) { askBenchmark(); })
        ->setIconText(tr("Benchmark"));  // the toolbar has no room for the dots
    ActionRegistry::Spec live{id("run.live"),
                              tr("Live"),
                              {key("L")},
                              id("bars"),
                              {tr("evaluate while editing")},
                              tr("Evaluate every change of the plan"),
                              true,
                              true};
    add(live, [&engine](bool on) {
        engine.setLive(on);
        QSettings().setValue(QStringLiteral("live"), on);
    })->setChecked(engine.isLive());
    add({id("run.evaluate"), tr("Evaluate now"), {key("F5")}, id("play"), {tr("perplexity")}},
        [&engine](bool) { engine.evaluate(); });
    add({id("run.sweep"), tr("Sweep methods and ratios…"), {}, {}, {tr("grid"), tr("trade-off")}},
        [this](bool) { askSweep(); });
    add({id("run.layer_sweep"), tr("Sweep every layer alone"), {}, {}, {tr("sensitivity")}},
        [&engine](bool) { engine.layerSweep(); });
    add({id("run.noise"), tr("Measure query noise"), {}, {}, {tr("amplification")}}, [&engine](bool) {
        engine.noise({0.01, 0.03, 0.1, 0.3});
    });
    add({id("run.cancel"),
         tr("Cancel the running job"),
         {key("Ctrl+.")},
         id("stop"),
         {tr("stop"), tr("abort")}},
        [&engine](bool) { engine.cancelRunning(); });

    add({id("tools.restart_engine"), tr("Restart engine"), {}, id("restart"), {tr("reconnect")}},
        [&engine](bool) { engine.restart(); });
    add({id("tools.connect"),
         tr("Connect to another machine…"),
         {},
         id("chip"),
         {tr("ssh"), tr("GPU"), tr("server")}},
        [this](bool) { askConnection(); });
    add({id("tools.local"), tr("Run the engine on this machine"), {}, id("chip"), {tr("local CPU")}},
        [this](bool) { startEngine(); });
    add({id("tools.details"),
         tr("Engine details"),
         {},
         id("info"),
         {tr("doctor"), tr("version"), tr("CUDA")}},
        [this](bool) { showEngineDetails(); });
    add({id("export.model"), tr("Model folder…"), {}, {}, {tr("export"), tr("pruned model")}},
        [this](bool) { askExport(); });
    add({id("export.report"), tr("Report…"), {}, {}, {tr("HTML"), tr("page")}},
        [this](bool) { exportReport(); });
    add({id("export.notes"), tr("Notes as Markdown…"), {}, {}, {}}, [this](bool) { exportNotes(); });
    add({id("export.menu"), tr("Export"), {key("Ctrl+E")}, {}, {}},
        [this](bool) { exportMenu_->popup(toolBar_->mapToGlobal(toolBar_->rect().bottomLeft())); });
    add({id("file.preferences"), tr("Preferences…"), {key("Ctrl+,")}, {}, {tr("settings"), tr("options")}},
        [this](bool) { askPreferences(); });
    add({id("export.plans"), tr("Table of plans…"), {}, {}, {tr("CSV"), tr("LaTeX")}},
        [this](bool) { exportPlansTable(); });
    add({id("export.picture"),
         tr("Picture of the focused panel…"),
         {},
         {},
         {tr("PDF"), tr("SVG"), tr("PNG")}},
        [this](bool) {
            auto* panel = qobject_cast<Panel*>(focusedPanel());
            if (panel != nullptr) {
                panel->exportAs();
            } else {
                say(tr("Click into a chart first"));
            }
        });
    add({id("help.story"), tr("Story of this session"), {}, {}, {tr("demo")}}, [this](bool) {
        setLayout(Layout::Tune);
        story_->reopen();
        applyShares();
    });
    add({id("help.tour"), tr("Tour"), {}, id("play"), {tr("tutorial"), tr("teaching"), tr("first steps")}},
        [this](bool) { startTour(); });
    add({id("help.keys"), tr("Keys"), {key("?")}, {}, {tr("shortcuts")}, {}, false, true},
        [this](bool) { showKeys(); });
    add({id("help.explain"),
         tr("Explain the number"),
         {key("Shift+F1")},
         id("question"),
         {tr("formula"), tr("definition"), tr("what is this")},
         tr("Explain the number under the pointer or with the keyboard")},
        [this](bool) { explainNumberUnderHand(); });
    add({id("help.about"), tr("About Rankscope"), {}, {}, {tr("version"), tr("licence")}}, [this](bool) {
        QMessageBox::about(
            this, tr("About Rankscope"),
            tr("<b>Rankscope %1</b><p>A laboratory for the recurrent state of linear-attention language "
               "models.<p>The window is GPL-3.0-or-later, everything else Apache-2.0.")
                .arg(QApplication::applicationVersion()));
    });
    add({id("palette"), tr("Command palette"), {key("Ctrl+K")}, id("lens"), {tr("search")}},
        [this](bool) { openPalette(); });
}

void MainWindow::buildPlanActions() {
    Document& document = workspace_.document;
    const auto add = [this](ActionRegistry::Spec spec, std::function<void(bool)> run) {
        return actions_->add(spec, std::move(run));
    };
    const auto table = [this] { return plan_->table(); };
    const auto letter = [](const char* name, const QString& text, const char* keys,
                           const QString& icon = {}) {
        ActionRegistry::Spec spec{id(name), text, {key(keys)}, icon, {}};
        spec.typing = true;
        return spec;
    };
    add(letter("plan.set_ratio", tr("Set ratio…"), "R"), [this](bool) { plan_->setRatio(); });
    add(letter("plan.set_method", tr("Set method…"), "M"), [table](bool) { table()->askMethod(); });
    add(letter("plan.lock_layer", tr("Lock or unlock the layer"), "K", id("lock-closed")),
        [table](bool) { table()->toggleLock(); });
    add(letter("plan.fewer", tr("Fewer channels"), "-", id("minus")),
        [table](bool) { table()->stepKept(-1); });
    add(letter("plan.more", tr("More channels"), "+", id("plus")), [table](bool) { table()->stepKept(1); });
    add({id("plan.select_all"), tr("Select all layers"), {key("Ctrl+A")}, {}, {}},
        [table](bool) { table()->selectAllLayers(); });
    add({id("plan.apply_row"), tr("Apply the row to all unlocked layers"), {key("Ctrl+Shift+A")}, {}, {}},
        [this](bool) { plan_->applyRowToAll(); });
    add({id("plan.save_point"), tr("Save point"), {key("Ctrl+D")}, id("pin"), {tr("keep plan")}},
        [this, &document](bool) {
            if (document.hasModel()) workspace_.selection.setPoint(document.savePoint());
        });
    for (const bool a : {true, false}) {
        add(letter(a ? "plan.pin_a" : "plan.pin_b", a ? tr("Pin as A") : tr("Pin as B"), a ? "A" : "B",
                   id("pin")),
            [this, &document, a](bool) {
                QString point = workspace_.selection.point();
                if (document.point(point) == nullptr && document.hasModel()) point = document.savePoint();
                if (!point.isEmpty()) document.pin(a, point);
            });
    }
    add(letter("text.previous", tr("Previous captured token"), ","),
        [this](bool) { scrubber_->previousToken(); });
    add(letter("text.next", tr("Next captured token"), "."), [this](bool) { scrubber_->nextToken(); });
    add(letter("text.previous_window", tr("Previous window"), "["),
        [this](bool) { scrubber_->previousWindow(); });
    add(letter("text.next_window", tr("Next window"), "]"), [this](bool) { scrubber_->nextWindow(); });
    add({id("text.play"), tr("Play along the text"), {key("Space")}, id("play"), {tr("animate")}},
        [this](bool) { scrubber_->togglePlay(); });
    actions_->action(id("text.play"))->setShortcutContext(Qt::WidgetShortcut);
}

void MainWindow::buildMenus() {
    const auto put = [this](QMenu* menu, std::initializer_list<const char*> entries) {
        for (const char* entry : entries) {
            if (*entry == '\0') {
                menu->addSeparator();
            } else {
                menu->addAction(actions_->action(id(entry)));
            }
        }
    };
    for (const QString& name : SessionKeeper::demos())
        connect(demoMenu_->addAction(name), &QAction::triggered, this, [this, name] { openDemo(name); });
    demoMenu_->setEnabled(!demoMenu_->isEmpty());
    connect(recentMenu_, &RecentMenu::openRequested, this, &MainWindow::openPath);
    put(openMenu_, {"file.open_model", "file.open_capture", "file.open_session", "file.open_plan",
                    "file.open_text", "file.open_calibration", ""});
    openMenu_->addMenu(demoMenu_);
    openMenu_->addMenu(recentMenu_);
    put(exportMenu_, {"export.model", "file.save_plan", "export.report", "export.plans", "export.picture",
                      "export.notes"});

    QMenu* file = menuBar()->addMenu(tr("&File"));
    put(file, {"file.open_model", "file.open_capture", "file.open_session", "file.open_plan",
               "file.open_text", "file.open_calibration"});
    file->addMenu(demoMenu_);
    file->addMenu(recentMenu_);
    put(file, {"", "file.save", "file.save_as", "file.save_plan", ""});
    file->addMenu(exportMenu_);
    put(file, {"", "file.quit"});
    put(menuBar()->addMenu(tr("&Edit")),
        {"edit.undo", "edit.redo", "", "edit.copy", "", "palette", "", "file.preferences"});
    put(menuBar()->addMenu(tr("&View")), {"layout.inspect",
                                          "layout.tune",
                                          "layout.compare",
                                          "",
                                          "view.level_down",
                                          "view.level_up",
                                          "view.noise",
                                          "",
                                          "panel.table",
                                          "panel.maximise",
                                          "panel.next",
                                          "panel.previous",
                                          "",
                                          "view.larger",
                                          "view.smaller",
                                          "view.light",
                                          "view.dark",
                                          "",
                                          "view.lecture",
                                          "view.reset_layout"});
    put(menuBar()->addMenu(tr("&Plan")),
        {"plan.set_ratio", "plan.set_method", "plan.lock_layer", "plan.fewer", "plan.more", "",
         "plan.select_all", "plan.apply_row", "", "plan.save_point", "file.save_plan", "", "plan.pin_a",
         "plan.pin_b"});
    put(menuBar()->addMenu(tr("&Run")),
        {"run.live", "run.evaluate", "run.sweep", "run.layer_sweep", "run.noise", "", "run.capture",
         "run.benchmark", "", "text.play", "text.previous", "text.next", "text.previous_window",
         "text.next_window", "", "run.cancel"});
    deviceMenu_ = new DeviceMenu(workspace_.engine, this);
    connect(deviceMenu_, &DeviceMenu::chosen, this, &MainWindow::chooseDevice);
    QMenu* tools = menuBar()->addMenu(tr("&Tools"));
    put(tools, {"tools.local", "tools.connect"});
    tools->addMenu(deviceMenu_);
    put(tools, {"tools.restart_engine", "", "tools.details"});
    put(menuBar()->addMenu(tr("&Help")),
        {"help.story", "help.tour", "help.keys", "help.explain", "", "help.about"});
    QMenu* engine = toolBar_->engine()->menu();
    engine->addMenu(deviceMenu_);
    engine->addSeparator();
    put(engine, {"tools.local", "tools.connect", "tools.restart_engine", "tools.details", "", "run.cancel"});
}

void MainWindow::openPalette() {
    QList<PaletteEntry> entries;
    for (const QString& name : actions_->ids()) {
        QAction* action = actions_->action(name);
        if (name == QLatin1String("palette")) continue;
        entries << PaletteEntry{wholeTitle(name, *action),
                                name,
                                action->shortcut().toString(QKeySequence::NativeText),
                                actions_->synonyms(name),
                                action->isEnabled(),
                                [action] { action->trigger(); },
                                action->icon()};
    }
    for (const QString& name : SessionKeeper::demos())
        entries << PaletteEntry{tr("Open the demo %1").arg(name), name, {}, {tr("session")}, true,
                                [this, name] { openDemo(name); }};
    const Document& document = workspace_.document;
    if (document.hasModel()) {
        const auto& layers = document.config().layers;
        for (std::size_t i = 0; i < layers.size(); ++i) {
            if (!layers[i].prunable()) continue;
            const int layer = static_cast<int>(i);
            entries << PaletteEntry{tr("Layer %1").arg(layer),
                                    QStringLiteral("l%1").arg(layer),
                                    {},
                                    {QStringLiteral("l%1").arg(layer)},
                                    true,
                                    [this, layer] { workspace_.selection.setLayer(layer); }};
            for (int head = 0; head < layers[i].value_heads; ++head) {
                const QString name = QStringLiteral("l%1 h%2").arg(layer).arg(head);
                entries << PaletteEntry{
                    tr("Layer %1, head %2").arg(layer).arg(head),
                    name,
                    {},
                    {name},
                    true,
                    [this, layer, head] { workspace_.selection.setLayerAndHead(layer, head); }};
            }
        }
        for (const SavedPlan& point : document.state().points) {
            const QString name = QString::fromStdString(point.choice.name);
            entries << PaletteEntry{
                tr("Plan %1").arg(name), point.id, {}, {name}, true, [this, plan = point.id] {
                    workspace_.document.restorePoint(plan);
                }};
        }
    }
    palette_->open(std::move(entries));
}

void MainWindow::showKeys() {
    QDialog dialog(this);
    dialog.setWindowTitle(tr("Keys"));
    auto* column = new QVBoxLayout(&dialog);
    auto* table = new QTableWidget(0, 2, &dialog);
    table->setHorizontalHeaderLabels({tr("Keys"), tr("Action")});
    table->setAccessibleName(tr("Keys and actions"));
    table->verticalHeader()->hide();
    table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    for (const QString& name : actions_->ids()) {
        const QAction* action = actions_->action(name);
        if (action->shortcut().isEmpty()) continue;
        const int row = table->rowCount();
        table->insertRow(row);
        table->setItem(row, 0, new QTableWidgetItem(action->shortcut().toString(QKeySequence::NativeText)));
        table->setItem(row, 1, new QTableWidgetItem(wholeTitle(name, *action)));
    }
    table->resizeColumnsToContents();
    table->horizontalHeader()->setStretchLastSection(true);
    column->addWidget(table);
    dialog.resize(table->horizontalHeader()->length() + 160, height() * 3 / 4);
    dialog.exec();
}

}  // namespace rankscope::gui
