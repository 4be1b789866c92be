// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/tradeoff_panels/compare_panel.hpp"

#include "app/gui/charts/spectrum_view.hpp"
#include "app/gui/client/engine_control.hpp"
#include "app/gui/document/document.hpp"
#include "app/gui/theme/fonts.hpp"
#include "app/gui/tradeoff_panels/attribution_store.hpp"
#include "app/gui/tradeoff_panels/comparison_table.hpp"
#include "app/gui/tradeoff_panels/contribution_view.hpp"
#include "app/gui/tradeoff_panels/jobs_list.hpp"
#include "app/gui/tradeoff_panels/plan_slot.hpp"
#include "app/gui/tradeoff_panels/spectra_compare.hpp"
#include "app/gui/tradeoff_panels/spectra_pair_view.hpp"
#include "app/gui/widgets/elided_label.hpp"
#include "app/gui/widgets/empty_note.hpp"
#include "app/gui/widgets/explain_topic.hpp"
#include "app/gui/widgets/segmented_switch.hpp"

#include <QApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace rankscope::gui {
namespace {

constexpr double kAllFromHeight = 640;  // design units: lower panels have tabs
constexpr double kAllFromWidth = 520;

/// A thin line between two parts.
class Rule : public QWidget {
public:
    explicit Rule(QWidget* parent) : QWidget(parent) { setFixedHeight(5); }

    void setTheme(const Theme& theme) {
        theme_ = &theme;
        update();
    }

protected:
    void paintEvent(QPaintEvent* /*event*/) override {
        QPainter(this).fillRect(rect(), theme_->color(Role::Window));
    }

private:
    const Theme* theme_ = &Theme::light();
};

}  // namespace

ComparePanel::ComparePanel(Workspace workspace, QWidget* parent)
    : Panel(tr("Compare"), parent),
      workspace_(workspace),
      attributions_(new AttributionStore(workspace, this)) {
    setSubtitle(tr("differences are paired, token by token"));
    build();
    setExplainTopic(spectra_, QStringLiteral("after_pruning"));
    setExplainTopic(contributions_, QStringLiteral("contribution"));
    setExplainTopic(this, QStringLiteral("difference"));
    connectWorkspace();
    applyTheme(theme());
    showPlans();
    arrange();
}

void ComparePanel::build() {
    mode_ = new SegmentedSwitch(tr("Spectra"), {tr("Side by side"), tr("Overlay"), tr("Difference")},
                                SegmentedSwitch::Look::Boxed, this);
    addHeaderWidget(mode_);
    tabs_ = new SegmentedSwitch(tr("Parts of Compare"), {tr("Numbers"), tr("Spectra"), tr("Layers")},
                                SegmentedSwitch::Look::Tabs, this);
    body()->addWidget(tabs_);
    table_ = new ComparisonTable(this);
    body()->addWidget(table_);

    body_ = new QStackedWidget(this);
    parts_ = new QWidget(body_);
    auto* column = new QVBoxLayout(parts_);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    sentence_ = new QLabel(parts_);
    sentence_->setWordWrap(true);
    sentence_->setTextFormat(Qt::PlainText);
    sentence_->setTextInteractionFlags(Qt::TextSelectableByMouse);
    sentence_->setAlignment(Qt::AlignLeft | Qt::AlignTop);
    column->addWidget(sentence_);

    spectraPart_ = new QWidget(parts_);
    auto* spectraColumn = new QVBoxLayout(spectraPart_);
    spectraColumn->setContentsMargins(0, 0, 0, 0);
    spectraColumn->setSpacing(0);
    spectraColumn->addWidget(new Rule(spectraPart_));
    // The switch stands in the header, and with tabs among the spectra.
    modeRow_ = new QWidget(spectraPart_);
    modeRowLayout_ = new QHBoxLayout(modeRow_);
    modeRowLayout_->addStretch(1);
    spectraColumn->addWidget(modeRow_);
    spectra_ = new SpectraCompare(workspace_, spectraPart_);
    spectraColumn->addWidget(spectra_, 1);
    column->addWidget(spectraPart_, 5);

    layersPart_ = new QWidget(parts_);
    auto* layersColumn = new QVBoxLayout(layersPart_);
    layersColumn->setContentsMargins(0, 0, 0, 0);
    layersColumn->setSpacing(0);
    layersColumn->addWidget(new Rule(layersPart_));
    layersHead_ = new QHBoxLayout;
    layersTitle_ = new QLabel(tr("Where the difference comes from"), layersPart_);
    layersSubtitle_ = new ElidedLabel({}, layersPart_);
    layersHead_->addWidget(layersTitle_);
    layersHead_->addWidget(layersSubtitle_, 1);
    layersColumn->addLayout(layersHead_);
    layersStack_ = new QStackedWidget(layersPart_);
    contributions_ = new ContributionView(layersStack_);
    layersNote_ = new EmptyNote(layersStack_);
    layersStack_->addWidget(contributions_);
    layersStack_->addWidget(layersNote_);
    layersColumn->addWidget(layersStack_, 1);
    column->addWidget(layersPart_, 5);
    column->addStretch(0);

    missing_ = new EmptyNote(body_);
    body_->addWidget(parts_);
    body_->addWidget(missing_);
    body()->addWidget(body_, 1);
    setTableModel(&twin_);
    for (PlotView* view :
         {static_cast<PlotView*>(contributions_), static_cast<PlotView*>(spectra_->sideA()),
          static_cast<PlotView*>(spectra_->sideB()), static_cast<PlotView*>(spectra_->pair())})
        view->installEventFilter(this);
    table_->installEventFilter(this);
}

