// SPDX-License-Identifier: Apache-2.0
// Forward pass of a whole model, embeddings to next-token losses, against the same model written with plain LibTorch calls
// (separate projections, grouped convolutions, the chunked composition of the recurrence, all logits at once), as one would
// write it in an eager framework. Each iteration runs both, one after the other; their losses are compared before the first.
//
//   forward_benchmark [--model=FOLDER] [--threads=N] [Google Benchmark's options]
//
// The default model is the shipped books-delta. Time is ours; eager/ours = median of the ratios of the iterations.
#include "core/base/error.hpp"
#include "core/base/random.hpp"
#include "core/model/internal/mixer_aten.hpp"
#include "core/model/internal/network.hpp"
#include "core/model/load_model.hpp"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/conv1d.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/rsqrt.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/softplus.h>
#include <benchmark/benchmark.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace rankscope;
using Clock = std::chrono::steady_clock;
using Rows = std::vector<std::vector<std::int32_t>>;

at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& weight, double eps) {
    return x * at::rsqrt((x * x).mean(-1, true) + eps) * weight;
}

// DeltaNet and Gated DeltaNet with short convolutions, SiLU, l2 norm: what the shipped models are.
class EagerModel {
public:
    explicit EagerModel(const ModelFolder& folder) : network_(internal::load_network(folder, at::kCPU, at::kFloat)) {
        const ModelConfig& c = network_.config;
        const bool usual = c.use_short_conv && c.qk_activation == QkActivation::Silu && c.qk_norm == QkNorm::L2 && c.use_beta && !c.allow_neg_eigval;
        if (!usual) throw_unsupported("the eager baseline knows models with convolutions, silu, l2 norm and beta only");
    }

    [[nodiscard]] at::Tensor losses(const at::Tensor& ids) const {
        const ModelConfig& c = network_.config;
        at::Tensor x = at::embedding(weight("model.embeddings.weight"), ids);
        for (std::size_t l = 0; l < c.layers.size(); ++l) x = layer(x, c.layers[l], "model.layers." + std::to_string(l) + ".");
        x = rms_norm(x, weight("model.norm.weight"), c.norm_eps);
        const std::int64_t n = ids.size(0) * (ids.size(1) - 1);
        const at::Tensor logits = at::linear(x.narrow(1, 0, ids.size(1) - 1), network_.head()).reshape({n, c.vocab_size});
        return at::cross_entropy_loss(logits, ids.narrow(1, 1, ids.size(1) - 1).reshape({n}), {}, at::Reduction::None);
    }

private:
    [[nodiscard]] const at::Tensor& weight(const std::string& name) const { return network_.weights.at(name); }

    [[nodiscard]] at::Tensor convolved(const at::Tensor& x, const std::string& name) const {
        const at::Tensor& w = weight(name);
        const std::int64_t channels = x.size(2), width = w.size(-1);
        const at::Tensor y = at::conv1d(x.transpose(1, 2), w.reshape({channels, 1, width}), {}, 1, width - 1, 1, channels);
        return at::silu(y.narrow(2, 0, x.size(1)).transpose(1, 2));
    }

    [[nodiscard]] at::Tensor layer(const at::Tensor& x, const LayerConfig& shape, const std::string& name) const {
        const ModelConfig& c = network_.config;
        const std::int64_t B = x.size(0), T = x.size(1);
        const std::string attn = name + "attn.";
        const at::Tensor h = rms_norm(x, weight(name + "attn_norm.weight"), c.norm_eps);
        const auto heads = [&](const char* part, std::int64_t count) {
            return convolved(at::linear(h, weight(attn + part + "_proj.weight")), attn + part + "_conv1d.weight").reshape({B, T, count, -1});
        };
        const auto unit = [](const at::Tensor& y) { return y * at::rsqrt((y * y).sum(-1, true) + 1e-6); };
        const at::Tensor q = unit(heads("q", shape.key_heads)), k = unit(heads("k", shape.key_heads)), v = heads("v", shape.value_heads);
        const at::Tensor beta = at::sigmoid(at::linear(h, weight(attn + "b_proj.weight")));
        at::Tensor g;
        if (shape.mixer == MixerKind::GatedDeltaRule) {
            g = -weight(attn + "A_log").exp() * at::softplus(at::linear(h, weight(attn + "a_proj.weight")) + weight(attn + "dt_bias"));
        }
        at::Tensor o = internal::delta_rule_aten(q, k, v, beta, g, shape.scale, {}).out;
        o = rms_norm(o, weight(attn + "o_norm.weight"), c.norm_eps).reshape({B, T, -1});
        if (c.output_gate == OutputGate::Swish) o = o * at::silu(at::linear(h, weight(attn + "g_proj.weight")));
        const at::Tensor y = x + at::linear(o, weight(attn + "o_proj.weight"));
        const at::Tensor m = rms_norm(y, weight(name + "mlp_norm.weight"), c.norm_eps);
        const at::Tensor up = at::silu(at::linear(m, weight(name + "mlp.gate_proj.weight"))) * at::linear(m, weight(name + "mlp.up_proj.weight"));
        return y + at::linear(up, weight(name + "mlp.down_proj.weight"));
    }

