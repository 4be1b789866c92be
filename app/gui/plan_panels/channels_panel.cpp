// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/plan_panels/channels_panel.hpp"

#include "app/gui/client/engine_control.hpp"
#include "app/gui/document/document.hpp"
#include "app/gui/document/selection.hpp"
#include "app/gui/plan_panels/channel_edit.hpp"
#include "app/gui/plan_panels/channel_strip.hpp"
#include "app/gui/plan_panels/layer_row.hpp"
#include "app/gui/widgets/empty_note.hpp"
#include "app/gui/widgets/explain_topic.hpp"
#include "core/pruning/method.hpp"

#include <QMenu>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>

namespace rankscope::gui {
namespace {

constexpr int kNumbersDelayMs = 40;

}  // namespace

ChannelsPanel::ChannelsPanel(const Workspace& workspace, QWidget* parent)
    : Panel(tr("Channels"), parent), workspace_(workspace) {
    stack_ = new QStackedWidget(this);
    body()->addWidget(stack_, 1);
    strip_ = new ChannelStrip(stack_);
    empty_ = new EmptyNote(stack_);
    stack_->addWidget(strip_);
    stack_->addWidget(empty_);
    buildMenu();
    setTableModel(&numbers_);
    setExplainTopic(this, QStringLiteral("kept_energy"));
    soon_.setSingleShot(true);
    soon_.setInterval(kNumbersDelayMs);
    connect(&soon_, &QTimer::timeout, this, &ChannelsPanel::fillNumbers);

    connect(strip_, &ChannelStrip::channelToggled, this, &ChannelsPanel::toggle);
    connect(strip_, &ChannelStrip::headPicked, this,
            [this](int keyHead) { workspace_.selection.setHead(keyHead * group()); });
    connect(strip_, &ChannelStrip::channelHovered, this, [this](int keyHead, int channel) {
        ownHover_ = keyHead >= 0;
        workspace_.selection.setHover(keyHead < 0 ? Hover{}
                                                  : Hover{layer(), keyHead * group(), 0, -1, channel, {}});
        Q_EMIT readoutChanged(keyHead < 0 ? QString() : strip_->text(keyHead, channel));
    });
    connect(empty_, &EmptyNote::remedyRequested, this, &ChannelsPanel::requestScores);
    const Document& document = workspace_.document;
    connect(&document, &Document::modelChanged, this, [this] {
        requested_.clear();
        read();
    });
    connect(&document, &Document::planChanged, this, &ChannelsPanel::readPlan);
    connect(&document, &Document::scoresChanged, this, &ChannelsPanel::read);
    const Selection& selection = workspace_.selection;
    connect(&selection, &Selection::layerChanged, this, &ChannelsPanel::read);
    connect(&selection, &Selection::headChanged, this, &ChannelsPanel::readHead);
    connect(&selection, &Selection::hoverChanged, this, &ChannelsPanel::hoverChanged);
    connect(&workspace_.engine, &EngineControl::statusChanged, this, [this] {
        // What was asked of an engine that is gone will not come.
        if (requested_.isEmpty() || workspace_.engine.status().state == EngineStatus::State::Ready) return;
        requested_.clear();
        read();
    });
    connect(&workspace_.engine, &EngineControl::jobsChanged, this, [this] {
        // Failed or cancelled: nobody is scoring any more.
        const auto active = [](const EngineJob& job) {
            return job.state == EngineJob::State::Running || job.state == EngineJob::State::Queued;
        };
        if (requested_.isEmpty() || std::ranges::any_of(workspace_.engine.jobs(), active)) return;
        requested_.clear();
        read();
    });
    connect(&document, &Document::calibrationChanged, this, &ChannelsPanel::read);
    read();
}

ChannelsPanel::~ChannelsPanel() = default;

void ChannelsPanel::buildMenu() {
    QAction* first = menu()->actions().value(0);
    byScore_ = new QAction(tr("Order by score"), this);
    byScore_->setCheckable(true);
    byScore_->setToolTip(tr("Off: channels by their index"));
    connect(byScore_, &QAction::toggled, strip_, &ChannelStrip::setByScore);
    menu()->insertAction(first, byScore_);
    back_ = new QAction(tr("Back to the method's choice"), this);
    connect(back_, &QAction::triggered, this, &ChannelsPanel::backToMethod);
    menu()->insertAction(first, back_);
    strip_->setContextMenuPolicy(Qt::CustomContextMenu);
    connect(strip_, &QWidget::customContextMenuRequested, this,
            [this](const QPoint& at) { menu()->popup(strip_->mapToGlobal(at)); });
}

int ChannelsPanel::layer() const {
    return workspace_.selection.layer();
}

int ChannelsPanel::group() const {
    const Document& document = workspace_.document;
    if (!document.hasModel() || layer() < 0 || layer() >= std::ssize(document.config().layers)) return 1;
    const LayerConfig& config = document.config().layers[static_cast<std::size_t>(layer())];
    return static_cast<int>(
        std::max<std::int64_t>(1, config.value_heads / std::max<std::int64_t>(1, config.key_heads)));
}

void ChannelsPanel::showNote(const QString& sentence, const QString& remedy) {
    strip_->setData({});
    setSubtitle({});
    empty_->setNote(sentence, remedy);
    stack_->setCurrentWidget(empty_);
    soon_.start();
}

void ChannelsPanel::read() {
    const Document& document = workspace_.document;
    if (!document.hasModel()) {
        setTitle(tr("Channels"));
        showNote(tr("No model is open"), {});
        return;
    }
    setTitle(tr("Channels of layer %1").arg(layer()));
    const LayerChoice* choice = document.layerChoice(layer());
    back_->setEnabled(choice != nullptr && !choice->by_hand.empty());
    if (choice == nullptr) {
        shownMethod_.clear();
        showNote(tr("Layer %1 is softmax attention: it has no recurrent state").arg(layer()), {});
        return;
    }
    shownMethod_ = choice->method;
    shownByHand_ = choice->by_hand;
    const QString method = QString::fromStdString(choice->method);
    const std::optional<KeptChannels> kept = document.keptChannels(*choice);
    if (!kept) {
        const QString title = methodTitle(choice->method);
        if (document.calibration().empty() && needs_data(choice->method)) {
            showNote(
                tr("%1 looks at what the model does with a text: it needs one to calibrate on").arg(title),
                tr("Calibration text…"));
        } else if (requested_ == method) {
            showNote(tr("%1 is scoring the channels").arg(title), {});
        } else {
            showNote(tr("%1 has not scored the channels of this model yet").arg(title), tr("Score channels"));
        }
        return;
    }
    if (requested_ == method) requested_.clear();

    ChannelStripData data;
    data.layer = layer();
    data.keyDim = static_cast<int>(choice->key_dim);
    const std::optional<Method> known = methodOfKey(method);
    data.color = choice->method.empty() || !known ? theme().color(Role::Strong) : theme().color(*known);
    data.selected = workspace_.selection.head() / group();
    LayerChoice plain = *choice;
    plain.by_hand.clear();
    const std::optional<KeptChannels> chosen =
        document.isByHand(*choice) ? document.keptChannels(plain) : std::nullopt;
    int hands = 0;
    for (std::size_t h = 0; h < kept->size(); ++h) {
        ChannelStripData::Head head;
        const auto number = static_cast<int>(h);
        head.shortLabel = QString::number(number);
        head.label =
            group() == 1
                ? tr("head %1").arg(number)
                : tr("k%1 (v%2–v%3)").arg(number).arg(number * group()).arg((number + 1) * group() - 1);
        head.kept = (*kept)[h];
        if (const HeadScores* scores = document.orders().head(choice->method, choice->index, h)) {
            head.scores = scores->scores;
            head.order = scores->order;
        }
        head.byHand = chosen.has_value() && (h >= chosen->size() || (*chosen)[h] != head.kept);
        hands += head.byHand ? 1 : 0;
        data.heads.push_back(std::move(head));
    }
    const bool scored = !data.heads.empty() && !data.heads.front().order.empty();
    byScore_->setEnabled(scored);
    QString subtitle = choice->method.empty() ? tr("all kept")
                       : scored               ? tr("filled: kept, stronger = higher score")
                                              : tr("filled: kept");
    if (hands > 0)
        subtitle = (hands == 1 ? tr("1 head by hand") : tr("%1 heads by hand").arg(hands))
                   + QStringLiteral(" · ") + subtitle;
    setSubtitle(subtitle);
    strip_->setData(std::move(data));
    stack_->setCurrentWidget(strip_);
    hoverChanged();
    soon_.start();
}

void ChannelsPanel::readPlan() {
    const LayerChoice* choice = workspace_.document.layerChoice(layer());
    // A drag changes K' alone: no new labels, scores or colours then.
    if (choice != nullptr && workspace_.document.isDragging() && choice->method == shownMethod_
        && choice->by_hand.empty() && shownByHand_.empty() && stack_->currentWidget() == strip_) {
        if (const std::optional<KeptChannels> kept = workspace_.document.keptChannels(*choice)) {
            strip_->setKept(*kept);
            return;
        }
    }
    read();
}

void ChannelsPanel::readHead() {
    strip_->setSelected(workspace_.selection.head() / group());
}

void ChannelsPanel::hoverChanged() {
    const Hover& hover = workspace_.selection.hover();
    const bool here = hover.layer == layer();
    const int head = hover.head >= 0 ? hover.head / group() : workspace_.selection.head() / group();
    strip_->setMarks(here && !ownHover_ ? hover.channel : -1, here ? head : -1, here ? hover.index : 0);
}

void ChannelsPanel::toggle(int keyHead, int channel) {
    Document& document = workspace_.document;
    const LayerChoice* choice = document.layerChoice(layer());
    if (choice == nullptr || document.isDragging()) return;
    if (choice->kept >= choice->key_dim) {
        Q_EMIT message(tr("All channels are kept: lower K′ first"));
        return;
    }
    const std::optional<KeptChannels> kept = document.keptChannels(*choice);
    const auto head = static_cast<std::size_t>(keyHead);
    const HeadScores* scores = document.orders().head(choice->method, choice->index, head);
    if (!kept || scores == nullptr) {
        Q_EMIT message(tr("Without scores nobody knows which channel to swap it with"));
        return;
    }
    const std::optional<ChannelSwap> swap = toggledChannel(*kept, scores->order, head, channel);
    if (!swap) return;
    PlanChoice plan = document.plan();
    const auto changed = std::ranges::find(plan.layers, layer(), &LayerChoice::index);
    LayerChoice plain = *changed;
    plain.by_hand.clear();
    // Back where the method was: no longer by hand.
    changed->by_hand = document.keptChannels(plain) == swap->kept ? KeptChannels{} : swap->kept;
    changed->from_file = false;
    document.setPlan(
        tr("Layer %1, head %2: channel %3 in, %4 out").arg(layer()).arg(keyHead).arg(swap->in).arg(swap->out),
        std::move(plan));
}

void ChannelsPanel::backToMethod() {
    PlanChoice plan = workspace_.document.plan();
    const auto changed = std::ranges::find(plan.layers, layer(), &LayerChoice::index);
    if (changed == plan.layers.end()) return;
    changed->by_hand.clear();
    workspace_.document.setPlan(tr("Layer %1: channels of %2").arg(layer()).arg(methodTitle(changed->method)),
                                std::move(plan));
}

void ChannelsPanel::requestScores() {
    const LayerChoice* choice = workspace_.document.layerChoice(layer());
    if (choice == nullptr) return;
    if (workspace_.document.calibration().empty() && needs_data(choice->method)) {
        Q_EMIT calibrationRequested();
        return;
    }
    if (workspace_.engine.status().state != EngineStatus::State::Ready) {
        Q_EMIT message(tr("Scores need the engine, which is not running"));
        return;
    }
    requested_ = QString::fromStdString(choice->method);
    workspace_.engine.requestScores(requested_);
    read();
}

void ChannelsPanel::settleNumbers() {
    if (!soon_.isActive()) return;
    soon_.stop();
    fillNumbers();
}

void ChannelsPanel::fillNumbers() {
    const ChannelStripData& data = strip_->data();
    ColumnTable table;
    table.columns = {{tr("Channel"), {}, {}}};
    for (const ChannelStripData::Head& head : data.heads) {
        table.columns.append({tr("%1, kept").arg(head.label), {}, {}});
        table.columns.append({tr("%1, score").arg(head.label), {}, {}});
    }
    for (int channel = 0; channel < data.keyDim; ++channel) {
        QList<QVariant> row{channel};
        for (const ChannelStripData::Head& head : data.heads) {
            row << (std::ranges::binary_search(head.kept, channel) ? tr("yes") : tr("no"));
            const auto c = static_cast<std::size_t>(channel);
            row << (c < head.scores.size() ? QVariant(head.scores[c]) : QVariant());
        }
        table.rows << row;
    }
    numbers_.setTable(std::move(table));
}

void ChannelsPanel::applyTheme(const Theme& theme) {
    Panel::applyTheme(theme);
    strip_->applyTheme(theme);
    empty_->applyTheme(theme);
    read();
}

}  // namespace rankscope::gui
