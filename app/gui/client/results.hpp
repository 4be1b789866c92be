// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/protocol/methods.hpp"
#include "core/session/saved_session.hpp"

#include <QString>

#include <string>
#include <vector>

/// What the engine says, as the document holds it. What does not fit the model throws Error: an engine is not
/// trusted more than a file.
namespace rankscope::gui::results {

[[nodiscard]] MeasuredQuality quality(const protocol::EvaluationData& data);

/// `folder`: what was asked for, where the engine names none.
[[nodiscard]] SessionModel model(const protocol::ModelResult& result, const QString& folder);

[[nodiscard]] SessionText text(const protocol::TextResult& result, const QString& path, int window);

/// [layer][key head] for every layer of the model.
[[nodiscard]] SessionScores scores(const protocol::ScoresResult& result, const ModelConfig& config);

/// Parsed and checked against the model.
[[nodiscard]] Plan plan(const std::string& text, const ModelConfig& config, const std::string& modelHash);

/// The choice behind a plan: every prunable layer, kept whole where the plan says nothing.
[[nodiscard]] PlanChoice choice(const Plan& plan, const ModelConfig& config);

/// Speed under a name, prefill at the longest text that was measured; empty name: the full model. 0 where there
/// is no run.
[[nodiscard]] MeasuredSpeed speed(const protocol::BenchJobResult& result, const std::string& name,
                                  const std::string& time);

[[nodiscard]] SessionNoise noise(const protocol::NoiseJobResult& result);

[[nodiscard]] LayerSweepPoint layerPoint(const protocol::SweepPoint& point);

/// A text file, or token ids where the name ends in .json.
[[nodiscard]] protocol::CalibrationSource calibration(const std::filesystem::path& path, std::int64_t tokens);
[[nodiscard]] bool isIdsFile(const std::filesystem::path& path);

}  // namespace rankscope::gui::results
