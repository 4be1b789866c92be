// SPDX-License-Identifier: Apache-2.0
#include "app/cli/inputs.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "core/base/error.hpp"
#include "core/engine/factory.hpp"
#include "core/engine/server/provenance.hpp"

namespace rankscope::cli {
namespace {

void require_source(const TextOptions& options) {
    if (options.text.empty() == options.ids.empty()) {
        throw_usage("one of --text and --ids is needed", "--text FILE takes any UTF-8 text");
    }
}

}  // namespace

void add_text_options(CLI::App& command, TextOptions& options) {
    auto* text = command.add_option("--text", options.text, "UTF-8 text, tokenised with the model's tokenizer");
    auto* ids = command.add_option("--ids", options.ids, "token ids instead: a JSON file [[...],[...]], each row one window");
    text->excludes(ids);
    command.add_option("--window", options.window, "tokens per window")->check(CLI::Range(2, 1 << 24))->capture_default_str();
}

void add_calibration_options(CLI::App& command, CalibrationOptions& options) {
    auto* text = command.add_option("--calibrate", options.text, "text whose activations the method looks at");
    auto* ids = command.add_option("--calibrate-ids", options.ids, "token ids instead, as a JSON file [[...],[...]]");
    text->excludes(ids);
    command.add_option("--calibration-tokens", options.tokens, "tokens of it to use")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
}

ModelFolder open_folder(const Context& context, const std::string& path) {
    ModelFolder folder = ModelFolder::open(path);
    for (const std::string& warning : folder.warnings()) context.warn(warning);
    return folder;
}

TokenWindows read_windows(const Context& context, const ModelFolder& folder, const TextOptions& options,
                          std::optional<std::int64_t> max_windows, std::optional<std::int64_t> max_tokens,
                          bool equal_lengths) {
    require_source(options);
    const WindowOptions cut{options.window, max_windows, max_tokens};
    TokenWindows windows;
    if (!options.ids.empty()) {
        windows = read_id_windows(options.ids, folder.config().vocab_size, cut, equal_lengths);
    } else {
        const auto tokenizer = Tokenizer::open(folder.path(), folder.config().vocab_size);
        windows = read_text_windows(options.text, *tokenizer, cut);
    }
    for (const std::string& warning : windows.warnings) context.warn(warning);
    return windows;
}

WindowStream stream_windows(const Context& context, const ModelFolder& folder, const TextOptions& options,
                            std::int64_t max_windows) {
    require_source(options);
    if (!options.ids.empty()) {
        return WindowStream(read_windows(context, folder, options, max_windows, std::nullopt, true));
    }
    WindowStream windows(options.text, Tokenizer::open(folder.path(), folder.config().vocab_size),
                         {options.window, max_windows, std::nullopt});
    for (const std::string& warning : windows.warnings()) context.warn(warning);
    return windows;
}

std::optional<TokenWindows> read_calibration(const Context& context, const ModelFolder& folder,
                                             const CalibrationOptions& options) {
    if (options.text.empty() && options.ids.empty()) return std::nullopt;
    return read_windows(context, folder, {options.text, options.ids, 512}, std::nullopt, options.tokens, false);
}

std::vector<PlanFile> read_plans(const Context& context, const ModelFolder& folder,
                                 const std::vector<std::string>& paths) {
    std::vector<PlanFile> plans;
    for (const std::string& path : paths) {
        plans.push_back({path, read_plan(path)});
        check_plan(plans.back().plan, folder.config(), folder.hash(context.progress("reading")), context.options.force, path);
    }
    return plans;
}

std::unique_ptr<Engine> open_engine(const Context& context, const ModelFolder& folder) {
    auto engine = load_engine();
    engine->open(folder, context.options.placement(), context.progress("loading"));
    return engine;
}

Provenance make_provenance(const Context& context, const ModelFolder& folder, const Model& model,
                           const std::optional<JobText>& text) {
    return rankscope::make_provenance(folder, &model, text, {context.command_line, context.options.seed, context.options.threads});
}

nlohmann::ordered_json to_json(const Provenance& p) {
    return {{"model", p.model_path},         {"model_hash", p.model_hash}, {"family", p.model_family},
            {"text_hash", p.text_hash},      {"tokens", p.tokens},         {"seed", p.seed},
            {"device", p.device},            {"dtype", p.dtype},           {"threads", p.threads},
            {"implementation", p.implementation}, {"version", p.version},  {"command", p.command}};
}

nlohmann::ordered_json optional_json(const std::optional<double>& value) {
    return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json(nullptr);
}

}  // namespace rankscope::cli
