// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "app/cli/commands/commands.hpp"
#include "app/cli/demo_job.hpp"
#include "app/cli/demo_output.hpp"
#include "core/base/error.hpp"

namespace rankscope::cli {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
    std::string run, output;
    bool list = false;
};

void list(const Context& context) {
    const std::vector<DemoModel> models = demo_models();
    Json entries = Json::array();
    std::string text = models.empty() ? "no shipped models\n" : "";
    for (const DemoModel& model : models) {
        entries.push_back({{"name", model.name}, {"title", model.title}, {"description", model.description}, {"path", model.folder.string()},
                           {"evaluation", model.evaluation.string()}, {"calibration", model.calibration.string()}, {"window", model.window}});
        text += fmt::format("{:<14} {}\n{:<14} {}\n", model.name, model.title, "", model.description);
    }
    if (context.options.json) context.print_json({{"models", entries}});
    context.print(text);
}

void run(const Context& context, const Options& o) {
    if (o.run.empty()) {
        if (!o.output.empty()) throw_usage("-o needs --run NAME");
        list(context);
        return;
    }
    if (o.list) throw_usage("found --list and --run, expected one of them");
    const DemoResult result = run_demo(context, demo_model_named(o.run), o.output);
    if (context.options.json) context.print_json(to_json(result));
    context.print(demo_text(result));
}

}  // namespace

void add_demo(CLI::App& app, Context& context) {
    auto* command = app.add_subcommand("demo",
                                       "The shipped models, and the whole main job on one of them: states, ranks, pruning, perplexity, speed, export.\n"
                                       "Example: rankscope-cli demo --run books-delta -o books-delta-results");
    add_common_options(*command, context);
    auto o = std::make_shared<Options>();
    command->add_flag("--list", o->list, "list the models (what happens without --run)");
    command->add_option("--run", o->run, "model to do the main job on");
    command->add_option("-o,--output", o->output, "folder for the capture, the plans and the exported model (default: nothing is kept)");
    command->callback([&context, o] { run(context, *o); });
}

}  // namespace rankscope::cli
