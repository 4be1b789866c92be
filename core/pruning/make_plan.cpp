// SPDX-License-Identifier: Apache-2.0
#include "core/pruning/make_plan.hpp"

#include "core/pruning/choose_channels.hpp"
#include "core/pruning/method.hpp"

namespace rankscope {

std::vector<ChannelNeeds> needs_of(const std::vector<PlanRequest>& requests, std::size_t layers) {
    std::vector<ChannelNeeds> needs(layers);
    for (const PlanRequest& request : requests) {
        for (std::size_t i = 0; i < std::min(layers, request.layers.size()); ++i) {
            if (request.layers[i]) needs[i] |= method_named(request.layers[i]->method).needs;
        }
    }
    return needs;
}

PlanResult make_plan(const ModelFolder& folder, const PlanRequest& request, const Calibration* calibration) {
    PlanResult result;
    Plan& plan = result.plan;
    plan.model_hash = request.model_hash;
    plan.model_family = name_of(folder.config().family);
    plan.scale = request.scale;
    plan.seed = request.seed;
    plan.created_by = "rankscope " RANKSCOPE_VERSION;
    for (std::size_t i = 0; i < request.layers.size(); ++i) {
        if (!request.layers[i]) continue;
        const LayerRequest& wanted = *request.layers[i];
        const Method& method = method_named(wanted.method);
        ChannelChoice choice =
            choose_channels(folder, static_cast<std::int64_t>(i), method, {wanted.ratio, wanted.keep},
                            calibration != nullptr ? calibration->statistics : nullptr, request.seed);
        plan.layers.push_back(std::move(choice.layer));
        if (!choice.note.empty()) result.notes.push_back(std::move(choice.note));
        if (method.needs.data() && calibration != nullptr) {
            plan.calibration_hash = calibration->text_hash;
            plan.calibration_tokens = calibration->tokens;
        }
    }
    return result;
}

}  // namespace rankscope
