// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/layer_panels/state_panel.hpp"

#include "app/gui/charts/color_bar.hpp"
#include "app/gui/charts/heat_map_view.hpp"
#include "app/gui/charts/singular_values_view.hpp"
#include "app/gui/document/document.hpp"
#include "app/gui/document/selection.hpp"
#include "app/gui/layer_panels/head_tiles.hpp"
#include "app/gui/layer_panels/layer_texts.hpp"
#include "app/gui/layer_panels/rank_list.hpp"
#include "app/gui/theme/color_map.hpp"
#include "app/gui/theme/number_text.hpp"
#include "app/gui/widgets/empty_note.hpp"
#include "app/gui/widgets/explain_topic.hpp"
#include "app/gui/widgets/segmented_switch.hpp"
#include "app/gui/widgets/waiting_veil.hpp"

#include <QActionGroup>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QMenu>
#include <QPushButton>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>
#include <numeric>

namespace rankscope::gui {
namespace {

constexpr double kThreeColumnsFrom = 470;  // units
constexpr double kGramBarFrom = 440;
constexpr int kThrottleMs = 80;

// The same sentence, shorter and shorter: a number is never cut in two.
QString variants(const QStringList& texts) {
    return texts.join(QChar(0x9c));
}

}  // namespace

StatePanel::StatePanel(const Workspace& workspace, QWidget* parent)
    : Panel(tr("State"), parent), workspace_(workspace) {
    level_ = new SegmentedSwitch(tr("Level"), {tr("Layer"), tr("State")});
    level_->setToolTipOf(0, tr("Spectra and ranks of the layer (Backspace)"));
    addHeaderWidget(level_);
    stack_ = new QStackedWidget(this);
    body()->addWidget(stack_, 1);
    auto* content = new QWidget(stack_);
    auto* column = new QVBoxLayout(content);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    buildBar();
    column->addWidget(bar_);
    buildTiles();
    tiles_ = new HeadTiles(content);
    tiles_->hide();
    column->addWidget(page_, 1);
    column->addWidget(tiles_, 1);
    empty_ = new EmptyNote(stack_);
    stack_->addWidget(content);
    stack_->addWidget(empty_);
    analyst_ = new StateAnalyst(this);
    veil_ = new WaitingVeil(page_);
    soon_.setSingleShot(true);
    soon_.setInterval(kThrottleMs);
    buildMenu();
    connectViews();
    connectWorkspace();
    setPlot(maps_[0]);
    showHeader();
    arrange();
}

StatePanel::~StatePanel() = default;

void StatePanel::buildBar() {
    bar_ = new QWidget(this);
    auto* row = new QHBoxLayout(bar_);
    stateBar_ = new ColorBar(bar_);
    gramBar_ = new ColorBar(bar_);
    allHeads_ = new QPushButton(tr("All heads"), bar_);
    allHeads_->setCheckable(true);
    allHeads_->setToolTip(tr("Small pictures of S for every head of this layer"));
    // The second scale goes where the column is narrow.
    bar_->setMinimumWidth(px(260));
    row->addWidget(stateBar_);
    row->addWidget(gramBar_);
    row->addStretch(1);
    row->addWidget(allHeads_);
}

void StatePanel::buildTiles() {
    page_ = new QWidget(this);
    // Less than three columns of tiles need: then there are two.
    page_->setMinimumWidth(px(kThreeColumnsFrom) / 2);
    grid_ = new QGridLayout(page_);
    grid_->setContentsMargins(0, 0, 0, 0);
    grid_->setSpacing(0);
    for (HeatMapView*& map : maps_)
        map = new HeatMapView(page_);
    sigma_ = new SingularValuesView(page_);
    ranks_ = new RankList(page_);
}

void StatePanel::buildMenu() {
    QAction* first = menu()->actions().value(0);
    auto* orders = new QMenu(tr("Row order"), this);
    auto* group = new QActionGroup(this);
    const QStringList texts{tr("By index"), tr("By norm"), tr("By score of the method"), tr("Clustered")};
    for (int i = 0; i < texts.size(); ++i) {
        QAction* action = orders->addAction(texts[i]);
        action->setCheckable(true);
        action->setChecked(i == 0);
        group->addAction(action);
        connect(action, &QAction::triggered, this, [this, i] { setRowOrder(static_cast<RowOrder>(i)); });
    }
    menu()->insertMenu(first, orders);
    auto* automatic = new QAction(tr("k for 90 % of the energy"), this);
    connect(automatic, &QAction::triggered, this, [this] {
        k_ = 0;
        if (analysis_) showAnalysis();
    });
    menu()->insertAction(first, automatic);
}

void StatePanel::connectViews() {
    Selection& selection = workspace_.selection;
    connect(level_, &SegmentedSwitch::picked, this, [&selection](int index) {
        selection.setLevel(index == 0 ? Selection::Level::Layer : Selection::Level::State);
    });
    connect(allHeads_, &QPushButton::toggled, this, &StatePanel::showAllHeads);
    connect(empty_, &EmptyNote::remedyRequested, this,
            [this] { Q_EMIT captureRequested(capture() == nullptr ? -1 : workspace_.selection.layer()); });
    connect(sigma_, &SingularValuesView::kChanged, this, [this](int k) {
        k_ = k;
        showReconstruction(k);
    });
    for (HeatMapView* map : maps_)
        connect(map, &HeatMapView::cellHovered, this, [this](int row) { hoverChannel(row); });
    connect(tiles_, &HeadTiles::headPicked, this, [&selection](int head) { selection.setHead(head); });
    connect(tiles_, &HeadTiles::headActivated, this, [this, &selection](int head) {
        selection.setHead(head);
        showAllHeads(false);
    });
    connect(tiles_, &HeadTiles::headHovered, this, [&selection](int head) {
        selection.setHover(head >= 0 ? Hover{selection.layer(), head, 0, -1, -1, {}} : Hover{});
    });
    connect(tiles_, &HeadTiles::limitChanged, this, &StatePanel::showBars);
    connect(tiles_, &HeadTiles::readoutChanged, this, &Panel::readoutChanged);
    connect(ranks_, &RankList::readoutChanged, this, &Panel::readoutChanged);
    connect(ranks_, &RankList::topicPicked, this, &Panel::explainRequested);
    connect(ranks_, &RankList::copied, this,
            [this](const QString& text) { Q_EMIT message(tr("Copied %1").arg(text)); });
    setExplainTopic(this, QStringLiteral("rank_stable"));
    ranks_->installEventFilter(this);
    QList<PlotView*> plots{sigma_};
    plots.append(QList<PlotView*>(maps_.begin(), maps_.end()));
    for (PlotView* view : plots) {
        connect(view, &PlotView::readoutChanged, this, &Panel::readoutChanged);
        view->installEventFilter(this);
        connect(view, &QWidget::customContextMenuRequested, this, [this, view](const QPoint& at) {
            setPlot(view);
            menu()->popup(view->mapToGlobal(at));
        });
    }
}

void StatePanel::connectWorkspace() {
    connect(&soon_, &QTimer::timeout, this, &StatePanel::showState);
    connect(&workspace_.document, &Document::modelChanged, this, &StatePanel::refresh);
    connect(&workspace_.document, &Document::planChanged, this, &StatePanel::planChanged);
    connect(&workspace_.document, &Document::scoresChanged, this, &StatePanel::planChanged);
    const Selection& selection = workspace_.selection;
    for (const auto signal : {&Selection::layerChanged, &Selection::headChanged}) {
        connect(&selection, signal, this, [this] {
            k_ = 0;
            refresh();
        });
    }
    connect(&selection, &Selection::tokenChanged, this, &StatePanel::refresh);
    connect(&selection, &Selection::levelChanged, this, &StatePanel::showHeader);
    connect(&selection, &Selection::hoverChanged, this, &StatePanel::hoverChanged);
    const auto captureChanged = [this] {
        asked_.reset();
        analysed_.reset();
        analysis_.reset();
        refresh();
    };
    connect(&workspace_.states, &StateSource::opened, this, captureChanged);
    connect(&workspace_.states, &StateSource::closed, this, captureChanged);
    connect(&workspace_.states, &StateSource::stateReady, this, &StatePanel::stateReady);
    connect(analyst_, &StateAnalyst::ready, this,
            [this](const std::shared_ptr<const StateAnalysis>& analysis) {
                analysis_ = analysis;
                veil_->done();
                showAnalysis();
            });
    connect(&workspace_.states, &StateSource::failed, veil_, &WaitingVeil::done);
}

const CaptureData* StatePanel::capture() const {
    return workspace_.states.capture().get();
}

std::optional<StateKey> StatePanel::wantedKey() const {
    if (capture() == nullptr || !place_.isCaptured()) return std::nullopt;
    const Selection& selection = workspace_.selection;
    const int state = capture()->nearestState(selection.token());
    if (state < 0 || selection.window() < 0 || selection.window() >= capture()->windows) return std::nullopt;
    return StateKey{place_.layer, selection.window(), state, place_.head};
}

int StatePanel::keptNow() const {
    const LayerChoice* choice = workspace_.document.layerChoice(workspace_.selection.layer());
    return choice == nullptr ? 0 : static_cast<int>(choice->kept);
}

void StatePanel::refresh() {
    if (!isVisible()) return;
    const Selection& selection = workspace_.selection;
    place_ = capture() == nullptr ? HeadPlace{} : placeOf(*capture(), selection.layer(), selection.head());
    showHeader();
    tiles_->setSelected(selection.head());
    if (showEmptyNote()) {
        stack_->setCurrentWidget(empty_);
        asked_.reset();
        veil_->done();
        return;
    }
    stack_->setCurrentIndex(0);
    if (allHeads_->isChecked()) {
        veil_->done();
        requestTiles();
        return;
    }
    const std::optional<StateKey> key = wantedKey();
    if (!key || key == asked_) return;
    asked_ = key;
    veil_->wait(tr("Reading the state of layer %1, head %2").arg(selection.layer()).arg(selection.head()));
    workspace_.states.requestState(*key);
}

void StatePanel::showHeader() {
    const Selection& selection = workspace_.selection;
    level_->setCurrent(selection.level() == Selection::Level::Layer ? 0 : 1);
    setTitle(allHeads_->isChecked() ? tr("Layer %1, all heads").arg(selection.layer())
                                    : tr("Layer %1, head %2").arg(selection.layer()).arg(selection.head()));
    const std::optional<StateKey> key = wantedKey();
    if (!key) {
        setSubtitle({});
        return;
    }
    const std::int64_t token = capture()->layout.state_positions[static_cast<std::size_t>(key->state)];
    QString text =
        tr("after token %1, window %2").arg(number_text::integer(token)).arg(selection.window() + 1);
    if (token != selection.token())
        text += tr(" (the captured state nearest to token %1)").arg(number_text::integer(selection.token()));
    setSubtitle(text);
}

bool StatePanel::showEmptyNote() {
    EmptyReason reason = whyNoSpectrum(workspace_.document, capture(), workspace_.selection.layer(),
                                       workspace_.selection.head());
    // States can be there without singular values, and the other way round.
    if (capture() != nullptr && place_.isCaptured() && capture()->windows > 0) {
        reason = {};
        if (!capture()->layout.states || capture()->layout.state_positions.empty())
            reason = {capture()->layout.spectra ? tr("This capture holds singular values but no states")
                                                : tr("This capture holds ranks but no states"),
                      tr("Capture layer %1…").arg(workspace_.selection.layer())};
    }
    empty_->setNote(reason.sentence, reason.remedy);
    return !reason.sentence.isEmpty();
}

void StatePanel::requestTiles() {
    const CaptureLayer& shape = capture()->layout.layers[static_cast<std::size_t>(place_.layer)];
    const std::optional<StateKey> key = wantedKey();
    if (!key) return;
    tiles_->setHeads({shape.heads.begin(), shape.heads.end()}, static_cast<int>(shape.key_dim),
                     static_cast<int>(shape.value_dim));
    tileQueue_.clear();
    for (int head = 0; head < std::ssize(shape.heads); ++head)
        tileQueue_.push_back({key->layer, key->window, key->state, head});
    const StateKey first = tileQueue_.front();
    workspace_.states.requestState(first);
}

void StatePanel::stateReady(const StateKey& key, const StateAnalyst::State& state) {
    if (capture() == nullptr || !place_.isCaptured() || state == nullptr) return;
    const CaptureLayer& shape = capture()->layout.layers[static_cast<std::size_t>(place_.layer)];
    if (allHeads_->isChecked()) {
        if (tileQueue_.empty() || tileQueue_.front() != key) return;
        tiles_->setState(shape.heads[static_cast<std::size_t>(key.head)], state);
        tileQueue_.erase(tileQueue_.begin());
        if (tileQueue_.empty()) return;
        const StateKey next = tileQueue_.front();
        workspace_.states.requestState(next);
        return;
    }
    if (!asked_ || *asked_ != key) return;
    if (std::ssize(*state) != shape.key_dim * shape.value_dim) {
        veil_->done();
        return;
    }
    analysed_ = key;
    analyst_->start(state, static_cast<int>(shape.key_dim), static_cast<int>(shape.value_dim));
}

std::vector<bool> StatePanel::rowKept() const {
    const LayerChoice* choice = workspace_.document.layerChoice(workspace_.selection.layer());
    if (choice == nullptr || capture() == nullptr || !place_.isCaptured() || !analysis_) return {};
    const auto kept = workspace_.document.keptChannels(*choice);
    if (!kept) return {};
    std::vector<bool> result(static_cast<std::size_t>(analysis_->rows), false);
    for (const std::int32_t row : keptRows(*capture(), place_, *kept)) {
        if (row < analysis_->rows) result[static_cast<std::size_t>(row)] = true;
    }
    return result;
}

std::vector<int> StatePanel::rowOrder() const {
    std::vector<int> order(static_cast<std::size_t>(analysis_->rows));
    std::iota(order.begin(), order.end(), 0);
    const auto at = [](const auto& values, int row) { return values[static_cast<std::size_t>(row)]; };
    if (order_ == RowOrder::Norm) {
        std::ranges::stable_sort(
            order, [&](int a, int b) { return at(analysis_->rowNorms, a) > at(analysis_->rowNorms, b); });
    } else if (order_ == RowOrder::Clustered) {
        order = analysis_->clustered;
    } else if (order_ == RowOrder::Score && capture() != nullptr && place_.isCaptured()) {
        const LayerChoice* choice = workspace_.document.layerChoice(workspace_.selection.layer());
        const CaptureLayer& shape = capture()->layout.layers[static_cast<std::size_t>(place_.layer)];
        const auto keyHead = static_cast<std::size_t>(keyHeadOf(shape, workspace_.selection.head()));
        const HeadScores* scores =
            choice == nullptr ? nullptr
                              : workspace_.document.orders().head(choice->method, choice->index, keyHead);
        const std::vector<std::int32_t> channels = rowChannels(*capture(), place_);
        if (scores == nullptr || channels.size() != order.size()) return order;
        // By the method's own order: its scores alone may say something else (DRRQR swaps).
        std::vector<std::size_t> rank(scores->order.size());
        for (std::size_t i = 0; i < rank.size(); ++i)
            rank[static_cast<std::size_t>(scores->order[i])] = i;
        std::ranges::stable_sort(order, [&](int a, int b) {
            return rank[static_cast<std::size_t>(at(channels, a))]
                   < rank[static_cast<std::size_t>(at(channels, b))];
        });
    }
    return order;
}

void StatePanel::showAnalysis() {
    if (!analysis_ || capture() == nullptr || !place_.isCaptured()) return;
    showState();
    HeatMapData gram;
    gram.kind = HeatMapKind::Gram;
    gram.rows = gram.columns = analysis_->rows;
    gram.values = analysis_->gram;
    if (order_ != RowOrder::Index) {
        // Both axes are reordered: the matrix itself is.
        const std::vector<int> order = rowOrder();
        const auto n = static_cast<std::size_t>(gram.rows);
        for (std::size_t i = 0; i < n; ++i) {
            for (std::size_t j = 0; j < n; ++j)
                gram.values[i * n + j] =
                    analysis_
                        ->gram[static_cast<std::size_t>(order[i]) * n + static_cast<std::size_t>(order[j])];
        }
    }
    maps_[3]->setData(gram);
    maps_[3]->setHeading(tr("Key Gram"), order_ == RowOrder::Index
                                             ? variants({tr("cosine of key channels"), tr("cosine")})
                                             : tr("cosine, reordered"));

    SingularValuesData sigma;
    sigma.sigma.assign(analysis_->svd.sigma.begin(), analysis_->svd.sigma.end());
    sigma.k = k_;
    sigma.kept = keptNow();
    sigma_->setData(sigma);
    sigma_->setHeading(tr("Singular values"), variants({tr("drag k"), QString()}));
    if (analysis_->svd.sigma.empty()) {
        ranks_->clear();
    } else {
        ranks_->setRanks(analysis_->ranks);
    }
    showReconstruction(sigma_->k());
    showBars();
}

void StatePanel::showState() {
    if (!analysis_) return;
    HeatMapData data;
    data.kind = HeatMapKind::State;
    data.rows = analysis_->rows;
    data.columns = analysis_->columns;
    data.values = analysis_->values;
    data.limit = analysis_->limit;
    data.order = rowOrder();
    data.rowKept = rowKept();
    const auto removed = std::ranges::count(data.rowKept, false);
    if (const LayerChoice* choice = workspace_.document.layerChoice(workspace_.selection.layer()))
        data.method = methodOfKey(QString::fromStdString(choice->method)).value_or(Method::FullModel);
    maps_[0]->setData(data);
    const QString size = QStringLiteral("%1 × %2").arg(data.rows).arg(data.columns);
    maps_[0]->setHeading(QStringLiteral("S"),
                         removed > 0 ? variants({size + tr(", %1 rows removed").arg(removed),
                                                 tr("%1 of %2 rows removed").arg(removed).arg(data.rows),
                                                 tr("%1 removed").arg(removed), QString()})
                                     : variants({size, QString()}));
}

void StatePanel::showReconstruction(int k) {
    if (!analysis_) return;
    const StateReconstruction result = reconstruct(*analysis_, k);
    HeatMapData data;
    data.kind = HeatMapKind::Reconstruction;
    data.rows = analysis_->rows;
    data.columns = analysis_->columns;
    data.values = result.values;
    data.limit = analysis_->limit;
    data.order = rowOrder();
    maps_[1]->setData(data);
    maps_[1]->setHeading(tr("Rank %1").arg(result.k),
                         variants({tr("holds %1 of ‖S‖²").arg(number_text::percent(result.held)),
                                   tr("holds %1").arg(number_text::percent(result.held)),
                                   number_text::percent(result.held), QString()}));
    data.kind = HeatMapKind::Error;
    data.values = result.error;
    data.factor = result.factor;
    maps_[2]->setData(data);
    maps_[2]->setHeading(result.factor == 1
                             ? tr("Error")
                             : tr("Error × %1").arg(number_text::integer(qRound64(result.factor))),
                         variants({tr("relative %1").arg(number_text::significant(result.relative, 3)),
                                   number_text::significant(result.relative, 3), QString()}));
}

void StatePanel::showBars() {
    const bool all = allHeads_->isChecked();
    const double limit = all ? tiles_->limit() : analysis_ ? analysis_->limit : 1;
    const QString end = number_text::significant(limit, 2);
    stateBar_->setScale(QStringLiteral("S"), divergingColors(theme()), QString(number_text::kMinus) + end,
                        QLatin1Char('+') + end, all || maps_[0]->isClipped());
    gramBar_->setScale(tr("Gram"), divergingColors(theme()), QString(number_text::kMinus) + QLatin1Char('1'),
                       QStringLiteral("+1"), false);
    gramBar_->setVisible(!all && width() >= px(kGramBarFrom));
}

void StatePanel::planChanged() {
    if (!isVisible() || !analysis_ || stack_->currentWidget() == empty_) return;
    if (workspace_.document.isDragging()) {
        if (!soon_.isActive()) soon_.start();
        return;
    }
    soon_.stop();
    if (order_ == RowOrder::Score) {
        showAnalysis();
        return;
    }
    showState();
    // The grip of k is outlined where k differs from K'.
    SingularValuesData sigma = sigma_->data();
    sigma.k = sigma_->k();
    sigma.kept = keptNow();
    sigma_->setData(sigma);
}

void StatePanel::setRowOrder(RowOrder order) {
    order_ = order;
    if (analysis_) showAnalysis();
}

void StatePanel::showAllHeads(bool all) {
    const QSignalBlocker blocker(allHeads_);
    allHeads_->setChecked(all);
    page_->setVisible(!all);
    tiles_->setVisible(all);
    asked_.reset();
    refresh();
    showBars();
}

void StatePanel::hoverChannel(int row) {
    Selection& selection = workspace_.selection;
    Hover hover;
    const std::vector<std::int32_t> channels =
        capture() == nullptr ? std::vector<std::int32_t>{} : rowChannels(*capture(), place_);
    if (row >= 0 && row < std::ssize(channels)) {
        hover.layer = selection.layer();
        hover.head = selection.head();
        hover.channel = channels[static_cast<std::size_t>(row)];
    }
    selection.setHover(hover);
}

void StatePanel::hoverChanged() {
    if (!isVisible() || capture() == nullptr || !place_.isCaptured()) return;
    const Hover& hover = workspace_.selection.hover();
    tiles_->setHovered(hover.layer == workspace_.selection.layer() ? hover.head : -1);
    int row = -1;
    if (hover.channel >= 0 && hover.layer == workspace_.selection.layer()) {
        const std::vector<std::int32_t> channels = rowChannels(*capture(), place_);
        const auto found = std::ranges::find(channels, hover.channel);
        if (found != channels.end()) row = static_cast<int>(found - channels.begin());
    }
    for (std::size_t i = 0; i < 3; ++i)
        maps_[i]->setHighlightedRow(row);
    maps_[3]->setHighlightedRow(order_ == RowOrder::Index ? row : -1);
}

void StatePanel::arrange() {
    static_cast<QHBoxLayout*>(bar_->layout())->setContentsMargins(px(12), px(2), px(10), px(2));
    bar_->layout()->setSpacing(px(16));
    gramBar_->setVisible(!allHeads_->isChecked() && width() >= px(kGramBarFrom));
    const int columns = width() >= px(kThreeColumnsFrom) ? 3 : 2;
    if (columns == columns_) return;
    columns_ = columns;
    const std::array<QWidget*, 6> all{maps_[0], maps_[1], maps_[2], maps_[3], sigma_, ranks_};
    for (QWidget* widget : all)
        grid_->removeWidget(widget);
    for (int i = 0; i < 3; ++i) {
        grid_->setColumnStretch(i, i < columns ? 1 : 0);
        grid_->setRowStretch(i, i < 6 / columns ? 1 : 0);
    }
    for (int i = 0; i < 6; ++i)
        grid_->addWidget(all[static_cast<std::size_t>(i)], i / columns, i % columns);
}

void StatePanel::applyTheme(const Theme& theme) {
    Panel::applyTheme(theme);
    level_->applyTheme(theme);
    empty_->applyTheme(theme);
    stateBar_->setTheme(theme);
    gramBar_->setTheme(theme);
    for (HeatMapView* map : maps_)
        map->setTheme(theme);
    sigma_->setTheme(theme);
    ranks_->applyTheme(theme);
    tiles_->applyTheme(theme);
    veil_->applyTheme(theme);
    showBars();
}

void StatePanel::showEvent(QShowEvent* event) {
    Panel::showEvent(event);
    refresh();
}

void StatePanel::resizeEvent(QResizeEvent* event) {
    Panel::resizeEvent(event);
    arrange();
}

bool StatePanel::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::FocusIn) {
        if (watched == ranks_) {
            setTableModel(ranks_->tableModel());
            setPlot(nullptr);
        } else if (auto* view = qobject_cast<PlotView*>(watched)) {
            setPlot(view);
        }
    }
    return Panel::eventFilter(watched, event);
}

}  // namespace rankscope::gui
