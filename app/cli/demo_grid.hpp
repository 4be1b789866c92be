// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/cli/context.hpp"
#include "core/checkpoint/model_config.hpp"
#include "core/pruning/make_plan.hpp"
#include "core/session/saved_session.hpp"

namespace rankscope::cli {

/// A plan that a demo session tries: as a person would edit it and as a request.
struct DemoVariant {
    std::string id;
    PlanChoice choice;
    PlanRequest request;
    double ratio = 0;  ///< of uniform ones
};

/// One layer pruned alone.
struct DemoLayerVariant {
    std::int64_t layer = 0;
    std::string method;
    std::int64_t kept = 0;
    PlanRequest request;
};

/// Makes the plans of a demo session for a model of any size.
class DemoGrid {
public:
    DemoGrid(const Context& context, const ModelConfig& config, std::string model_hash);

    /// One method and share removed for all layers with a state.
    [[nodiscard]] DemoVariant uniform(const std::string& method, double ratio) const;
    /// Every layer alone at up to eight widths from K/16 to 7K/8, with every method.
    [[nodiscard]] std::vector<DemoLayerVariant> layers_alone(const std::vector<std::string>& methods) const;
    /// Other widths in every layer, at most as many state bytes as `budget`: step by step the layer is narrowed whose next
    /// step costs least per byte, by what `sweep` says of the method. Nothing where the sweep cannot reach the budget.
    [[nodiscard]] std::optional<DemoVariant> from_layer_sweep(const std::string& id, const std::string& method,
                                                              const std::vector<LayerSweepPoint>& sweep, std::int64_t budget) const;

private:
    [[nodiscard]] PlanRequest empty_request() const;

    const Context& context_;
    const ModelConfig& config_;
    std::string model_hash_;
};

}  // namespace rankscope::cli
