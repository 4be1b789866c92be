// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/plan_panels/presets.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace rankscope::gui {
namespace {

std::string withoutBlanks(const std::string& text) {
    std::string plain;
    for (const char c : text) {
        if (c != ' ') plain += c == ',' ? '.' : c;
    }
    return plain;
}

std::optional<double> number(const std::string& text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value))
        return std::nullopt;
    return value;
}

void set(LayerChoice& layer, std::int64_t kept, const std::string& method) {
    layer.kept = std::clamp<std::int64_t>(kept, 1, layer.key_dim);
    layer.method = method;
    layer.by_hand.clear();
}

// The layers that may change: those in `layers` that are not locked.
template <typename Change>
PlanChoice changed(PlanChoice plan, const std::set<int>* layers, Change change) {
    for (LayerChoice& layer : plan.layers) {
        if (layer.locked) continue;
        if (layers != nullptr && !layers->contains(static_cast<int>(layer.index))) continue;
        change(layer);
    }
    return plan;
}

LayerChoice at(LayerChoice layer, std::int64_t kept, const std::string& method) {
    set(layer, kept, layer.method.empty() ? method : layer.method);
    return layer;
}

}  // namespace

int snapStep(std::int64_t keyDim) {
    return keyDim >= 256 ? 16 : 8;
}

std::int64_t steppedKept(std::int64_t kept, std::int64_t keyDim, int steps, bool single) {
    if (single) return std::clamp<std::int64_t>(kept + steps, 1, keyDim);
    const std::int64_t step = snapStep(keyDim);
    // From between two stops, the first step goes to the nearer edge in that direction.
    const std::int64_t from = steps > 0 ? kept / step : (kept + step - 1) / step;
    return std::clamp<std::int64_t>((from + steps) * step, 1, keyDim);
}

std::vector<std::int64_t> kernelWidths(std::int64_t keyDim) {
    std::vector<std::int64_t> widths;
    for (std::int64_t width = 16; width < keyDim; width *= 2)
        widths.push_back(width);
    return widths;
}

std::int64_t kernelCost(std::int64_t kept, std::int64_t keyDim) {
    for (const std::int64_t width : kernelWidths(keyDim)) {
        if (width >= kept) return width;
    }
    return keyDim;
}

std::optional<double> parseRatio(const std::string& text) {
    std::string plain = withoutBlanks(text);
    if (!plain.empty() && plain.back() == '%') plain.pop_back();
    const std::optional<double> percent = number(plain);
    if (!percent || *percent < 0 || *percent > 100) return std::nullopt;
    return *percent / 100;
}

std::optional<std::int64_t> parseKept(const std::string& text, std::int64_t keyDim) {
    const std::string plain = withoutBlanks(text);
    if (!plain.empty() && plain.back() == '%') {
        const std::optional<double> ratio = parseRatio(plain);
        return ratio ? std::optional(kept_width(keyDim, *ratio)) : std::nullopt;
    }
    const std::optional<double> kept = number(plain);
    if (!kept || *kept < 1 || *kept > static_cast<double>(keyDim) || *kept != std::floor(*kept))
        return std::nullopt;
    return static_cast<std::int64_t>(*kept);
}

PlanChoice withRatio(PlanChoice plan, const std::set<int>& layers, double ratio, const std::string& method) {
    return changed(std::move(plan), &layers, [&](LayerChoice& layer) {
        set(layer, method.empty() ? layer.key_dim : kept_width(layer.key_dim, ratio), method);
    });
}

PlanChoice withMethod(PlanChoice plan, const std::set<int>& layers, const std::string& method) {
    return changed(std::move(plan), &layers, [&](LayerChoice& layer) {
        if (layer.method == method && layer.by_hand.empty()) return;
        set(layer, method.empty() ? layer.key_dim : layer.kept, method);
    });
}

PlanChoice uniformPlan(PlanChoice plan, double ratio, const std::string& method) {
    return changed(std::move(plan), nullptr,
                   [&](LayerChoice& layer) { set(layer, kept_width(layer.key_dim, ratio), method); });
}

PlanChoice sparedEndsPlan(PlanChoice plan, double ratio, const std::string& method) {
    if (plan.layers.empty()) return plan;
    const std::int64_t first = plan.layers.front().index;
    const std::int64_t last = plan.layers.back().index;
    return changed(std::move(plan), nullptr, [&](LayerChoice& layer) {
        const bool end = layer.index == first || layer.index == last;
        set(layer, end ? layer.key_dim : kept_width(layer.key_dim, ratio), method);
    });
}

