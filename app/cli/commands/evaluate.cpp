// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "app/cli/commands/commands.hpp"
#include "app/cli/evaluation_output.hpp"
#include "app/cli/inputs.hpp"

namespace rankscope::cli {
namespace {

struct Options {
    std::string model;
    TextOptions text;
    std::vector<std::string> plans;
    std::int64_t tokens = 0;
};

void run(const Context& context, const Options& o) {
    const ModelFolder folder = open_folder(context, o.model);
    EvaluateRequest request;
    request.windows = read_windows(context, folder, o.text, std::nullopt,
                                   o.tokens > 0 ? std::optional(o.tokens) : std::nullopt, false);
    request.plans = read_plans(context, folder, o.plans);
    const auto engine = open_engine(context, folder);
    const EvaluateResult r = engine->evaluate(request, context.progress("evaluating"));
    if (context.options.json) {
        nlohmann::ordered_json baseline = to_json(r.baseline);
        baseline["state_bytes"] = r.baseline_state_bytes;
        baseline["parameters"] = r.baseline_parameters;
        baseline["bits_per_byte"] = optional_json(r.bits_per_byte);
        auto plans = nlohmann::ordered_json::array();
        for (const PlanEvaluation& plan : r.plans) plans.push_back(to_json(plan));
        context.print_json({{"tokens", r.tokens},
                            {"windows", r.windows},
                            {"baseline", baseline},
                            {"plans", plans},
                            {"seconds", r.seconds},
                            {"provenance", to_json(make_provenance(context, folder, engine->model(), request.windows))}});
        return;
    }
    std::string text = fmt::format("{} scored tokens in {} windows", r.tokens, r.windows);
    if (r.bits_per_byte) text += fmt::format(", full model {:.3f} bits per byte", *r.bits_per_byte);
    context.print(text + "\n" + evaluation_table(r, o.plans));
}

}  // namespace

void add_evaluate(CLI::App& app, Context& context) {
    auto* command = app.add_subcommand("evaluate",
                                       "Perplexity of the full model and of every plan on the same windows.\n"
                                       "Example: rankscope-cli evaluate MODEL --text notes.txt --plan half.json");
    add_common_options(*command, context);
    auto o = std::make_shared<Options>();
    command->add_option("MODEL", o->model, "model folder")->required();
    add_text_options(*command, o->text);
    command->add_option("--plan", o->plans, "plan to evaluate (repeatable)")->allow_extra_args(false);
    command->add_option("--tokens", o->tokens, "stop after this many tokens (default: all)")->check(CLI::PositiveNumber);
    command->callback([&context, o] { run(context, *o); });
}

}  // namespace rankscope::cli
