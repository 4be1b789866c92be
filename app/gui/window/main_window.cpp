// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/window/main_window.hpp"

#include "app/gui/client/engine_control.hpp"
#include "app/gui/data/state_source.hpp"
#include "app/gui/document/document.hpp"
#include "app/gui/document/selection.hpp"
#include "app/gui/layer_panels/layer_panel.hpp"
#include "app/gui/layer_panels/noise_panel.hpp"
#include "app/gui/layer_panels/state_panel.hpp"
#include "app/gui/layer_panels/token_scrubber.hpp"
#include "app/gui/plan_panels/channels_panel.hpp"
#include "app/gui/plan_panels/history_notes_panel.hpp"
#include "app/gui/plan_panels/layer_table.hpp"
#include "app/gui/plan_panels/plan_panel.hpp"
#include "app/gui/teaching/lecture.hpp"
#include "app/gui/teaching/tour_run.hpp"
#include "app/gui/theme/fonts.hpp"
#include "app/gui/theme/number_text.hpp"
#include "app/gui/tradeoff_panels/compare_panel.hpp"
#include "app/gui/tradeoff_panels/explanation_card.hpp"
#include "app/gui/tradeoff_panels/plans_jobs_panel.hpp"
#include "app/gui/tradeoff_panels/ribbon.hpp"
#include "app/gui/tradeoff_panels/story_card.hpp"
#include "app/gui/tradeoff_panels/tradeoff_panel.hpp"
#include "app/gui/widgets/elided_label.hpp"
#include "app/gui/window/action_registry.hpp"
#include "app/gui/window/banner.hpp"
#include "app/gui/window/command_palette.hpp"
#include "app/gui/window/file_drop.hpp"
#include "app/gui/window/main_tool_bar.hpp"
#include "app/gui/window/number_under_hand.hpp"
#include "app/gui/window/recent_menu.hpp"
#include "app/gui/window/report_writer.hpp"
#include "app/gui/window/session_keeper.hpp"
#include "app/gui/window/style.hpp"
#include "core/base/error.hpp"

#include <QApplication>
#include <QDir>
#include <QFileInfo>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLabel>
#include <QMenuBar>
#include <QSettings>
#include <QSplitter>
#include <QStackedWidget>
#include <QStatusBar>
#include <QVBoxLayout>

