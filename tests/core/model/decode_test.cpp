// SPDX-License-Identifier: Apache-2.0
// Decoding token by token is the forward pass over the whole sequence.
#include "core/base/random.hpp"

#include "golden_model.hpp"

#include <algorithm>

namespace rankscope::test {
namespace {

class ModelDecode : public ::testing::TestWithParam<std::string> {
protected:
    /// Feeds the golden ids of two rows and holds the arg max of every step against the forward pass.
    void expect_prefill(const std::vector<LayerSelection>& selections) {
        const auto model = load(golden_models() / GetParam(), "float64");
        Ids ids = Golden(golden_models() / GetParam()).ids();
        ids.resize(1);
        ids.push_back(ids[0]);
        std::reverse(ids[1].begin(), ids[1].end());
        PassOptions options;
        options.selections = selections;
        const Pass pass = run(*model, ids, options);
        const auto vocab = static_cast<std::size_t>(model->config().vocab_size);
        const std::size_t T = ids[0].size();
        const auto state = model->begin_decode(2, selections);
        double seconds = 0;
        for (std::size_t t = 0; t < T; ++t) {
            const std::vector<std::int32_t> tokens{ids[0][t], ids[1][t]};
            const std::vector<std::int32_t> next = model->decode_step(*state, tokens, &seconds);
            ASSERT_EQ(next.size(), 2U);
            for (std::size_t b = 0; b < 2; ++b) {
                const float* row = pass.logits.data() + (b * T + t) * vocab;
                EXPECT_EQ(next[b], std::max_element(row, row + vocab) - row)
                    << "row " << b << ", token " << t;
            }
        }
        EXPECT_GT(seconds, 0);
        EXPECT_GT(state->bytes(), 0);
    }
};

TEST_P(ModelDecode, TheFullModelDecodesAsItPrefills) {
    expect_prefill({});
}

TEST_P(ModelDecode, APrunedModelDecodesAsItPrefills) {
    const auto model = load(golden_models() / GetParam());
    Random random(11);
    std::vector<LayerSelection> selections;
    for (const LayerConfig& layer : model->config().layers) {
        LayerSelection s;
        if (layer.prunable()) {
            const std::int64_t kept =
                1 + static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(layer.key_dim)));
            for (std::int64_t h = 0; h < layer.key_heads; ++h) {
                std::vector<std::int32_t> channels(static_cast<std::size_t>(layer.key_dim));
                for (std::size_t c = 0; c < channels.size(); ++c)
                    channels[c] = static_cast<std::int32_t>(c);
                random.shuffle(channels);
                channels.resize(static_cast<std::size_t>(kept));
                std::sort(channels.begin(), channels.end());
                s.keep.push_back(channels);
            }
            s.scale = 0.3;
        }
        selections.push_back(s);
    }
    expect_prefill(selections);
}

INSTANTIATE_TEST_SUITE_P(Models, ModelDecode, ::testing::ValuesIn(golden_variants()), test_name);

TEST(ModelDecode, TheStateOfARecurrentModelDoesNotGrow) {
    const auto model = load(golden_models() / "delta_net-plain");
    const auto state = model->begin_decode(1, {});
    const std::vector<std::int32_t> token{5};
    (void)model->decode_step(*state, token, nullptr);
    const std::int64_t bytes = state->bytes();
    for (int i = 0; i < 10; ++i)
        (void)model->decode_step(*state, token, nullptr);
    EXPECT_EQ(state->bytes(), bytes);
    // Recurrent states plus the tails of the convolutions.
    std::int64_t expected = model->config().state_bytes();
    for (const LayerConfig& layer : model->config().layers) {
        expected += (2 * layer.key_heads * layer.key_dim + layer.value_heads * layer.value_dim)
                    * (model->config().conv_size - 1) * 4;
    }
    EXPECT_EQ(bytes, expected);
}

TEST(ModelDecode, AnotherNumberOfTokensIsRefused) {
    const auto model = load(golden_models() / "delta_net-plain");
    const auto state = model->begin_decode(2, {});
    const std::vector<std::int32_t> one{1};
    EXPECT_THROW((void)model->decode_step(*state, one, nullptr), Error);
}

}  // namespace
}  // namespace rankscope::test
