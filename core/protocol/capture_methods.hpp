// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/protocol/session_methods.hpp"

// Requests and results of the methods about captures. `layer` counts the captured layers, `head` the captured value heads,
// `position` and `state` the captured positions and state positions.
namespace rankscope::protocol {

struct CaptureJobRequest {
    std::string output;
    TextSource source;                          ///< without a path: the open text
    std::vector<std::int64_t> layers;           ///< model layers; empty: all recurrent ones
    std::vector<std::int64_t> heads;            ///< value heads; empty: all
    std::vector<std::int64_t> positions;        ///< ascending, not empty
    std::vector<std::int64_t> state_positions;  ///< ⊆ positions
    bool states = true, spectra = true, inputs = false;
    bool ranks = false;  ///< the metrics that two norms give, without spectra (which hold them too)
    std::string plan;  ///< text of a plan file; empty: the full model
    bool resume = false, force = false;

    static void fields(auto& self, auto& f) {
        f.need("output", self.output);
        f("source", self.source);
        f("layers", self.layers);
        f("heads", self.heads);
        f.need("positions", self.positions);
        f("state_positions", self.state_positions);
        f("states", self.states);
        f("spectra", self.spectra);
        f("inputs", self.inputs);
        f("ranks", self.ranks);
        f("plan", self.plan);
        f("resume", self.resume);
        f("force", self.force);
    }
};

struct CaptureJobResult {
    std::string path;
    std::vector<std::int64_t> layers, positions;
    std::int64_t windows = 0, bytes = 0;
    double seconds = 0;
    ProvenanceData provenance;

    static void fields(auto& self, auto& f) {
        f.need("path", self.path);
        f("layers", self.layers);
        f("positions", self.positions);
        f("windows", self.windows);
        f("bytes", self.bytes);
        f("seconds", self.seconds);
        f("provenance", self.provenance);
    }
};

struct OpenCaptureRequest {
    std::string path;

    static void fields(auto& self, auto& f) { f.need("path", self.path); }
};

struct MetricData {
    std::string name;
    FloatArray values;  ///< [W, P, head]

    static void fields(auto& self, auto& f) {
        f.need("name", self.name);
        f.need("values", self.values);
    }
};

struct CapturedLayer {
    std::int64_t index = 0;
    std::string mixer;
    std::int64_t key_heads = 0, value_heads = 0, key_dim = 0, value_dim = 0;
    bool gate = false;
    std::vector<std::int32_t> heads, captured_key_heads, channels;
    FloatArray singular_values;       ///< [W, P, head, min(K, V)]; empty without spectra
    std::vector<MetricData> metrics;  ///< those that were captured, in the order of rank_metrics_table()

    static void fields(auto& self, auto& f) {
        f.need("index", self.index);
        f("mixer", self.mixer);
        f("key_heads", self.key_heads);
        f("value_heads", self.value_heads);
        f("key_dim", self.key_dim);
        f("value_dim", self.value_dim);
        f("gate", self.gate);
        f("heads", self.heads);
        f("captured_key_heads", self.captured_key_heads);
        f("channels", self.channels);
        f("singular_values", self.singular_values);
        f("metrics", self.metrics);
    }
};

struct OpenCaptureResult {
    std::string path, creator, created;
    std::string provenance;  ///< JSON text as it stands in the file
    std::int64_t window_tokens = 0, windows_done = 0;
    bool states = false, spectra = false, inputs = false, ranks = false;
    std::vector<std::int64_t> positions, state_positions, window_start;
    IntArray tokens;                                   ///< [W, T]
    std::vector<std::vector<std::string>> token_text;  ///< [W][T] or empty
    std::vector<CapturedLayer> layers;

    static void fields(auto& self, auto& f) {
        f.need("path", self.path);
        f("creator", self.creator);
        f("created", self.created);
        f("provenance", self.provenance);
        f("window_tokens", self.window_tokens);
        f("windows_done", self.windows_done);
        f("states", self.states);
        f("spectra", self.spectra);
        f("inputs", self.inputs);
        f("ranks", self.ranks);
        f("positions", self.positions);
        f("state_positions", self.state_positions);
        f("window_start", self.window_start);
        f("tokens", self.tokens);
        f("token_text", self.token_text);
        f("layers", self.layers);
    }
};

/// `state`: one S[K, V].
struct StateRequest {
    std::string path;
    std::int64_t layer = 0, window = 0, state = 0, head = 0;

    static void fields(auto& self, auto& f) {
        f.need("path", self.path);
        f.need("layer", self.layer);
        f.need("window", self.window);
        f.need("state", self.state);
        f.need("head", self.head);
    }
};

struct StateResult {
    FloatArray state;  ///< [K, V]

    static void fields(auto& self, auto& f) { f.need("state", self.state); }
};

/// `kept_energy`: what the kept rows hold. window or position −1: the mean over all of them (states that are zero left out).
struct KeptEnergyRequest {
    std::string path;
    std::int64_t layer = 0, window = -1, position = -1;
    std::vector<std::vector<std::int32_t>> keep;  ///< [captured key head][K'] rows of the captured states

    static void fields(auto& self, auto& f) {
        f.need("path", self.path);
        f.need("layer", self.layer);
        f("window", self.window);
        f("position", self.position);
        f.need("keep", self.keep);
    }
};

struct KeptEnergyResult {
    std::vector<double> kept;   ///< per captured value head: Σ_kept ‖S[c,:]‖² / ‖S‖_F²
    std::vector<double> bound;  ///< Σ_{i≤K'} σᵢ² / Σσ²: no choice of K' rows can hold more; empty without spectra

    static void fields(auto& self, auto& f) {
        f.need("kept", self.kept);
        f("bound", self.bound);
    }
};

/// `spectrum_after`: singular values of captured states without the rows that are not kept.
struct SpectrumAfterRequest {
    std::string path;
    std::int64_t layer = 0, window = 0, state = 0;
    std::vector<std::vector<std::int32_t>> keep;  ///< [captured key head][K'], equal K'

    static void fields(auto& self, auto& f) {
        f.need("path", self.path);
        f.need("layer", self.layer);
        f.need("window", self.window);
        f.need("state", self.state);
        f.need("keep", self.keep);
    }
};

struct SpectrumAfterResult {
    FloatArray singular_values;  ///< [head, min(K', V)], falling

    static void fields(auto& self, auto& f) { f.need("singular_values", self.singular_values); }
};

}  // namespace rankscope::protocol
