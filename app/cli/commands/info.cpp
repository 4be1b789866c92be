// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "app/cli/commands/commands.hpp"
#include "app/cli/context.hpp"
#include "core/base/error.hpp"
#include "core/checkpoint/model_info.hpp"
#include "core/text/tokenizer.hpp"

namespace rankscope::cli {
namespace {

nlohmann::ordered_json layer_json(const LayerInfo& layer) {
    nlohmann::ordered_json out = {{"index", layer.index},
                                  {"mixer", name_of(layer.mixer)},
                                  {"key_heads", layer.key_heads},
                                  {"value_heads", layer.value_heads},
                                  {"key_dim", layer.key_dim},
                                  {"value_dim", layer.value_dim},
                                  {"prunable", layer.prunable}};
    if (layer.written_key_dim != layer.key_dim) out["written_key_dim"] = layer.written_key_dim;
    if (layer.mixer == MixerKind::Attention) out["kv_bytes_per_token"] = layer.kv_bytes_per_token;
    return out;
}

void run(const Context& context, const std::string& path) {
    const ModelFolder folder = ModelFolder::open(path);
    ModelInfo info = describe(folder, context.progress("reading"));
    nlohmann::ordered_json tokenizer = nullptr;
    std::string tokenizer_text;
    try {
        const auto opened = Tokenizer::open(folder.path(), folder.config().vocab_size);
        tokenizer = {{"kind", opened->kind()}, {"vocab_size", opened->vocab_size()}};
        tokenizer_text = fmt::format("{}, {} tokens", opened->kind(), opened->vocab_size());
    } catch (const Error& e) {
        // A model can be inspected without its tokenizer; what is wrong with it is said, not fatal.
        info.warnings.push_back(fmt::format("tokenizer: {}", e.what()));
        tokenizer_text = "none that can be used";
    }
    if (context.options.json) {
        nlohmann::ordered_json layers = nlohmann::ordered_json::array();
        for (const LayerInfo& layer : info.layers) layers.push_back(layer_json(layer));
        context.print_json({{"family", info.family},
                            {"layers", layers},
                            {"hidden_size", info.hidden_size},
                            {"vocab_size", info.vocab_size},
                            {"parameters", info.parameters},
                            {"state_bytes", info.state_bytes},
                            {"dtype", info.dtype},
                            {"tokenizer", tokenizer},
                            {"hash", info.hash},
                            {"warnings", info.warnings}});
        for (const std::string& warning : info.warnings) context.warn(warning);
        return;
    }
    std::string text = fmt::format("{}: {} layers, hidden size {}, vocabulary {}, {} parameters in {}\n", info.family,
                                   info.layers.size(), info.hidden_size, info.vocab_size, info.parameters, info.dtype);
    text += fmt::format("state: {} bytes per sequence   tokenizer: {}\nhash: {}\n\n", info.state_bytes, tokenizer_text, info.hash);
    text += fmt::format("{:>5}  {:<17} {:>9} {:>11} {:>5} {:>5}  {}\n", "layer", "mixer", "key heads", "value heads", "K", "V", "prunable");
    for (const LayerInfo& l : info.layers) {
        text += fmt::format("{:>5}  {:<17} {:>9} {:>11} {:>5} {:>5}  {}{}\n", l.index, name_of(l.mixer), l.key_heads, l.value_heads,
                            l.key_dim, l.value_dim, l.prunable ? "yes" : "no",
                            l.written_key_dim != l.key_dim ? fmt::format(" (written as {})", l.written_key_dim) : "");
    }
    context.print(text);
    for (const std::string& warning : info.warnings) context.warn(warning);
}

}  // namespace

void add_info(CLI::App& app, Context& context) {
    auto* command = app.add_subcommand("info",
                                       "What is in a model folder, without loading the weights.\n"
                                       "Example: rankscope-cli info resources/models/books-delta --json");
    add_common_options(*command, context);
    auto path = std::make_shared<std::string>();
    command->add_option("MODEL", *path, "model folder")->required();
    command->callback([&context, path] { run(context, *path); });
}

}  // namespace rankscope::cli