PlanChoice energyPlan(PlanChoice plan, double share, const std::string& method, const LayerValue& energy) {
    return changed(std::move(plan), nullptr, [&](LayerChoice& layer) {
        // More channels never hold less: halve the range. (DRRQR's swaps may break this by a hair; the answer
        // is checked all the same, since it is the K' that was asked about.)
        std::int64_t low = 1, high = layer.key_dim;
        while (low < high) {
            const std::int64_t middle = (low + high) / 2;
            const std::optional<double> held = energy(at(layer, middle, method));
            if (!held || std::isnan(*held)) return;
            if (*held >= share) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        layer = at(layer, low, method);
    });
}

BudgetPlan budgetPlan(const PlanChoice& plan, std::int64_t bytes, const std::string& method,
                      const std::vector<std::int64_t>& bytesPerChannel, const LayerValue& delta,
                      const LayerValue& energy) {
    BudgetPlan result{plan, 0, false, true};
    std::vector<LayerChoice>& layers = result.plan.layers;
    const auto known = [&](const LayerValue& value) {
        return std::ranges::all_of(layers, [&](const LayerChoice& layer) {
            if (layer.locked || layer.key_dim < 2) return true;
            const std::optional<double> found = value(at(layer, layer.key_dim / 2, method));
            return found && !std::isnan(*found);
        });
    };
    result.bySweep = known(delta);
    for (std::size_t i = 0; i < layers.size(); ++i) {
        if (!layers[i].locked) layers[i] = at(layers[i], layers[i].key_dim, method);
        result.bytes += layers[i].kept * bytesPerChannel[i];
    }
    if (!result.bySweep && !known(energy)) {
        result.plan = plan;
        return result;
    }
    const auto cost = [&](const LayerChoice& layer) -> std::optional<double> {
        if (layer.kept == layer.key_dim) return 0.0;
        if (result.bySweep) return delta(layer);
        const std::optional<double> held = energy(layer);
        return held ? std::optional(1 - *held) : std::nullopt;
    };

    // What each layer would pay for its next step; only the layer that moved is asked again.
    struct Step {
        std::int64_t kept = 0;
        double price = 0;  // per byte
    };

    const auto next = [&](std::size_t i) -> std::optional<Step> {
        const LayerChoice& layer = layers[i];
        if (layer.locked || layer.kept <= 1 || bytesPerChannel[i] <= 0) return std::nullopt;
        const std::int64_t kept = steppedKept(layer.kept, layer.key_dim, -1, false);
        const std::optional<double> now = cost(layer), then = cost(at(layer, kept, method));
        // Below the sweep's smallest width nothing is known: there it stops.
        if (!now || !then || std::isnan(*now) || std::isnan(*then)) return std::nullopt;
        return Step{kept, (*then - *now) / static_cast<double>((layer.kept - kept) * bytesPerChannel[i])};
    };
    std::vector<std::optional<Step>> steps;
    for (std::size_t i = 0; i < layers.size(); ++i)
        steps.push_back(next(i));
    while (result.bytes > bytes) {
        std::size_t cheapest = layers.size();
        for (std::size_t i = 0; i < layers.size(); ++i) {
            if (steps[i] && (cheapest == layers.size() || steps[i]->price < steps[cheapest]->price))
                cheapest = i;
        }
        if (cheapest == layers.size()) return result;
        LayerChoice& layer = layers[cheapest];
        result.bytes -= (layer.kept - steps[cheapest]->kept) * bytesPerChannel[cheapest];
        layer = at(layer, steps[cheapest]->kept, method);
        steps[cheapest] = next(cheapest);
    }
    result.reached = true;
    return result;
}

PlanChoice sameKeptPlan(PlanChoice plan, const std::string& method) {
    double sum = 0;
    std::int64_t count = 0, widest = 0;
    for (const LayerChoice& layer : plan.layers) {
        if (layer.locked) continue;
        sum += static_cast<double>(layer.kept);
        widest = std::max(widest, layer.key_dim);
        ++count;
    }
    if (count == 0) return plan;
    const double step = snapStep(widest);
    const auto kept =
        static_cast<std::int64_t>(std::lround(sum / static_cast<double>(count) / step) * std::lround(step));
    return changed(std::move(plan), nullptr, [&](LayerChoice& layer) {
        set(layer, kept, layer.method.empty() && kept < layer.key_dim ? method : layer.method);
    });
}

PlanChoice kernelWidthsPlan(PlanChoice plan) {
    return changed(std::move(plan), nullptr, [&](LayerChoice& layer) {
        if (layer.method.empty() || layer.kept >= layer.key_dim) return;
        std::vector<std::int64_t> widths = kernelWidths(layer.key_dim);
        widths.push_back(layer.key_dim);
        std::int64_t nearest = widths.front();
        for (const std::int64_t width : widths) {
            if (std::abs(width - layer.kept) <= std::abs(nearest - layer.kept)) nearest = width;
        }
        if (nearest != layer.kept) set(layer, nearest, layer.method);
    });
}

PlanChoice copiedPlan(PlanChoice plan, int from, const std::set<int>& to) {
    const auto source = std::ranges::find(plan.layers, from, &LayerChoice::index);
    if (source == plan.layers.end()) return plan;
    const LayerChoice given = *source;
    return changed(std::move(plan), &to, [&](LayerChoice& layer) {
        if (layer.index == given.index) return;
        const double share = static_cast<double>(given.kept) / static_cast<double>(given.key_dim);
        set(layer, std::lround(share * static_cast<double>(layer.key_dim)), given.method);
    });
}

PlanChoice resetPlan(PlanChoice plan, const std::set<int>& layers) {
    return changed(std::move(plan), &layers, [](LayerChoice& layer) { set(layer, layer.key_dim, {}); });
}

PlanChoice lockedPlan(PlanChoice plan, const std::set<int>& layers, bool locked) {
    for (LayerChoice& layer : plan.layers) {
        if (layers.contains(static_cast<int>(layer.index))) layer.locked = locked;
    }
    return plan;
}

}  // namespace rankscope::gui
