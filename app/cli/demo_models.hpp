// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace rankscope::cli {

/// A shipped model with the texts that go with it: a folder below resources/models that holds rankscope-demo.json,
/// {"title", "description", "evaluation": text, "calibration": text, "window": tokens}, texts relative to the folder.
struct DemoModel {
    std::string name;  ///< of the folder
    std::string title;
    std::string description;
    std::filesystem::path folder;
    std::filesystem::path evaluation, calibration;
    std::int64_t window = 0;
};

/// All of them, by name. Error{Input}: a rankscope-demo.json that is malformed.
[[nodiscard]] std::vector<DemoModel> demo_models();

/// By name; Error{Usage} for an unknown one, listing those there are.
[[nodiscard]] DemoModel demo_model_named(const std::string& name);

}  // namespace rankscope::cli
