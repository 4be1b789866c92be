// SPDX-License-Identifier: Apache-2.0
#include "core/engine/server/evaluation_jobs.hpp"

#include "core/base/error.hpp"
#include "core/engine/server/channel_jobs.hpp"
#include "core/engine/server/evaluation_data.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace rankscope::server {
namespace {

using Clock = std::chrono::steady_clock;

double since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

std::vector<PlanFile> plans_of(const Workspace& workspace, const std::vector<protocol::NamedPlan>& named) {
    std::vector<PlanFile> plans;
    for (const protocol::NamedPlan& plan : named)
        plans.push_back(workspace.plan(plan.plan, plan.name));
    return plans;
}

protocol::EvaluationData baseline_of(const EvaluateResult& r) {
    protocol::EvaluationData out = evaluation_data(r.baseline, {r.windows, r.windows, r.tokens});
    out.state_bytes = r.baseline_state_bytes;
    out.parameters = r.baseline_parameters;
    return out;
}

// Of the full model.
struct FullSize {
    std::int64_t state_bytes = 0, parameters = 0;
};

protocol::EvaluatePartial partial_of(const LivePartial& partial, const FullSize& full, std::int64_t job) {
    const Extent extent{partial.windows, partial.windows_total, partial.tokens};
    protocol::EvaluatePartial out;
    out.job = job;
    out.plan = partial.full ? -1 : static_cast<std::int64_t>(partial.plan);
    out.baseline = evaluation_data(partial.baseline, extent);
    out.baseline.state_bytes = full.state_bytes;
    out.baseline.parameters = full.parameters;
    out.value = partial.full ? out.baseline : evaluation_data(partial.value, extent);
    return out;
}

// Progress of one part of a longer job.
Progress part_of(const Progress& whole, double before, double share, double total, std::string_view unit) {
    Progress part = whole;
    part.report = [&whole, before, share, total, unit](const ProgressUpdate& update) {
        const double inside = update.total > 0 ? update.done / update.total : 0;
        whole.update({before + share * inside, total, unit, -1, update.note});
    };
    return part;
}

void check_layer_choice(const ModelConfig& config, const std::vector<std::int64_t>& layers) {
    for (const std::int64_t l : layers) {
        if (l < 0 || l >= std::ssize(config.layers))
            throw_usage(fmt::format("bad layer: found {}, expected 0 to {}", l, std::ssize(config.layers) - 1));
        if (!config.layers[static_cast<std::size_t>(l)].prunable())
            throw_usage(fmt::format("layer {} is softmax attention and has no state", l));
    }
}

// One point of a sweep before it is measured. `cost`: layers that have to be run for it.
struct PointRequest {
    protocol::SweepPoint point;
    protocol::PlanInstruction instruction;
    double cost = 0;
};

std::vector<PointRequest> grid(const ModelConfig& config, const protocol::SweepRequest& request, bool alone) {
    if (request.methods.empty() || request.ratios.empty())
        throw_usage("nothing to sweep: found no methods or no ratios, expected at least one of each");
    check_layer_choice(config, request.layers);
    std::vector<std::int64_t> layers;
    for (std::int64_t l = 0; l < std::ssize(config.layers); ++l) {
        const bool chosen =
            request.layers.empty() || std::find(request.layers.begin(), request.layers.end(), l) != request.layers.end();
        if (chosen && config.layers[static_cast<std::size_t>(l)].prunable()) layers.push_back(l);
    }
    if (layers.empty()) throw_input("nothing to prune: found no layer with a recurrent state");
    std::vector<PointRequest> points;
    for (const std::string& method : request.methods) {
        for (const double ratio : request.ratios) {
            const auto add = [&](std::int64_t layer, const std::vector<std::int64_t>& pruned) {
                PointRequest& point = points.emplace_back();
                point.point.method = method;
                point.point.ratio = ratio;
                point.point.layer = layer;
                const std::int64_t first = pruned.front();
                point.point.kept = kept_width(config.layers[static_cast<std::size_t>(first)].key_dim, ratio);
                for (const std::int64_t l : pruned)
                    point.instruction.layers.push_back({l, method, ratio, std::nullopt});
                // The head costs about as much as a layer.
                point.cost = static_cast<double>(std::ssize(config.layers) - first + 1);
            };
            if (alone) {
                for (const std::int64_t l : layers)
                    add(l, {l});
            } else {
                add(-1, layers);
            }
        }
    }
    return points;
}

}  // namespace