namespace rankscope::gui {
namespace {

constexpr std::size_t kManyLayers = 12;
constexpr int kLeastHeight = 720;  // logical px

// For the name of a text or model in the status bar, px.
int nameRoom() {
    return qRound(220 * designUnit(QApplication::font()));
}

}  // namespace

MainWindow::MainWindow(Workspace workspace, QWidget* parent)
    : QMainWindow(parent),
      workspace_(workspace),
      theme_(&Theme::matching(QApplication::palette())),
      systemTheme_(theme_),
      actions_(new ActionRegistry(this)),
      keeper_(new SessionKeeper(workspace.document, this)) {
    connect(new FileDrop(this), &FileDrop::dropped, this, [this](const QStringList& paths) {
        for (const QString& path : paths)
            openPath(path);
    });
    setObjectName(QStringLiteral("rankscope"));
    openMenu_ = new QMenu(tr("Open"), this);
    exportMenu_ = new QMenu(tr("Export"), this);
    recentMenu_ = new RecentMenu(*keeper_, this);
    demoMenu_ = new QMenu(tr("Demo"), this);
    buildActions();
    buildPlanActions();
    buildColumns();
    buildMenus();
    buildStatusBar();
    connectPanels();
    connectWorkspace();
    palette_ = new CommandPalette(this);
    explanation_ = new ExplanationCard(workspace_, this);
    explanation_->hide();
    connect(explanation_, &ExplanationCard::message, this, &MainWindow::say);
    connect(explanation_, &ExplanationCard::placeRequested, this, &MainWindow::showPlace);
    number_ = new NumberUnderHand(this);
    report_ = new ReportWriter(this);
    connect(report_, &ReportWriter::finished, this, [this](const QString& page, const QString& failure) {
        if (failure.isEmpty()) {
            hideBanner(QStringLiteral("export.report"));
            say(tr("Wrote %1").arg(page));
        } else {
            showBanner(tr("The report was not written"), explained(failure, {}), tr("Report…"),
                       QStringLiteral("export.report"));
        }
    });
    buildTour();
    keeper_->view = [this] { return viewText(); };
    Panel::setCaptionSource([this] {
        const Document& document = workspace_.document;
        if (!document.hasModel()) return QString();
        QString text = tr("model %1 (%2)")
                           .arg(document.modelName(), QString::fromStdString(document.model().hash).left(12));
        if (document.text())
            text += tr(" · text %1, %2 tokens")
                        .arg(QString::fromStdString(document.text()->path.filename().string()),
                             number_text::integer(document.text()->tokens));
        return text
               + tr(" · seed %1 · Rankscope %2").arg(document.seed()).arg(QApplication::applicationVersion());
    });
    usePreferences();
    // Said outright: the least height of the layout is that of the moment, with the channels in a panel of
    // their own, and would keep the window from ever being low enough to put them elsewhere (fitWidth).
    setMinimumHeight(kLeastHeight);
    setLayout(Layout::Tune);
    resize(QSize(1440, 900) * designUnit(QApplication::font()));
    modelChanged();
}

MainWindow::~MainWindow() {
    Panel::setCaptionSource({});
}

void MainWindow::buildColumns() {
    const double unit = designUnit(QApplication::font());
    const auto px = [unit](double units) { return qRound(units * unit); };
    // A lecture takes the place of the workbench beside it.
    auto* whole = new QWidget(this);
    auto* wholeColumn = new QVBoxLayout(whole);
    wholeColumn->setContentsMargins(0, 0, 0, 0);
    auto* central = workbench_ = new QWidget(whole);
    wholeColumn->addWidget(workbench_);
    auto* column = new QVBoxLayout(central);
    column->setContentsMargins(0, 0, 0, px(6));
    column->setSpacing(0);
    toolBar_ = new MainToolBar(*actions_, openMenu_, exportMenu_, workspace_.engine, central);
    column->addWidget(toolBar_);

    auto* inner = new QVBoxLayout;
    inner->setContentsMargins(px(6), px(6), px(6), 0);
    inner->setSpacing(px(6));
    ribbon_ = new Ribbon(workspace_, central);
    banner_ = new Banner(central);
    inner->addWidget(ribbon_);
    inner->addWidget(banner_);
    columns_ = new QSplitter(Qt::Horizontal, central);
    columns_->setHandleWidth(px(6));
    columns_->setChildrenCollapsible(false);
    inner->addWidget(columns_, 1);
    column->addLayout(inner, 1);

    left_ = new QSplitter(Qt::Vertical, columns_);
    plan_ = new PlanPanel(workspace_, left_);
    channels_ = new ChannelsPanel(workspace_, left_);
    history_ = new HistoryNotesPanel(workspace_, left_);
    left_->setStretchFactor(0, 3);
    left_->setStretchFactor(1, 1);
    left_->setStretchFactor(2, 1);
    left_->setSizes({600, 160, 180});

    middle_ = new QWidget(columns_);
    auto* middleColumn = new QVBoxLayout(middle_);
    middleColumn->setContentsMargins(0, 0, 0, 0);
    middleColumn->setSpacing(px(6));
    middleStack_ = new QStackedWidget(middle_);
    layer_ = new LayerPanel(workspace_, middleStack_);
    state_ = new StatePanel(workspace_, middleStack_);
    noisePanel_ = new NoisePanel(workspace_, middleStack_);
    compare_ = new ComparePanel(workspace_, middleStack_);
    for (QWidget* page : std::initializer_list<QWidget*>{layer_, state_, noisePanel_, compare_})
        middleStack_->addWidget(page);
    scrubber_ = new TokenScrubber(workspace_, middle_);
    middleColumn->addWidget(middleStack_, 1);
    middleColumn->addWidget(scrubber_);

    rightColumn_ = new QWidget(columns_);
    auto* rightLayout = new QVBoxLayout(rightColumn_);
    rightLayout->setContentsMargins(0, 0, 0, 0);
    rightLayout->setSpacing(px(6));
    story_ = new StoryCard(workspace_.document, rightColumn_);
    right_ = new QSplitter(Qt::Vertical, rightColumn_);
    tradeoff_ = new TradeoffPanel(workspace_, right_);
    plans_ = new PlansJobsPanel(workspace_, right_);
    rightLayout->addWidget(story_);
    rightLayout->addWidget(right_, 1);
    right_->setStretchFactor(0, 3);
    right_->setStretchFactor(1, 2);
    right_->setSizes({600, 400});
    for (QSplitter* splitter : {left_, right_}) {
        splitter->setHandleWidth(px(6));
        splitter->setChildrenCollapsible(false);
    }
    left_->setMinimumWidth(px(340));
    middle_->setMinimumWidth(px(380));
    rightColumn_->setMinimumWidth(px(320));
    setCentralWidget(whole);
    panels_ = {plan_,       channels_, history_,  layer_,    state_,
               noisePanel_, compare_,  scrubber_, tradeoff_, plans_};
}

void MainWindow::buildStatusBar() {
    const QFont small = scaledFont(QApplication::font(), TextRole::Label);
    statusBar()->setSizeGripEnabled(false);
    readout_ = new ElidedLabel(
        tr("Drop a model folder, a capture (.h5), a plan or a session anywhere in the window"), this);
    textLabel_ = new QLabel(this);
    placeLabel_ = new QLabel(this);
    modelLabel_ = new ElidedLabel({}, this);
    modelLabel_->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Preferred);
    readout_->setFont(small);
    readout_->setContentsMargins(8, 0, 0, 0);
    statusBar()->addWidget(readout_, 1);
    for (QLabel* label : std::initializer_list<QLabel*>{textLabel_, placeLabel_, modelLabel_}) {
        label->setFont(small);
        label->setContentsMargins(8, 0, 10, 0);
        statusBar()->addPermanentWidget(label);
    }
}

