// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/data/capture_data.hpp"
#include "core/session/saved_session.hpp"

#include <cstdint>
#include <memory>

namespace rankscope::gui {

/// Sizes of the model in a sample.
struct SampleModel {
    int layers = 4, keyHeads = 3, valueHeads = 3, keyDim = 64, valueDim = 64;
    int attentionLayer = -1;  ///< this one is softmax attention
    bool answers = false;     ///< the text has marked answers: recall beside perplexity
};

/// A session with everything in it: sweeps of six methods over five ratios, speeds, one-layer sweep, scores, noise, history,
/// notes, story. Numbers follow simple formulas; equal calls give equal sessions.
[[nodiscard]] SavedSession sampleSession(const SampleModel& model = {});

/// A capture of that model: spectra at `positions` every 32 tokens of `windows` windows; states are made by FakeStates.
[[nodiscard]] std::shared_ptr<const CaptureData> sampleCapture(const SampleModel& model = {}, int windows = 4, int tokens = 512);

/// The same with the metrics of two norms and nothing else, as `capture --what ranks` makes it.
[[nodiscard]] std::shared_ptr<const CaptureData> ranksAlone(const CaptureData& capture);

}  // namespace rankscope::gui
