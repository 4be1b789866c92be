// SPDX-License-Identifier: Apache-2.0
#include "app/cli/commands/commands.hpp"
#include "app/cli/inputs.hpp"
#include "app/cli/positions.hpp"
#include "core/base/error.hpp"
#include "core/base/file.hpp"
#include "core/base/index_list.hpp"
#include "core/capture/capture_layout.hpp"
#include "core/capture/capture_writer.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace rankscope::cli {
namespace {

struct Options {
    std::string model, output, layers, heads, plan;
    std::vector<std::string> what{"states", "spectra"};
    TextOptions text;
    PositionOptions positions;
    std::int64_t windows = 8;
    bool resume = false;
};

// Text of every token. Ids may come without a tokenizer; then the capture has no texts.
void read_token_text(const Context& context, const ModelFolder& folder, bool from_ids, CaptureRequest& request) {
    std::shared_ptr<const Tokenizer> tokenizer;
    try {
        tokenizer = Tokenizer::open(folder.path(), folder.config().vocab_size);
    } catch (const Error& e) {
        if (!from_ids) throw;
        context.warn(fmt::format("no token texts in the capture: {}", e.what()));
        return;
    }
    request.provenance.tokenizer = fmt::format("{} ({} tokens)", tokenizer->kind(), tokenizer->vocab_size());
    request.token_text = [tokenizer](std::int32_t id) {
        // A model may have more rows in its embedding than its tokenizer has tokens.
        return id < tokenizer->vocab_size() ? readable_token(tokenizer->token_bytes(id)) : std::string();
    };
}

std::vector<std::int64_t> value_heads(const ModelConfig& config, const std::vector<std::int64_t>& layers, const std::string& list) {
    std::int64_t most = 0;
    for (std::int64_t i = 0; i < std::ssize(config.layers); ++i) {
        const LayerConfig& layer = config.layers[static_cast<std::size_t>(i)];
        const bool chosen = layers.empty() || std::find(layers.begin(), layers.end(), i) != layers.end();
        if (chosen && layer.prunable()) most = std::max(most, layer.value_heads);
    }
    return parse_index_list(list, most, "head");
}

void refuse_unfinished(const Context& context, const Options& o) {
    if (o.resume || context.options.force) return;
    const auto windows = unfinished_windows(o.output);
    if (windows && *windows > 0) {
        throw_usage(fmt::format("unfinished capture: {}.part: found {} complete windows", printable(o.output, 400), *windows),
                    "--resume goes on from it, --force starts again");
    }
}

// Of a capture that was cancelled.
std::string how_to_go_on(const std::filesystem::path& output) {
    const auto windows = unfinished_windows(output);
    if (!windows || *windows == 0) return {};
    return fmt::format("{} complete windows are kept: the same command with --resume goes on", *windows);
}

void run(Context& context, const Options& o) {
    refuse_existing(o.output, context.options.force);
    refuse_unfinished(context, o);
    const ModelFolder folder = open_folder(context, o.model);
    CaptureRequest request;
    request.output = o.output;
    request.resume = o.resume;
    const auto wanted = [&](const char* name) { return std::find(o.what.begin(), o.what.end(), name) != o.what.end(); };
    request.states = wanted("states");
    request.spectra = wanted("spectra");
    request.inputs = wanted("inputs");
    request.ranks = wanted("ranks");
    if (!o.layers.empty()) request.layers = parse_index_list(o.layers, std::ssize(folder.config().layers), "layer");
    // "all" means all that have a state.
    if (o.layers == "all") request.layers.clear();
    if (!o.heads.empty()) request.heads = value_heads(folder.config(), request.layers, o.heads);
    if (!o.plan.empty()) request.plan = read_plans(context, folder, {o.plan}).front().plan;
    request.windows = stream_windows(context, folder, o.text, o.windows);
    const Positions positions = resolve_positions(o.positions, request.windows.length());
    request.positions = positions.spectra;
    request.state_positions = positions.states;

    const auto engine = open_engine(context, folder);
    request.provenance = make_provenance(context, folder, engine->model(), request.windows);
    read_token_text(context, folder, !o.text.ids.empty(), request);
    context.after_cancel = [output = o.output] { return how_to_go_on(output); };
    const CaptureResult r = engine->capture(request, context.progress("capture"));
    if (context.options.json) {
        context.print_json({{"path", r.path},
                            {"layers", r.layers},
                            {"positions", r.positions},
                            {"state_positions", request.states ? request.state_positions : std::vector<std::int64_t>{}},
                            {"windows", r.windows},
                            {"bytes", r.bytes},
                            {"seconds", r.seconds},
                            {"provenance", to_json(request.provenance)}});
        return;
    }
    context.print(fmt::format("wrote {}: {} layers, {} windows of {} tokens, {} positions, {:.1f} MB in {:.1f} s\n", r.path, r.layers.size(), r.windows,
                              request.windows.length(), r.positions.size(), static_cast<double>(r.bytes) / 1e6, r.seconds));
}

}  // namespace

void add_capture(CLI::App& app, Context& context) {
    auto* command = app.add_subcommand("capture",
                                       "Runs the model and writes states, singular values and rank metrics to an HDF5 file.\n"
                                       "Example: rankscope-cli capture MODEL --text notes.txt -o notes.h5 --every 128 --windows 4");
    add_common_options(*command, context);
    auto o = std::make_shared<Options>();
    command->add_option("MODEL", o->model, "model folder")->required();
    add_text_options(*command, o->text);
    command->add_option("-o,--output", o->output, "HDF5 file to write")->required();
    command->add_option("--layers", o->layers, "layers, e.g. 0,2-5,-1 (default: all recurrent ones)");
    command->add_option("--heads", o->heads, "value heads (default: all)");
    auto* every = command->add_option("--every", o->positions.every, "spectra after every Nth token: 64 means positions 63, 127, ... (default)")
                      ->check(CLI::PositiveNumber);
    command->add_option("--at", o->positions.at, "spectra after these tokens (0-based), e.g. 0,63,-1")->excludes(every);
    command->add_option("--states-at", o->positions.states_at,
                        "full states after these of them: a list, every:N or all (default: the last; with --at all)");
    command->add_option("--windows", o->windows, "number of windows")->check(CLI::PositiveNumber)->capture_default_str();
    command->add_option("--what", o->what,
                        "what to write: states, spectra (with all metrics), ranks (instead of spectra, in a fraction of the time: rank_stable, "
                        "rank_utilisation and the two norms), inputs (q, k, v, beta and g of the recurrence)")
        ->delimiter(',')
        ->check(CLI::IsMember({"states", "spectra", "ranks", "inputs"}))
        ->capture_default_str();
    command->add_option("--plan", o->plan, "plan to apply first");
    command->add_flag("--resume", o->resume, "go on from OUT.h5.part of an interrupted capture");
    command->callback([&context, o] { run(context, *o); });
}

}  // namespace rankscope::cli