void MainWindow::connectPanels() {
    for (QWidget* widget : panels_) {
        auto* panel = qobject_cast<Panel*>(widget);
        if (panel == nullptr) continue;
        connect(panel, &Panel::maximiseRequested, this, [this, panel] { maximise(panel); });
        connect(panel, &Panel::popOutRequested, this, [this, panel] { popOut(panel); });
        connect(panel, &Panel::explainRequested, this, [this](const QString& topic) { explain(topic); });
        connect(panel, &Panel::message, this, &MainWindow::say);
        connect(panel, &Panel::failed, this, [this](const QString& title, const QString& detail) {
            showBanner(title, explained(detail, {}));
        });
        connect(panel, &Panel::readoutChanged, this,
                [this](const QString& text) { readout_->setFullText(text); });
    }
    connect(toolBar_, &MainToolBar::searchRequested, this, &MainWindow::openPalette);
    connect(ribbon_, &Ribbon::explainRequested, this, [this](const QString& topic) { explain(topic); });
    connect(ribbon_, &Ribbon::message, this, &MainWindow::say);
    connect(story_, &StoryCard::openModelRequested, this, &MainWindow::openModelFolder);
    connect(story_, &StoryCard::demoRequested, this,
            [this](int index) { openDemo(SessionKeeper::demos().value(index)); });
    connect(story_, &StoryCard::closed, this, &MainWindow::applyShares);
    story_->setDemos(SessionKeeper::demos());
    connect(plan_, &PlanPanel::captureRequested, this, &MainWindow::askCapture);
    connect(plan_, &PlanPanel::openModelRequested, this, &MainWindow::openModelFolder);
    connect(plans_, &PlansJobsPanel::savePlanRequested, this, &MainWindow::askSavePlan);
    connect(channels_, &ChannelsPanel::calibrationRequested, this, &MainWindow::openCalibration);
    connect(tradeoff_, &TradeoffPanel::textRequested, this, &MainWindow::openText);
    connect(layer_, &LayerPanel::captureRequested, this, &MainWindow::askCapture);
    connect(compare_, &ComparePanel::captureRequested, this, [this] { askCapture(-1); });
    connect(state_, &StatePanel::captureRequested, this, &MainWindow::askCapture);
    connect(banner_, &Banner::remedyChosen, this, [this](const QString& id) {
        if (QAction* action = actions_->action(id)) {
            action->trigger();
        } else if (id.startsWith(QLatin1String("recover:"))) {
            const QString failure = keeper_->recover(id.mid(8));
            if (!failure.isEmpty()) showBanner(tr("The unsaved work could not be read"), failure);
            askForNamed();
        } else if (id == QLatin1String("session.release")) {
            banner_->hide();
            keeper_->releaseNamed();
        } else if (id.startsWith(QLatin1String("anyway:"))) {
            anyway_ = id.mid(7);
            openPath(anyway_);
        } else if (id.startsWith(QLatin1String("open:"))) {
            openPath(id.mid(5));
        }
    });
    connect(keeper_, &SessionKeeper::autosaveFailed, this, [this](const QString& message) {
        showBanner(
            tr("Your work could not be saved automatically"),
            explained(message, {}) + QLatin1Char('\n') + tr("It is still here; save it in another place."),
            tr("Save as…"), QStringLiteral("file.save_as"));
    });
}

