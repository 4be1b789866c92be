// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

#include "app/cli/commands/commands.hpp"
#include "app/cli/context.hpp"
#include "core/base/error.hpp"
#include "core/text/story_world.hpp"

namespace rankscope::cli {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

struct Options {
    std::string kind, output;
    StoryWorldOptions world;
};

// --force replaces an earlier corpus, never a folder that happens to carry the name.
void refuse_other_folder(const fs::path& output) {
    std::error_code code;
    const bool harmless = !fs::exists(output, code) || (fs::is_directory(output, code) && fs::is_empty(output, code));
    if (harmless || fs::exists(output / "entropy.json", code)) return;
    throw_usage("bad output: " + printable(output.string(), 400) + ": exists and is no corpus", "give another name; --force replaces an earlier corpus only");
}

Json corpus_json(const StoryCorpus& corpus) {
    return {{"stories", corpus.stories},
            {"tokens", corpus.tokens},
            {"answers", corpus.answers.size()},
            {"entropy", corpus.nats_per_token()},
            {"entropy_per_scored_token", corpus.nats_per_scored_token()},
            {"entropy_per_other_token", corpus.nats_per_other_token()}};
}

std::string corpus_line(const char* name, const StoryCorpus& corpus) {
    return fmt::format("{:<9} {:>8} stories {:>10} tokens {:>8} answers  {:.4f} nats per scored token: no model can reach a perplexity below {:.4f}\n",
                       name, corpus.stories, corpus.tokens, corpus.answers.size(), corpus.nats_per_scored_token(),
                       std::exp(corpus.nats_per_scored_token()));
}

void run(const Context& context, const Options& o) {
    StoryWorldOptions options = o.world;
    options.seed = context.options.seed;
    options.force = context.options.force;
    if (options.force) refuse_other_folder(o.output);
    const StoryWorldResult r = write_story_world(o.output, options, context.progress("writing stories"));
    if (context.options.json) {
        Json json = corpus_json(r.train);
        json["held_out"] = corpus_json(r.held_out);
        json["path"] = o.output;
        json["seed"] = options.seed;
        context.print_json(json);
    }
    context.print(corpus_line("train", r.train) + corpus_line("held out", r.held_out) + fmt::format("wrote {}\n", o.output));
}

}  // namespace

void add_corpus(CLI::App& app, Context& context) {
    auto* command = app.add_subcommand("corpus",
                                       "Write a generated text whose entropy is known: training and held-out text, tokenizer, marked answers.\n"
                                       "Example: rankscope-cli corpus story -o story-world --stories 12000");
    add_common_options(*command, context);
    auto o = std::make_shared<Options>();
    command->add_option("KIND", o->kind, "story: objects move between towns, and questions ask where they are")
        ->check(CLI::IsMember({"story"}))
        ->required();
    command->add_option("-o,--output", o->output, "folder to write")->required();
    command->add_option("--stories", o->world.stories, "stories to train on, of 256 tokens each")->check(CLI::PositiveNumber)->capture_default_str();
    command->add_option("--held-out-stories", o->world.held_out_stories, "stories to measure on")->check(CLI::PositiveNumber)->capture_default_str();
    command->callback([&context, o] { run(context, *o); });
}

}  // namespace rankscope::cli
