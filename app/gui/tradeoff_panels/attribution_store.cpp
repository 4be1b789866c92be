// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/tradeoff_panels/attribution_store.hpp"

#include "app/gui/client/engine_control.hpp"
#include "app/gui/document/document.hpp"

#include <QPointer>

#include <algorithm>

namespace rankscope::gui {
namespace {

QString keyOf(const PlanChoice& a, const PlanChoice& b) {
    return planKey(a) + QLatin1Char('\n') + planKey(b);
}

bool prunes(const LayerChoice& layer) {
    return !layer.method.empty() && layer.kept < layer.key_dim;
}

}  // namespace

AttributionStore::AttributionStore(Workspace workspace, QObject* parent)
    : QObject(parent), workspace_(workspace) {
    const auto forget = [this] {
        ++generation_;
        entries_.clear();
        Q_EMIT changed();
    };
    connect(&workspace_.document, &Document::modelChanged, this, forget);
    connect(&workspace_.document, &Document::textChanged, this, forget);
}

const AttributionStore::Entry* AttributionStore::entry(const PlanChoice& a, const PlanChoice& b) const {
    const auto found = entries_.find(keyOf(a, b));
    return found == entries_.end() ? nullptr : &found->second;
}

void AttributionStore::compute(const QString& idA, const PlanChoice& a, const QString& idB,
                               const PlanChoice& b) {
    const QString key = keyOf(a, b);
    Entry& entry = entries_[key];
    if (entry.running) return;
    entry = {};
    entry.running = true;
    Q_EMIT changed();
    // The engine may answer when this is gone, or when another text is open.
    const auto mine = [self = QPointer<AttributionStore>(this), key, generation = generation_]() -> Entry* {
        if (self.isNull() || self->generation_ != generation) return nullptr;
        const auto found = self->entries_.find(key);
        return found == self->entries_.end() ? nullptr : &found->second;
    };
    workspace_.engine.attribution(
        idA, idB,
        [self = QPointer<AttributionStore>(this), mine](const protocol::AttributionResult& partial) {
            Entry* known = mine();
            if (known == nullptr) return;
            known->result = partial;
            Q_EMIT self->changed();
        },
        [self = QPointer<AttributionStore>(this), mine](const QString& message, const QString& hint) {
            Entry* known = mine();
            if (known == nullptr) return;
            known->running = false;
            known->finished = message.isEmpty();
            known->failure = message;
            known->hint = hint;
            Q_EMIT self->changed();
        });
}

std::optional<double> AttributionStore::secondsPerEvaluation() const {
    const auto& text = workspace_.document.text();
    if (!text || text->windows <= 0) return std::nullopt;
    for (const EngineJob& job : workspace_.engine.jobs()) {
        if (job.state != EngineJob::State::Finished || job.unit != QLatin1String("windows")
            || !(job.total > 0) || !(job.seconds > 0))
            continue;
        return job.seconds / job.total * static_cast<double>(text->windows);
    }
    return std::nullopt;
}

QList<int> differingLayers(const PlanChoice& a, const PlanChoice& b) {
    QList<int> layers;
    for (const LayerChoice& layer : a.layers) {
        const auto other = std::ranges::find(b.layers, layer.index, &LayerChoice::index);
        if (other == b.layers.end()) continue;
        const bool same = !prunes(layer)
                              ? !prunes(*other)
                              : prunes(*other) && layer.kept == other->kept && layer.by_hand == other->by_hand
                                    && (!layer.by_hand.empty() || layer.method == other->method);
        if (!same) layers.append(static_cast<int>(layer.index));
    }
    return layers;
}

}  // namespace rankscope::gui
