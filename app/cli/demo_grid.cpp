// SPDX-License-Identifier: Apache-2.0
#include "app/cli/demo_grid.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "core/pruning/method.hpp"

namespace rankscope::cli {
namespace {

// Widths of K to look at in one layer, in sixteenths.
constexpr std::int64_t kSixteenths[] = {1, 2, 4, 6, 8, 10, 12, 14};

std::set<std::int64_t> widths_of(std::int64_t key_dim) {
    std::set<std::int64_t> widths;
    for (const std::int64_t part : kSixteenths) widths.insert(std::max<std::int64_t>(1, key_dim * part / 16));
    widths.erase(key_dim);
    return widths;
}

// What a width costs, and the narrower ones of the layer; the full width costs nothing.
using Costs = std::map<std::int64_t, double>;

// "Spare layer 3" where one layer keeps a larger share than any other.
std::string name_of_widths(const std::vector<LayerChoice>& layers) {
    const auto share = [](const LayerChoice& layer) { return static_cast<double>(layer.kept) / static_cast<double>(layer.key_dim); };
    const auto widest = std::max_element(layers.begin(), layers.end(), [&](const auto& a, const auto& b) { return share(a) < share(b); });
    const auto as_wide = std::count_if(layers.begin(), layers.end(), [&](const auto& layer) { return share(layer) == share(*widest); });
    return as_wide == 1 ? fmt::format("Spare layer {}", widest->index) : std::string("By the layer sweep");
}

}  // namespace

DemoGrid::DemoGrid(const Context& context, const ModelConfig& config, std::string model_hash)
    : context_(context), config_(config), model_hash_(std::move(model_hash)) {}

PlanRequest DemoGrid::empty_request() const {
    PlanRequest request;
    request.layers.resize(config_.layers.size());
    request.seed = context_.options.seed;
    request.model_hash = model_hash_;
    return request;
}

DemoVariant DemoGrid::uniform(const std::string& method, double ratio) const {
    DemoVariant out{fmt::format("{}-{:g}", method, 100 * ratio), keep_all(config_), empty_request(), ratio};
    out.choice.name = fmt::format("{} {:g} %", title_of(method), 100 * ratio);
    for (LayerChoice& layer : out.choice.layers) {
        layer.method = method;
        layer.kept = kept_width(layer.key_dim, ratio);
        out.request.layers[static_cast<std::size_t>(layer.index)] = LayerRequest{method, ratio, std::nullopt};
    }
    return out;
}

std::vector<DemoLayerVariant> DemoGrid::layers_alone(const std::vector<std::string>& methods) const {
    std::vector<DemoLayerVariant> out;
    for (std::size_t l = 0; l < config_.layers.size(); ++l) {
        if (!config_.layers[l].prunable()) continue;
        for (const std::string& method : methods) {
            for (const std::int64_t kept : widths_of(config_.layers[l].key_dim)) {
                out.push_back({static_cast<std::int64_t>(l), method, kept, empty_request()});
                out.back().request.layers[l] = LayerRequest{method, std::nullopt, kept};
            }
        }
    }
    return out;
}

std::optional<DemoVariant> DemoGrid::from_layer_sweep(const std::string& id, const std::string& method,
                                                      const std::vector<LayerSweepPoint>& sweep, std::int64_t budget) const {
    DemoVariant out{id, keep_all(config_), empty_request(), 0};
    std::map<std::int64_t, Costs> costs;
    for (const LayerSweepPoint& point : sweep) {
        if (point.method == method) costs[point.layer][point.kept] = point.delta_nll;
    }
    const auto row_bytes = [&](const LayerChoice& layer) {
        const LayerConfig& config = config_.layers[static_cast<std::size_t>(layer.index)];
        return config.state_bytes() / config.key_dim;
    };
    std::int64_t bytes = config_.state_bytes();
    std::map<std::int64_t, double> spent;
    while (bytes > budget) {
        LayerChoice* chosen = nullptr;
        std::int64_t width = 0;
        double cost = 0, best = std::numeric_limits<double>::infinity();
        for (LayerChoice& layer : out.choice.layers) {
            // Any narrower width may be next: a wide step can cost less per byte than a small one.
            for (const auto& [kept, value] : costs[layer.index]) {
                if (kept >= layer.kept) continue;
                const double price = std::max(0.0, value - spent[layer.index]) / static_cast<double>(row_bytes(layer) * (layer.kept - kept));
                // Equal prices: the smaller step.
                if (price < best || (price == best && chosen == &layer)) {
                    chosen = &layer;
                    width = kept;
                    cost = value;
                    best = price;
                }
            }
        }
        if (chosen == nullptr) return std::nullopt;
        // Not further than the budget asks.
        const std::int64_t needed = chosen->kept - (bytes - budget + row_bytes(*chosen) - 1) / row_bytes(*chosen);
        const std::int64_t next = std::max(width, needed);
        bytes -= row_bytes(*chosen) * (chosen->kept - next);
        chosen->kept = next;
        spent[chosen->index] = cost;
    }
    for (LayerChoice& layer : out.choice.layers) {
        if (layer.kept == layer.key_dim) continue;
        layer.method = method;
        out.request.layers[static_cast<std::size_t>(layer.index)] = LayerRequest{method, std::nullopt, layer.kept};
    }
    out.choice.name = name_of_widths(out.choice.layers);
    return out;
}

}  // namespace rankscope::cli
