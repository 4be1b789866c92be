// SPDX-License-Identifier: GPL-3.0-or-later
// What is known and counted of plans: channels, results, estimates, sizes.
#include "app/gui/document/document.hpp"
#include "core/pruning/method.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace rankscope::gui {
namespace {

bool pruned(const LayerChoice& layer) {
    return !layer.method.empty() && layer.kept < layer.key_dim;
}

// Whether two plans of one model remove the same channels by the same methods. A file may name layers that
// keep all of theirs.
bool samePruning(const Plan& a, const Plan& b) {
    const auto essence = [](const Plan& plan) {
        std::map<std::int64_t, std::pair<std::string, KeptChannels>> layers;
        for (const PlanLayer& layer : plan.layers) {
            if (layer.kept_dim() < layer.key_dim) layers[layer.index] = {layer.method, layer.keep};
        }
        return layers;
    };
    return a.model_hash == b.model_hash && a.scale == b.scale && essence(a) == essence(b);
}

}  // namespace

void Document::learned(const QString& key) {
    estimateMiss_.reset();
    if (!resultsUnsaved_) {
        resultsUnsaved_ = true;
        Q_EMIT modifiedChanged(true);
    }
    Q_EMIT resultChanged(key);
}

void Document::setScores(SessionScores scores) {
    orders_.setScores(std::move(scores));
    Q_EMIT scoresChanged();
}

void Document::setExactChannels(const Plan& plan) {
    for (const PlanLayer& layer : plan.layers)
        orders_.setExact(layer);
    learnCalibration(plan);
    Q_EMIT scoresChanged();
}

void Document::learnCalibration(const Plan& plan) {
    if (plan.calibration_hash.empty()) return;
    calibratedHash_ = plan.calibration_hash;
    calibratedTokens_ = plan.calibration_tokens;
}

std::optional<KeptChannels> Document::keptChannels(const LayerChoice& layer) const {
    if (!config_ || layer.index < 0 || layer.index >= std::ssize(config_->layers)) return std::nullopt;
    return orders_.kept(
        layer, static_cast<std::size_t>(config_->layers[static_cast<std::size_t>(layer.index)].key_heads));
}

bool Document::isByHand(const LayerChoice& layer) const {
    if (layer.by_hand.empty()) return false;
    LayerChoice plain = layer;
    plain.by_hand.clear();
    // An order says nothing against what a file names: the swap stage may have changed the set.
    if (layer.from_file && chooses_per_width(layer.method) && !orders_.hasExact(plain)) return false;
    const std::optional<KeptChannels> chosen = keptChannels(plain);
    return chosen && *chosen != layer.by_hand;
}

PlanChoice Document::asNamed(PlanChoice choice) const {
    for (LayerChoice& layer : choice.layers) {
        if (!isByHand(layer)) layer.by_hand.clear();
    }
    return choice;
}

std::optional<Plan> Document::toPlan(const PlanChoice& choice) const {
    Plan plan;
    plan.model_hash = model_.hash;
    plan.model_family = model_.family;
    plan.scale = choice.scale;
    plan.seed = seed_;
    plan.created_by = "rankscope";
    for (const LayerChoice& layer : choice.layers) {
        if (!pruned(layer)) continue;
        std::optional<KeptChannels> kept = keptChannels(layer);
        if (!kept) return std::nullopt;
        const double ratio = 1.0 - static_cast<double>(layer.kept) / static_cast<double>(layer.key_dim);
        if (layer.by_hand.empty() && needs_data(layer.method)) {
            plan.calibration_hash = calibratedHash_;
            plan.calibration_tokens = calibratedTokens_;
        }
        plan.layers.push_back({layer.index, layer.method, ratio, layer.key_dim, std::move(*kept)});
    }
    // A file or the engine has said it before: with the ratio, seed and calibration that it came of.
    const PlanRecord* known = record(choice);
    return known != nullptr && known->plan && samePruning(*known->plan, plan) ? known->plan : plan;
}