void ComparePanel::connectWorkspace() {
    Selection& selection = workspace_.selection;
    for (const bool a : {true, false}) {
        const PlanSlot* slot = a ? table_->slotA() : table_->slotB();
        connect(slot, &PlanSlot::planChosen, this, [this, a](const QString& id) { choose(a, id); });
        connect(slot, &PlanSlot::planDropped, this, [this, a](const QString& id) { choose(a, id); });
    }
    connect(table_, &ComparisonTable::topicPicked, this, &Panel::explainRequested);
    connect(table_, &ComparisonTable::copied, this,
            [this](const QString& row) { Q_EMIT message(tr("Copied %1").arg(row)); });
    connect(mode_, &SegmentedSwitch::picked, this, [this](int index) {
        spectra_->setMode(static_cast<SpectraCompare::Mode>(index));
        arrange();
    });
    connect(tabs_, &SegmentedSwitch::picked, this, [this](int index) { showPart(static_cast<Part>(index)); });
    connect(spectra_, &SpectraCompare::readoutChanged, this, &Panel::readoutChanged);
    connect(spectra_, &SpectraCompare::captureRequested, this, &ComparePanel::captureRequested);
    connect(contributions_, &PlotView::readoutChanged, this, &Panel::readoutChanged);
    connect(contributions_, &ContributionView::layerPicked, this,
            [&selection](int layer) { selection.setLayer(layer); });
    connect(contributions_, &ContributionView::layerHovered, this, [&selection](int layer) {
        Hover hover;
        hover.layer = layer;
        selection.setHover(hover);
    });
    connect(layersNote_, &EmptyNote::remedyRequested, this, &ComparePanel::computeContributions);
    connect(attributions_, &AttributionStore::changed, this, [this] {
        showNumbers();
        showContributions();
    });

    const Document& document = workspace_.document;
    connect(&document, &Document::modelChanged, this, [this] {
        chosen_ = {};
        showPlans();
    });
    connect(&document, &Document::pointsChanged, this, &ComparePanel::showPlans);
    connect(&document, &Document::planChanged, this, [this] {
        if (workspace_.document.isDragging()) {
            // What nobody sees waits for the end of the drag.
            if (isVisible()) showNumbers();
        } else {
            showPlans();
        }
    });
    connect(&document, &Document::resultChanged, this, [this] { showNumbers(); });
    connect(&selection, &Selection::layerChanged, this, [this] {
        showLayerChoices();
        contributions_->setSelected(workspace_.selection.layer());
    });
    connect(&selection, &Selection::hoverChanged, this, [this] {
        contributions_->setHover(workspace_.selection.hover().head < 0 ? workspace_.selection.hover().layer
                                                                       : -1);
    });
    const EngineControl& engine = workspace_.engine;
    connect(&engine, &EngineControl::statusChanged, this, &ComparePanel::showContributions);
    connect(&engine, &EngineControl::jobsChanged, this, [this] {
        if (layersStack_->currentWidget() == layersNote_) showContributions();
    });
}

