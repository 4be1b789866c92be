// SPDX-License-Identifier: Apache-2.0
#include "core/evaluation/bench.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <numeric>

#include "core/base/random.hpp"
#include "core/base/remaining.hpp"
#include "core/evaluation/mixer_timing.hpp"
#include "core/evaluation/plan_runner.hpp"

namespace rankscope {
namespace {

using Clock = std::chrono::steady_clock;

double milliseconds_since(Clock::time_point start) {
    return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    const std::size_t n = values.size();
    return n % 2 ? values[n / 2] : 0.5 * (values[n / 2 - 1] + values[n / 2]);
}

// Median absolute deviation: one slow repeat on a shared machine does not move it.
double deviation(const std::vector<double>& values) {
    const double centre = median(values);
    std::vector<double> distances;
    for (const double v : values) distances.push_back(std::abs(v - centre));
    return median(distances);
}

std::vector<std::vector<std::int32_t>> random_ids(const Model& model, std::int64_t batch, std::int64_t length,
                                                  std::uint64_t seed) {
    Random random(seed, 0xbe9c);
    std::vector<std::vector<std::int32_t>> ids(static_cast<std::size_t>(batch));
    for (auto& row : ids) {
        for (std::int64_t t = 0; t < length; ++t) {
            row.push_back(static_cast<std::int32_t>(random.below(static_cast<std::uint64_t>(model.config().vocab_size))));
        }
    }
    return ids;
}

struct Variant {
    std::string plan;
    std::vector<LayerSelection> selections;
    std::vector<double> milliseconds;
    std::vector<double> mixer_milliseconds;
};

// Prefill: the whole prompt through all layers and the head of its last token.
void prefill(const Model& model, std::span<const std::vector<std::int32_t>> ids, const Variant& variant) {
    Hidden hidden = model.embed(ids);
    for (std::size_t l = 0; l < variant.selections.size(); ++l) {
        RunOptions options;
        const LayerSelection& selection = variant.selections[l];
        if (!selection.keep.empty() || selection.scale != 0) options.selection = &selection;
        hidden = model.run_layer(static_cast<std::int64_t>(l), hidden, options);
    }
    (void)model.last_logits(hidden);
}

BenchRun summarise(const Variant& variant, const char* kind, std::int64_t length, std::int64_t batch, double tokens) {
    BenchRun run;
    run.plan = variant.plan;
    run.kind = kind;
    run.length = length;
    run.batch = batch;
    run.median_ms = median(variant.milliseconds);
    run.min_ms = *std::min_element(variant.milliseconds.begin(), variant.milliseconds.end());
    run.mad_ms = deviation(variant.milliseconds);
    run.mixer_ms = median(variant.mixer_milliseconds);
    run.tokens_per_second = tokens / (run.median_ms / 1000);
    return run;
}

}  // namespace

BenchResult bench(const Model& model, const BenchRequest& request, const Progress& progress) {
    std::vector<Variant> variants{{"", selections_of(model.config(), nullptr), {}, {}}};
    for (const PlanFile& file : request.plans) variants.push_back({file.path, selections_of(model.config(), &file.plan), {}, {}});

    BenchResult result;
    result.device = model.device();
    model.forget_used_mixers();
    // In tokens of a prompt. Decoding reads all weights for one token, which takes about as long as computing with them for some.
    constexpr std::int64_t kDecodedToken = 16;
    const auto began = Clock::now();
    const std::int64_t decoding = kDecodedToken * request.decode_tokens;
    const auto runs = static_cast<double>(variants.size()) * (request.repeats + 1);
    const double total = runs * static_cast<double>(std::accumulate(request.lengths.begin(), request.lengths.end(), decoding) * request.batch);
    double done = 0;
    const auto step = [&](std::int64_t tokens) {
        done += static_cast<double>(tokens * request.batch);
        const double passed = milliseconds_since(began) / 1000;
        progress.update({done, total, "tokens", remaining_seconds(passed, done, total), {}});
    };
    const auto reset = [&] {
        for (Variant& v : variants) {
            v.milliseconds.clear();
            v.mixer_milliseconds.clear();
        }
    };

    for (const std::int64_t length : request.lengths) {
        reset();
        const auto ids = random_ids(model, request.batch, length, request.seed);
        std::vector<MixerTiming> mixers;
        for (const Variant& v : variants) mixers.emplace_back(model, ids, v.selections);
        // Repeat 0 warms caches and allocators up and is not counted; variants alternate within every repeat, so that a
        // slow moment of the machine hits all of them.
        for (int repeat = 0; repeat <= request.repeats; ++repeat) {
            for (std::size_t v = 0; v < variants.size(); ++v) {
                const auto start = Clock::now();
                prefill(model, ids, variants[v]);
                const double whole = milliseconds_since(start);
                const double mixer = mixers[v].run_milliseconds();
                if (repeat > 0) {
                    variants[v].milliseconds.push_back(whole);
                    variants[v].mixer_milliseconds.push_back(mixer);
                }
                step(length);
            }
        }
        for (const Variant& v : variants) {
            result.runs.push_back(summarise(v, "prefill", length, request.batch, static_cast<double>(length * request.batch)));
        }
    }

    reset();
    const auto prompt = random_ids(model, request.batch, 1, request.seed);
    for (int repeat = 0; repeat <= request.repeats; ++repeat) {
        for (Variant& variant : variants) {
            const auto state = model.begin_decode(request.batch, variant.selections);
            std::vector<std::int32_t> tokens;
            for (const auto& row : prompt) tokens.push_back(row.front());
            double mixer_seconds = 0;
            const auto start = Clock::now();
            for (std::int64_t t = 0; t < request.decode_tokens; ++t) {
                tokens = model.decode_step(*state, tokens, &mixer_seconds);
                progress.check();
            }
            if (repeat > 0) {
                variant.milliseconds.push_back(milliseconds_since(start));
                variant.mixer_milliseconds.push_back(1000 * mixer_seconds);
            }
            step(decoding);
        }
    }
    for (const Variant& v : variants) {
        result.runs.push_back(summarise(v, "decode", request.decode_tokens, request.batch,
                                        static_cast<double>(request.decode_tokens * request.batch)));
    }
    result.implementation = fmt::format("{}", fmt::join(model.used_mixers(), ", "));
    return result;
}

}  // namespace rankscope