std::optional<Plan> Document::exactPlan(const PlanChoice& choice) const {
    for (const LayerChoice& layer : choice.layers) {
        if (pruned(layer) && layer.by_hand.empty() && chooses_per_width(layer.method)
            && !orders_.hasExact(layer))
            return std::nullopt;
    }
    return toPlan(choice);
}

PlanChoice Document::choiceOf(const Plan& plan, bool force, const std::string& where) const {
    check_plan(plan, *config_, model_.hash, force || model_.hash.empty(), where);
    PlanChoice choice = keep_all(*config_);
    choice.scale = plan.scale;
    for (LayerChoice& layer : choice.layers) {
        const LayerChoice* now = layerChoice(static_cast<int>(layer.index));
        layer.locked = now != nullptr && now->locked;
        const PlanLayer* cut = plan.layer(layer.index);
        if (cut == nullptr || cut->kept_dim() >= layer.key_dim) continue;
        layer.method = cut->method;
        layer.kept = cut->kept_dim();
        if (layer.method.empty() || keptChannels(layer) != cut->keep) {
            layer.by_hand = cut->keep;
            layer.from_file = true;
        }
    }
    return choice;
}

// Which channels stay does not matter for counting; how many do.
Plan Document::widths(const PlanChoice& choice) const {
    Plan plan;
    plan.scale = choice.scale;
    for (const LayerChoice& layer : choice.layers) {
        if (!pruned(layer)) continue;
        const auto heads =
            static_cast<std::size_t>(config_->layers[static_cast<std::size_t>(layer.index)].key_heads);
        plan.layers.push_back(
            {layer.index, layer.method, 0, layer.key_dim,
             KeptChannels(heads, std::vector<std::int32_t>(static_cast<std::size_t>(layer.kept)))});
    }
    return plan;
}

std::int64_t Document::stateBytes(const PlanChoice& choice) const {
    return config_ ? state_bytes(widths(choice), *config_) : 0;
}

std::int64_t Document::parameters(const PlanChoice& choice) const {
    return config_ ? model_.parameters - removed_parameters(widths(choice), *config_) : 0;
}

const PlanRecord* Document::record(const PlanChoice& choice) const {
    const auto found = records_.find(planKey(choice));
    return found == records_.end() ? nullptr : &found->second;
}

void Document::setRecord(const PlanChoice& choice, PlanRecord record) {
    const QString key = planKey(choice);
    records_[key] = std::move(record);
    learned(key);
}

void Document::updateRecord(const PlanChoice& choice, const std::function<void(PlanRecord&)>& change) {
    const QString key = planKey(choice);
    change(records_[key]);
    learned(key);
}

void Document::forgetQuality() {
    for (auto& [key, record] : records_) {
        record.state = PlanState::Estimate;
        record.quality.reset();
        record.failure.clear();
    }
    full_.reset();
    layerSweep_.clear();
    const bool noise = noise_.has_value();
    noise_.reset();
    learned({});
    if (noise) Q_EMIT noiseChanged();
}

void Document::setCalibration(const std::filesystem::path& path) {
    const bool another = !calibration_.empty();
    calibration_ = path;
    bool noise = false;
    if (another) {
        calibratedHash_.clear();
        const auto calibrated = [](const PlanLayer& layer) { return needs_data(layer.method); };
        orders_.forgetCalibrated();
        for (auto& [key, record] : records_) {
            if (!record.plan || std::ranges::none_of(record.plan->layers, calibrated)) continue;
            record.state = PlanState::Estimate;
            record.quality.reset();
            record.plan.reset();
        }
        std::erase_if(layerSweep_, [](const LayerSweepPoint& point) { return needs_data(point.method); });
        // Some of its plans may be among them.
        noise = noise_.has_value();
        noise_.reset();
    }
    // Another text may be what a plan has failed for want of.
    for (auto& [key, record] : records_) {
        if (record.state == PlanState::Failed) record.state = PlanState::Estimate;
        record.failure.clear();
    }
    learned({});
    Q_EMIT scoresChanged();
    if (noise) Q_EMIT noiseChanged();
    Q_EMIT calibrationChanged();
}

void Document::setFullQuality(const MeasuredQuality& quality) {
    if (full_ == quality) return;
    full_ = quality;
    learned({});
}