void ComparePanel::choose(bool a, const QString& id) {
    Document& document = workspace_.document;
    chosen_[a ? 0 : 1].clear();
    if (document.point(id) != nullptr) {
        document.pin(a, id);
    } else {
        // The current plan is no saved one: it stands in the slot and goes where the plan goes.
        chosen_[a ? 0 : 1] = id;
    }
    showPlans();
}

QString ComparePanel::defaultId(bool a, const QString& other) const {
    const Document& document = workspace_.document;
    if (!document.hasModel()) return {};
    const QString& chosen = chosen_[a ? 0 : 1];
    if (chosen == currentPlanId())
        return currentFacts(document).id == fullModelId() ? QString() : currentPlanId();
    const QString& pinned = a ? document.state().pinA : document.state().pinB;
    if (document.point(pinned) != nullptr) return pinned;
    if (!a) return planMethod(document.plan()) == Method::FullModel ? QString() : currentPlanId();
    // The one saved last that is not in the other slot.
    const SavedPlan* current = document.currentPoint();
    for (auto point = document.state().points.rbegin(); point != document.state().points.rend(); ++point) {
        const bool taken = point->id == other
                           || (other == currentPlanId() && current != nullptr && point->id == current->id);
        if (!taken) return point->id;
    }
    return {};
}

const PlanChoice* ComparePanel::choiceOf(const QString& id) const {
    if (id == currentPlanId()) return &workspace_.document.plan();
    const SavedPlan* point = workspace_.document.point(id);
    return point == nullptr ? nullptr : &point->choice;
}

QString ComparePanel::nameOf(const QString& id) const {
    if (id == currentPlanId()) return currentFacts(workspace_.document).name;
    const SavedPlan* point = workspace_.document.point(id);
    return point == nullptr ? QString() : QString::fromStdString(point->choice.name);
}

void ComparePanel::showPlans() {
    const Document& document = workspace_.document;
    ids_[1] = defaultId(false, {});
    ids_[0] = defaultId(true, ids_[1]);
    QList<std::pair<QString, QString>> plans;
    if (document.hasModel() && planMethod(document.plan()) != Method::FullModel)
        plans.append({currentPlanId(), tr("%1 (current)").arg(nameOf(currentPlanId()))});
    for (const SavedPlan& point : document.state().points)
        plans.append({point.id, QString::fromStdString(point.choice.name)});
    table_->slotA()->setPlans(plans, ids_[0]);
    table_->slotB()->setPlans(plans, ids_[1]);

    const PlanChoice* a = choiceOf(ids_[0]);
    const PlanChoice* b = choiceOf(ids_[1]);
    QString note;
    if (!document.hasModel()) {
        note = tr("No model is open");
    } else if (a == nullptr && b == nullptr) {
        note = tr("Pin two plans: select a dot and press A, another and press B");
    } else if (b == nullptr) {
        note = tr("Pin a second plan: select a dot and press B");
    } else if (a != nullptr && samePlan(*a, *b)) {
        note = tr("A and B are the same plan: select another dot and press B");
    } else if (a == nullptr) {
        note = tr("Pin a second plan: select a dot and press A");
    }
    missing_->setNote(note);
    body_->setCurrentWidget(note.isEmpty() ? parts_ : static_cast<QWidget*>(missing_));
    showNumbers();
    showLayerChoices();
    showContributions();
}

void ComparePanel::showNumbers() {
    const auto a = factsOfId(workspace_.document, ids_[0]);
    const auto b = factsOfId(workspace_.document, ids_[1]);
    const PlanChoice* choiceA = choiceOf(ids_[0]);
    const PlanChoice* choiceB = choiceOf(ids_[1]);
    if (!a || !b || choiceA == nullptr || choiceB == nullptr || body_->currentWidget() == missing_) {
        table_->setRows({});
        sentence_->clear();
        twin_.setTable({});
        return;
    }
    std::optional<PairedDifference> paired;
    const AttributionStore::Entry* entry = attributions_->entry(*choiceA, *choiceB);
    if (entry != nullptr && entry->finished)
        paired = {entry->result.delta_nll, entry->result.delta_nll_se.value_or(PlanFacts::kUnknown)};
    const Comparison comparison = compare(*a, *b, *choiceA, *choiceB, paired);
    table_->setRows(comparison.rows);
    sentence_->setText(comparison.sentence);
    twin_.setTable(comparison.table(a->name, b->name));
}

