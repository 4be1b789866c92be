// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>

#include "app/cli/commands/commands.hpp"
#include "app/cli/plan_making.hpp"
#include "core/base/file.hpp"

namespace rankscope::cli {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
    std::string model, output, method;
    CalibrationOptions calibration;
};

Json layers_json(const ModelScores& scores) {
    Json layers = Json::array();
    for (std::size_t l = 0; l < scores.size(); ++l) {
        if (scores[l].empty()) continue;  // attention
        Json heads = Json::array();
        for (const HeadScores& head : scores[l]) heads.push_back({{"scores", head.scores}, {"order", head.order}});
        layers.push_back({{"index", l}, {"heads", heads}});
    }
    return layers;
}

// The best and the worst few: the file has them all.
std::string scores_table(const ModelScores& scores) {
    constexpr std::size_t kShown = 8;
    std::string text = fmt::format("{:>5} {:>5} {:>12} {:>12}  {}\n", "layer", "head", "best score", "worst score", "best channels first");
    for (std::size_t l = 0; l < scores.size(); ++l) {
        for (std::size_t h = 0; h < scores[l].size(); ++h) {
            const HeadScores& head = scores[l][h];
            const auto score = [&](std::int32_t channel) { return head.scores[static_cast<std::size_t>(channel)]; };
            const auto shown = std::span(head.order).first(std::min(kShown, head.order.size()));
            text += fmt::format("{:>5} {:>5} {:>12.4g} {:>12.4g}  {}{}\n", l, h, score(head.order.front()), score(head.order.back()),
                                fmt::join(shown, " "), head.order.size() > kShown ? " ..." : "");
        }
    }
    return text;
}

void run(const Context& context, const Options& o) {
    refuse_existing(o.output, context.options.force);
    const ModelFolder folder = open_folder(context, o.model);
    const auto calibration = read_calibration(context, folder, o.calibration);
    const ModelScores scores = score_model(context, folder, o.method, calibration);
    const Json result = {{"format", "rankscope-scores"},
                         {"version", 1},
                         {"model", {{"hash", folder.hash()}, {"family", name_of(folder.config().family)}}},
                         {"method", o.method},
                         {"layers", layers_json(scores)},
                         {"calibration", calibration ? Json{{"text_hash", calibration->text_hash}, {"tokens", calibration->tokens()}} : Json(nullptr)},
                         {"seed", context.options.seed},
                         {"created_by", "rankscope " RANKSCOPE_VERSION}};
    write_text_file(o.output, result.dump(1) + "\n");
    if (context.options.json) context.print_json(result);
    context.print(scores_table(scores) + fmt::format("wrote {}\n", o.output));
}

}  // namespace

void add_scores(CLI::App& app, Context& context) {
    auto* command = app.add_subcommand("scores",
                                       "Every channel's score and the full order behind a method, per layer and key head.\n"
                                       "Example: rankscope-cli scores MODEL --method energy --calibrate more.txt -o scores.json");
    add_common_options(*command, context);
    auto o = std::make_shared<Options>();
    command->add_option("MODEL", o->model, "model folder")->required();
    command->add_option("--method", o->method, method_list())->required();
    add_calibration_options(*command, o->calibration);
    command->add_option("-o,--output", o->output, "JSON file to write")->required();
    command->callback([&context, o] { run(context, *o); });
}

}  // namespace rankscope::cli