void MainWindow::connectWorkspace() {
    Document& document = workspace_.document;
    connect(&document, &Document::modelChanged, this, &MainWindow::modelChanged);
    connect(&document, &Document::released, this, [this] {
        const auto& captures = workspace_.document.captures();
        if (!captures.empty() && !workspace_.states.capture())
            workspace_.states.open(QString::fromStdString(captures.front().string()));
    });
    connect(&document, &Document::textChanged, this, &MainWindow::showStatus);
    connect(&document, &Document::calibrationChanged, this, [this] {
        showStatus();
        if (banner_->text().id == QLatin1String("file.open_calibration")) banner_->hide();
    });
    connect(&document, &Document::computeChanged, this, &MainWindow::showStatus);
    connect(&document, &Document::modifiedChanged, this, &MainWindow::showTitle);
    connect(&workspace_.selection, &Selection::levelChanged, this, &MainWindow::levelChanged);
    connect(&workspace_.states, &StateSource::opened, this, &MainWindow::captureOpened);
    connect(&workspace_.states, &StateSource::failed, this,
            [this](const QString& title, const QString& detail) {
                showBanner(title, explained(detail, {}) + QLatin1Char('\n') + unchanged(),
                           tr("Open another capture…"), QStringLiteral("file.open_capture"));
            });
    connect(&workspace_.engine, &EngineControl::refused, this,
            [this](const QString& title, const QString& detail, const QString& hint) {
                if (workspace_.document.isWithheld()) {
                    askForNamed();
                } else {
                    showBanner(title, explained(detail, hint));
                }
            });
    connect(&workspace_.engine, &EngineControl::calibrationNeeded, this,
            [this](const QString& job, const QString& why) {
                showBanner(
                    tr("%1: a text to calibrate on is missing").arg(job),
                    explained(why, tr("The method looks at what the model does with a text. Take another one "
                                      "than that on which plans are measured")),
                    tr("Calibration text…"), QStringLiteral("file.open_calibration"));
            });
    connect(&workspace_.engine, &EngineControl::modelOpened, this, [this] { opensFolder_ = false; });
    connect(&workspace_.engine, &EngineControl::modelRefused, this,
            [this](const QString& title, const QString& detail, const QString& hint) {
                opensFolder_ = false;
                showBanner(title, explained(detail, hint) + QLatin1Char('\n') + unchanged(),
                           tr("Open another folder…"), QStringLiteral("file.open_model"));
            });
    connect(&workspace_.engine, &EngineControl::warning, this, &MainWindow::say);
    connect(&workspace_.engine, &EngineControl::liveChanged, this,
            [this](bool live) { actions_->action(QStringLiteral("run.live"))->setChecked(live); });
    connect(&workspace_.engine, &EngineControl::statusChanged, this, [this] {
        const EngineStatus& status = workspace_.engine.status();
        showStatus();
        if (status.state == EngineStatus::State::Stopped) {
            const QString reason =
                status.reason.endsWith(QLatin1Char('.')) ? status.reason.chopped(1) : status.reason;
            // One line of detail says why; more is a log.
            const bool brief = !status.detail.isEmpty() && !status.detail.contains(QLatin1Char('\n'));
            const QString why =
                status.detail.endsWith(QLatin1Char('.')) ? status.detail : status.detail + QLatin1Char('.');
            showBanner(reason,
                       (brief ? why + QLatin1Char(' ') : QString())
                           + tr("Your plan, all results and captures are here and unchanged."),
                       status.remedy.isEmpty() ? tr("Restart") : status.remedy,
                       QStringLiteral("tools.restart_engine"), brief ? QString() : status.detail);
        } else if (banner_->text().id == QLatin1String("tools.restart_engine")
                   && status.state == EngineStatus::State::Ready) {
            banner_->hide();
        }
    });
}

