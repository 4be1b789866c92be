// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "app/cli/commands/commands.hpp"
#include "app/cli/inputs.hpp"
#include "core/base/index_list.hpp"

namespace rankscope::cli {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
    std::string model, layers;
    TextOptions text;
    std::vector<std::string> plans;
    std::vector<double> levels{0.01, 0.03, 0.1, 0.3};
    std::int64_t tokens = 0;
};

void run(const Context& context, const Options& o) {
    const ModelFolder folder = open_folder(context, o.model);
    NoiseRequest request;
    request.windows = read_windows(context, folder, o.text, std::nullopt,
                                   o.tokens > 0 ? std::optional(o.tokens) : std::nullopt, false);
    request.plans = read_plans(context, folder, o.plans);
    request.levels = o.levels;
    if (!o.layers.empty()) request.layers = parse_index_list(o.layers, std::ssize(folder.config().layers), "layer");
    request.seed = context.options.seed;
    const auto engine = open_engine(context, folder);
    const NoiseResult r = engine->noise(request, context.progress("noise"));
    if (context.options.json) {
        Json heads = Json::array();
        for (const HeadAmplification& h : r.heads) {
            heads.push_back({{"layer", h.layer}, {"head", h.head}, {"amplification", h.amplification},
                             {"amplification_worst", h.amplification_worst}, {"rank_stable", h.rank_stable}});
        }
        Json levels = Json::array();
        for (const NoisePoint& p : r.levels) {
            levels.push_back({{"level", p.level}, {"plan", p.plan.empty() ? Json(nullptr) : Json(p.plan)}, {"perplexity", p.perplexity},
                              {"delta_nll", p.delta_nll}, {"delta_nll_se", optional_json(p.delta_nll_se)}});
        }
        context.print_json({{"heads", heads}, {"levels", levels},
                            {"provenance", to_json(make_provenance(context, folder, engine->model(), request.windows))}});
        return;
    }
    std::string text = fmt::format("{:>5} {:>5} {:>14} {:>14} {:>12}\n", "layer", "head", "amplification", "worst", "stable rank");
    for (const HeadAmplification& h : r.heads) {
        text += fmt::format("{:>5} {:>5} {:>14.3f} {:>14.3f} {:>12.2f}\n", h.layer, h.head, h.amplification, h.amplification_worst, h.rank_stable);
    }
    text += fmt::format("\n{:>8}  {:>12}  {:>22}  {}\n", "level", "perplexity", "change in nats/token", "plan");
    for (const NoisePoint& p : r.levels) {
        const std::string change = fmt::format("{:+.5f}{}", p.delta_nll, p.delta_nll_se ? fmt::format(" ± {:.5f}", *p.delta_nll_se) : "");
        text += fmt::format("{:>8}  {:>12.3f}  {:>22}  {}\n", p.level, p.perplexity, change, p.plan.empty() ? "full model" : p.plan);
    }
    context.print(text);
}

}  // namespace

void add_noise(CLI::App& app, Context& context) {
    auto* command = app.add_subcommand("noise",
                                       "How much each state amplifies query noise, and what noise does to the perplexity.\n"
                                       "Example: rankscope-cli noise MODEL --text notes.txt --levels 0.03,0.1 --plan half.json");
    add_common_options(*command, context);
    auto o = std::make_shared<Options>();
    command->add_option("MODEL", o->model, "model folder")->required();
    add_text_options(*command, o->text);
    command->add_option("--plan", o->plans, "plan to compare with (repeatable)")->allow_extra_args(false);
    command->add_option("--levels", o->levels, "noise levels: root mean square of the noise, queries having length 1")
        ->delimiter(',')
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    command->add_option("--layers", o->layers, "layers to disturb and to report, e.g. 0,2-5 (default: all recurrent ones)");
    command->add_option("--tokens", o->tokens, "stop after this many tokens (default: all)")->check(CLI::PositiveNumber);
    command->callback([&context, o] { run(context, *o); });
}

}  // namespace rankscope::cli