protocol::EvaluateJobResult run_evaluate(Workspace& workspace, const protocol::EvaluateJobRequest& request, Job& job) {
    const std::vector<PlanFile> plans = plans_of(workspace, request.plans);
    const auto model = workspace.model();
    const FullSize full{model->folder.config().state_bytes(), model->folder.parameters()};
    const auto partial = [&](const LivePartial& seen) { job.partial(protocol::to_value(partial_of(seen, full, job.id()))); };
    const EvaluateResult r = workspace.live().evaluate(plans, true, partial, job.progress());
    protocol::EvaluateJobResult out;
    out.tokens = r.tokens;
    out.windows = r.windows;
    out.baseline = baseline_of(r);
    out.bits_per_byte = r.bits_per_byte;
    for (const PlanEvaluation& plan : r.plans)
        out.plans.push_back(evaluation_data(plan, {r.windows, r.windows, r.tokens}));
    out.seconds = r.seconds;
    out.provenance = workspace.provenance(job.method(), workspace.windows(), 0);
    return out;
}

protocol::SweepResult run_sweep(Workspace& workspace, const protocol::SweepRequest& request, bool alone, Job& job) {
    const auto began = Clock::now();
    const auto model = workspace.model();
    LiveEvaluation& live = workspace.live();
    std::vector<PointRequest> points = grid(model->folder.config(), request, alone);
    double total = 0, done = 0;
    for (const PointRequest& point : points)
        total += point.cost;
    Channels channels(model, request.calibration, request.seed);
    channels.collect(request.methods, &workspace, job.progress());

    protocol::SweepResult out;
    std::size_t sent = 0;
    const auto send = [&] {
        protocol::SweepPartial partial;
        partial.job = job.id();
        partial.points.assign(out.points.begin() + static_cast<std::ptrdiff_t>(sent), out.points.end());
        partial.baseline = out.baseline;
        sent = out.points.size();
        job.send_partial(protocol::to_value(partial));
    };
    for (PointRequest& wanted : points) {
        const PlanResult made = channels.plan(wanted.instruction, job.progress());
        const Progress part = part_of(job.progress(), done, wanted.cost, total, "layers");
        const EvaluateResult r = live.evaluate(
            {{fmt::format("{} {:g} %", wanted.point.method, 100 * wanted.point.ratio), made.plan}}, false, {}, part);
        done += wanted.cost;
        wanted.point.plan = to_json(made.plan);
        wanted.point.value = evaluation_data(r.plans.front(), {r.windows, r.windows, r.tokens});
        out.baseline = baseline_of(r);
        out.points.push_back(std::move(wanted.point));
        job.progress().update({done, total, "layers", -1, {}});
        if (job.partial_due()) send();
    }
    if (sent < out.points.size()) send();
    out.seconds = since(began);
    out.provenance = workspace.provenance(job.method(), workspace.windows(), request.seed);
    return out;
}

