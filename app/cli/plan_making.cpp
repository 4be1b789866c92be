// SPDX-License-Identifier: Apache-2.0
#include "app/cli/plan_making.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <string_view>

#include "core/base/error.hpp"
#include "core/base/index_list.hpp"
#include "core/pruning/choose_channels.hpp"
#include "core/pruning/make_plan.hpp"

namespace rankscope::cli {
namespace {

constexpr const char* kLayerHint = "for example --layer \"0-2,5:ratio=0.25,method=l1\"";

template <class Number>
Number parse_number(std::string_view text, const std::string& where, const char* expected) {
    Number value{};
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (code != std::errc() || end != text.data() + text.size()) {
        throw_usage(fmt::format("bad number: {}: found '{}', expected {}", where, printable(std::string(text), 40), expected), kLayerHint);
    }
    return value;
}

// What `LAYERS:key=value,...` says; what it leaves out comes from --method, --ratio and --keep.
struct LayerInstruction {
    std::string layers;
    std::optional<std::string> method;
    std::optional<double> ratio;
    std::optional<std::int64_t> keep;
};

LayerInstruction parse_instruction(const std::string& text) {
    const std::string where = fmt::format("--layer \"{}\"", printable(text, 80));
    const std::size_t colon = text.find(':');
    if (colon == std::string::npos || colon + 1 == text.size()) {
        throw_usage(fmt::format("bad layer instruction: {}: found no settings, expected LAYERS:key=value,...", where), kLayerHint);
    }
    LayerInstruction out;
    out.layers = text.substr(0, colon);
    std::string_view rest = std::string_view(text).substr(colon + 1);
    while (!rest.empty()) {
        const std::size_t comma = std::min(rest.find(','), rest.size());
        const std::string_view setting = rest.substr(0, comma);
        rest.remove_prefix(std::min(comma + 1, rest.size()));
        const std::size_t equals = std::min(setting.find('='), setting.size());
        const std::string_view key = setting.substr(0, equals);
        const std::string_view value = setting.substr(std::min(equals + 1, setting.size()));
        if (key == "method") {
            out.method = std::string(value);
        } else if (key == "ratio") {
            out.ratio = parse_number<double>(value, where + ": ratio", "a number from 0 to 1");
        } else if (key == "keep") {
            out.keep = parse_number<std::int64_t>(value, where + ": keep", "a number of channels");
        } else {
            throw_usage(fmt::format("bad layer instruction: {}: found '{}', expected method=, ratio= or keep=", where, printable(std::string(key), 40)),
                        kLayerHint);
        }
    }
    if (out.ratio && out.keep) throw_usage(fmt::format("bad layer instruction: {}: found ratio and keep, expected one of them", where));
    return out;
}

// Every instruction is checked here, before a weight or a text has been read.
void check_width(const LayerConfig& layer, std::size_t index, const LayerRequest& request) {
    if (request.ratio) (void)kept_width(layer.key_dim, *request.ratio);
    if (request.keep && (*request.keep < 1 || *request.keep > layer.key_dim)) {
        throw_usage(fmt::format("bad number of channels to keep: layer {}: found {}, expected 1 to {}", index, *request.keep, layer.key_dim));
    }
}

LayerRequest complete(const LayerInstruction& instruction, const PlanOptions& options) {
    LayerRequest out;
    out.method = instruction.method.value_or(options.method);
    out.ratio = instruction.ratio;
    out.keep = instruction.keep;
    if (!out.ratio && !out.keep) {
        out.ratio = options.ratio;
        out.keep = options.keep;
    }
    if (out.method.empty()) throw_usage("no method: --layer " + printable(instruction.layers, 80) + ": expected method=M there or --method M");
    if (!out.ratio && !out.keep) {
        throw_usage("no width: --layer " + printable(instruction.layers, 80) + ": expected ratio=R or keep=K there, or --ratio or --keep");
    }
    (void)method_named(out.method);
    return out;
}

bool needs_data(const PlanRequest& request) {
    return std::any_of(request.layers.begin(), request.layers.end(),
                       [](const auto& layer) { return layer && method_named(layer->method).needs.data(); });
}

[[noreturn]] void throw_missing_data(const std::string& method) {
    throw_usage(fmt::format("method {} needs calibration data", method), "give a text with --calibrate FILE");
}

void refuse_missing_data(const std::vector<PlanRequest>& requests) {
    for (const PlanRequest& request : requests) {
        for (const auto& layer : request.layers) {
            if (layer && method_named(layer->method).needs.data()) throw_missing_data(layer->method);
        }
    }
}

}  // namespace

std::string method_list() {
    std::string text;
    for (const Method& method : methods()) text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", method.name, method.description);
    return text;
}

void add_plan_options(CLI::App& command, PlanOptions& options) {
    command.add_option("--method", options.method, method_list());
    auto* ratio = command.add_option("--ratio", options.ratio, "share of the channels to remove, 0 to 1");
    command.add_option("--keep", options.keep, "channels to keep per head instead")->excludes(ratio);
    command.add_option("--layer", options.layers, "other settings for some layers, LAYERS:ratio=R|keep=K,method=M (repeatable; a later one wins)")
        ->allow_extra_args(false);
    command.add_option("--scale", options.scale, "width the query scale uses: widest (as exported), kept or original")->capture_default_str();
}

PlanRequest plan_request(const Context& context, const ModelFolder& folder, const PlanOptions& options) {
    const auto& layers = folder.config().layers;
    if (options.ratio && options.keep) throw_usage("found --ratio and --keep, expected one of them");
    PlanRequest out;
    out.layers.resize(layers.size());
    out.seed = context.options.seed;
    const auto scale = scale_rule_named(options.scale);
    if (!scale) throw_usage("unknown scale: found '" + printable(options.scale) + "', expected widest, kept or original");
    out.scale = *scale;
    out.model_hash = folder.hash(context.progress("reading"));

    std::vector<LayerInstruction> instructions;
    const bool everywhere = !options.method.empty() && (options.ratio || options.keep);
    if (everywhere) instructions.push_back({"all", std::nullopt, std::nullopt, std::nullopt});
    for (const std::string& text : options.layers) instructions.push_back(parse_instruction(text));
    if (instructions.empty()) throw_usage("a plan needs a method and a width", "--method M with --ratio R or --keep K; or --layer for single layers");
    for (const LayerInstruction& instruction : instructions) {
        const LayerRequest request = complete(instruction, options);
        for (const std::int64_t index : parse_index_list(instruction.layers, std::ssize(layers), "layer")) {
            const auto l = static_cast<std::size_t>(index);
            if (!layers[l].prunable()) {
                if (instruction.layers == "all") continue;
                throw_usage(fmt::format("layer {} is softmax attention and has no key channels to prune", index));
            }
            check_width(layers[l], l, request);
            out.layers[l] = request;
        }
    }
    if (std::none_of(out.layers.begin(), out.layers.end(), [](const auto& layer) { return layer.has_value(); })) {
        throw_input("nothing to prune: " + printable(folder.path().string(), 400) + ": found no layer with a recurrent state, expected at least one");
    }
    return out;
}

std::vector<PlanResult> make_plans(const Context& context, const ModelFolder& folder, const std::vector<PlanRequest>& requests,
                                   const std::optional<TokenWindows>& calibration, std::unique_ptr<Engine>& engine) {
    const Progress progress = context.progress("choosing channels");
    std::vector<PlanResult> plans;
    if (std::any_of(requests.begin(), requests.end(), needs_data)) {
        if (!calibration) refuse_missing_data(requests);
        if (!engine) engine = open_engine(context, folder);
        plans = engine->plans(requests, calibration, progress);
    } else {
        for (const PlanRequest& request : requests) {
            progress.check();
            plans.push_back(make_plan(folder, request, nullptr));
        }
    }
    for (const PlanResult& result : plans) {
        for (const std::string& note : result.notes) context.note(note);
    }
    return plans;
}

ModelScores score_model(const Context& context, const ModelFolder& folder, const std::string& method, const std::optional<TokenWindows>& calibration) {
    const Method& chosen = method_named(method);
    const Progress progress = context.progress("scoring channels");
    if (chosen.needs.data()) {
        if (!calibration) throw_missing_data(method);
        return open_engine(context, folder)->scores(method, calibration, context.options.seed, progress);
    }
    const auto& layers = folder.config().layers;
    ModelScores scores(layers.size());
    for (std::size_t l = 0; l < layers.size(); ++l) {
        progress.update({static_cast<double>(l), static_cast<double>(layers.size()), "layers", -1, {}});
        if (layers[l].prunable()) scores[l] = score_channels(folder, static_cast<std::int64_t>(l), chosen, nullptr, context.options.seed);
    }
    return scores;
}

std::string plan_name(const std::string& method, double ratio) {
    return fmt::format("{} {:g} %", method, 100 * ratio);
}

}  // namespace rankscope::cli