void Document::setFullSpeed(const MeasuredSpeed& speed) {
    fullSpeed_ = speed;
    learned({});
}

void Document::addLayerSweep(const std::vector<LayerSweepPoint>& points) {
    for (const LayerSweepPoint& point : points) {
        const auto same = std::ranges::find_if(layerSweep_, [&](const LayerSweepPoint& each) {
            return each.layer == point.layer && each.method == point.method && each.kept == point.kept;
        });
        if (same != layerSweep_.end()) {
            *same = point;
        } else {
            layerSweep_.push_back(point);
        }
    }
    learned({});
}

void Document::setNoise(const SessionNoise& noise) {
    noise_ = noise;
    resultsUnsaved_ = true;
    Q_EMIT noiseChanged();
}

std::optional<double> Document::layerDelta(const LayerChoice& layer) const {
    if (!pruned(layer)) return 0.0;
    if (!layer.by_hand.empty()) return std::nullopt;
    // Neighbours among the measured widths; a whole layer costs nothing. Straight lines between them cannot
    // overshoot.
    const LayerSweepPoint* below = nullptr;
    std::int64_t aboveKept = layer.key_dim;
    double aboveDelta = 0;
    for (const LayerSweepPoint& point : layerSweep_) {
        if (point.layer != layer.index || point.method != layer.method) continue;
        if (point.kept == layer.kept) return point.delta_nll;
        if (point.kept < layer.kept && (below == nullptr || point.kept > below->kept)) below = &point;
        if (point.kept > layer.kept && point.kept < aboveKept) {
            aboveKept = point.kept;
            aboveDelta = point.delta_nll;
        }
    }
    if (below == nullptr) return std::nullopt;
    const double share =
        static_cast<double>(layer.kept - below->kept) / static_cast<double>(aboveKept - below->kept);
    return below->delta_nll + share * (aboveDelta - below->delta_nll);
}

std::optional<double> Document::estimatedNll(const PlanChoice& choice) const {
    double sum = 0;
    for (const LayerChoice& layer : choice.layers) {
        const std::optional<double> delta = layerDelta(layer);
        if (!delta) return std::nullopt;
        sum += *delta;
    }
    return sum;
}

std::optional<PlanEstimate> Document::estimate(const PlanChoice& choice) const {
    const std::optional<double> delta = estimatedNll(choice);
    if (!delta || layerSweep_.empty()) return std::nullopt;
    if (!estimateMiss_) {
        double squares = 0;
        int count = 0;
        for (const SavedPlan& point : state_.points) {
            const PlanRecord* known = record(point.choice);
            if (known == nullptr || known->state != PlanState::Exact || !known->quality
                || !known->quality->delta_nll)
                continue;
            const std::optional<double> guess = estimatedNll(point.choice);
            if (!guess) continue;
            // Relative to the size of the change, or the worst plans alone would set it for all.
            const double scale = std::max(std::abs(*known->quality->delta_nll), 1e-3);
            squares += std::pow((*guess - *known->quality->delta_nll) / scale, 2);
            ++count;
        }
        estimateMiss_ = count > 0 ? std::sqrt(squares / count) : 0.0;
    }
    return PlanEstimate{*delta, std::abs(*delta) * std::max(*estimateMiss_, 0.1)};
}

std::optional<MeasuredSpeed> Document::speed(const PlanChoice& choice) const {
    if (planMethod(choice) == Method::FullModel) return fullSpeed_;
    if (const PlanRecord* known = record(choice); known != nullptr && known->speed) return known->speed;
    const auto sameWidths = [&](const PlanChoice& other) {
        return std::ranges::equal(choice.layers, other.layers,
                                  [](const LayerChoice& a, const LayerChoice& b) {
                                      return a.index == b.index && a.kept == b.kept;
                                  });
    };
    for (const SavedPlan& point : state_.points) {
        if (!sameWidths(point.choice)) continue;
        if (const PlanRecord* known = record(point.choice); known != nullptr && known->speed) {
            MeasuredSpeed speed = *known->speed;
            speed.same_width = true;
            return speed;
        }
    }
    return std::nullopt;
}

}  // namespace rankscope::gui
