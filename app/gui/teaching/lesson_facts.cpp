// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/teaching/lesson_facts.hpp"

#include "app/gui/client/engine_control.hpp"
#include "app/gui/data/state_source.hpp"
#include "app/gui/theme/number_text.hpp"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>

namespace rankscope::gui {
namespace {

using namespace number_text;

QString tr(const char* text) {
    return QCoreApplication::translate("LessonFacts", text);
}

bool isMeasured(const PlanFacts& facts) {
    return facts.isExact() && std::isfinite(facts.delta);
}

QString joined(const QStringList& parts) {
    if (parts.size() < 2) return parts.join(QString());
    return tr("%1 and %2").arg(parts.mid(0, parts.size() - 1).join(QStringLiteral(", ")), parts.last());
}

const QStringList kPlanNumbers{QStringLiteral("name"),       QStringLiteral("method"),
                               QStringLiteral("kept"),       QStringLiteral("delta"),
                               QStringLiteral("perplexity"), QStringLiteral("percent"),
                               QStringLiteral("state"),      QStringLiteral("recall"),
                               QStringLiteral("widths"),     QStringLiteral("removed")};
const QStringList kLayerNumbers{QStringLiteral("layer"), QStringLiteral("rank"), QStringLiteral("delta")};

}  // namespace

const QStringList& LessonFacts::planRoles() {
    static const QStringList roles{QStringLiteral("full"), QStringLiteral("half"), QStringLiteral("random"),
                                   QStringLiteral("other")};
    return roles;
}

const QStringList& LessonFacts::layerRoles() {
    static const QStringList roles{QStringLiteral("dearest"), QStringLiteral("cheapest"),
                                   QStringLiteral("high"), QStringLiteral("low"), QStringLiteral("probe")};
    return roles;
}

const QStringList& LessonFacts::names() {
    static const QStringList all = [] {
        QStringList names{QStringLiteral("model"),
                          QStringLiteral("K"),
                          QStringLiteral("V"),
                          QStringLiteral("directions"),
                          QStringLiteral("answers"),
                          QStringLiteral("dearest.layers"),
                          QStringLiteral("kept_energy"),
                          QStringLiteral("probe.head"),
                          QStringLiteral("probe.at99"),
                          QStringLiteral("probe.stable"),
                          QStringLiteral("probe.entropy"),
                          QStringLiteral("answer")};
        for (const QString& role : planRoles()) {
            for (const QString& number : kPlanNumbers)
                names.append(role + QLatin1Char('.') + number);
        }
        for (const QString& role : layerRoles()) {
            for (const QString& number : kLayerNumbers)
                names.append(role + QLatin1Char('.') + number);
        }
        return names;
    }();
    return all;
}

const QStringList& LessonFacts::conditions() {
    static const QStringList all{QStringLiteral("recall"), QStringLiteral("capture"),
                                 QStringLiteral("engine"), QStringLiteral("one_dearest"),
                                 QStringLiteral("other")};
    return all;
}

LessonFacts::LessonFacts(const Workspace& workspace) : workspace_(workspace) {
    if (!workspace.document.hasModel()) return;
    describeModel();
    findPlans();
    findLayers();
    findProbe();
    for (const QString& role : planRoles())
        describePlan(role);
    for (auto it = layers_.cbegin(); it != layers_.cend(); ++it)
        describeLayer(it.key(), it.value());
    describeKeptEnergy();
}

// Between two sessions the capture of the former one is still open.
const CaptureData* LessonFacts::capture() const {
    const CaptureData* capture = workspace_.states.capture().get();
    if (capture == nullptr || !workspace_.document.hasModel()) return nullptr;
    const auto& layers = workspace_.document.config().layers;
    for (const CaptureLayer& layer : capture->layout.layers) {
        if (layer.index < 0 || layer.index >= std::ssize(layers)) return nullptr;
        const LayerConfig& own = layers[static_cast<std::size_t>(layer.index)];
        if (!own.prunable() || layer.key_heads != own.key_heads || layer.value_heads != own.value_heads
            || layer.value_dim != own.value_dim)
            return nullptr;
    }
    return capture;
}

void LessonFacts::put(const QString& name, const QString& text) {
    texts_.insert(name, text);
}

std::optional<QString> LessonFacts::text(const QString& name) const {
    const auto found = texts_.constFind(name);
    return found == texts_.cend() ? std::nullopt : std::optional(*found);
}

bool LessonFacts::holds(const QString& condition) const {
    if (condition.isEmpty()) return true;
    if (condition.startsWith(QLatin1Char('!'))) return !holds(condition.mid(1));
    if (condition == QLatin1String("recall"))
        return texts_.contains(QStringLiteral("half.recall"))
               && texts_.contains(QStringLiteral("full.recall"));
    if (condition == QLatin1String("capture")) return capture() != nullptr;
    if (condition == QLatin1String("engine"))
        return workspace_.engine.status().state == EngineStatus::State::Ready;
    if (condition == QLatin1String("one_dearest")) return oneDearest_;
    if (condition == QLatin1String("other")) return !plan(QStringLiteral("other")).isEmpty();
    return false;
}

std::optional<int> LessonFacts::layer(const QString& role) const {
    const auto found = layers_.constFind(role);
    return found == layers_.cend() ? std::nullopt : std::optional(*found);
}

void LessonFacts::describeModel() {
    const Document& document = workspace_.document;
    put(QStringLiteral("model"), document.modelName());
    for (const LayerConfig& layer : document.config().layers) {
        if (!layer.prunable()) continue;
        put(QStringLiteral("K"), QString::number(layer.key_dim));
        put(QStringLiteral("V"), QString::number(layer.value_dim));
        put(QStringLiteral("directions"), QString::number(std::min(layer.key_dim, layer.value_dim)));
        break;
    }
    const auto& full = document.fullQuality();
    if (full && full->answers > 0) put(QStringLiteral("answers"), integer(full->answers));
}

void LessonFacts::findPlans() {
    const Document& document = workspace_.document;
    if (!document.fullQuality() || fullModelFacts(document).state != PlanState::Exact) return;
    plans_[QStringLiteral("full")] = fullModelId();
    // The plan of the story; without one the uniform DRRQR plan nearest to half of the state.
    const auto usable = [&](const QString& id) {
        const SavedPlan* point = document.point(id);
        return point != nullptr && isMeasured(planFacts(document, *point));
    };
    QString half;
    if (document.story()) half = QString::fromStdString(document.story()->point);
    if (!usable(half)) {
        half.clear();
        const double target = fullModelFacts(document).stateBytes / 2;
        double nearest = std::numeric_limits<double>::infinity();
        for (const SavedPlan& point : document.state().points) {
            const double away = std::abs(static_cast<double>(document.stateBytes(point.choice)) - target);
            if (!point.uniform || planMethod(point.choice) != Method::Drrqr || away >= nearest
                || !usable(point.id))
                continue;
            nearest = away;
            half = point.id;
        }
    }
    if (half.isEmpty()) return;
    plans_[QStringLiteral("half")] = half;
    if (const QString random = sameSize(methodKey(Method::Random)); !random.isEmpty())
        plans_[QStringLiteral("random")] = random;
    const std::int64_t size = document.stateBytes(document.point(half)->choice);
    for (const SavedPlan& point : document.state().points) {
        if (point.uniform || point.id == half || document.stateBytes(point.choice) != size
            || !usable(point.id))
            continue;
        plans_[QStringLiteral("other")] = point.id;
        break;
    }
}

QString LessonFacts::sameSize(const QString& method) const {
    const Document& document = workspace_.document;
    const SavedPlan* half = document.point(plan(QStringLiteral("half")));
    if (half == nullptr) return {};
    const std::int64_t size = document.stateBytes(half->choice);
    for (const SavedPlan& point : document.state().points) {
        if (point.uniform && methodKey(planMethod(point.choice)) == method
            && document.stateBytes(point.choice) == size && isMeasured(planFacts(document, point)))
            return point.id;
    }
    return {};
}

void LessonFacts::findLayers() {
    const Document& document = workspace_.document;
    const CaptureData* capture = this->capture();
    const SavedPlan* half = document.point(plan(QStringLiteral("half")));
    const auto& layers = document.config().layers;
    bool allRanks = capture != nullptr && capture->windows > 0;
    bool allCosts = half != nullptr;
    for (std::size_t i = 0; i < layers.size(); ++i) {
        if (!layers[i].prunable()) continue;
        const int layer = static_cast<int>(i);
        const int place = capture == nullptr ? -1 : capture->captured(layer);
        double sum = 0, highest = -1;
        int heads = 0;
        if (place >= 0) {
            for (std::size_t h = 0; h < capture->layout.layers[static_cast<std::size_t>(place)].heads.size();
                 ++h) {
                const double rank =
                    capture->metricSummary("rank_stable", static_cast<std::size_t>(place), h).mean;
                if (!std::isfinite(rank)) continue;
                if (rank > highest) {
                    highest = rank;
                    heads_[layer] =
                        static_cast<int>(capture->layout.layers[static_cast<std::size_t>(place)].heads[h]);
                }
                sum += rank;
                ++heads;
            }
        }
        if (heads > 0) {
            ranks_[layer] = sum / heads;
        } else {
            allRanks = false;
        }
        if (half == nullptr) continue;
        const std::string method = methodKey(planMethod(half->choice)).toStdString();
        const auto& sweep = document.layerSweep();
        const auto found = std::ranges::find_if(sweep, [&](const LayerSweepPoint& point) {
            return point.layer == layer && point.method == method && 2 * point.kept == layers[i].key_dim;
        });
        if (found == sweep.end()) {
            allCosts = false;
        } else {
            costs_.append({layer, found->delta_nll, found->delta_nll_se.value_or(0)});
        }
    }
    if (allRanks && ranks_.size() > 1) {
        const auto byRank = [&](int a, int b) {
            return ranks_[a] < ranks_[b] || (ranks_[a] == ranks_[b] && a < b);
        };
        const QList<int> all = ranks_.keys();
        layers_[QStringLiteral("low")] = *std::min_element(all.begin(), all.end(), byRank);
        layers_[QStringLiteral("high")] = *std::max_element(all.begin(), all.end(), byRank);
    }
    if (!allCosts || costs_.size() < 2) {
        costs_.clear();
        return;
    }
    const auto cheaper = [](const LayerCost& a, const LayerCost& b) { return a.deltaNll < b.deltaNll; };
    const LayerCost dearest = *std::max_element(costs_.begin(), costs_.end(), cheaper);
    layers_[QStringLiteral("dearest")] = dearest.layer;
    layers_[QStringLiteral("cheapest")] = std::min_element(costs_.begin(), costs_.end(), cheaper)->layer;
    QStringList equal;
    for (const LayerCost& cost : costs_) {
        if (dearest.deltaNll - cost.deltaNll <= kSure * std::hypot(dearest.error, cost.error))
            equal.append(QString::number(cost.layer));
    }
    put(QStringLiteral("dearest.layers"), joined(equal));
    oneDearest_ = equal.size() == 1;
}

void LessonFacts::findProbe() {
    const CaptureData* capture = this->capture();
    if (capture == nullptr || capture->windows < 1) return;
    double highest = -1;
    for (std::size_t l = 0; l < capture->layout.layers.size(); ++l) {
        const CaptureLayer& layer = capture->layout.layers[l];
        if (workspace_.document.layerChoice(static_cast<int>(layer.index)) == nullptr) continue;
        for (std::size_t h = 0; h < layer.heads.size(); ++h) {
            const double stable = capture->metricSummary("rank_stable", l, h).mean;
            const CaptureData::Summary at99 = capture->metricSummary("rank_at_99", l, h);
            if (!(stable > highest) || !std::isfinite(at99.mean)) continue;
            highest = stable;
            Probe probe;
            probe.layer = static_cast<int>(layer.index);
            probe.head = static_cast<int>(layer.heads[h]);
            probe.at99 = at99.mean;
            probe.at99Spread = std::isfinite(at99.sd) ? at99.sd : 0;
            probe.directions = static_cast<int>(std::min(layer.key_dim, layer.value_dim));
            probe_ = probe;
            put(QStringLiteral("probe.stable"), rank(stable));
            const double entropy = capture->metricSummary("rank_entropy", l, h).mean;
            if (std::isfinite(entropy)) put(QStringLiteral("probe.entropy"), rank(entropy));
        }
    }
    if (!probe_) return;
    layers_[QStringLiteral("probe")] = probe_->layer;
    put(QStringLiteral("probe.head"), QString::number(probe_->head));
    put(QStringLiteral("probe.at99"), rank(probe_->at99));
}

void LessonFacts::describePlan(const QString& role) {
    const auto facts = factsOfId(workspace_.document, plan(role));
    if (!facts) return;
    const auto say = [&](const char* name, const QString& text) {
        put(role + QLatin1Char('.') + QLatin1String(name), text);
    };
    say("name", facts->name);
    say("method", methodName(facts->method));
    say("state", bytes(facts->stateBytes));
    say("perplexity", perplexity(facts->perplexity));
    if (std::isfinite(facts->recall)) say("recall", percent(facts->recall));
    const double full = fullModelFacts(workspace_.document).stateBytes;
    if (full > 0) say("removed", percent(1 - facts->stateBytes / full));
    if (facts->method == Method::FullModel) return;
    say("delta", deltaText(*facts));
    say("percent", changePercent(std::exp(facts->deltaNll), 1));
    const SavedPlan* point = workspace_.document.point(facts->id);
    if (point == nullptr) return;
    QStringList widths;
    bool same = true;
    for (const LayerChoice& layer : point->choice.layers) {
        widths.append(QString::number(layer.kept));
        same = same && layer.kept == point->choice.layers.front().kept;
    }
    constexpr qsizetype kMostWidths = 8;
    if (widths.size() <= kMostWidths) say("widths", widths.join(QStringLiteral(", ")));
    if (same && !widths.isEmpty()) say("kept", widths.first());
}

void LessonFacts::describeLayer(const QString& role, int layer) {
    put(role + QStringLiteral(".layer"), QString::number(layer));
    if (ranks_.contains(layer)) put(role + QStringLiteral(".rank"), rank(ranks_[layer]));
    for (const LayerCost& cost : costs_) {
        if (cost.layer == layer) put(role + QStringLiteral(".delta"), signedFixed(cost.deltaNll, 4));
    }
}

// Of the dearest layer under "half": mean over its captured heads.
void LessonFacts::describeKeptEnergy() {
    const Document& document = workspace_.document;
    const CaptureData* capture = this->capture();
    const SavedPlan* half = document.point(plan(QStringLiteral("half")));
    const auto layer = this->layer(QStringLiteral("dearest"));
    if (capture == nullptr || half == nullptr || !layer) return;
    const auto choice = std::ranges::find(half->choice.layers, *layer, &LayerChoice::index);
    const int place = capture->captured(*layer);
    if (choice == half->choice.layers.end() || place < 0) return;
    const auto kept = document.keptChannels(*choice);
    const CaptureLayer& shape = capture->layout.layers[static_cast<std::size_t>(place)];
    if (!kept || shape.key_dim != choice->key_dim || std::ssize(*kept) != shape.key_heads) return;
    const std::int64_t perKey =
        std::max<std::int64_t>(1, shape.value_heads / std::max<std::int64_t>(1, shape.key_heads));
    double sum = 0;
    for (std::size_t h = 0; h < shape.heads.size(); ++h)
        sum += capture->keptEnergy(static_cast<std::size_t>(place), h,
                                   kept->at(static_cast<std::size_t>(shape.heads[h] / perKey)));
    if (const double share = sum / static_cast<double>(shape.heads.size()); std::isfinite(share))
        put(QStringLiteral("kept_energy"), percent(share));
}

QString deltaText(const PlanFacts& facts) {
    const QString value = perplexityDelta(facts.delta);
    return std::isfinite(facts.deltaError) ? value + QLatin1Char(' ') + plusMinus(facts.deltaError) : value;
}

}  // namespace rankscope::gui
