// SPDX-License-Identifier: Apache-2.0
#include "core/pruning/export.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "app/cli/commands/commands.hpp"
#include "app/cli/inputs.hpp"

namespace rankscope::cli {
namespace {

struct Options {
    std::string model, plan, output, layout = "auto";
};

void run(const Context& context, const Options& o) {
    const ModelFolder folder = open_folder(context, o.model);
    const PlanFile plan = read_plans(context, folder, {o.plan}).front();
    // The parser has admitted known names only.
    const ExportLayout layout = export_layout_named(o.layout).value();
    const ExportResult r = export_model(folder, plan.plan, o.output, layout, context.options.force, context.progress("exporting"));
    if (context.options.json) {
        context.print_json({{"path", o.output}, {"layout", name_of(r.layout)}, {"parameters", r.parameters}, {"bytes", r.bytes}});
    }
    context.print(fmt::format("wrote {}: layout {}, {} parameters instead of {}, {} bytes\n", o.output, name_of(r.layout), r.parameters,
                              folder.parameters(), r.bytes));
}

}  // namespace

void add_export(CLI::App& app, Context& context) {
    auto* command = app.add_subcommand("export",
                                       "Write the pruned model as a folder that flash-linear-attention and transformers load.\n"
                                       "Example: rankscope-cli export MODEL --plan half.json -o MODEL-half");
    add_common_options(*command, context);
    auto o = std::make_shared<Options>();
    command->add_option("MODEL", o->model, "model folder")->required();
    command->add_option("--plan", o->plan, "plan to apply")->required();
    command->add_option("-o,--output", o->output, "folder to write")->required();
    command->add_option("--layout", o->layout, "uniform: one width for all layers; padded: zero rows up to the widest; auto: uniform if it can be")
        ->check(CLI::IsMember({"auto", "uniform", "padded"}))
        ->capture_default_str();
    command->callback([&context, o] { run(context, *o); });
}

}  // namespace rankscope::cli