void MainWindow::modelChanged() {
    Document& document = workspace_.document;
    int first = 0;
    if (document.hasModel() && !document.plan().layers.empty())
        first = static_cast<int>(document.plan().layers.front().index);
    workspace_.selection.reset(first, 0);
    setLecture(false);
    story_->reopen();
    const QString capture = !waitingCapture_.isEmpty() && document.hasModel()
                                ? std::exchange(waitingCapture_, {})
                            : document.captures().empty() || document.isWithheld()
                                ? QString()
                                : QString::fromStdString(document.captures().front().string());
    if (!capture.isEmpty()) {
        workspace_.states.open(capture);
    } else if (workspace_.states.capture()) {
        workspace_.states.close();
    }
    restoreView();
    showTitle();
    showStatus();
    // Many layers need the height.
    history_->setCollapsed(document.hasModel() && document.config().layers.size() > kManyLayers);
    applyShares();
    // What asked for the model has it now.
    const QString& asked = banner_->text().id;
    if (document.hasModel()
        && (asked == QLatin1String("file.open_model") || asked.startsWith(QLatin1String("open:"))))
        banner_->hide();
    if (document.hasModel() && !waitingPlan_.isEmpty()) openPlan(std::exchange(waitingPlan_, {}));
}

void MainWindow::levelChanged() {
    noise_ = false;
    showMiddle();
}

void MainWindow::showTitle() {
    const Document& document = workspace_.document;
    QString name = document.path().isEmpty() ? (document.hasModel() ? document.modelName() : QString())
                                             : QFileInfo(document.path()).completeBaseName();
    if (!name.isEmpty()) name += QStringLiteral("[*] – ");
    setWindowTitle(name + QStringLiteral("Rankscope") + (name.isEmpty() ? QStringLiteral("[*]") : QString()));
    setWindowModified(document.isModified());
}

void MainWindow::showStatus() {
    const Document& document = workspace_.document;
    if (document.text()) {
        const SessionText& text = *document.text();
        // A long name must not take the place of what is said at the left.
        const QString name = textLabel_->fontMetrics().elidedText(
            QString::fromStdString(text.path.filename().string()), Qt::ElideMiddle, nameRoom());
        textLabel_->setText(
            tr("%1 · %2 × %3 tokens")
                .arg(name, number_text::integer(text.windows), number_text::integer(text.window)));
    } else {
        textLabel_->setText(tr("no text"));
    }
    const auto name = [](const std::filesystem::path& path) {
        return path.empty() ? tr("none") : QString::fromStdString(path.filename().string());
    };
    textLabel_->setToolTip(tr("Plans are measured on: %1\nMethods choose channels by: %2")
                               .arg(name(document.text() ? document.text()->path : std::filesystem::path()),
                                    name(document.calibration())));
    const QString type = document.computeType();
    placeLabel_->setText((type.isEmpty() ? QString() : type + QStringLiteral(" · "))
                         + tr("seed %1").arg(document.seed()));
    modelLabel_->setMaximumWidth(nameRoom());
    modelLabel_->setFullText(document.hasModel() ? document.modelName() : tr("no model"));
}

void MainWindow::explain(const QString& topic, const QWidget* beside) {
    QRect place = ribbon_->geometry();
    // What was clicked is under the pointer.
    const QPoint pointer = mapFromGlobal(QCursor::pos());
    if (beside == nullptr && number_->isByPointer() && rect().contains(pointer)) {
        explanation_->showTopic(topic, QRect(pointer - QPoint(8, 12), QSize(16, 24)));
        return;
    }
    if (beside == nullptr) beside = QApplication::focusWidget();
    if (beside != nullptr && isAncestorOf(beside))
        place = QRect(beside->mapTo(this, QPoint()), beside->size());
    explanation_->showTopic(topic, place);
}

