// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "app/cli/commands/commands.hpp"
#include "app/cli/inputs.hpp"
#include "core/base/error.hpp"
#include "core/base/file.hpp"

namespace rankscope::cli {
namespace {

struct Options {
    std::string model, ids, plan, output;
};

void run(const Context& context, const Options& o) {
    refuse_existing(o.output, context.options.force);
    const ModelFolder folder = open_folder(context, o.model);
    ForwardRequest request;
    // Every row is one window, whatever its length.
    request.ids = read_id_windows(o.ids, folder.config().vocab_size, {1 << 30, std::nullopt, std::nullopt}, true).rows;
    if (!o.plan.empty()) request.plan = read_plans(context, folder, {o.plan}).front().plan;
    request.output = o.output;
    const auto engine = open_engine(context, folder);
    engine->forward(request, context.progress("forward"));
    const std::size_t length = request.ids.front().size();
    if (context.options.json) {
        context.print_json({{"path", o.output},
                            {"shape", {request.ids.size(), length, static_cast<std::size_t>(folder.config().vocab_size)}},
                            {"provenance", to_json(make_provenance(context, folder, engine->model(), std::nullopt))}});
    }
    context.print(fmt::format("wrote {}: logits [{}, {}, {}], nll [{}, {}]\n", o.output, request.ids.size(), length,
                              folder.config().vocab_size, request.ids.size(), length - 1));
}

}  // namespace

void add_forward(CLI::App& app, Context& context) {
    auto* command = app.add_subcommand("forward",
                                       "Logits for given token ids, for comparison with other implementations.\n"
                                       "Example: rankscope-cli forward MODEL --ids ids.json -o logits.safetensors");
    add_common_options(*command, context);
    auto o = std::make_shared<Options>();
    command->add_option("MODEL", o->model, "model folder")->required();
    command->add_option("--ids", o->ids, "JSON file [[...],[...]] of equally long rows")->required();
    command->add_option("--plan", o->plan, "plan to apply");
    command->add_option("-o,--output", o->output, "safetensors file to write")->required();
    command->callback([&context, o] { run(context, *o); });
}

}  // namespace rankscope::cli
