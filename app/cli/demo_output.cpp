// SPDX-License-Identifier: Apache-2.0
#include "app/cli/demo_output.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "app/cli/evaluation_output.hpp"
#include "app/cli/inputs.hpp"
#include "app/cli/plan_making.hpp"

namespace rankscope::cli {
namespace {

using Json = nlohmann::ordered_json;

// Stable rank and entropy rank differ a lot on the same states, so neither stands without the other beside it.
constexpr std::array kShown{"rank_stable", "rank_entropy", "rank_utilisation", "rank_energy", "rank_participation", "rank_at_99", "rank_threshold"};

// All heads of a layer together; one entry per rank_metrics_table().
std::vector<RunningMoments> layer_moments(const SpectrumSummary::Heads& heads) {
    std::vector<RunningMoments> all(rank_metrics_table().size());
    for (const auto& [index, head] : heads) {
        for (std::size_t m = 0; m < all.size(); ++m) all[m].merge(head.metrics()[m]);
    }
    return all;
}

const RunningMoments& metric_named(const std::vector<RunningMoments>& moments, std::string_view name) {
    const auto table = rank_metrics_table();
    std::size_t m = 0;
    while (m < table.size() && table[m].name != name) ++m;
    return moments.at(m);
}

std::string rank_table(const DemoResult& r) {
    std::string text = fmt::format("{:>5} {:>5} {:>4} {:>4}", "layer", "heads", "K", "V");
    for (const char* name : kShown) text += fmt::format("  {:>18}", name);
    text += "\n";
    for (const auto& [layer, heads] : r.spectra.layers()) {
        const LayerConfig& config = r.config.layers.at(static_cast<std::size_t>(layer));
        const std::vector<RunningMoments> moments = layer_moments(heads);
        text += fmt::format("{:>5} {:>5} {:>4} {:>4}", layer, heads.size(), config.key_dim, config.value_dim);
        for (const char* name : kShown) {
            const RunningMoments& metric = metric_named(moments, name);
            text += fmt::format("  {:>18}", metric.sd() ? fmt::format("{:.2f} (sd {:.2f})", metric.mean(), *metric.sd()) : fmt::format("{:.2f}", metric.mean()));
        }
        text += "\n";
    }
    return text + "rank_stable is what the paper calls effective rank; rank_threshold counts σ_i > 10⁻⁴ σ_1\n";
}

std::vector<ExtraColumn> speed_columns(const DemoResult& r) {
    ExtraColumn prefill{"prefill tok/s", fmt::format("{:.0f}", r.speed(0).prefill), {}};
    ExtraColumn decode{"decode tok/s", fmt::format("{:.0f}", r.speed(0).decode), {}};
    for (const DemoPlan& plan : r.plans) {
        prefill.plans.push_back(fmt::format("{:.0f}", r.speed(plan.ratio).prefill));
        decode.plans.push_back(fmt::format("{:.0f}", r.speed(plan.ratio).decode));
    }
    return {prefill, decode};
}

Json layers_json(const DemoResult& r) {
    Json layers = Json::array();
    for (const auto& [layer, heads] : r.spectra.layers()) {
        const LayerConfig& config = r.config.layers.at(static_cast<std::size_t>(layer));
        Json entry = {{"index", layer}, {"heads", heads.size()}, {"key_dim", config.key_dim}, {"value_dim", config.value_dim}};
        const std::vector<RunningMoments> moments = layer_moments(heads);
        for (std::size_t m = 0; m < moments.size(); ++m) {
            entry[std::string(rank_metrics_table()[m].name)] = {{"mean", moments[m].mean()}, {"sd", optional_json(moments[m].sd())}, {"n", moments[m].n()}};
        }
        layers.push_back(entry);
    }
    return layers;
}

}  // namespace

std::string demo_text(const DemoResult& r) {
    std::vector<std::string> names;
    for (const DemoPlan& plan : r.plans) names.push_back(plan_name(plan.method, plan.ratio));
    const std::string text_name = r.model.evaluation.filename().string();
    const PlanEvaluation& exported = r.evaluation.plans[r.exported_plan];
    std::string text = fmt::format("{}: {}\n{}\n{}, {} layers, {} parameters, state {} bytes per sequence; device {}, {}\n\n", r.model.name, r.model.title,
                                   r.model.description, name_of(r.config.family), r.config.layers.size(), r.parameters, r.config.state_bytes(),
                                   r.provenance.device, r.provenance.dtype);
    text += fmt::format("Ranks of the states on {}: mean and standard deviation over heads, windows and positions\n{}\n", text_name, rank_table(r));
    text += fmt::format("What removing key/query channels costs, on {} scored tokens in {} windows (± standard error, change paired; speed measured once per width)\n",
                        r.evaluation.tokens, r.evaluation.windows);
    text += evaluation_table(r.evaluation, names, speed_columns(r));
    text += fmt::format("\nexport of {}: layout {}, {} parameters, {} bytes; read back it has perplexity {:.4f} (the plan: {:.4f})\n", names[r.exported_plan],
                        name_of(r.exported.layout), r.exported.parameters, r.exported.bytes, std::exp(r.exported_nll), exported.value.perplexity);
    if (!r.capture_path.empty()) text += fmt::format("wrote {}\n", r.exported.path.parent_path().string());
    return text + fmt::format("{:.0f} s\n", r.seconds);
}

nlohmann::ordered_json to_json(const DemoResult& r) {
    Json baseline = to_json(r.evaluation.baseline);
    baseline["state_bytes"] = r.evaluation.baseline_state_bytes;
    baseline["parameters"] = r.evaluation.baseline_parameters;
    baseline["bits_per_byte"] = optional_json(r.evaluation.bits_per_byte);
    Json plans = Json::array();
    for (std::size_t i = 0; i < r.plans.size(); ++i) {
        Json plan = {{"method", r.plans[i].method}, {"ratio", r.plans[i].ratio}};
        plan.update(to_json(r.evaluation.plans[i]));
        plan.erase("path");
        plan["prefill_tokens_per_second"] = r.speed(r.plans[i].ratio).prefill;
        plan["decode_tokens_per_second"] = r.speed(r.plans[i].ratio).decode;
        plan["notes"] = r.plans[i].made.notes;
        plans.push_back(plan);
    }
    baseline["prefill_tokens_per_second"] = r.speed(0).prefill;
    baseline["decode_tokens_per_second"] = r.speed(0).decode;
    const auto path_or_null = [](const std::string& path) { return path.empty() ? Json(nullptr) : Json(path); };
    return {{"models", Json::array({{{"name", r.model.name}, {"title", r.model.title}}})},
            {"layers", layers_json(r)},
            {"tokens", r.evaluation.tokens},
            {"windows", r.evaluation.windows},
            {"baseline", baseline},
            {"plans", plans},
            {"capture", {{"path", path_or_null(r.capture_path)}, {"bytes", r.capture_bytes}}},
            {"export",
             {{"method", r.plans[r.exported_plan].method},
              {"ratio", r.plans[r.exported_plan].ratio},
              {"path", path_or_null(r.exported.path.string())},
              {"layout", name_of(r.exported.layout)},
              {"parameters", r.exported.parameters},
              {"bytes", r.exported.bytes},
              {"nll", r.exported_nll},
              {"perplexity", std::exp(r.exported_nll)}}},
            {"seconds", r.seconds},
            {"provenance", to_json(r.provenance)}};
}

}  // namespace rankscope::cli
