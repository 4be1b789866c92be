// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "app/cli/commands/commands.hpp"
#include "app/cli/evaluation_output.hpp"
#include "app/cli/plan_making.hpp"
#include "core/base/error.hpp"
#include "core/base/file.hpp"

namespace rankscope::cli {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
    std::string model, output;
    TextOptions text;
    CalibrationOptions calibration;
    std::vector<std::string> methods;
    std::vector<double> ratios{0.25, 0.5, 0.75};
    std::int64_t tokens = 0;
    bool per_layer = false;
};

struct Point {
    std::string method;
    double ratio;
    std::int64_t layer;  // -1 = every layer
    PlanRequest request;
};

// The whole grid: methods x ratios, on every layer at once or on each layer alone.
std::vector<Point> grid(const Context& context, const ModelFolder& folder, const Options& o) {
    std::vector<Point> points;
    for (const std::string& method : o.methods) {
        for (const double ratio : o.ratios) {
            PlanOptions options;
            options.method = method;
            options.ratio = ratio;
            const PlanRequest all = plan_request(context, folder, options);
            if (!o.per_layer) {
                points.push_back({method, ratio, -1, all});
                continue;
            }
            for (std::size_t l = 0; l < all.layers.size(); ++l) {
                if (!all.layers[l]) continue;
                PlanRequest one = all;
                for (std::size_t other = 0; other < one.layers.size(); ++other) {
                    if (other != l) one.layers[other].reset();
                }
                points.push_back({method, ratio, static_cast<std::int64_t>(l), one});
            }
        }
    }
    return points;
}

void run(const Context& context, const Options& o) {
    if (!o.output.empty()) refuse_existing(o.output, context.options.force);
    const ModelFolder folder = open_folder(context, o.model);
    std::vector<Point> points = grid(context, folder, o);
    const auto calibration = read_calibration(context, folder, o.calibration);
    EvaluateRequest request;
    request.windows = read_windows(context, folder, o.text, std::nullopt,
                                   o.tokens > 0 ? std::optional(o.tokens) : std::nullopt, false);
    std::vector<PlanRequest> requests;
    for (const Point& point : points) requests.push_back(point.request);
    std::unique_ptr<Engine> engine;
    const std::vector<PlanResult> plans = make_plans(context, folder, requests, calibration, engine);
    std::vector<std::string> names;
    for (std::size_t i = 0; i < plans.size(); ++i) {
        names.push_back(plan_name(points[i].method, points[i].ratio)
                        + (points[i].layer >= 0 ? fmt::format(" layer {}", points[i].layer) : ""));
        request.plans.push_back({names.back(), plans[i].plan});
    }
    if (!engine) engine = open_engine(context, folder);
    const EvaluateResult r = engine->evaluate(request, context.progress("sweeping"));

    Json list = Json::array();
    for (std::size_t i = 0; i < points.size(); ++i) {
        Json point = {{"method", points[i].method}, {"ratio", points[i].ratio}};
        if (points[i].layer >= 0) point["layer"] = points[i].layer;
        point.update(to_json(r.plans[i]));
        point.erase("path");
        point["plan"] = Json::parse(to_json(plans[i].plan));
        list.push_back(point);
    }
    Json baseline = to_json(r.baseline);
    baseline["state_bytes"] = r.baseline_state_bytes;
    baseline["parameters"] = r.baseline_parameters;
    const Json result = {{"tokens", r.tokens},
                         {"windows", r.windows},
                         {"baseline", baseline},
                         {"points", list},
                         {"seconds", r.seconds},
                         {"provenance", to_json(make_provenance(context, folder, engine->model(), request.windows))}};
    if (!o.output.empty()) write_text_file(o.output, result.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
    if (context.options.json) context.print_json(result);
    context.print(evaluation_table(r, names) + (o.output.empty() ? "" : fmt::format("wrote {}\n", o.output)));
}

}  // namespace

void add_sweep(CLI::App& app, Context& context) {
    auto* command = app.add_subcommand("sweep",
                                       "evaluate over a grid of methods and ratios, or of single layers.\n"
                                       "Example: rankscope-cli sweep MODEL --text notes.txt --calibrate more.txt --methods "
                                       "random,drrqr --ratios 0.25,0.5 -o sweep.json");
    add_common_options(*command, context);
    auto o = std::make_shared<Options>();
    command->add_option("MODEL", o->model, "model folder")->required();
    add_text_options(*command, o->text);
    add_calibration_options(*command, o->calibration);
    command->add_option("--methods", o->methods, "methods, separated by commas")->delimiter(',')->required();
    command->add_option("--ratios", o->ratios, "shares of the channels to remove")->delimiter(',')->check(CLI::Range(0.0, 1.0))->capture_default_str();
    command->add_option("--tokens", o->tokens, "stop after this many tokens (default: all)")->check(CLI::PositiveNumber);
    command->add_flag("--per-layer", o->per_layer, "prune each layer alone");
    command->add_option("-o,--output", o->output, "JSON file to write");
    command->callback([&context, o] { run(context, *o); });
}

}  // namespace rankscope::cli
