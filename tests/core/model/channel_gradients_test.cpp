// SPDX-License-Identifier: Apache-2.0
// Taylor scores against finite differences of the loss in float64.
#include "core/model/internal/torch_model.hpp"

#include "golden_model.hpp"
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>

#include <cmath>

namespace rankscope::test {
namespace {

// Mean over all scored tokens, as ChannelGradients defines the loss.
double loss(const internal::Network& network, const Ids& rows) {
    const internal::TorchModel model(network, at::kCPU, at::kDouble);
    double sum = 0, tokens = 0;
    for (const auto& row : rows) {
        // The float32 scores are too coarse for differences: the loss is formed from hidden states in
        // float64.
        Hidden x = model.embed(std::span(&row, 1));
        for (std::int64_t l = 0; l < std::ssize(network.layers); ++l)
            x = model.run_layer(l, x, {});
        const at::Tensor logits =
            internal::final_hidden(network, x.impl().value).matmul(network.head().t()).squeeze(0);
        const at::Tensor p = logits.log_softmax(-1);
        for (std::size_t t = 0; t + 1 < row.size(); ++t) {
            sum -= p[static_cast<std::int64_t>(t)][row[t + 1]].item<double>();
            ++tokens;
        }
    }
    return sum / tokens;
}

class ChannelGradientsOf : public ::testing::TestWithParam<std::string> {};

TEST_P(ChannelGradientsOf, AgreeWithFiniteDifferences) {
    const ModelFolder folder = ModelFolder::open(golden_models() / GetParam());
    internal::Network network = internal::load_network(folder, at::kCPU, at::kDouble);
    const Ids rows{{3, 17, 44, 9, 60, 2, 71, 33}, {5, 5, 80, 12, 7}};
    const ChannelGradients scores =
        internal::TorchModel(network, at::kCPU, at::kDouble).channel_gradients(rows, {});
    ASSERT_EQ(scores.scores.size(), network.layers.size());
    for (std::size_t l = 0; l < network.layers.size(); ++l) {
        const LayerConfig& layer = network.config.layers[l];
        if (!layer.prunable()) {
            EXPECT_TRUE(scores.scores[l].empty());
            continue;
        }
        ASSERT_EQ(std::ssize(scores.scores[l]), layer.key_heads * layer.key_dim);
        for (const std::int64_t channel : {std::int64_t{0}, layer.key_heads * layer.key_dim - 1}) {
            double expected = 0;
            for (const std::string part : {"q_proj", "k_proj"}) {
                const at::Tensor weight =
                    network.weights.at("model.layers." + std::to_string(l) + ".attn." + part + ".weight");
                double* row = weight.data_ptr<double>() + channel * weight.size(1);
                for (std::int64_t j = 0; j < weight.size(1); ++j) {
                    const double w = row[j];
                    const double step = 1e-5;
                    row[j] = w + step;
                    const double above = loss(network, rows);
                    row[j] = w - step;
                    const double below = loss(network, rows);
                    row[j] = w;
                    expected += std::abs(w * (above - below) / (2 * step));
                }
            }
            EXPECT_NEAR(scores.scores[l][static_cast<std::size_t>(channel)], expected,
                        1e-6 * expected + 1e-10)
                << "layer " << l << ", channel " << channel;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Models, ChannelGradientsOf,
                         ::testing::Values("delta_net-hybrid", "gated_deltanet-gva"), test_name);

TEST(ChannelGradients, Float32AgreesWithFloat64) {
    for (const std::string name : {"delta_net-small", "gated_deltanet-plain"}) {
        const Ids rows = Golden(golden_models() / name).ids();
        const auto narrow = load(golden_models() / name)->channel_gradients(rows, {});
        const auto exact = load(golden_models() / name, "float64")->channel_gradients(rows, {});
        for (std::size_t l = 0; l < exact.scores.size(); ++l) {
            const double largest = *std::max_element(exact.scores[l].begin(), exact.scores[l].end());
            ASSERT_EQ(narrow.scores[l].size(), exact.scores[l].size());
            for (std::size_t i = 0; i < exact.scores[l].size(); ++i)
                EXPECT_NEAR(narrow.scores[l][i], exact.scores[l][i], 1e-4 * largest);
        }
    }
}

TEST(ChannelGradients, RowsWithoutATargetAreRefused) {
    const auto model = load(golden_models() / "delta_net-small");
    EXPECT_THROW((void)model->channel_gradients(Ids{{4}}, {}), Error);
}

TEST(ChannelGradients, CanBeCancelled) {
    std::stop_source source;
    source.request_stop();
    Progress progress;
    progress.stop = source.get_token();
    const auto model = load(golden_models() / "delta_net-small");
    EXPECT_THROW((void)model->channel_gradients(Ids{{4, 5, 6}}, progress), Cancelled);
}

}  // namespace
}  // namespace rankscope::test
