// SPDX-License-Identifier: Apache-2.0
// What is kept to time the mixers alone grows with the shapes of layers, not with their number.
#include "core/evaluation/mixer_timing.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <numeric>

#include "core/model/load_model.hpp"

namespace rankscope {
namespace {

std::filesystem::path golden_models() {
    return std::filesystem::path(RANKSCOPE_SOURCE_DIR) / "tests/golden/models";
}

std::vector<std::vector<std::int32_t>> ids_of(std::size_t length) {
    std::vector<std::int32_t> row(length);
    std::iota(row.begin(), row.end(), 1);
    return {row};
}

TEST(MixerTiming, KeepsOneLayerOfEachShape) {
    const auto model = load_model(ModelFolder::open(golden_models() / "delta_net-small"), {"cpu", "auto", 0}, {});
    const auto& layers = model->config().layers;
    ASSERT_GE(layers.size(), 2U);
    const auto ids = ids_of(40);
    const LayerConfig& layer = layers.front();
    const auto bytes_of = [&](std::int64_t width) {
        return 4 * 40 * (2 * layer.key_heads * width + layer.value_heads * (layer.value_dim + 1));
    };
    std::vector<LayerSelection> selections(layers.size());
    MixerTiming same(*model, ids, selections);
    EXPECT_EQ(same.bytes(), bytes_of(layer.key_dim));
    EXPECT_GT(same.run_milliseconds(), 0);
    // Another width in the last layer is another shape.
    selections.back().keep.assign(static_cast<std::size_t>(layer.key_heads), {0, 1});
    MixerTiming two(*model, ids, selections);
    EXPECT_EQ(two.bytes(), bytes_of(layer.key_dim) + bytes_of(2));
    EXPECT_GT(two.run_milliseconds(), 0);
}

TEST(MixerTiming, LeavesAttentionOut) {
    const auto model = load_model(ModelFolder::open(golden_models() / "delta_net-hybrid"), {"cpu", "auto", 0}, {});
    MixerTiming timing(*model, ids_of(20), std::vector<LayerSelection>(model->config().layers.size()));
    EXPECT_GT(timing.bytes(), 0);
    EXPECT_GT(timing.run_milliseconds(), 0);
}

}  // namespace
}  // namespace rankscope
