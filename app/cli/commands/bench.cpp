// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "app/cli/commands/commands.hpp"
#include "app/cli/inputs.hpp"
#include "app/cli/kernel_table.hpp"
#include "core/base/error.hpp"
#include "core/engine/factory.hpp"

namespace rankscope::cli {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
    std::string model;
    std::vector<std::string> plans;
    std::vector<std::int64_t> lengths{512, 2048};
    std::int64_t batch = 1, decode_tokens = 64;
    int repeats = 5;
    bool kernels = false;
    KernelBenchRequest kernel;
};

// No model: what the kernels under it reach on this machine.
void run_kernels(const Context& context, const Options& o) {
    KernelBenchRequest request = o.kernel;
    request.threads = context.options.threads;
    request.seed = context.options.seed;
    const KernelBenchResult result = load_engine()->bench_kernels(request, context.progress("timing"));
    if (context.options.json) {
        context.print_json(to_json(result));
    } else {
        context.print(kernel_table(result));
    }
}

void run(const Context& context, const Options& o) {
    if (o.kernels && !o.model.empty()) throw_usage("bench: found both MODEL and --kernels, expected one of them");
    if (o.kernels) return run_kernels(context, o);
    if (o.model.empty()) throw_usage("bench: found no MODEL, expected a model folder, or --kernels");
    const ModelFolder folder = open_folder(context, o.model);
    BenchRequest request;
    request.plans = read_plans(context, folder, o.plans);
    request.lengths = o.lengths;
    request.batch = o.batch;
    request.repeats = o.repeats;
    request.decode_tokens = o.decode_tokens;
    request.seed = context.options.seed;
    const auto engine = open_engine(context, folder);
    const BenchResult r = engine->bench(request, context.progress("timing"));
    if (context.options.json) {
        Json runs = Json::array();
        for (const BenchRun& b : r.runs) {
            runs.push_back({{"plan", b.plan.empty() ? Json(nullptr) : Json(b.plan)}, {"kind", b.kind}, {"length", b.length},
                            {"batch", b.batch}, {"tokens_per_second", b.tokens_per_second}, {"median_ms", b.median_ms},
                            {"min_ms", b.min_ms}, {"mad_ms", b.mad_ms}, {"mixer_ms", b.mixer_ms}});
        }
        context.print_json({{"runs", runs}, {"device", r.device}, {"implementation", r.implementation},
                            {"provenance", to_json(make_provenance(context, folder, engine->model(), std::nullopt))}});
        return;
    }
    std::string text = fmt::format("device {}, mixer {}, batch {}, {} repeats\n", r.device, r.implementation, o.batch, o.repeats);
    text += fmt::format("{:<8} {:>7} {:>10} {:>11} {:>9} {:>9} {:>10}  {}\n", "kind", "length", "tokens/s", "median ms", "min ms", "mad ms", "mixers ms", "plan");
    for (const BenchRun& b : r.runs) {
        text += fmt::format("{:<8} {:>7} {:>10.0f} {:>11.2f} {:>9.2f} {:>9.2f} {:>10.2f}  {}\n", b.kind, b.length, b.tokens_per_second,
                            b.median_ms, b.min_ms, b.mad_ms, b.mixer_ms, b.plan.empty() ? "full model" : b.plan);
    }
    context.print(text);
}

}  // namespace

void add_bench(CLI::App& app, Context& context) {
    auto* command = app.add_subcommand("bench",
                                       "Prefill and decode speed, full model against plans, interleaved in one run; with --kernels the kernels of the "
                                       "CPU against LibTorch, LAPACK and one singular value decomposition a token.\n"
                                       "Example: rankscope-cli bench MODEL --plan half.json --lengths 512,2048");
    add_common_options(*command, context);
    auto o = std::make_shared<Options>();
    command->add_option("MODEL", o->model, "model folder; not with --kernels");
    command->add_option("--plan", o->plans, "plan to compare with (repeatable)")->allow_extra_args(false);
    command->add_option("--lengths", o->lengths, "prompt lengths in tokens")->delimiter(',')->check(CLI::Range(1, 1 << 22))->capture_default_str();
    command->add_option("--batch", o->batch, "sequences at once")->check(CLI::Range(1, 1 << 16))->capture_default_str();
    command->add_option("--decode-tokens", o->decode_tokens, "tokens to decode per run")->check(CLI::Range(1, 1 << 20))->capture_default_str();
    command->add_option("--repeats", o->repeats, "runs of each kind (one more warms up)")->check(CLI::Range(1, 1000))->capture_default_str();
    auto* kernels = command->add_flag("--kernels", o->kernels, "a table of kernels in place of a model: a few shapes, some seconds");
    command->add_flag("--full", o->kernel.full, "all widths, lengths and batches (some minutes)")->needs(kernels);
    command->add_option("--only", o->kernel.operations, "operations of the table: prefill, decode, singular-values, rank, spectrum, cross-entropy")
        ->delimiter(',')->needs(kernels);
    command->add_option("--seconds", o->kernel.seconds_a_row, "how long a row is timed, three rounds at least")
        ->check(CLI::Range(0.0, 3600.0))->capture_default_str()->needs(kernels);
    command->callback([&context, o] { run(context, *o); });
}

}  // namespace rankscope::cli
