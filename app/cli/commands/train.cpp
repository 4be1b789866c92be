// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <filesystem>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "app/cli/commands/commands.hpp"
#include "app/cli/context.hpp"
#include "app/cli/inputs.hpp"
#include "core/base/error.hpp"
#include "core/engine/factory.hpp"

namespace rankscope::cli {
namespace {

struct Options {
    std::string config, output, init, tokenizer;
    std::vector<std::string> text, held_out;
    std::int64_t vocab = 0, tokens = 0;
    double minutes = 0;
    bool resume = false;
};

void run(Context& context, const Options& o) {
    if (o.tokenizer.empty() && o.vocab == 0 && o.init.empty() && !o.resume) {
        throw_usage("train needs a tokenizer", "--tokenizer DIR takes one, --vocab N trains a byte-level BPE of N tokens");
    }
    TrainRequest request;
    request.config = o.config;
    request.text.assign(o.text.begin(), o.text.end());
    request.held_out.assign(o.held_out.begin(), o.held_out.end());
    request.output = o.output;
    request.init = o.init;
    request.tokenizer = o.tokenizer;
    request.vocab = o.vocab;
    if (o.minutes > 0) request.minutes = o.minutes;
    if (o.tokens > 0) request.tokens = o.tokens;
    request.resume = o.resume;
    request.force = context.options.force;
    request.seed = context.options.seed;
    request.placement = context.options.placement();
    request.command = context.command_line;
    context.after_cancel = [output = o.output]() -> std::string {
        if (!std::filesystem::exists(output + ".training/checkpoint.safetensors")) return {};
        return "a checkpoint is kept: the same command with --resume goes on";
    };
    const TrainResult r = load_engine()->train(request, context.progress("training"));
    if (context.options.json) {
        nlohmann::ordered_json files = nlohmann::ordered_json::object();
        for (const auto& [name, perplexity] : r.held_out_by_file) files[name] = perplexity;
        context.print_json({{"steps", r.steps},
                            {"tokens", r.tokens},
                            {"loss", r.loss},
                            {"held_out_perplexity", optional_json(r.held_out_perplexity)},
                            {"held_out_bits_per_byte", optional_json(r.held_out_bits_per_byte)},
                            {"held_out_by_file", files},
                            {"seconds", r.seconds},
                            {"device", r.device},
                            {"implementation", r.implementation},
                            {"path", o.output}});
        return;
    }
    std::string text = fmt::format("{} steps, {} tokens, loss {:.4f}, {:.0f} s\n", r.steps, r.tokens, r.loss, r.seconds);
    for (const auto& [name, perplexity] : r.held_out_by_file) {
        text += fmt::format("held out {}: perplexity {:.2f}\n", name, perplexity);
    }
    if (r.held_out_perplexity) text += fmt::format("held out, all: perplexity {:.2f}", *r.held_out_perplexity);
    if (r.held_out_bits_per_byte) text += fmt::format(", {:.3f} bits per byte", *r.held_out_bits_per_byte);
    if (r.held_out_perplexity) text += "\n";
    context.print(text + fmt::format("wrote {}\n", o.output));
}

}  // namespace

void add_train(CLI::App& app, Context& context) {
    auto* command = app.add_subcommand(
        "train",
        "Train a model from scratch or from --init, and with --vocab its tokenizer.\n"
        "Example: rankscope-cli train --config resources/training/books-delta.json --text a.txt --text b.txt --vocab 4096 "
        "--tokens 8000000 --held-out c.txt -o my-model");
    add_common_options(*command, context);
    auto options = std::make_shared<Options>();
    command->add_option("--config", options->config, "config.json, with an optional object \"training\"")->required();
    command->add_option("--text", options->text, "training text (repeatable)")->allow_extra_args(false)->required();
    command->add_option("--held-out", options->held_out, "text to report the perplexity on (repeatable)")->allow_extra_args(false);
    command->add_option("-o,--output", options->output, "model folder to write")->required();
    command->add_option("--init", options->init, "model folder to start from");
    auto* tokenizer = command->add_option("--tokenizer", options->tokenizer, "folder with tokenizer files");
    command->add_option("--vocab", options->vocab, "train a byte-level BPE tokenizer of this size")
        ->check(CLI::Range(258, 1 << 20))
        ->excludes(tokenizer);
    auto* minutes = command->add_option("--minutes", options->minutes, "time budget")->check(CLI::PositiveNumber);
    command->add_option("--tokens", options->tokens, "token budget")->check(CLI::PositiveNumber)->excludes(minutes);
    command->add_flag("--resume", options->resume, "go on from the checkpoint in the output folder");
    command->callback([&context, options] { run(context, *options); });
}

}  // namespace rankscope::cli
