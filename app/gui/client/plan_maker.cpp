// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/client/plan_maker.hpp"

#include "app/gui/client/results.hpp"
#include "app/gui/document/document.hpp"
#include "core/base/error.hpp"

#include <QCoreApplication>

#include <set>
#include <tuple>

namespace rankscope::gui {
namespace {

bool needsMethod(const LayerChoice& layer) {
    return !layer.method.empty() && layer.kept < layer.key_dim && layer.by_hand.empty();
}

}  // namespace

void PlanMaker::make(const std::vector<PlanChoice>& choices, std::int64_t job, Then then) {
    protocol::MakePlansRequest request;
    std::set<std::tuple<std::int64_t, std::string, std::int64_t>> asked;
    for (const PlanChoice& choice : choices) {
        protocol::PlanInstruction instruction;
        for (const LayerChoice& layer : choice.layers) {
            if (!needsMethod(layer) || document_.orders().hasExact(layer)) continue;
            if (!asked.emplace(layer.index, layer.method, layer.kept).second) continue;
            instruction.layers.push_back({layer.index, layer.method, std::nullopt, layer.kept});
        }
        if (!instruction.layers.empty()) request.plans.push_back(std::move(instruction));
    }
    if (request.plans.empty()) {
        deliver(choices, job, then);
        return;
    }
    request.calibration = results::calibration(document_.calibration(), document_.calibrationTokens());
    request.seed = document_.seed();
    EngineJobs::Handlers handlers;
    handlers.finished = [this, choices, job, request, then = std::move(then),
                         asked = document_.calibration()](const protocol::Value& value) {
        if (document_.calibration() != asked) {
            jobs_.fail(job,
                       {JobFailure::Reason::Error,
                        QCoreApplication::translate("PlanMaker", "There is another calibration text now"),
                        {},
                        {}});
            return;
        }
        take(protocol::parse<protocol::MakePlansResult>(value, "make_plans"), request);
        deliver(choices, job, then);
    };
    jobs_.run(job, "make_plans", protocol::to_value(request), std::move(handlers));
}

void PlanMaker::take(const protocol::MakePlansResult& result, const protocol::MakePlansRequest& request) {
    if (result.plans.size() != request.plans.size())
        throw_input("make_plans: found " + std::to_string(result.plans.size()) + " plans, expected "
                    + std::to_string(request.plans.size()));
    std::vector<Plan> plans;
    for (std::size_t i = 0; i < result.plans.size(); ++i) {
        plans.push_back(results::plan(result.plans[i].plan, document_.config(), document_.model().hash));
        for (const protocol::LayerInstruction& asked : request.plans[i].layers) {
            const PlanLayer* layer = plans.back().layer(asked.index);
            if (layer == nullptr || layer->method != asked.method || layer->kept_dim() != asked.keep)
                throw_input("make_plans: layer " + std::to_string(asked.index)
                            + ": expected the method and width that was asked for");
        }
    }
    for (const Plan& plan : plans)
        document_.setExactChannels(plan);
}

void PlanMaker::deliver(const std::vector<PlanChoice>& choices, std::int64_t job, const Then& then) {
    std::vector<Plan> plans;
    for (const PlanChoice& choice : choices) {
        std::optional<Plan> plan = document_.toPlan(choice);
        if (!plan) {
            jobs_.fail(job,
                       {JobFailure::Reason::Error,
                        QCoreApplication::translate("PlanMaker", "The channels of this plan are not known"),
                        {}});
            return;
        }
        plans.push_back(std::move(*plan));
    }
    then(plans);
}

}  // namespace rankscope::gui
