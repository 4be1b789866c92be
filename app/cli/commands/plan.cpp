// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "app/cli/commands/commands.hpp"
#include "app/cli/plan_making.hpp"
#include "core/base/file.hpp"

namespace rankscope::cli {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
    std::string model, output;
    PlanOptions plan;
    CalibrationOptions calibration;
};

std::string plan_table(const Plan& plan, const ModelConfig& model) {
    std::string text = fmt::format("{:>5}  {:<17} {:>9} {:>6} {:>12}\n", "layer", "method", "key heads", "K", "K' per head");
    for (const PlanLayer& layer : plan.layers) {
        text += fmt::format("{:>5}  {:<17} {:>9} {:>6} {:>12}\n", layer.index, layer.method, layer.keep.size(), layer.key_dim, layer.kept_dim());
    }
    return text + fmt::format("state: {} bytes per sequence instead of {}\n", state_bytes(plan, model), model.state_bytes());
}

void run(const Context& context, const Options& o) {
    refuse_existing(o.output, context.options.force);
    const ModelFolder folder = open_folder(context, o.model);
    const PlanRequest request = plan_request(context, folder, o.plan);
    const auto calibration = read_calibration(context, folder, o.calibration);
    std::unique_ptr<Engine> engine;
    const PlanResult result = make_plans(context, folder, {request}, calibration, engine).front();
    const std::string text = to_json(result.plan);
    write_text_file(o.output, text);
    if (context.options.json) {
        Json json = Json::parse(text);
        json["notes"] = result.notes;
        context.print_json(json);
        return;
    }
    context.print(plan_table(result.plan, folder.config()) + fmt::format("wrote {}\n", o.output));
}

}  // namespace

void add_plan(CLI::App& app, Context& context) {
    auto* command = app.add_subcommand("plan",
                                       "Score the key/query channels and choose which stay.\n"
                                       "Example: rankscope-cli plan MODEL --method drrqr --ratio 0.5 --calibrate more.txt "
                                       "--layer \"0-1:ratio=0.25,method=l1\" -o half.json");
    add_common_options(*command, context);
    auto o = std::make_shared<Options>();
    command->add_option("MODEL", o->model, "model folder")->required();
    add_plan_options(*command, o->plan);
    add_calibration_options(*command, o->calibration);
    command->add_option("-o,--output", o->output, "plan file to write")->required();
    command->callback([&context, o] { run(context, *o); });
}

}  // namespace rankscope::cli
