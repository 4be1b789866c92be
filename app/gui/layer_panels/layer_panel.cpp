// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/layer_panels/layer_panel.hpp"

#include "app/gui/charts/spectrum_view.hpp"
#include "app/gui/data/state_source.hpp"
#include "app/gui/document/document.hpp"
#include "app/gui/layer_panels/after_pruning.hpp"
#include "app/gui/layer_panels/layer_texts.hpp"
#include "app/gui/layer_panels/readout_row.hpp"
#include "app/gui/widgets/empty_note.hpp"
#include "app/gui/widgets/explain_topic.hpp"
#include "app/gui/widgets/segmented_switch.hpp"
#include "app/gui/widgets/split_frame.hpp"
#include "app/gui/widgets/waiting_veil.hpp"

#include <QFileInfo>
#include <QMenu>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>

namespace rankscope::gui {
namespace {

constexpr double kSideBySideFrom = 520;  // units
constexpr double kLeastMargin = 50;      // of the charts, units
constexpr int kThrottleMs = 80;
constexpr int kSampledStates = 12;

}  // namespace

LayerPanel::LayerPanel(const Workspace& workspace, QWidget* parent)
    : Panel(tr("Layer"), parent), workspace_(workspace) {
    level_ = new SegmentedSwitch(tr("Level"), {tr("Layer"), tr("State")});
    level_->setToolTipOf(1, tr("One state of the selected head (Enter)"));
    addHeaderWidget(level_);
    readouts_ = new ReadoutRow(this);
    body()->addWidget(readouts_);

    stack_ = new QStackedWidget(this);
    body()->addWidget(stack_, 1);
    charts_ = new SplitFrame(Qt::Vertical, stack_);
    spectrum_ = new SpectrumView(charts_);
    charts_->addWidget(spectrum_);
    noSpectrum_ = new EmptyNote(charts_);
    noSpectrum_->hide();
    charts_->addWidget(noSpectrum_);
    buildLower();
    charts_->setStretchFactor(0, 3);
    charts_->setStretchFactor(1, 0);
    charts_->setStretchFactor(2, 2);
    charts_->setSizes({300, 0, 200});
    empty_ = new EmptyNote(stack_);
    stack_->addWidget(charts_);
    stack_->addWidget(empty_);

    veil_ = new WaitingVeil(stack_);
    after_ = new AfterPruning(workspace_.states, this);
    soon_.setSingleShot(true);
    soon_.setInterval(kThrottleMs);
    buildMenu();
    connectViews();
    connectWorkspace();
    setPlot(spectrum_);
    showLayer();
    showModelRanks();
}

LayerPanel::~LayerPanel() = default;

void LayerPanel::buildLower() {
    lower_ = new QWidget(charts_);
    auto* column = new QVBoxLayout(lower_);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    tabs_ = new SegmentedSwitch(tr("Lower chart"), {tr("Rank over tokens"), tr("Heads by layer")},
                                SegmentedSwitch::Look::Tabs, lower_);
    column->addWidget(tabs_);
    pair_ = new SplitFrame(Qt::Horizontal, lower_);
    ranks_ = new RankOverTokensView(pair_);
    heads_ = new HeadsByLayerView(pair_);
    heads_->setLegendInHeading(true);
    pair_->addWidget(ranks_);
    pair_->addWidget(heads_);
    pair_->setStretchFactor(0, 11);
    pair_->setStretchFactor(1, 10);
    column->addWidget(pair_, 1);
    charts_->addWidget(lower_);
}

void LayerPanel::connectViews() {
    Document& document = workspace_.document;
    Selection& selection = workspace_.selection;
    connect(level_, &SegmentedSwitch::picked, this, [&selection](int index) {
        selection.setLevel(index == 0 ? Selection::Level::Layer : Selection::Level::State);
    });
    connect(readouts_, &ReadoutRow::topicPicked, this, &Panel::explainRequested);
    connect(readouts_, &ReadoutRow::copied, this,
            [this](const QString& text) { Q_EMIT message(tr("Copied %1").arg(text)); });
    setExplainTopic(spectrum_, QStringLiteral("best_directions"));
    for (const EmptyNote* note : {empty_, noSpectrum_}) {
        connect(note, &EmptyNote::remedyRequested, this, [this] {
            Q_EMIT captureRequested(capture() == nullptr ? -1 : workspace_.selection.layer());
        });
    }
    connect(tabs_, &SegmentedSwitch::picked, this, [this] { arrangeLower(); });

    connect(spectrum_, &SpectrumView::cutDragStarted, this, [this](int kept) { keptBefore_ = kept; });
    connect(spectrum_, &SpectrumView::cutDragged, this, [this, &document, &selection](int kept) {
        document.dragTo(document.withKept(selection.layer(), kept));
        Q_EMIT readoutChanged(dragText(selection.layer(), keptBefore_, kept, spectrum_->data().snap));
    });
    connect(spectrum_, &SpectrumView::cutDragFinished, this, [this, &document, &selection](int kept) {
        Q_EMIT readoutChanged({});
        document.finishDrag(stepText(selection.layer(), keptBefore_, kept));
    });
    connect(spectrum_, &SpectrumView::cutDragCancelled, this, [this, &document] {
        Q_EMIT readoutChanged({});
        document.cancelDrag();
    });
    connect(spectrum_, &SpectrumView::message, this, &Panel::message);
    connect(spectrum_, &SpectrumView::indexHovered, this, [this, &selection](int index) {
        hover(index > 0 ? Hover{selection.layer(), -1, index, -1, -1, {}} : Hover{});
    });
    const auto hoverHead = [this, &selection](int head) {
        hover(head >= 0 ? Hover{selection.layer(), head, 0, -1, -1, {}} : Hover{});
    };
    connect(spectrum_, &SpectrumView::headHovered, this, [this, &selection, hoverHead](int head) {
        Hover next = selection.hover();
        if (next.index > 0) {
            next.head = head;
            hover(next);
        } else {
            hoverHead(head);
        }
    });
    connect(ranks_, &RankOverTokensView::headHovered, this, hoverHead);
    connect(ranks_, &RankOverTokensView::tokenHovered, this, [this, &selection](int token) {
        Hover next = token >= 0 ? selection.hover() : Hover{};
        next.token = token;
        hover(next);
    });
    connect(heads_, &HeadsByLayerView::headHovered, this, [this](int layer, int head) {
        hover(layer >= 0 ? Hover{layer, head, 0, -1, -1, {}} : Hover{});
    });
    const auto pickHead = [&selection](int head) { selection.setHead(head); };
    connect(spectrum_, &SpectrumView::headPicked, this, pickHead);
    connect(ranks_, &RankOverTokensView::headPicked, this, pickHead);
    connect(ranks_, &RankOverTokensView::tokenPicked, this,
            [&selection](int token) { selection.setToken(token); });
    connect(heads_, &HeadsByLayerView::headPicked, this,
            [&selection](int layer, int head) { selection.setLayerAndHead(layer, head); });
    connect(heads_, &HeadsByLayerView::headActivated, this, [&selection](int layer, int head) {
        selection.setLayerAndHead(layer, head);
        selection.setLevel(Selection::Level::State);
    });
    connect(after_, &AfterPruning::changed, this, [this](const std::vector<float>& values) {
        if (spectrum_->data().afterPruning.empty() && values.empty()) return;
        // The curve's end and the legend may come or go: a drag moves only what is there.
        spectrum_->setAfterPruning(values, false);
    });
    for (PlotView* view : {static_cast<PlotView*>(spectrum_), static_cast<PlotView*>(ranks_),
                           static_cast<PlotView*>(heads_)}) {
        connect(view, &PlotView::readoutChanged, this, &Panel::readoutChanged);
        view->installEventFilter(this);
        connect(view, &QWidget::customContextMenuRequested, this, [this, view](const QPoint& at) {
            setPlot(view);
            menu()->popup(view->mapToGlobal(at));
        });
    }
}

void LayerPanel::connectWorkspace() {
    connect(&soon_, &QTimer::timeout, this, [this] {
        showReadouts();
        showAfterPruning();
    });
    const Document& document = workspace_.document;
    connect(&document, &Document::modelChanged, this, [this] {
        addedHeads_.clear();
        showLayer();
        showModelRanks();
    });
    connect(&document, &Document::planChanged, this, &LayerPanel::planChanged);
    connect(&document, &Document::dragChanged, spectrum_, &SpectrumView::setCutHeld);
    connect(&document, &Document::scoresChanged, this, [this] {
        showReadouts();
        showAfterPruning();
    });
    const Selection& selection = workspace_.selection;
    connect(&selection, &Selection::layerChanged, this, &LayerPanel::showLayer);
    connect(&selection, &Selection::headChanged, this, &LayerPanel::showLayer);
    connect(&selection, &Selection::tokenChanged, this, &LayerPanel::tokenChanged);
    connect(&selection, &Selection::metricChanged, this, &LayerPanel::showModelRanks);
    connect(&selection, &Selection::levelChanged, this, &LayerPanel::showHeader);
    connect(&selection, &Selection::hoverChanged, this, &LayerPanel::hoverChanged);
    const auto captureChanged = [this] {
        showLayer();
        showModelRanks();
    };
    connect(&workspace_.states, &StateSource::opening, this,
            [this](const QString& path) { veil_->wait(tr("Reading %1").arg(QFileInfo(path).fileName())); });
    for (const auto signal : {&StateSource::opened, &StateSource::closed})
        connect(&workspace_.states, signal, veil_, &WaitingVeil::done);
    connect(&workspace_.states, &StateSource::failed, veil_, &WaitingVeil::done);
    connect(&workspace_.states, &StateSource::opened, this, captureChanged);
    connect(&workspace_.states, &StateSource::closed, this, captureChanged);
}

const CaptureData* LayerPanel::capture() const {
    return workspace_.states.capture().get();
}

int LayerPanel::keptNow() const {
    const LayerChoice* choice = workspace_.document.layerChoice(workspace_.selection.layer());
    return choice == nullptr ? 0 : static_cast<int>(choice->kept);
}

std::vector<std::int32_t> LayerPanel::keptRowsNow() const {
    const LayerChoice* choice = workspace_.document.layerChoice(workspace_.selection.layer());
    if (choice == nullptr || capture() == nullptr || !place_.isCaptured()) return {};
    const auto kept = workspace_.document.keptChannels(*choice);
    return kept ? keptRows(*capture(), place_, *kept) : std::vector<std::int32_t>{};
}

void LayerPanel::hover(const Hover& hover) {
    workspace_.selection.setHover(hover);
}

void LayerPanel::showLayer() {
    const Selection& selection = workspace_.selection;
    place_ = capture() == nullptr ? HeadPlace{} : placeOf(*capture(), selection.layer(), selection.head());
    showHeader();
    const EmptyReason reason =
        whyNoSpectrum(workspace_.document, capture(), selection.layer(), selection.head());
    (reason.hasRanks ? noSpectrum_ : empty_)->setNote(reason.sentence, reason.remedy);
    if (!reason.sentence.isEmpty()) after_->clear();
    if (!reason.sentence.isEmpty() && !reason.hasRanks) {
        stack_->setCurrentWidget(empty_);
    } else {
        stack_->setCurrentWidget(charts_);
        placeSpectrum(reason.sentence.isEmpty());
        showSpectrum();
        showRanks();
    }
    heads_->setSelected(selection.layer(), selection.head());
    showReadouts();
}

void LayerPanel::showHeader() {
    const Selection& selection = workspace_.selection;
    level_->setCurrent(selection.level() == Selection::Level::Layer ? 0 : 1);
    setTitle(tr("Layer %1").arg(selection.layer()));
    setSubtitle(layerSubtitle(workspace_.document, capture(), selection.layer(), selection.head()));
}

bool LayerPanel::hasSpectrum() const {
    return capture() != nullptr && place_.isCaptured() && capture()->layout.spectra;
}

// Where a capture has ranks alone, a note stands in the place of the spectrum and takes no more room than it
// needs.
void LayerPanel::placeSpectrum(bool shown) {
    if (shown == !spectrum_->isHidden()) return;
    noSpectrum_->setVisible(!shown);
    spectrum_->setVisible(shown);
    if (!shown) spectrum_->setData({});
    setPlot(shown ? static_cast<PlotView*>(spectrum_) : ranks_);
}

QString LayerPanel::shownRank(const QString& wanted) const {
    return capture() == nullptr ? wanted : capturedRank(*capture(), wanted);
}

void LayerPanel::showSpectrum() {
    if (!hasSpectrum()) return;
    const Selection& selection = workspace_.selection;
    const auto layer = static_cast<std::size_t>(place_.layer);
    const CaptureLayer& shape = capture()->layout.layers[layer];
    SpectrumData data = atToken_ ? spectraAt(*capture(), layer, selection.window(),
                                             capture()->nearestPosition(selection.token()))
                                 : meanSpectra(*capture(), layer);
    data.selected = selection.head();
    data.added = addedSpectra();
    if (const LayerChoice* choice = workspace_.document.layerChoice(selection.layer())) {
        data.channels = static_cast<int>(choice->key_dim);
        data.kept = static_cast<int>(choice->kept);
        data.method = methodOfKey(QString::fromStdString(choice->method)).value_or(Method::FullModel);
    } else {
        data.channels = static_cast<int>(shape.key_dim);
        data.kept = data.channels;
    }
    data.floor = floor_;
    data.snap = data.channels >= 256 ? 16 : 8;
    // The curve after pruning stays until the new one is here, unless it was another head's.
    const SpectrumData& before = spectrum_->data();
    if (!atToken_ && before.layer == data.layer && before.selected == data.selected)
        data.afterPruning = before.afterPruning;
    spectrum_->setData(data);
    showAfterPruning();
}

void LayerPanel::showAfterPruning() {
    if (stack_->currentWidget() != charts_ || !hasSpectrum()) return;
    const CaptureLayer& shape = capture()->layout.layers[static_cast<std::size_t>(place_.layer)];
    const std::vector<std::int32_t> rows = keptRowsNow();
    const std::vector<float>& shown =
        spectrum_->data().heads[static_cast<std::size_t>(workspace_.selection.head())];
    if (std::ssize(rows) == shape.key_dim) {
        // Nothing to remove: the capture is of this plan, or the plan removes nothing.
        after_->clear();
        const bool ofThisPlan = keptNow() < spectrum_->data().channels && keptNow() == shape.key_dim;
        spectrum_->setAfterPruning(ofThisPlan ? shown : std::vector<float>{}, ofThisPlan);
        return;
    }
    std::vector<StateKey> keys;
    if (atToken_ && capture()->layout.states) {
        const int state = capture()->nearestState(workspace_.selection.token());
        if (state >= 0) keys.push_back({place_.layer, workspace_.selection.window(), state, place_.head});
    } else {
        keys = AfterPruning::sample(*capture(), place_.layer, place_.head, kSampledStates);
    }
    after_->show(shown, rows, keys, workspace_.document.isDragging());
}

void LayerPanel::showRanks() {
    if (capture() == nullptr || place_.layer < 0) return;
    const Selection& selection = workspace_.selection;
    const std::int64_t window =
        std::clamp<std::int64_t>(selection.window(), 0, std::max<std::int64_t>(0, capture()->windows - 1));
    const QString metric = shownRank(tokenMetric_);
    RankOverTokensData data =
        ranksOverTokens(*capture(), static_cast<std::size_t>(place_.layer), window, metric);
    data.selected = selection.head();
    data.token = selection.token();
    setExplainTopic(ranks_, metric);
    shownWindow_ = selection.window();
    ranks_->setData(data);
    arrangeLower();
}

void LayerPanel::showModelRanks() {
    const Selection& selection = workspace_.selection;
    HeadsByLayerData data;
    // What has no value per head, as sensitivity, or none in this capture: the default instead.
    const QString metric = selection.metric() == QLatin1String("sensitivity") ? QStringLiteral("rank_stable")
                                                                              : shownRank(selection.metric());
    data.metric = rankTitle(metric);
    setExplainTopic(heads_, metric);
    data.layer = selection.layer();
    data.head = selection.head();
    if (capture() != nullptr && workspace_.document.hasModel()) {
        std::vector<int> heads;
        for (const LayerConfig& layer : workspace_.document.config().layers)
            heads.push_back(layer.prunable() ? static_cast<int>(layer.value_heads) : 0);
        data.ranks = meanRanks(*capture(), metric, heads);
        const auto& positions = capture()->layout.positions;
        if (earlyAgainstLate_ && positions.size() > 1) {
            // Of the positions that were captured.
            const std::size_t early = capture()->nearestPosition(kEarlyToken - 1);
            const std::size_t late = positions.size() - 1;
            data.early = ranksAt(*capture(), metric, heads, early);
            data.late = ranksAt(*capture(), metric, heads, late);
            data.earlyTitle = tr("%1 after token %2").arg(data.metric).arg(positions[early]);
            data.lateTitle = tr("%1 after token %2").arg(data.metric).arg(positions[late]);
        }
    }
    heads_->setData(data);
}

void LayerPanel::showReadouts() {
    readouts_->setReadouts(
        layerReadouts(workspace_.document, capture(), place_, workspace_.selection.layer(), keptRowsNow()));
}

void LayerPanel::planChanged() {
    const LayerChoice* choice = workspace_.document.layerChoice(workspace_.selection.layer());
    if (choice == nullptr || stack_->currentWidget() != charts_ || !hasSpectrum()) {
        if (!workspace_.document.isDragging()) showReadouts();
        return;
    }
    if (workspace_.document.isDragging()) {
        spectrum_->setKept(static_cast<int>(choice->kept));
        if (!soon_.isActive()) soon_.start();
        return;
    }
    soon_.stop();
    const Method method = methodOfKey(QString::fromStdString(choice->method)).value_or(Method::FullModel);
    if (method != spectrum_->data().method) {
        showSpectrum();
    } else {
        spectrum_->setKept(static_cast<int>(choice->kept));
        showAfterPruning();
    }
    showReadouts();
}

void LayerPanel::tokenChanged() {
    const Selection& selection = workspace_.selection;
    if (selection.window() != shownWindow_) {
        showRanks();
    } else {
        ranks_->setToken(selection.token());
    }
    if (atToken_) showSpectrum();
}

void LayerPanel::hoverChanged() {
    const Hover& hover = workspace_.selection.hover();
    const int head = hover.layer == workspace_.selection.layer() ? hover.head : -1;
    spectrum_->setHoverIndex(hover.index);
    spectrum_->setHoverHead(head);
    ranks_->setHoverHead(head);
    ranks_->setHoverToken(hover.token);
    heads_->setHover(hover.head >= 0 ? hover.layer : -1, hover.head);
}

void LayerPanel::setCompact(bool compact) {
    compact_ = compact;
    arrangeLower();
}

void LayerPanel::setFloor(double floor) {
    if (floor == floor_) return;
    floor_ = floor;
    showSpectrum();
}

void LayerPanel::arrangeLower() {
    sideBySide_ = !compact_ && width() >= px(kSideBySideFrom);
    const bool tabbed = !compact_ && !sideBySide_;
    tabs_->setVisible(tabbed);
    ranks_->setVisible(sideBySide_ || compact_ || tabs_->current() == 0);
    heads_->setVisible(sideBySide_ || (tabbed && tabs_->current() == 1));
    QString window =
        capture() == nullptr ? QString() : tr("window %1").arg(workspace_.selection.window() + 1);
    // Another rank than the one that was asked for is named where nobody overlooks it.
    if (const QString metric = shownRank(tokenMetric_); metric != tokenMetric_)
        window = tr("%1, %2").arg(rankTitle(metric), window);
    ranks_->setHeading(tabbed ? QString() : tr("Rank over tokens"), window);
    heads_->setHeading(tabbed              ? QString()
                       : earlyAgainstLate_ ? tr("Heads, early and late")
                                           : tr("Heads by layer"));
    heads_->setLegendInHeading(!tabbed);
    // Stacked charts share their left edge.
    const double margin = std::max(
        {kLeastMargin, hasSpectrum() ? spectrum_->neededLeftMargin() : 0, ranks_->neededLeftMargin()});
    spectrum_->setLeftMargin(margin);
    ranks_->setLeftMargin(margin);
    heads_->setLeftMargin(sideBySide_ ? kLeastMargin : margin);
}

void LayerPanel::applyTheme(const Theme& theme) {
    Panel::applyTheme(theme);
    level_->applyTheme(theme);
    readouts_->applyTheme(theme);
    empty_->applyTheme(theme);
    noSpectrum_->applyTheme(theme);
    veil_->applyTheme(theme);
    charts_->applyTheme(theme);
    pair_->applyTheme(theme);
    tabs_->applyTheme(theme);
    spectrum_->setTheme(theme);
    ranks_->setTheme(theme);
    heads_->setTheme(theme);
}

void LayerPanel::resizeEvent(QResizeEvent* event) {
    Panel::resizeEvent(event);
    arrangeLower();
}

void LayerPanel::changeEvent(QEvent* event) {
    Panel::changeEvent(event);
    if (event->type() == QEvent::FontChange) arrangeLower();
}

bool LayerPanel::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::FocusIn) {
        if (auto* view = qobject_cast<PlotView*>(watched)) setPlot(view);
    }
    return Panel::eventFilter(watched, event);
}

}  // namespace rankscope::gui