QString ComparePanel::sentence() const {
    return body_->currentWidget() == missing_ ? missing_->sentence() : sentence_->text();
}

void ComparePanel::showLayerChoices() {
    const auto layerOf = [&](const QString& id) -> const LayerChoice* {
        const PlanChoice* choice = choiceOf(id);
        if (choice == nullptr) return nullptr;
        const auto found =
            std::ranges::find(choice->layers, workspace_.selection.layer(), &LayerChoice::index);
        return found == choice->layers.end() ? nullptr : &*found;
    };
    spectra_->setChoices(layerOf(ids_[0]), layerOf(ids_[1]));
}

void ComparePanel::showContributions() {
    const PlanChoice* a = choiceOf(ids_[0]);
    const PlanChoice* b = choiceOf(ids_[1]);
    if (a == nullptr || b == nullptr) return;
    const QList<int> differing = differingLayers(*a, *b);
    const AttributionStore::Entry* entry = attributions_->entry(*a, *b);
    const bool some = entry != nullptr && !entry->result.layers.empty();
    layersSubtitle_->setFullText(tr("nats per token, one layer of A replaced by B's, ± 1 s.e."));
    if (entry != nullptr && entry->running)
        layersSubtitle_->setFullText(
            tr("layer %1 of %2").arg(entry->result.layers.size()).arg(differing.size()));
    if (some) {
        ContributionData data;
        data.expected = static_cast<int>(differing.size());
        data.selected = workspace_.selection.layer();
        for (const protocol::LayerContribution& layer : entry->result.layers) {
            ContributionData::Layer bar;
            bar.index = static_cast<int>(layer.index);
            bar.deltaNll = layer.delta_nll;
            bar.error = layer.delta_nll_se.value_or(PlanFacts::kUnknown);
            const auto kept = [&](const PlanChoice& plan) {
                const auto found = std::ranges::find(plan.layers, layer.index, &LayerChoice::index);
                return found == plan.layers.end() ? 0 : static_cast<int>(found->kept);
            };
            bar.keptA = kept(*a);
            bar.keptB = kept(*b);
            data.layers.append(bar);
        }
        for (const LayerChoice& layer : a->layers) {
            if (!differing.contains(static_cast<int>(layer.index)))
                data.unchanged.append(static_cast<int>(layer.index));
        }
        contributions_->setData(data);
        layersStack_->setCurrentWidget(contributions_);
        return;
    }
    const EngineStatus::State state = workspace_.engine.status().state;
    const auto seconds = attributions_->secondsPerEvaluation();
    if (differing.isEmpty()) {
        layersNote_->setNote(tr("A and B do the same in every layer"));
    } else if (entry != nullptr && entry->running) {
        layersNote_->setNote(tr("Evaluating A with one layer of B at a time"));
    } else if (!workspace_.document.text()) {
        layersNote_->setNote(
            tr("Layers are compared on a text. Open one to see where the difference comes from"));
    } else if (state != EngineStatus::State::Ready) {
        layersNote_->setNote(
            tr("The engine is not running: it is needed to see where the difference comes from"));
    } else {
        QString sentence = tr("One layer of A is replaced by B's at a time");
        if (entry != nullptr && !entry->failure.isEmpty())
            sentence =
                entry->hint.isEmpty() ? entry->failure : entry->failure + QLatin1Char('\n') + entry->hint;
        const qsizetype count = differing.size();
        QString button = count == 1 ? tr("Evaluate 1 layer") : tr("Evaluate %1 layers").arg(count);
        // A with and without B's layers: one run more than there are layers.
        if (seconds) button += tr(", about %1").arg(durationText(*seconds * static_cast<double>(count + 1)));
        layersNote_->setNote(sentence, button);
    }
    layersStack_->setCurrentWidget(layersNote_);
}