protocol::AttributionResult run_attribution(Workspace& workspace, const protocol::AttributionRequest& request, Job& job) {
    const Plan a = workspace.plan(request.a, "a").plan, b = workspace.plan(request.b, "b").plan;
    LiveEvaluation& live = workspace.live();
    std::vector<std::int64_t> layers;
    for (const std::int64_t l : live.differing_layers(a, b)) {
        const PlanLayer *in_a = a.layer(l), *in_b = b.layer(l);
        // The scale alone belongs to no single layer.
        const bool same = in_a == in_b || (in_a != nullptr && in_b != nullptr && in_a->keep == in_b->keep);
        if (!same) layers.push_back(l);
    }
    protocol::AttributionResult out;
    const auto total = static_cast<double>(layers.size() + 1);
    const auto difference = [&](const Plan& other, double before) {
        return live.difference(a, other, part_of(job.progress(), before, 1, total, "layers"));
    };
    const PlanDifference all = difference(b, 0);
    out.delta_nll = all.delta_nll;
    out.delta_nll_se = all.delta_nll_se;
    std::size_t sent = 0;
    const auto send = [&] {
        protocol::AttributionPartial partial{job.id(),
                                             {out.layers.begin() + static_cast<std::ptrdiff_t>(sent), out.layers.end()}};
        sent = out.layers.size();
        job.send_partial(protocol::to_value(partial));
    };
    for (std::size_t i = 0; i < layers.size(); ++i) {
        Plan mixed = a;
        std::erase_if(mixed.layers, [&](const PlanLayer& layer) { return layer.index == layers[i]; });
        if (const PlanLayer* layer = b.layer(layers[i])) mixed.layers.push_back(*layer);
        std::sort(mixed.layers.begin(), mixed.layers.end(),
                  [](const PlanLayer& x, const PlanLayer& y) { return x.index < y.index; });
        const PlanDifference one = difference(mixed, static_cast<double>(i + 1));
        out.layers.push_back({layers[i], one.delta_nll, one.delta_nll_se});
        if (job.partial_due()) send();
    }
    if (sent < out.layers.size()) send();
    out.provenance = workspace.provenance(job.method(), workspace.windows(), 0);
    return out;
}

protocol::NoiseJobResult run_noise(Workspace& workspace, const protocol::NoiseJobRequest& request, Job& job) {
    check_layer_choice(workspace.model()->folder.config(), request.layers);
    for (const double level : request.levels) {
        if (!(level > 0)) throw_usage(fmt::format("bad noise level: found {}, expected more than 0", level));
    }
    NoiseRequest wanted;
    wanted.windows = workspace.windows();
    wanted.plans = plans_of(workspace, request.plans);
    wanted.levels = request.levels;
    wanted.layers = request.layers;
    wanted.seed = request.seed;
    const NoiseResult r = workspace.engine().noise(wanted, job.progress());
    protocol::NoiseJobResult out;
    for (const HeadAmplification& h : r.heads)
        out.heads.push_back({h.layer, h.head, h.amplification, h.amplification_worst, h.rank_stable});
    for (const NoisePoint& p : r.levels)
        out.levels.push_back({p.level, p.plan, p.perplexity, p.delta_nll, p.delta_nll_se});
    out.provenance = workspace.provenance(job.method(), wanted.windows, request.seed);
    return out;
}

protocol::BenchJobResult run_bench(Workspace& workspace, const protocol::BenchJobRequest& request, Job& job) {
    const auto check = [](const char* what, std::int64_t found, std::int64_t most) {
        if (found < 1 || found > most) throw_usage(fmt::format("bad {}: found {}, expected 1 to {}", what, found, most));
    };
    for (const std::int64_t length : request.lengths)
        check("length", length, std::int64_t{1} << 22);
    check("batch", request.batch, std::int64_t{1} << 16);
    check("number of repeats", request.repeats, 1000);
    check("number of tokens to decode", request.decode_tokens, std::int64_t{1} << 20);
    BenchRequest wanted;
    wanted.plans = plans_of(workspace, request.plans);
    wanted.lengths = request.lengths;
    wanted.batch = request.batch;
    wanted.repeats = static_cast<int>(request.repeats);
    wanted.decode_tokens = request.decode_tokens;
    wanted.seed = request.seed;
    const BenchResult r = workspace.engine().bench(wanted, job.progress());
    protocol::BenchJobResult out;
    for (const BenchRun& b : r.runs) {
        out.runs.push_back({b.plan, b.kind, b.length, b.batch, b.tokens_per_second, b.median_ms, b.min_ms, b.mad_ms, b.mixer_ms});
    }
    out.device = r.device;
    out.implementation = r.implementation;
    out.provenance = workspace.provenance(job.method(), std::nullopt, request.seed);
    return out;
}

}  // namespace rankscope::server