void MainWindow::explainNumberUnderHand() {
    const NumberUnderHand::Number number = number_->number();
    if (number.topic.isEmpty()) {
        say(tr("Point at a number, or go to it with Tab, then press Shift+F1"));
    } else {
        explain(number.topic, number.widget);
    }
}

void MainWindow::takeKeyboard() {
    plan_->table()->setFocus();
}

void MainWindow::say(const QString& message) {
    readout_->setFullText(message);
}

void MainWindow::showBanner(const QString& title, const QString& sentence, const QString& remedy,
                            const QString& remedyId, const QString& details) {
    banner_->show({title, sentence, details, remedy, remedyId});
}

void MainWindow::showNote(const QString& title, const QString& sentence, const QString& remedy,
                          const QString& remedyId) {
    banner_->show({title, sentence, {}, remedy, remedyId, true});
}

// Errors of the engine and of files are written for a terminal as well: one lower-case clause a line.
QString MainWindow::explained(const QString& detail, const QString& hint) {
    QStringList lines = detail.split(QLatin1Char('\n'), Qt::SkipEmptyParts);
    lines += hint.split(QLatin1Char('\n'), Qt::SkipEmptyParts);
    for (qsizetype i = 0; i < lines.size(); ++i) {
        QString& line = lines[i];
        line.front() = line.front().toUpper();
        // What comes first ends with what was found, often the name of a file.
        if (i > 0 && (line.back().isLetterOrNumber() || line.back() == QLatin1Char(')')))
            line += QLatin1Char('.');
    }
    return lines.join(QLatin1Char('\n'));
}

QString MainWindow::unchanged() {
    return tr("What was open before is unchanged.");
}

void MainWindow::setTheme(const Theme& theme) {
    theme_ = &theme;
    applyStyle(theme);
    actions_->applyTheme(theme);
    toolBar_->applyTheme(theme);
    recentMenu_->applyTheme(theme);
    ribbon_->applyTheme(theme);
    banner_->applyTheme(theme);
    for (QWidget* widget : panels_) {
        if (auto* panel = qobject_cast<Panel*>(widget)) panel->applyTheme(theme);
    }
    scrubber_->applyTheme(theme);
    story_->applyTheme(theme);
    palette_->applyTheme(theme);
    explanation_->applyTheme(theme);
    tour_->applyTheme(theme);
    if (lecture_ != nullptr) lecture_->applyTheme(theme);
}

std::string MainWindow::viewText() const {
    const Selection& selection = workspace_.selection;
    QJsonObject view;
    view[QStringLiteral("layout")] = static_cast<int>(layout_);
    view[QStringLiteral("layer")] = selection.layer();
    view[QStringLiteral("head")] = selection.head();
    view[QStringLiteral("metric")] = selection.metric();
    view[QStringLiteral("level")] = static_cast<int>(selection.level());
    return QJsonDocument(view).toJson(QJsonDocument::Compact).toStdString();
}

// A hand may have been at the file: what does not fit is left alone.
void MainWindow::restoreView() {
    Document& document = workspace_.document;
    const QJsonObject view = QJsonDocument::fromJson(QByteArray::fromStdString(document.view)).object();
    if (view.isEmpty() || !document.hasModel()) return;
    const int layer = view[QStringLiteral("layer")].toInt(-1);
    const int head = view[QStringLiteral("head")].toInt(-1);
    if (document.layerChoice(layer) != nullptr && head >= 0
        && head < document.config().layers[static_cast<std::size_t>(layer)].value_heads) {
        workspace_.selection.setLayerAndHead(layer, head);
    }
    const QString metric = view[QStringLiteral("metric")].toString();
    if (metric.startsWith(QLatin1String("rank_")) || metric == QLatin1String("norm_frobenius")
        || metric == QLatin1String("sensitivity"))
        workspace_.selection.setMetric(metric);
    const int layout = view[QStringLiteral("layout")].toInt(-1);
    if (layout >= 0 && layout <= 2) setLayout(static_cast<Layout>(layout));
    if (view[QStringLiteral("level")].toInt() == 1) workspace_.selection.setLevel(Selection::Level::State);
}

}  // namespace rankscope::gui
