// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/client/results.hpp"

#include "core/base/error.hpp"
#include "core/checkpoint/padded_export.hpp"

#include <algorithm>
#include <set>

namespace rankscope::gui::results {
namespace {

constexpr const char* kWhere = "answer of the engine";

void checkOrder(const HeadScores& head, std::int64_t width, std::int64_t layer) {
    std::set<std::int32_t> channels(head.order.begin(), head.order.end());
    const bool whole = std::ssize(head.order) == width && std::ssize(channels) == width
                       && *channels.begin() == 0 && *channels.rbegin() == width - 1;
    if (!whole || std::ssize(head.scores) != width)
        throw_input("bad scores: layer " + std::to_string(layer) + ": expected an order of "
                    + std::to_string(width) + " channels");
}

const LayerConfig& prunableLayer(const ModelConfig& config, std::int64_t index) {
    if (index < 0 || index >= std::ssize(config.layers)
        || !config.layers[static_cast<std::size_t>(index)].prunable())
        throw_input("bad scores: layer " + std::to_string(index)
                    + ": the model has no such layer with a state");
    return config.layers[static_cast<std::size_t>(index)];
}

}  // namespace

MeasuredQuality quality(const protocol::EvaluationData& data) {
    MeasuredQuality out;
    out.windows = data.windows;
    out.windows_total = data.windows_total;
    out.tokens = data.tokens;
    out.nll = data.nll;
    out.perplexity = data.perplexity;
    out.perplexity_se = data.perplexity_se;
    out.delta_nll = data.delta_nll;
    out.delta_nll_se = data.delta_nll_se;
    if (data.answers) {
        out.answers = data.answers->n;
        out.accuracy = data.answers->accuracy;
        out.accuracy_se = data.answers->se;
    }
    return out;
}

SessionModel model(const protocol::ModelResult& result, const QString& folder) {
    SessionModel out;
    out.path = result.path.empty() ? folder.toStdString() : result.path;
    out.hash = result.hash;
    out.family = result.family;
    out.config = result.config;
    out.tokenizer = result.provenance.tokenizer;
    out.dtype = result.dtype;
    out.parameters = result.parameters;
    // The document counts with the config alone, the engine has looked at the weights too.
    const ModelConfig config = parse_exported_config(out.config, out.path / "config.json");
    for (const protocol::LayerData& layer : result.layers) {
        const bool known = layer.index >= 0 && layer.index < std::ssize(config.layers);
        const std::int64_t width = known ? config.layers[static_cast<std::size_t>(layer.index)].key_dim : 0;
        if (layer.key_dim != width)
            throw_unsupported("unsupported model: " + printable(out.path.string(), 400) + ": layer "
                                  + std::to_string(layer.index) + ": found weights of width "
                                  + std::to_string(layer.key_dim) + ", expected " + std::to_string(width)
                                  + " as config.json says",
                              "take pruned_key_dims out of config.json");
    }
    return out;
}

SessionText text(const protocol::TextResult& result, const QString& path, int window) {
    SessionText out;
    out.path = path.toStdString();
    out.hash = result.text_hash;
    out.window = window;
    out.windows = std::ssize(result.windows);
    out.tokens = result.tokens;
    out.scored_tokens = result.scored_tokens;
    out.answers = !result.answers.empty();
    return out;
}

SessionScores scores(const protocol::ScoresResult& result, const ModelConfig& config) {
    SessionScores out{result.method, ModelScores(config.layers.size())};
    for (const protocol::LayerScores& layer : result.layers) {
        const LayerConfig& shape = prunableLayer(config, layer.index);
        auto& heads = out.heads[static_cast<std::size_t>(layer.index)];
        for (const protocol::HeadScoresData& head : layer.heads) {
            heads.push_back({head.scores, head.order});
            checkOrder(heads.back(), shape.key_dim, layer.index);
        }
        if (std::ssize(heads) != shape.key_heads)
            throw_input("bad scores: layer " + std::to_string(layer.index) + ": found "
                        + std::to_string(heads.size()) + " heads, expected "
                        + std::to_string(shape.key_heads));
    }
    return out;
}

Plan plan(const std::string& text, const ModelConfig& config, const std::string& modelHash) {
    Plan out = parse_plan(text, kWhere);
    check_plan(out, config, modelHash, modelHash.empty(), kWhere);
    return out;
}

PlanChoice choice(const Plan& plan, const ModelConfig& config) {
    PlanChoice out = keep_all(config);
    out.scale = plan.scale;
    for (LayerChoice& layer : out.layers) {
        const PlanLayer* pruned = plan.layer(layer.index);
        if (pruned == nullptr) continue;
        layer.method = pruned->method;
        layer.kept = pruned->kept_dim();
    }
    return out;
}

MeasuredSpeed speed(const protocol::BenchJobResult& result, const std::string& name,
                    const std::string& time) {
    MeasuredSpeed out;
    out.device = result.device;
    out.implementation = result.implementation;
    out.measured = time;
    const auto spread = [](const protocol::BenchRunData& run) {
        return run.median_ms > 0 ? run.mad_ms / run.median_ms : 0.0;
    };
    // The length of a decode run is what was written, not what was read.
    for (const protocol::BenchRunData& run : result.runs) {
        if (run.plan != name) continue;
        out.batch = run.batch;
        if (run.kind == "prefill" && run.length >= out.length) {
            out.length = run.length;
            out.prefill = run.tokens_per_second;
            out.prefill_mad = spread(run);
        } else if (run.kind == "decode") {
            out.decode = run.tokens_per_second;
            out.decode_mad = spread(run);
        }
    }
    return out;
}

SessionNoise noise(const protocol::NoiseJobResult& result) {
    SessionNoise out;
    for (const protocol::NoiseHead& head : result.heads)
        out.heads.push_back(
            {head.layer, head.head, head.amplification, head.amplification_worst, head.rank_stable});
    for (const protocol::NoiseLevel& level : result.levels)
        out.levels.push_back(
            {level.level, level.plan, level.perplexity, level.delta_nll, level.delta_nll_se});
    return out;
}

LayerSweepPoint layerPoint(const protocol::SweepPoint& point) {
    return {point.layer, point.method, point.kept, point.value.delta_nll.value_or(0),
            point.value.delta_nll_se};
}

bool isIdsFile(const std::filesystem::path& path) {
    return path.extension() == ".json";
}

protocol::CalibrationSource calibration(const std::filesystem::path& path, std::int64_t tokens) {
    protocol::CalibrationSource out;
    (isIdsFile(path) ? out.ids : out.text) = path.string();
    out.tokens = tokens;
    return out;
}

}  // namespace rankscope::gui::results
