// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/protocol/session_methods.hpp"

// Requests and results of the methods about channels, plans and exports. A plan crosses as the text of a plan file
// (to_json and parse_plan of core/pruning/plan.hpp).
namespace rankscope::protocol {

/// What a method that needs data looks at; neither path: none.
struct CalibrationSource {
    std::string text, ids;
    std::int64_t tokens = 8192;

    static void fields(auto& self, auto& f) {
        f("text", self.text);
        f("ids", self.ids);
        f("tokens", self.tokens);
    }
};

struct ScoresRequest {
    std::string method;
    CalibrationSource calibration;
    std::uint64_t seed = 0;

    static void fields(auto& self, auto& f) {
        f.need("method", self.method);
        f("calibration", self.calibration);
        f("seed", self.seed);
    }
};

struct HeadScoresData {
    std::vector<double> scores;       ///< [K], higher = keep
    std::vector<std::int32_t> order;  ///< [K], best first

    static void fields(auto& self, auto& f) {
        f.need("scores", self.scores);
        f.need("order", self.order);
    }
};

struct LayerScores {
    std::int64_t index = 0;
    std::vector<HeadScoresData> heads;  ///< per key head

    static void fields(auto& self, auto& f) {
        f.need("index", self.index);
        f.need("heads", self.heads);
    }
};

struct ScoresResult {
    std::string method;
    std::vector<LayerScores> layers;  ///< the prunable ones
    ProvenanceData provenance;

    static void fields(auto& self, auto& f) {
        f.need("method", self.method);
        f.need("layers", self.layers);
        f("provenance", self.provenance);
    }
};

struct LayerInstruction {
    std::int64_t index = 0;
    std::string method;
    std::optional<double> ratio;       ///< exactly one of the two
    std::optional<std::int64_t> keep;

    static void fields(auto& self, auto& f) {
        f.need("index", self.index);
        f.need("method", self.method);
        f("ratio", self.ratio);
        f("keep", self.keep);
    }
};

struct PlanInstruction {
    std::vector<LayerInstruction> layers;
    std::string scale = "widest";

    static void fields(auto& self, auto& f) {
        f.need("layers", self.layers);
        f("scale", self.scale);
    }
};

struct MakePlansRequest {
    std::vector<PlanInstruction> plans;
    CalibrationSource calibration;
    std::uint64_t seed = 0;

    static void fields(auto& self, auto& f) {
        f.need("plans", self.plans);
        f("calibration", self.calibration);
        f("seed", self.seed);
    }
};

struct MadePlan {
    std::string plan;
    std::vector<std::string> notes;
    std::int64_t state_bytes = 0, parameters = 0;

    static void fields(auto& self, auto& f) {
        f.need("plan", self.plan);
        f("notes", self.notes);
        f("state_bytes", self.state_bytes);
        f("parameters", self.parameters);
    }
};

struct MakePlansResult {
    std::vector<MadePlan> plans;  ///< in the order of the request
    ProvenanceData provenance;

    static void fields(auto& self, auto& f) {
        f.need("plans", self.plans);
        f("provenance", self.provenance);
    }
};

struct ExportRequest {
    std::string plan, output, layout = "auto";
    bool force = false;

    static void fields(auto& self, auto& f) {
        f.need("plan", self.plan);
        f.need("output", self.output);
        f("layout", self.layout);
        f("force", self.force);
    }
};

struct ExportJobResult {
    std::string path, layout;
    std::int64_t parameters = 0, bytes = 0;
    ProvenanceData provenance;

    static void fields(auto& self, auto& f) {
        f.need("path", self.path);
        f("layout", self.layout);
        f("parameters", self.parameters);
        f("bytes", self.bytes);
        f("provenance", self.provenance);
    }
};

}  // namespace rankscope::protocol
