// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/progress.hpp"
#include "core/model/model.hpp"
#include "core/pruning/plan.hpp"
#include "core/text/token_windows.hpp"

namespace rankscope {

/// Where the tokens of a job come from: a text (tokenised with the model's tokenizer) or ids.
struct TextSource {
    std::filesystem::path text;  ///< or empty
    std::filesystem::path ids;   ///< or empty; exactly one of the two
};

struct Provenance {
    std::string model_path, model_hash, model_family, text_hash, tokenizer, device, dtype, implementation, version, command;
    std::int64_t tokens = 0;
    std::uint64_t seed = 0;
    int threads = 0;
};

struct PlanFile {
    std::string path;  ///< as given by the user, for the answer
    Plan plan;
};

struct ForwardRequest {
    std::vector<std::vector<std::int32_t>> ids;
    std::optional<Plan> plan;
    std::filesystem::path output;  ///< safetensors: logits [B,T,vocab], nll [B,T-1]
};

struct CaptureRequest {
    TokenWindows windows;
    std::vector<std::vector<std::string>> token_text;  ///< like windows.rows
    std::filesystem::path output;
    std::vector<std::int64_t> layers;  ///< empty = all recurrent ones
    std::vector<std::int64_t> heads;   ///< value heads; empty = all
    std::vector<std::int64_t> positions;        ///< spectra and metrics after these tokens
    std::vector<std::int64_t> state_positions;  ///< ⊆ positions: full states
    bool states = true, spectra = true, inputs = false;
    std::optional<Plan> plan;
    bool resume = false;
    Provenance provenance;
};

struct CaptureResult {
    std::string path;
    std::vector<std::int64_t> layers, positions;
    std::int64_t windows = 0, bytes = 0;
    double seconds = 0;
};

/// One layer's instruction of a plan request.
struct LayerRequest {
    std::string method;
    std::optional<double> ratio;
    std::optional<std::int64_t> keep;
};

struct PlanRequest {
    std::vector<std::optional<LayerRequest>> layers;  ///< one per model layer; nothing = untouched
    std::optional<TokenWindows> calibration;
    std::uint64_t seed = 0;
    ScaleRule scale = ScaleRule::Widest;
    std::string model_hash;
};

/// What a method says about the channels of one key head: score per channel (higher = keep) and the full order, best
/// first. For DRRQR the scores are the diagonal of R in pivot order.
struct HeadScores {
    std::vector<double> scores;
    std::vector<std::int32_t> order;
};

/// [layer][key head]; empty for attention layers.
using ModelScores = std::vector<std::vector<HeadScores>>;

struct PlanResult {
    Plan plan;
    std::vector<std::string> notes;  ///< e.g. "layer 3: drrqr: final max rho 1.02, 0 swaps"
};

struct Accuracy {
    std::int64_t n = 0;
    double accuracy = 0;
    std::optional<double> se;
    /// accuracy by number of live facts, where the marks give it: facts -> (n, accuracy)
    std::map<std::int64_t, std::pair<std::int64_t, double>> by_facts;
};

struct Perplexity {
    double nll = 0;  ///< nats per token
    double perplexity = 0;
    std::optional<double> perplexity_se;  ///< nothing when there is one window only
    std::optional<Accuracy> answers;
};

struct PlanEvaluation {
    std::string path;
    Perplexity value;
    double delta_nll = 0;  ///< plan − full, paired per token
    std::optional<double> delta_nll_se;
    std::int64_t state_bytes = 0, parameters = 0;
    double seconds = 0;
};

struct EvaluateRequest {
    TokenWindows windows;
    std::vector<PlanFile> plans;
    std::int64_t cache_bytes = 0;  ///< budget for cached layer inputs; 0 = a quarter of the free memory
};

struct EvaluateResult {
    std::int64_t tokens = 0, windows = 0;  ///< scored tokens
    Perplexity baseline;
    std::optional<double> bits_per_byte;  ///< when the windows know their bytes
    std::int64_t baseline_state_bytes = 0, baseline_parameters = 0;
    std::vector<PlanEvaluation> plans;
    double seconds = 0;
};

struct NoiseRequest {
    TokenWindows windows;
    std::vector<PlanFile> plans;
    std::vector<double> levels;
    std::vector<std::int64_t> layers;  ///< empty = all recurrent
    std::uint64_t seed = 0;
};

struct HeadAmplification {
    std::int64_t layer = 0, head = 0;
    double amplification = 0, amplification_worst = 0, rank_stable = 0;
};

struct NoisePoint {
    double level = 0;
    std::string plan;  ///< empty = full model
    double perplexity = 0, delta_nll = 0;  ///< against the same model without noise
    std::optional<double> delta_nll_se;
};

struct NoiseResult {
    std::vector<HeadAmplification> heads;
    std::vector<NoisePoint> levels;
};

struct BenchRequest {
    std::vector<PlanFile> plans;
    std::vector<std::int64_t> lengths{512, 2048};
    std::int64_t batch = 1;
    int repeats = 5;
    std::int64_t decode_tokens = 64;
    std::uint64_t seed = 0;
};

struct BenchRun {
    std::string plan;  ///< empty = full model
    std::string kind;  ///< "prefill" or "decode"
    std::int64_t length = 0, batch = 0;
    double tokens_per_second = 0, median_ms = 0, min_ms = 0, mad_ms = 0, mixer_ms = 0;
};

struct BenchResult {
    std::vector<BenchRun> runs;
    std::string device, implementation;
};

struct TrainRequest {
    std::filesystem::path config;            ///< HF config.json, optional object `training`
    std::vector<std::filesystem::path> text;
    std::vector<std::filesystem::path> held_out;
    std::filesystem::path output;
    std::filesystem::path init;              ///< model folder to start from, or empty
    std::filesystem::path tokenizer;         ///< folder, or empty: train one of `vocab`
    std::int64_t vocab = 0;
    std::optional<double> minutes;
    std::optional<std::int64_t> tokens;
    bool resume = false;
    bool force = false;
    std::uint64_t seed = 0;
    Placement placement;
    std::string command;
};

struct TrainResult {
    std::int64_t steps = 0, tokens = 0;
    double loss = 0, seconds = 0;
    std::optional<double> held_out_perplexity, held_out_bits_per_byte;
    std::map<std::string, double> held_out_by_file;
};

/// Everything that needs weights in LibTorch, on one open model. Obtained from create_engine (core/engine/factory.hpp);
/// the command line opens librankscope_model.so for it at run time.
class Engine {
public:
    virtual ~Engine() = default;

    /// Loads a model; later calls use it. NaN or infinite weights are warned about, by name.
    virtual void open(const ModelFolder& folder, const Placement& placement, const Progress& progress) = 0;
    [[nodiscard]] virtual const Model& model() const = 0;

    virtual void forward(const ForwardRequest& request, const Progress& progress) = 0;
    virtual CaptureResult capture(const CaptureRequest& request, const Progress& progress) = 0;
    virtual ModelScores scores(const std::string& method, const std::optional<TokenWindows>& calibration, std::uint64_t seed, const Progress& progress) = 0;
    virtual PlanResult plan(const PlanRequest& request, const Progress& progress) = 0;
    virtual EvaluateResult evaluate(const EvaluateRequest& request, const Progress& progress) = 0;
    virtual NoiseResult noise(const NoiseRequest& request, const Progress& progress) = 0;
    virtual BenchResult bench(const BenchRequest& request, const Progress& progress) = 0;
    /// Needs no open model.
    virtual TrainResult train(const TrainRequest& request, const Progress& progress) = 0;
    /// LibTorch's version, BLAS and devices as text lines, for `doctor`.
    [[nodiscard]] virtual std::vector<std::pair<std::string, std::string>> describe() const = 0;
};

}  // namespace rankscope