    internal::Network network_;
};

std::vector<float> ours(const Model& model, const Rows& rows) {
    Hidden hidden = model.embed(rows);
    for (std::size_t l = 0; l < model.config().layers.size(); ++l) hidden = model.run_layer(static_cast<std::int64_t>(l), hidden, {});
    return model.score(hidden, rows).nll;
}

void run(benchmark::State& state, const Model& model, const EagerModel& eager) {
    const c10::InferenceMode inference;
    const std::int64_t B = state.range(0), T = state.range(1);
    Random random(1);
    Rows rows(static_cast<std::size_t>(B));
    std::vector<std::int64_t> flat;
    for (auto& row : rows) {
        for (std::int64_t t = 0; t < T; ++t) {
            row.push_back(static_cast<std::int32_t>(random.below(static_cast<std::uint64_t>(model.config().vocab_size))));
            flat.push_back(row.back());
        }
    }
    const at::Tensor ids = at::from_blob(flat.data(), {B, T}, at::TensorOptions().dtype(at::kLong));
    std::vector<float> nll = ours(model, rows);
    const at::Tensor mine = at::from_blob(nll.data(), {std::ssize(nll)}, at::TensorOptions().dtype(at::kFloat));
    const double error = (eager.losses(ids) - mine).abs().max().item<double>();
    if (!(error < 2e-3)) {
        state.SkipWithError(("losses disagree by " + std::to_string(error)).c_str());
        return;
    }
    const auto seconds_since = [](Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); };
    std::vector<double> mine_s, eager_s, ratios;
    for (auto _ : state) {
        auto begin = Clock::now();
        benchmark::DoNotOptimize(ours(model, rows));
        mine_s.push_back(seconds_since(begin));
        begin = Clock::now();
        benchmark::DoNotOptimize(eager.losses(ids));
        eager_s.push_back(seconds_since(begin));
        ratios.push_back(eager_s.back() / mine_s.back());
        state.SetIterationTime(mine_s.back());
    }
    std::nth_element(ratios.begin(), ratios.begin() + std::ssize(ratios) / 2, ratios.end());
    state.counters["eager/ours"] = ratios[ratios.size() / 2];
    state.counters["eager_ms"] = *std::min_element(eager_s.begin(), eager_s.end()) * 1e3;
    state.counters["best_ms"] = *std::min_element(mine_s.begin(), mine_s.end()) * 1e3;
    state.counters["tokens/s"] = static_cast<double>(B * T) / *std::min_element(mine_s.begin(), mine_s.end());
}

}  // namespace

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    std::string folder = RANKSCOPE_SOURCE_DIR "/resources/models/books-delta";
    int threads = static_cast<int>(std::thread::hardware_concurrency());
    for (int i = 1; i < argc; ++i) {
        const std::string option = argv[i];
        if (option.starts_with("--model=")) folder = option.substr(8);
        else if (option.starts_with("--threads=")) threads = std::atoi(option.c_str() + 10);
        else return std::fprintf(stderr, "forward_benchmark: unknown option %s\n", argv[i]), 2;
    }
    try {
        const ModelFolder source = ModelFolder::open(folder);
        const auto model = load_model(source, {"cpu", "float32", threads}, {});
        const EagerModel eager(source);
        std::printf("model %s, %d threads\n", folder.c_str(), threads);
        benchmark::RegisterBenchmark("forward", [&](benchmark::State& state) { run(state, *model, eager); })
            ->ArgNames({"batch", "length"})->Args({1, 512})->Args({4, 512})->Args({1, 2048})->UseManualTime()->Unit(benchmark::kMillisecond);
        benchmark::RunSpecifiedBenchmarks();
    } catch (const Error& e) {
        std::fprintf(stderr, "forward_benchmark: %s\n", e.what());
        return 3;
    }
    return 0;
}
