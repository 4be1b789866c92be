// SPDX-License-Identifier: GPL-3.0-or-later
// What the panel's menu offers beside what every panel has.
#include "app/gui/charts/spectrum_view.hpp"
#include "app/gui/data/state_source.hpp"
#include "app/gui/layer_panels/layer_panel.hpp"

#include <QActionGroup>
#include <QMenu>

namespace rankscope::gui {

void LayerPanel::buildMenu() {
    QAction* first = menu()->actions().value(0);
    const auto group = [&](QMenu* owner, const QStringList& texts, int on, auto pick) {
        auto* actions = new QActionGroup(this);
        for (int i = 0; i < texts.size(); ++i) {
            QAction* action = owner != nullptr ? owner->addAction(texts[i]) : new QAction(texts[i], this);
            if (owner == nullptr) menu()->insertAction(first, action);
            action->setCheckable(true);
            action->setChecked(i == on);
            actions->addAction(action);
            connect(action, &QAction::triggered, this, [pick, i] { pick(i); });
        }
        return actions;
    };
    group(nullptr, {QStringLiteral("σᵢ / σ₁"), QStringLiteral("σᵢ"), tr("Residual energy")}, 0,
          [this](int i) { spectrum_->setQuantity(static_cast<SpectrumQuantity>(i)); });
    menu()->insertSeparator(first);
    auto* log = new QAction(tr("Index on a log axis"), this);
    log->setCheckable(true);
    connect(log, &QAction::toggled, spectrum_, &SpectrumView::setLogIndex);
    menu()->insertAction(first, log);
    auto* here = new QAction(tr("At the scrubber's token only"), this);
    here->setCheckable(true);
    here->setToolTip(tr("Off: means over all windows and captured positions"));
    connect(here, &QAction::toggled, this, [this](bool on) {
        atToken_ = on;
        showSpectrum();
    });
    menu()->insertAction(first, here);
    addHead_ = new QMenu(tr("Add head"), this);
    connect(addHead_, &QMenu::aboutToShow, this, &LayerPanel::fillAddHead);
    menu()->insertMenu(first, addHead_);
    menu()->insertSeparator(first);
    auto* metrics = new QMenu(tr("Rank over tokens"), this);
    QStringList titles;
    for (const QString& name : rankNames())
        titles.append(rankTitle(name));
    tokenMetrics_ =
        group(metrics, titles, static_cast<int>(rankNames().indexOf(tokenMetric_)), [this](int i) {
            tokenMetric_ = rankNames()[i];
            showRanks();
        });
    connect(metrics, &QMenu::aboutToShow, this, &LayerPanel::offerRanks);
    menu()->insertMenu(first, metrics);
    auto* split = new QAction(tr("Split heads at the largest gap"), this);
    connect(split, &QAction::triggered, this, [this] {
        HeadsByLayerData data = heads_->data();
        data.split = std::numeric_limits<double>::quiet_NaN();
        heads_->setData(data);
    });
    menu()->insertAction(first, split);
    auto* scatter = new QAction(tr("Heads: early rank against late"), this);
    scatter->setCheckable(true);
    scatter->setToolTip(tr("Rank at token %1 against the rank at the last token").arg(kEarlyToken));
    connect(scatter, &QAction::toggled, this, [this](bool on) {
        earlyAgainstLate_ = on;
        showModelRanks();
        arrangeLower();
    });
    menu()->insertAction(first, scatter);
}

// Those that the capture holds; the one that is drawn is checked.
void LayerPanel::offerRanks() {
    const QString shown = shownRank(tokenMetric_);
    const QList<QAction*> actions = tokenMetrics_->actions();
    for (qsizetype i = 0; i < actions.size(); ++i) {
        const QString name = rankNames()[i];
        actions[i]->setEnabled(shownRank(name) == name);
        actions[i]->setChecked(name == shown);
    }
}

// Captured heads of all layers, a menu a layer; those that are drawn beside the layer's own are checked.
void LayerPanel::fillAddHead() {
    addHead_->clear();
    if (capture() == nullptr || !capture()->layout.spectra) {
        addHead_->addAction(capture() == nullptr ? tr("Nothing is captured") : tr("No spectrum is captured"))
            ->setEnabled(false);
        return;
    }
    for (const CaptureLayer& layer : capture()->layout.layers) {
        QMenu* heads = addHead_->addMenu(tr("Layer %1").arg(layer.index));
        for (const std::int32_t head : layer.heads) {
            const std::pair<int, int> which{static_cast<int>(layer.index), head};
            QAction* action = heads->addAction(tr("Head %1").arg(head));
            action->setCheckable(true);
            action->setChecked(addedHeads_.contains(which));
            connect(action, &QAction::triggered, this, [this, which](bool on) {
                addedHeads_.removeAll(which);
                if (on) addedHeads_.append(which);
                showSpectrum();
            });
        }
    }
    addHead_->addSeparator();
    QAction* none = addHead_->addAction(tr("Remove all added heads"));
    none->setEnabled(!addedHeads_.isEmpty());
    connect(none, &QAction::triggered, this, [this] {
        addedHeads_.clear();
        showSpectrum();
    });
}

std::vector<NamedSpectrum> LayerPanel::addedSpectra() const {
    std::vector<NamedSpectrum> added;
    for (const auto& [layer, head] : addedHeads_) {
        const HeadPlace place = placeOf(*capture(), layer, head);
        if (!place.isCaptured()) continue;
        const auto l = static_cast<std::size_t>(place.layer);
        const auto h = static_cast<std::size_t>(place.head);
        NamedSpectrum spectrum{tr("layer %1, head %2").arg(layer).arg(head), {}};
        if (atToken_) {
            const auto values =
                capture()->spectrum(l, workspace_.selection.window(),
                                    capture()->nearestPosition(workspace_.selection.token()), h);
            spectrum.values.assign(values.begin(), values.end());
        } else {
            spectrum.values = capture()->meanSpectrum(l, h);
        }
        added.push_back(std::move(spectrum));
    }
    return added;
}

}  // namespace rankscope::gui
