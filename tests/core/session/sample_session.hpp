// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "core/session/saved_session.hpp"

namespace rankscope::test {

/// A session of a small model (two delta layers of 2 heads around one of attention; K = 8, V = 4) that uses every field.
/// Its paths lie in `folder`.
inline SavedSession sample_session(const std::filesystem::path& folder) {
    SavedSession s;
    s.model = {folder / "models/tiny", "0123abcd", "delta_net",
               "{\"model_type\":\"delta_net\",\"hidden_size\":16,\"num_heads\":2,\"expand_v\":0.5,\"num_hidden_layers\":3,\n"
               "\"vocab_size\":10,\"attn\":{\"layers\":[1],\"num_heads\":4}}",
               "byte-level BPE (10 tokens)", "bfloat16", 12345};
    s.captures = {folder / "sessions/tiny.h5", folder / "other.h5"};
    s.text = SessionText{folder / "texts/a \"text\".txt", "ffff", 64, 4, 256, 252, true};
    s.calibration = folder / "texts/calibration.txt";
    s.calibration_tokens = 1000;
    s.seed = ~std::uint64_t{0};
    s.device = "cpu";
    s.compute_dtype = "float32";
    PlanChoice half{"drrqr 50 %", ScaleRule::Widest, {{0, "drrqr", 4, 8, false, {}}, {2, "drrqr", 4, 8, true, {}}}};
    PlanChoice mixed{"by hand\n<b>\xc3\xa9</b>", ScaleRule::Kept, {{0, "", 8, 8, false, {}}, {2, "l1", 2, 8, false, {{0, 7}, {3, 4}}}}};
    s.current = mixed;
    s.history = {{"Open", "2025-01-02T03:04:05Z", half}, {"Layer 2", "2025-01-02T03:05:06Z", mixed}};
    Plan half_plan{"0123abcd", "delta_net", ScaleRule::Widest,
                   {{0, "drrqr", 0.5, 8, {{0, 2, 4, 6}, {1, 3, 5, 7}}}, {2, "drrqr", 0.5, 8, {{0, 1, 2, 3}, {4, 5, 6, 7}}}}, "eeee", 1000, 7, "rankscope"};
    Plan mixed_plan{"0123abcd", "delta_net", ScaleRule::Kept, {{2, "l1", 0.75, 8, {{0, 7}, {3, 4}}}}, "", 0, 0, ""};
    const MeasuredQuality quality{3, 4, 189, 4.25, 70.1 + 0.2, 1.5, 0.125, 0.0625, 12, 0.75, 0.125};
    const MeasuredSpeed speed{1234.5, 99.25, 0.01, 0.02, 64, 2, true, "cpu", "chunked", "2025-01-02T03:04:05Z"};
    s.points = {{"p1", half, half_plan, 512, 12000, quality, speed, true, "", ""},
                {"p2", mixed, mixed_plan, 640, 12100, {}, {}, false, "p0", "out of memory"},
                {"p3", half, half_plan, 512, 12000, MeasuredQuality{1, 1, 63, 5, 148.4, {}, -0.5, {}, 0, 0, {}}, {}, false, "", ""}};
    s.pin_a = "p1";
    s.pin_b = "p3";
    s.baseline = "p2";
    s.full = MeasuredQuality{4, 4, 252, 4.125, 61.9, 1.25, {}, {}, 16, 0.875, 0.0625};
    s.full_speed = MeasuredSpeed{1000, 90, 0.001, 0.002, 64, 2, false, "cpu", "chunked", "2025-01-02T03:04:05Z"};
    s.layer_sweep = {{0, "drrqr", 4, 0.5, 0.25}, {2, "l1", 1, -1e-17, {}}};
    const HeadScores up{{1, 2, 3, 4, 5, 6, 7, 8e-300}, {6, 5, 4, 3, 2, 1, 0, 7}}, down{{8, 7, 6, 5, 4, 3, 2, -1.5}, {0, 1, 2, 3, 4, 5, 6, 7}};
    s.scores = {{"drrqr", {{up, down}, {}, {down, up}}}, {"l1", {{down, down}, {}, {up, up}}}};
    s.noise = SessionNoise{{{0, 1, 2.5, 7.5, 1.25}, {2, 0, 1, 1, 0}}, {{0.01, "", 62, 0.001, 0.0005}, {0.3, "p1", 80, 0.25, {}}}};
    s.notes = "first line\nsecond \\ line\t\xe2\x82\xac";
    s.story = SessionStory{"A title", "One. Two. Three.", "p1", "p3"};
    s.view = R"({"dock":[1,2.5,null],"theme":"dark"})";
    s.provenance = R"({"command":"rankscope-cli demo","model":"../models/tiny"})";
    return s;
}

}  // namespace rankscope::test
