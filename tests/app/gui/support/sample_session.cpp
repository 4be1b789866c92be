// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/app/gui/support/sample_session.hpp"

#include "app/gui/document/plan_record.hpp"
#include "core/spectra/rank_metrics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace rankscope::gui {
namespace {

constexpr std::array kMethods{"random", "l1", "s-wanda", "taylor", "energy", "drrqr", "drrqr-normalised"};
constexpr std::array kCost{6.0, 3.2, 2.4, 0.9, 0.62, 0.6, 0.58};
constexpr std::array kRatios{0.125, 0.25, 0.5, 0.625, 0.75};
constexpr double kFullNll = 3.2;

std::string configText(const SampleModel& m) {
    // Gated DeltaNet when value heads outnumber key heads, DeltaNet otherwise.
    const bool gated = m.valueHeads != m.keyHeads;
    const int hidden = m.keyHeads * m.keyDim;
    std::string attention;
    if (m.attentionLayer >= 0) {
        attention = fmt::format(R"(,"attn":{{"layers":[{}],"num_heads":{},"num_kv_heads":{},"rope_theta":10000.0}})", m.attentionLayer, m.keyHeads, m.keyHeads);
    }
    if (gated) {
        return fmt::format(R"({{"model_type":"gated_deltanet","hidden_size":{},"num_hidden_layers":{},"num_heads":{},"num_v_heads":{},"head_dim":{},"expand_v":{},"vocab_size":512,"intermediate_size":256{}}})",
                           hidden, m.layers, m.keyHeads, m.valueHeads, m.keyDim, static_cast<double>(m.valueDim) / m.keyDim, attention);
    }
    return fmt::format(R"({{"model_type":"delta_net","hidden_size":{},"num_hidden_layers":{},"num_heads":{},"expand_k":1.0,"expand_v":{},"vocab_size":512,"intermediate_size":256{}}})",
                       hidden, m.layers, m.keyHeads, static_cast<double>(m.valueDim) / m.keyDim, attention);
}

// Later layers cost less; the price of a channel rises as fewer are left.
double layerCost(int layer, double ratio, double method) {
    return method * 0.02 * ratio * ratio * ratio / (1 + layer);
}

HeadScores scoresOf(std::size_t method, int layer, int head, int keyDim) {
    HeadScores scores;
    for (int c = 0; c < keyDim; ++c) scores.scores.push_back(0.1 + 0.9 * std::abs(std::sin(1.7 * c + 3.1 * static_cast<double>(method) + layer + 0.7 * head)));
    scores.order = order_of(scores.scores, "sample");
    return scores;
}

MeasuredQuality qualityOf(double delta, bool answers, double ratio) {
    MeasuredQuality quality;
    quality.windows = quality.windows_total = 22;
    quality.tokens = 22 * 511;
    quality.nll = kFullNll + delta;
    quality.perplexity = std::exp(quality.nll);
    quality.perplexity_se = 0.012 * quality.perplexity;
    quality.delta_nll = delta;
    quality.delta_nll_se = 0.05 * std::abs(delta) + 1e-4;
    if (answers) {
        quality.answers = 400;
        quality.accuracy = 0.995 - 0.6 * ratio * ratio;
        quality.accuracy_se = 0.01;
    }
    return quality;
}

MeasuredSpeed speedOf(double ratio) {
    MeasuredSpeed speed;
    speed.prefill = 21000 * (1 + 0.4 * ratio);
    speed.decode = 1900 * (1 + 0.2 * ratio);
    speed.prefill_mad = 0.01;
    speed.decode_mad = 0.02;
    speed.length = 512;
    speed.device = "cpu";
    speed.implementation = "avx512";
    speed.measured = "2026-01-05T14:02:00Z";
    return speed;
}

void addPoints(SavedSession& session, const ModelConfig& config, const SampleModel& model) {
    for (std::size_t m = 0; m < kMethods.size(); ++m) {
        for (const double ratio : kRatios) {
            SessionPoint point;
            point.choice = keep_all(config);
            double delta = 0;
            for (LayerChoice& layer : point.choice.layers) {
                layer.method = kMethods[m];
                layer.kept = kept_width(layer.key_dim, ratio);
                delta += layerCost(static_cast<int>(layer.index), ratio, kCost[m]);
                PlanLayer chosen{layer.index, layer.method, ratio, layer.key_dim, {}};
                for (const HeadScores& head : session.scores[m].heads[static_cast<std::size_t>(layer.index)]) chosen.keep.push_back(kept_channels(head.order, layer.kept));
                point.plan.layers.push_back(std::move(chosen));
            }
            point.plan.model_hash = session.model.hash;
            point.plan.model_family = session.model.family;
            point.choice.name = defaultPlanName(point.choice).toStdString();
            point.id = fmt::format("{}-{}", kMethods[m], ratio);
            point.uniform = true;
            point.state_bytes = state_bytes(point.plan, config);
            point.parameters = session.model.parameters - removed_parameters(point.plan, config);
            point.quality = qualityOf(delta, model.answers, ratio);
            point.speed = speedOf(ratio);
            session.points.push_back(std::move(point));
        }
    }
}

}  // namespace

