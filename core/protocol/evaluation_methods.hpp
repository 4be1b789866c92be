// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/protocol/plan_methods.hpp"

// Requests and results of the methods that run the model. All of them use the text opened last.
namespace rankscope::protocol {

/// A plan and the name under which its results come back.
struct NamedPlan {
    std::string name;
    std::string plan;  ///< text of a plan file

    static void fields(auto& self, auto& f) {
        f("name", self.name);
        f.need("plan", self.plan);
    }
};

struct EvaluateJobRequest {
    std::vector<NamedPlan> plans;  ///< may be empty: the full model alone

    static void fields(auto& self, auto& f) { f("plans", self.plans); }
};

struct FactsData {
    std::int64_t facts = 0, n = 0;
    double accuracy = 0;

    static void fields(auto& self, auto& f) {
        f.need("facts", self.facts);
        f("n", self.n);
        f("accuracy", self.accuracy);
    }
};

struct AccuracyData {
    std::int64_t n = 0;
    double accuracy = 0;
    std::optional<double> se;
    std::vector<FactsData> by_facts;

    static void fields(auto& self, auto& f) {
        f.need("n", self.n);
        f("accuracy", self.accuracy);
        f("se", self.se);
        f("by_facts", self.by_facts);
    }
};

/// Perplexity of the full model (empty name, no delta) or of a plan; on `windows` of `windows_total` windows.
struct EvaluationData {
    std::string name;
    std::int64_t windows = 0, windows_total = 0, tokens = 0;
    double nll = 0, perplexity = 0;
    std::optional<double> perplexity_se, delta_nll, delta_nll_se;
    std::optional<AccuracyData> answers;
    std::int64_t state_bytes = 0, parameters = 0;

    static void fields(auto& self, auto& f) {
        f("name", self.name);
        f("windows", self.windows);
        f("windows_total", self.windows_total);
        f("tokens", self.tokens);
        f("nll", self.nll);
        f("perplexity", self.perplexity);
        f("perplexity_se", self.perplexity_se);
        f("delta_nll", self.delta_nll);
        f("delta_nll_se", self.delta_nll_se);
        f("answers", self.answers);
        f("state_bytes", self.state_bytes);
        f("parameters", self.parameters);
    }
};

/// Notification `partial` of an evaluation: one plan on the windows done so far, paired with the full model on the same.
struct EvaluatePartial {
    std::int64_t job = 0;
    std::int64_t plan = 0;  ///< number in the request; −1: the full model
    EvaluationData value, baseline;

    static void fields(auto& self, auto& f) {
        f.need("job", self.job);
        f("plan", self.plan);
        f("value", self.value);
        f("baseline", self.baseline);
    }
};

struct EvaluateJobResult {
    std::int64_t tokens = 0, windows = 0;
    EvaluationData baseline;
    std::optional<double> bits_per_byte;
    std::vector<EvaluationData> plans;
    double seconds = 0;
    ProvenanceData provenance;

    static void fields(auto& self, auto& f) {
        f("tokens", self.tokens);
        f("windows", self.windows);
        f.need("baseline", self.baseline);
        f("bits_per_byte", self.bits_per_byte);
        f.need("plans", self.plans);
        f("seconds", self.seconds);
        f("provenance", self.provenance);
    }
};

/// `sweep` (all layers at once) and `layer_sweep` (each layer alone): methods × ratios.
struct SweepRequest {
    std::vector<std::string> methods;
    std::vector<double> ratios;
    std::vector<std::int64_t> layers;  ///< empty: all prunable ones
    CalibrationSource calibration;
    std::uint64_t seed = 0;

    static void fields(auto& self, auto& f) {
        f.need("methods", self.methods);
        f.need("ratios", self.ratios);
        f("layers", self.layers);
        f("calibration", self.calibration);
        f("seed", self.seed);
    }
};

struct SweepPoint {
    std::string method;
    double ratio = 0;
    std::int64_t layer = -1;  ///< −1: every chosen layer at once
    std::int64_t kept = 0;    ///< K' of the layer (of the first chosen one)
    std::string plan;
    EvaluationData value;

    static void fields(auto& self, auto& f) {
        f.need("method", self.method);
        f.need("ratio", self.ratio);
        f("layer", self.layer);
        f("kept", self.kept);
        f("plan", self.plan);
        f.need("value", self.value);
    }
};

/// Notification `partial` of a sweep: the points that are new since the one before. No point is left out.
struct SweepPartial {
    std::int64_t job = 0;
    std::vector<SweepPoint> points;
    EvaluationData baseline;

    static void fields(auto& self, auto& f) {
        f.need("job", self.job);
        f.need("points", self.points);
        f("baseline", self.baseline);
    }
};

struct SweepResult {
    EvaluationData baseline;
    std::vector<SweepPoint> points;
    double seconds = 0;
    ProvenanceData provenance;

