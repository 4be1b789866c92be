// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/model/load_model.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace rankscope::test {

using Ids = std::vector<std::vector<std::int32_t>>;

/// tests/golden/models, or another root for models too large to be kept with the sources.
[[nodiscard]] std::filesystem::path golden_models();

/// Folders below golden_models() that hold a golden, without the pruned ones.
[[nodiscard]] std::vector<std::string> golden_variants();

/// Folders "<variant>/pruned-…".
[[nodiscard]] std::vector<std::string> pruned_variants();

/// Name of a folder as GoogleTest allows it.
[[nodiscard]] std::string test_name(const ::testing::TestParamInfo<std::string>& info);

[[nodiscard]] std::unique_ptr<Model> load(const std::filesystem::path& folder,
                                          const std::string& dtype = "float32");

/// golden.safetensors of a folder.
class Golden {
public:
    explicit Golden(const std::filesystem::path& folder);

    [[nodiscard]] bool has(const std::string& name) const { return file_.tensors().contains(name); }

    [[nodiscard]] std::vector<float> floats(const std::string& name) const {
        return file_.tensors().at(name).to_float();
    }

    [[nodiscard]] std::vector<std::int64_t> integers(const std::string& name) const;
    [[nodiscard]] Ids ids() const;

private:
    SafetensorsFile file_;
};

/// One trace, copied out of its callback.
struct Trace {
    std::int64_t K = 0;
    double scale = 0;
    std::vector<float> layer_input, q_raw, k_raw, q, k, v, beta, g, out, states;
};

/// Everything a forward pass tells. `selections`: empty or one per layer.
struct Pass {
    std::vector<float> logits;
    TokenScores scores;
    std::map<std::int64_t, Trace> traces;  ///< by layer; filled when positions were asked for
    std::vector<Hidden> hidden;            ///< input of every layer, then the last output
};

struct PassOptions {
    std::vector<LayerSelection> selections;
    std::vector<std::int64_t> positions;
    const QueryNoise* noise = nullptr;
    bool reference_mixer = false;
};

[[nodiscard]] Pass run(const Model& model, const Ids& ids, const PassOptions& options = {});

/// Largest |a - b|; fails the test when the sizes differ or a value is not finite.
[[nodiscard]] double largest_difference(const std::vector<float>& a, const std::vector<float>& b);

/// largest_difference relative to the largest |b|.
[[nodiscard]] double relative_difference(const std::vector<float>& a, const std::vector<float>& b);

}  // namespace rankscope::test
