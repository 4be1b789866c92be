// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/checkpoint/model_config.hpp"
#include "core/pruning/channel_scores.hpp"
#include "core/pruning/plan.hpp"

// What a session file (*.rankscope) holds: values alone. The window edits them, the command line makes and reports them.
namespace rankscope {

/// How many channels one layer keeps and who chooses them, as a person edits it.
struct LayerChoice {
    std::int64_t index = 0;     ///< in the model
    std::string method;         ///< as in plan files; empty: keep all
    std::int64_t kept = 0;      ///< K', 1 to key_dim
    std::int64_t key_dim = 0;   ///< K
    bool locked = false;        ///< presets and "Set" leave it alone
    std::vector<std::vector<std::int32_t>> by_hand;  ///< [key head][kept] ascending; empty: the method chooses
    bool from_file = false;     ///< `by_hand` is what a plan file says of the method, and nobody has changed it since

    bool operator==(const LayerChoice&) const = default;
};

/// A plan as it is edited: every prunable layer, ascending. `Plan` (core/pruning) is what it comes to in channels.
struct PlanChoice {
    std::string name;
    ScaleRule scale = ScaleRule::Widest;
    std::vector<LayerChoice> layers;

    bool operator==(const PlanChoice&) const = default;
};

/// Perplexity of a plan, paired with the full model on the same windows.
struct MeasuredQuality {
    std::int64_t windows = 0, windows_total = 0, tokens = 0;  ///< fewer windows than there are: not finished
    double nll = 0, perplexity = 0;
    std::optional<double> perplexity_se, delta_nll, delta_nll_se;
    std::int64_t answers = 0;  ///< marked answers; 0: the text has none
    double accuracy = 0;
    std::optional<double> accuracy_se;

    bool operator==(const MeasuredQuality&) const = default;
};

/// Speed of a plan, tokens per second; 0: not measured.
struct MeasuredSpeed {
    double prefill = 0, decode = 0;
    double prefill_mad = 0, decode_mad = 0;  ///< relative median absolute deviation
    std::int64_t length = 0, batch = 1;
    bool same_width = false;  ///< measured on another plan with the same K' in every layer ("from sweep")
    std::string device, implementation, measured;  ///< `measured`: ISO 8601 UTC

    bool operator==(const MeasuredSpeed&) const = default;
};

/// A saved plan with what is known of it: a dot of the trade-off.
struct SessionPoint {
    std::string id;     ///< unique in the session
    PlanChoice choice;  ///< with its name
    Plan plan;          ///< what was really run
    std::int64_t state_bytes = 0, parameters = 0;
    std::optional<MeasuredQuality> quality;
    std::optional<MeasuredSpeed> speed;
    bool uniform = false;        ///< of a sweep: one method and ratio for all layers
    std::string recovered_from;  ///< id of the point before recovery; empty: not recovered
    std::string failure;         ///< why it could not be run; empty: it could

    bool operator==(const SessionPoint&) const = default;
};

/// One layer pruned alone: what the estimate of a plan is made of.
struct LayerSweepPoint {
    std::int64_t layer = 0;
    std::string method;
    std::int64_t kept = 0;
    double delta_nll = 0;
    std::optional<double> delta_nll_se;

    bool operator==(const LayerSweepPoint&) const = default;
};

/// Channel scores of a method; `heads` is [layer][key head], empty for attention layers.
struct SessionScores {
    std::string method;
    ModelScores heads;

    bool operator==(const SessionScores&) const = default;
};

struct SessionNoise {
    struct Head {
        std::int64_t layer = 0, head = 0;
        double amplification = 0, amplification_worst = 0, rank_stable = 0;

        bool operator==(const Head&) const = default;
    };

    struct Level {
        double level = 0;
        std::string point;  ///< id of a point; empty: the full model
        double perplexity = 0, delta_nll = 0;
        std::optional<double> delta_nll_se;

        bool operator==(const Level&) const = default;
    };

    std::vector<Head> heads;
    std::vector<Level> levels;

    bool operator==(const SessionNoise&) const = default;
};

struct SessionModel {
    std::filesystem::path path;  ///< in the file relative to its folder where that is possible
    std::string hash, family, config;  ///< `config`: the text of config.json, so that plans can be counted without the folder
    std::string tokenizer, dtype;
    std::int64_t parameters = 0;

    bool operator==(const SessionModel&) const = default;
};

struct SessionText {
    std::filesystem::path path;  ///< as the model's path
    std::string hash;
    std::int64_t window = 512, windows = 0, tokens = 0, scored_tokens = 0;
    bool answers = false;

    bool operator==(const SessionText&) const = default;
};

/// The demo's story card.
struct SessionStory {
    std::string title;
    std::string text;           ///< three sentences with the numbers of this session
    std::string point, beside;  ///< ids: the point it is about and the one it is compared with

    bool operator==(const SessionStory&) const = default;
};

struct SessionHistory {
    std::string label, time;  ///< ISO 8601 UTC
    PlanChoice choice;        ///< after the step

    bool operator==(const SessionHistory&) const = default;
};

/// Everything a session file holds. Results belong to one model, one text and one seed.
struct SavedSession {
    SessionModel model;
    std::vector<std::filesystem::path> captures;  ///< the open one first
    std::optional<SessionText> text;
    std::filesystem::path calibration;
    std::int64_t calibration_tokens = 8192;
    std::uint64_t seed = 0;
    std::string device, compute_dtype;

    PlanChoice current;
    std::vector<SessionHistory> history;  ///< oldest first
    std::vector<SessionPoint> points;
    std::string pin_a, pin_b, baseline;  ///< ids; empty: none
    std::optional<MeasuredQuality> full;  ///< the full model
    std::optional<MeasuredSpeed> full_speed;
    std::vector<LayerSweepPoint> layer_sweep;
    std::vector<SessionScores> scores;
    std::optional<SessionNoise> noise;
    std::string notes;
    std::optional<SessionStory> story;
    std::string view;        ///< JSON object of the window, not looked into here; may be empty
    std::string provenance;  ///< JSON object: what made the numbers

    bool operator==(const SavedSession&) const = default;
};

/// The parsed config, for counting plans; of a padded export with its true widths. Error{Input} as parse_model_config.
[[nodiscard]] ModelConfig session_config(const SavedSession& session);

/// Every prunable layer kept whole.
[[nodiscard]] PlanChoice keep_all(const ModelConfig& config);

}  // namespace rankscope