SavedSession sampleSession(const SampleModel& model) {
    SavedSession session;
    session.model.path = "/models/sample-model";
    session.model.hash = std::string(64, 'a');
    session.model.config = configText(model);
    session.model.tokenizer = "byte-level BPE, 512";
    session.model.dtype = "bfloat16";
    session.model.parameters = 2'570'000;
    const ModelConfig config = session_config(session);
    session.model.family = name_of(config.family);
    session.text = SessionText{"/texts/sample.txt", std::string(64, 'b'), 512, 22, 11264, 22 * 511, model.answers};
    session.calibration = "/texts/other.txt";
    session.captures = {"/captures/sample.h5"};
    session.device = "cpu";
    session.compute_dtype = "float32";

    for (std::size_t m = 0; m < kMethods.size(); ++m) {
        SessionScores scores{kMethods[m], ModelScores(config.layers.size())};
        for (std::size_t i = 0; i < config.layers.size(); ++i) {
            if (!config.layers[i].prunable()) continue;
            for (int h = 0; h < model.keyHeads; ++h) scores.heads[i].push_back(scoresOf(m, static_cast<int>(i), h, model.keyDim));
        }
        session.scores.push_back(std::move(scores));
    }
    addPoints(session, config, model);
    const MeasuredQuality full = qualityOf(0, model.answers, 0);
    session.full = full;
    session.full->delta_nll.reset();
    session.full->delta_nll_se.reset();
    session.full_speed = speedOf(0);
    const LayerConfig& first = config.layers[model.attentionLayer == 0 ? 1 : 0];
    for (std::size_t i = 0; i < config.layers.size(); ++i) {
        if (!config.layers[i].prunable()) continue;
        for (std::size_t m = 0; m < kMethods.size(); ++m) {
            for (int step = 1; step < 8; ++step) {
                const double ratio = step / 8.0;
                session.layer_sweep.push_back({static_cast<std::int64_t>(i), kMethods[m], kept_width(first.key_dim, ratio), layerCost(static_cast<int>(i), ratio, kCost[m]), 2e-4});
            }
        }
    }
    SessionNoise noise;
    for (std::size_t i = 0; i < config.layers.size(); ++i) {
        if (!config.layers[i].prunable()) continue;
        for (int h = 0; h < model.valueHeads; ++h) {
            const double rank = 1.5 + 2.0 * static_cast<double>(i) + h;
            noise.heads.push_back({static_cast<std::int64_t>(i), h, std::sqrt(model.keyDim / rank), 1.8 * std::sqrt(model.keyDim / rank), rank});
        }
    }
    for (const double level : {0.01, 0.03, 0.1, 0.3}) {
        noise.levels.push_back({level, "", std::exp(kFullNll + level * level), level * level, 0.05 * level * level});
        noise.levels.push_back({level, "drrqr-0.5", std::exp(kFullNll + 0.002 + 0.8 * level * level), 0.8 * level * level, 0.05 * level * level});
    }
    session.noise = noise;

    const auto half = std::ranges::find(session.points, "drrqr-0.5", &SessionPoint::id);
    session.current = half->choice;
    session.history = {{"Open demo session", "2026-01-05T14:00:00Z", session.current}};
    session.notes = "Layer 0 carries most of the cost: [[layer 0]].";
    session.story = SessionStory{"Half of this model's state can go", "The state of this model is large. Half of the channels can go. Everything here was measured.", "drrqr-0.5", "random-0.5"};
    return session;
}