    static void fields(auto& self, auto& f) {
        f.need("baseline", self.baseline);
        f.need("points", self.points);
        f("seconds", self.seconds);
        f("provenance", self.provenance);
    }
};

/// `attribution`: plan `a` with one layer taken from plan `b`, for every layer in which they keep other channels. The rule
/// for the query scale stays that of `a`.
struct AttributionRequest {
    std::string a, b;

    static void fields(auto& self, auto& f) {
        f.need("a", self.a);
        f.need("b", self.b);
    }
};

struct LayerContribution {
    std::int64_t index = 0;
    double delta_nll = 0;  ///< against plan a, paired
    std::optional<double> delta_nll_se;

    static void fields(auto& self, auto& f) {
        f.need("index", self.index);
        f.need("delta_nll", self.delta_nll);
        f("delta_nll_se", self.delta_nll_se);
    }
};

/// Notification `partial` of an attribution: the layers that are new since the one before.
struct AttributionPartial {
    std::int64_t job = 0;
    std::vector<LayerContribution> layers;

    static void fields(auto& self, auto& f) {
        f.need("job", self.job);
        f.need("layers", self.layers);
    }
};

struct AttributionResult {
    std::vector<LayerContribution> layers;  ///< ascending; layers interact: their sum is not `delta_nll`
    double delta_nll = 0;                   ///< b − a, paired
    std::optional<double> delta_nll_se;
    ProvenanceData provenance;

    static void fields(auto& self, auto& f) {
        f.need("layers", self.layers);
        f("delta_nll", self.delta_nll);
        f("delta_nll_se", self.delta_nll_se);
        f("provenance", self.provenance);
    }
};

struct NoiseJobRequest {
    std::vector<NamedPlan> plans;
    std::vector<double> levels{0.01, 0.03, 0.1, 0.3};
    std::vector<std::int64_t> layers;  ///< empty: all recurrent ones
    std::uint64_t seed = 0;

    static void fields(auto& self, auto& f) {
        f("plans", self.plans);
        f("levels", self.levels);
        f("layers", self.layers);
        f("seed", self.seed);
    }
};

struct NoiseHead {
    std::int64_t layer = 0, head = 0;
    double amplification = 0, amplification_worst = 0, rank_stable = 0;

    static void fields(auto& self, auto& f) {
        f.need("layer", self.layer);
        f.need("head", self.head);
        f("amplification", self.amplification);
        f("amplification_worst", self.amplification_worst);
        f("rank_stable", self.rank_stable);
    }
};

struct NoiseLevel {
    double level = 0;
    std::string plan;  ///< name; empty: the full model
    double perplexity = 0, delta_nll = 0;
    std::optional<double> delta_nll_se;

    static void fields(auto& self, auto& f) {
        f.need("level", self.level);
        f("plan", self.plan);
        f("perplexity", self.perplexity);
        f("delta_nll", self.delta_nll);
        f("delta_nll_se", self.delta_nll_se);
    }
};

struct NoiseJobResult {
    std::vector<NoiseHead> heads;
    std::vector<NoiseLevel> levels;
    ProvenanceData provenance;

    static void fields(auto& self, auto& f) {
        f.need("heads", self.heads);
        f.need("levels", self.levels);
        f("provenance", self.provenance);
    }
};

struct BenchJobRequest {
    std::vector<NamedPlan> plans;
    std::vector<std::int64_t> lengths{512, 2048};
    std::int64_t batch = 1, repeats = 5, decode_tokens = 64;
    std::uint64_t seed = 0;

    static void fields(auto& self, auto& f) {
        f("plans", self.plans);
        f("lengths", self.lengths);
        f("batch", self.batch);
        f("repeats", self.repeats);
        f("decode_tokens", self.decode_tokens);
        f("seed", self.seed);
    }
};

struct BenchRunData {
    std::string plan;  ///< name; empty: the full model
    std::string kind;  ///< "prefill" or "decode"
    std::int64_t length = 0, batch = 0;
    double tokens_per_second = 0, median_ms = 0, min_ms = 0, mad_ms = 0, mixer_ms = 0;

    static void fields(auto& self, auto& f) {
        f("plan", self.plan);
        f.need("kind", self.kind);
        f("length", self.length);
        f("batch", self.batch);
        f("tokens_per_second", self.tokens_per_second);
        f("median_ms", self.median_ms);
        f("min_ms", self.min_ms);
        f("mad_ms", self.mad_ms);
        f("mixer_ms", self.mixer_ms);
    }
};

struct BenchJobResult {
    std::vector<BenchRunData> runs;
    std::string device, implementation;
    ProvenanceData provenance;

    static void fields(auto& self, auto& f) {
        f.need("runs", self.runs);
        f("device", self.device);
        f("implementation", self.implementation);
        f("provenance", self.provenance);
    }
};

}  // namespace rankscope::protocol