void ComparePanel::computeContributions() {
    const PlanChoice* a = choiceOf(ids_[0]);
    const PlanChoice* b = choiceOf(ids_[1]);
    if (a != nullptr && b != nullptr) attributions_->compute(ids_[0], *a, ids_[1], *b);
}

void ComparePanel::setTabbed(std::optional<bool> tabbed) {
    askedTabs_ = tabbed;
    arrange();
}

void ComparePanel::showPart(Part part) {
    part_ = part;
    tabs_->setCurrent(static_cast<int>(part));
    arrange();
}

void ComparePanel::arrange() {
    const bool tabbed = askedTabs_.value_or(height() < px(kAllFromHeight) || width() < px(kAllFromWidth));
    if (tabbed != tabbed_) {
        tabbed_ = tabbed;
        if (showsTable()) showTable(false);
        if (tabbed) {
            modeRowLayout_->addWidget(mode_);
        } else {
            addHeaderWidget(mode_);
        }
    }
    tabs_->setVisible(tabbed);
    const auto shows = [&](Part part) { return !tabbed || part_ == part; };
    table_->showRows(shows(Part::Numbers));
    sentence_->setVisible(shows(Part::Numbers));
    spectraPart_->setVisible(shows(Part::Spectra));
    layersPart_->setVisible(shows(Part::Layers));
    static_cast<QVBoxLayout*>(parts_->layout())->setStretch(3, tabbed && part_ == Part::Numbers ? 1 : 0);
    modeRow_->setVisible(tabbed);
    mode_->show();
    switch (tabbed ? part_ : Part::Numbers) {
        case Part::Numbers:
            setPlot(nullptr);
            break;
        case Part::Spectra:
            setPlot(spectra_->plot());
            break;
        case Part::Layers:
            setPlot(contributions_);
            break;
    }
}

void ComparePanel::layoutSpacing() {
    sentence_->setFont(scaledFont(QApplication::font(), TextRole::Body));
    sentence_->setContentsMargins(px(12), px(9), px(12), px(9));
    layersTitle_->setFont(scaledFont(QApplication::font(), TextRole::PanelTitle));
    layersSubtitle_->setFont(scaledFont(QApplication::font(), TextRole::Label));
    layersHead_->setContentsMargins(px(12), px(7), px(12), px(1));
    layersHead_->setSpacing(px(8));
    modeRowLayout_->setContentsMargins(px(12), px(6), px(12), px(4));
    for (QWidget* chart : {static_cast<QWidget*>(spectra_), static_cast<QWidget*>(layersStack_)})
        chart->setMinimumHeight(px(120));
}

void ComparePanel::applyTheme(const Theme& theme) {
    Panel::applyTheme(theme);
    mode_->applyTheme(theme);
    tabs_->applyTheme(theme);
    table_->applyTheme(theme);
    spectra_->applyTheme(theme);
    contributions_->setTheme(theme);
    missing_->applyTheme(theme);
    layersNote_->applyTheme(theme);
    const auto ink = [&](QLabel* label, Role role) {
        QPalette palette = label->palette();
        palette.setColor(QPalette::WindowText, theme.color(role));
        label->setPalette(palette);
    };
    ink(sentence_, Role::Ink);
    ink(layersTitle_, Role::Ink);
    ink(layersSubtitle_, Role::Ink2);
    for (QWidget* part : {spectraPart_, layersPart_})
        static_cast<Rule*>(part->layout()->itemAt(0)->widget())->setTheme(theme);
    layoutSpacing();
}

void ComparePanel::resizeEvent(QResizeEvent* event) {
    Panel::resizeEvent(event);
    arrange();
}

void ComparePanel::changeEvent(QEvent* event) {
    Panel::changeEvent(event);
    if (event->type() == QEvent::FontChange && tabs_ != nullptr) {
        applyTheme(theme());
        arrange();
    }
}

bool ComparePanel::eventFilter(QObject* watched, QEvent* event) {
    // The chart somebody works with is the one to copy and to see as a table; the numbers are it otherwise.
    if (event->type() == QEvent::FocusIn && !tabbed_) {
        auto* view = qobject_cast<PlotView*>(watched);
        if (view != nullptr || watched == table_) setPlot(view);
    }
    return Panel::eventFilter(watched, event);
}

}  // namespace rankscope::gui