std::shared_ptr<const CaptureData> sampleCapture(const SampleModel& model, int windows, int tokens) {
    auto data = std::make_shared<CaptureData>();
    data->path = "/captures/sample.h5";
    data->creator = "rankscope test";
    data->windows = windows;
    CaptureLayout& layout = data->layout;
    layout.window_tokens = tokens;
    for (int t = 31; t < tokens; t += 32) layout.positions.push_back(t);
    layout.state_positions = {layout.positions[layout.positions.size() / 2], layout.positions.back()};
    for (int w = 0; w < windows; ++w) {
        layout.window_start.push_back(static_cast<std::int64_t>(w) * tokens);
        data->tokens.emplace_back();
        data->tokenText.emplace_back();
        for (int t = 0; t < tokens; ++t) {
            static constexpr std::array kWords{"The", " keeper", " of", " the", " light", ",", " Mara", ",", " wrote", " nothing", ".", "\n"};
            data->tokens.back().push_back(t % 500);
            data->tokenText.back().emplace_back(kWords[static_cast<std::size_t>(t) % kWords.size()]);
        }
    }
    const auto rank = static_cast<std::size_t>(std::min(model.keyDim, model.valueDim));
    for (int i = 0; i < model.layers; ++i) {
        if (i == model.attentionLayer) continue;
        CaptureLayer layer;
        layer.index = i;
        layer.mixer = "delta_rule";
        layer.key_heads = model.keyHeads;
        layer.value_heads = model.valueHeads;
        layer.key_dim = model.keyDim;
        layer.value_dim = model.valueDim;
        layer.heads.resize(static_cast<std::size_t>(model.valueHeads));
        std::iota(layer.heads.begin(), layer.heads.end(), 0);
        layer.captured_key_heads = key_heads_of(layer.heads, model.valueHeads, model.keyHeads);
        for (int h = 0; h < model.keyHeads; ++h) {
            for (int c = 0; c < model.keyDim; ++c) layer.channels.push_back(c);
        }
        CapturedLayerData values;
        for (int w = 0; w < windows; ++w) {
            for (const std::int64_t position : layout.positions) {
                for (int h = 0; h < model.valueHeads; ++h) {
                    const double decay = (0.3 + 0.15 * h + 0.05 * i) * (1.0 - std::exp(-static_cast<double>(position) / 100.0)) + 0.02 * w;
                    double sum = 0, squares = 0;
                    for (std::size_t k = 0; k < rank; ++k) {
                        const double sigma = 8.0 * std::exp(-static_cast<double>(k) / (decay * 16.0 + 1.0));
                        values.singularValues.push_back(static_cast<float>(sigma));
                        sum += sigma;
                        squares += sigma * sigma;
                    }
                    double entropy = 0;
                    for (std::size_t k = 0; k < rank; ++k) {
                        const double p = values.singularValues[values.singularValues.size() - rank + k] / sum;
                        if (p > 0) entropy -= p * std::log(p);
                    }
                    const double stable = squares / 64.0;
                    values.metrics["rank_stable"].push_back(static_cast<float>(stable));
                    values.metrics["rank_utilisation"].push_back(static_cast<float>(stable / static_cast<double>(rank)));
                    values.metrics["rank_entropy"].push_back(static_cast<float>(std::exp(entropy)));
                    values.metrics["rank_at_99"].push_back(static_cast<float>(std::min<double>(static_cast<double>(rank), 2.3 * (decay * 16 + 1))));
                    values.metrics["norm_frobenius"].push_back(static_cast<float>(std::sqrt(squares)));
                }
            }
        }
        for (int h = 0; h < model.valueHeads; ++h) {
            double sum = 0;
            const std::size_t begin = values.channelShare.size();
            for (int c = 0; c < model.keyDim; ++c) {
                values.channelShare.push_back(static_cast<float>(std::exp(-0.05 * ((c * 7 + h * 3) % model.keyDim))));
                sum += values.channelShare.back();
            }
            for (std::size_t c = begin; c < values.channelShare.size(); ++c) values.channelShare[c] /= static_cast<float>(sum);
        }
        layout.layers.push_back(std::move(layer));
        data->layers.push_back(std::move(values));
    }
    return data;
}

std::shared_ptr<const CaptureData> ranksAlone(const CaptureData& capture) {
    auto data = std::make_shared<CaptureData>(capture);
    data->layout.ranks = true;
    data->layout.spectra = data->layout.states = false;
    data->layout.state_positions.clear();
    for (CapturedLayerData& layer : data->layers) {
        layer.singularValues.clear();
        layer.channelShare.clear();
        std::erase_if(layer.metrics, [](const auto& metric) {
            const auto& [name, values] = metric;
            return std::ranges::none_of(rank_metrics_table(), [&](const RankMetric& each) {
                return each.of_norms && each.name == name;
            });
        });
    }
    return data;
}

}  // namespace rankscope::gui
