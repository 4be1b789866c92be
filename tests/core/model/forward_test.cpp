// SPDX-License-Identifier: Apache-2.0
// Invariants of the forward pass: batches, resumed layers, selections, traces.
#include "core/base/random.hpp"

#include "golden_model.hpp"

#include <cmath>

namespace rankscope::test {
namespace {

Ids random_ids(const Model& model, std::size_t rows, std::size_t length, std::uint64_t seed) {
    Random random(seed);
    Ids ids(rows, std::vector<std::int32_t>(length));
    for (auto& row : ids) {
        for (auto& id : row)
            id = static_cast<std::int32_t>(
                random.below(static_cast<std::uint64_t>(model.config().vocab_size)));
    }
    return ids;
}

class ModelForward : public ::testing::TestWithParam<std::string> {};

TEST_P(ModelForward, ABatchIsItsRows) {
    const auto model = load(golden_models() / GetParam(), "float64");
    const Ids ids = random_ids(*model, 3, 70, 1);
    const Pass batch = run(*model, ids);
    const std::size_t row = batch.logits.size() / 3;
    for (std::size_t b = 0; b < 3; ++b) {
        const Pass single = run(*model, {ids[b]});
        const std::vector<float> part(batch.logits.begin() + static_cast<std::ptrdiff_t>(b * row),
                                      batch.logits.begin() + static_cast<std::ptrdiff_t>((b + 1) * row));
        EXPECT_LE(largest_difference(part, single.logits), 2e-6);
    }
}

// Softmax attention goes in blocks of queries, of which eight rows of this length need many and one row one.
TEST(HybridForward, ALongBatchIsItsRows) {
    const auto model = load(golden_models() / "delta_net-hybrid", "float64");
    const Ids ids = random_ids(*model, 8, 1500, 7);
    const Pass batch = run(*model, ids);
    const std::size_t row = batch.logits.size() / 8;
    for (const std::size_t b : {0U, 5U}) {
        const std::vector<float> part(batch.logits.begin() + static_cast<std::ptrdiff_t>(b * row),
                                      batch.logits.begin() + static_cast<std::ptrdiff_t>((b + 1) * row));
        EXPECT_LE(largest_difference(part, run(*model, {ids[b]}).logits), 2e-6);
    }
}

TEST_P(ModelForward, TheFutureDoesNotReachThePast) {
    const auto model = load(golden_models() / GetParam(), "float64");
    Ids ids = random_ids(*model, 1, 80, 2);
    const Pass full = run(*model, ids);
    ids[0].resize(67);
    const Pass prefix = run(*model, ids);
    const std::vector<float> part(full.logits.begin(),
                                  full.logits.begin() + static_cast<std::ptrdiff_t>(prefix.logits.size()));
    EXPECT_LE(largest_difference(part, prefix.logits), 2e-6);
}

TEST_P(ModelForward, ALayerResumedFromItsInputGivesTheSameBits) {
    const auto model = load(golden_models() / GetParam());
    const Ids ids = random_ids(*model, 2, 66, 3);
    const Pass full = run(*model, ids);
    for (std::size_t first = 0; first < model->config().layers.size(); ++first) {
        Hidden x = full.hidden[first];
        for (std::size_t l = first; l < model->config().layers.size(); ++l)
            x = model->run_layer(static_cast<std::int64_t>(l), x, {});
        EXPECT_EQ(model->logits(x), full.logits);
    }
}

TEST_P(ModelForward, LastLogitsAreTheLastOfAll) {
    const auto model = load(golden_models() / GetParam());
    const Ids ids = random_ids(*model, 2, 9, 4);
    const Pass pass = run(*model, ids);
    const std::vector<float> last = model->last_logits(pass.hidden.back());
    const auto vocab = static_cast<std::size_t>(model->config().vocab_size);
    ASSERT_EQ(last.size(), 2 * vocab);
    for (std::size_t b = 0; b < 2; ++b) {
        for (std::size_t i = 0; i < vocab; ++i)
            EXPECT_NEAR(last[b * vocab + i], pass.logits[(b * 9 + 8) * vocab + i], 1e-5);
    }
}

TEST_P(ModelForward, KeepingEveryChannelChangesNothing) {
    const auto model = load(golden_models() / GetParam());
    const Ids ids = random_ids(*model, 1, 70, 5);
    PassOptions options;
    for (const LayerConfig& layer : model->config().layers) {
        LayerSelection all;
        if (layer.prunable()) {
            all.keep.resize(static_cast<std::size_t>(layer.key_heads));
            for (auto& head : all.keep) {
                for (std::int32_t c = 0; c < layer.key_dim; ++c)
                    head.push_back(c);
            }
        }
        options.selections.push_back(all);
    }
    EXPECT_EQ(run(*model, ids, options).logits, run(*model, ids).logits);
}

TEST_P(ModelForward, TheTraceIsConsistent) {
    const auto model = load(golden_models() / GetParam(), "float64");
    const Ids ids = random_ids(*model, 2, 69, 6);
    PassOptions options;
    options.positions = {0, 40, 68};
    const Pass pass = run(*model, ids, options);
    for (const auto& [index, t] : pass.traces) {
        const LayerConfig& layer = model->config().layers[static_cast<std::size_t>(index)];
        const auto H = static_cast<std::size_t>(layer.key_heads),
                   HV = static_cast<std::size_t>(layer.value_heads),
                   K = static_cast<std::size_t>(layer.key_dim), V = static_cast<std::size_t>(layer.value_dim);
        ASSERT_EQ(t.states.size(), 3 * 2 * HV * K * V);
        EXPECT_EQ(t.layer_input.size(), 2 * 69 * static_cast<std::size_t>(model->config().hidden_size));
        EXPECT_EQ(t.q_raw.size(), t.q.size());
        EXPECT_EQ(t.k_raw.size(), t.k.size());
        EXPECT_EQ(t.g.empty(), layer.mixer != MixerKind::GatedDeltaRule);
        // o = scale Sᵀ q at the last position, from what the trace says alone.
        for (std::size_t b = 0; b < 2; ++b) {
            for (std::size_t h = 0; h < HV; ++h) {
                const float* S = t.states.data() + ((2 * 2 + b) * HV + h) * K * V;
                const float* q = t.q.data() + ((b * 69 + 68) * H + h / (HV / H)) * K;
                for (std::size_t j = 0; j < V; ++j) {
                    double o = 0;
                    for (std::size_t c = 0; c < K; ++c)
                        o += static_cast<double>(S[c * V + j]) * q[c];
                    const double traced = t.out[((b * 69 + 68) * HV + h) * V + j];
                    EXPECT_NEAR(o * t.scale, traced, 1e-5 * std::max(1.0, std::abs(traced)));
                }
            }
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Models, ModelForward,
                         ::testing::Values("delta_net-plain", "delta_net-hybrid", "delta_net-tied",
                                           "delta_net-gate-noconv", "gated_deltanet-gva",
                                           "gated_deltanet-nogate", "gated_deltanet-hybrid-legacy-bf16"),
                         test_name);

TEST(ModelForward, Bfloat16StaysNearFloat32) {
    const auto folder = golden_models() / "gated_deltanet-plain";
    const auto narrow = load(folder, "bfloat16");
    EXPECT_EQ(narrow->dtype(), "bfloat16");
    const Ids ids = random_ids(*narrow, 2, 100, 7);
    const Pass exact = run(*load(folder), ids);
    EXPECT_LE(relative_difference(run(*narrow, ids).logits, exact.logits), 0.1);
}

TEST(ModelForward, IdsOutsideTheVocabularyAreRefused) {
    const auto model = load(golden_models() / "delta_net-plain");
    for (const std::int32_t id : {-1, static_cast<std::int32_t>(model->config().vocab_size)}) {
        const Ids ids{{0, id}};
        EXPECT_THROW((void)model->embed(ids), Error);
    }
    EXPECT_THROW((void)model->embed(Ids{}), Error);
    EXPECT_THROW((void)model->embed(Ids{{1, 2}, {1}}), Error);
}

TEST(ModelForward, AnUnknownDeviceOrPrecisionIsWrongUsage) {
    const ModelFolder folder = ModelFolder::open(golden_models() / "delta_net-plain");
    for (const Placement& placement :
         {Placement{"tpu", "auto", 0}, Placement{"cpu", "int8", 0}, Placement{"cuda:x", "auto", 0},
          Placement{"cuda:", "auto", 0}, Placement{"cuda:-1", "auto", 0}}) {
        try {
            (void)load_model(folder, placement, {});
            FAIL() << placement.device << " " << placement.dtype;
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), ErrorKind::Usage) << error.what();
        }
    }
}

TEST(ModelForward, AMissingDeviceIsAResourceErrorWithAHint) {
    const ModelFolder folder = ModelFolder::open(golden_models() / "delta_net-plain");
    try {
        (void)load_model(folder, {"cuda:99", "auto", 0}, {});
        FAIL() << "100 devices?";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::Resource) << error.what();
        EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
    }
}

}  // namespace
}  // namespace rankscope::test
