// SPDX-License-Identifier: Apache-2.0
#include "core/training/internal/held_out.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <span>

#include "core/model/internal/layer.hpp"
#include "core/model/internal/torch_model.hpp"

namespace rankscope::internal {
namespace {

constexpr std::int64_t kTokensAtOnce = 4096;

}  // namespace

HeldOutScore& HeldOutScore::operator+=(const HeldOutScore& other) noexcept {
    nats += other.nats;
    tokens += other.tokens;
    bytes += other.bytes;
    return *this;
}

double HeldOutScore::perplexity() const {
    return std::exp(nats / static_cast<double>(tokens));
}

double HeldOutScore::bits_per_byte() const {
    return bytes > 0 ? nats / std::numbers::ln2 / static_cast<double>(bytes) : std::nan("");
}

HeldOutScore score_held_out(const Network& network, const TokenWindows& windows, bool bf16, const Progress& progress,
                            std::int64_t most) {
    const at::NoGradGuard guard;
    HeldOutScore score;
    const auto count = std::min(most, static_cast<std::int64_t>(windows.rows.size()));
    if (count == 0) return score;
    const auto length = static_cast<std::int64_t>(windows.rows.front().size());
    const std::int64_t batch = std::max<std::int64_t>(1, kTokensAtOnce / length);
    LayerRun run;
    run.bf16_matmul = bf16;
    const at::Device device = network.head().device();
    for (std::int64_t begin = 0; begin < count; begin += batch) {
        const std::int64_t size = std::min(batch, count - begin);
        const at::Tensor ids = ids_tensor(std::span(windows.rows).subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(size)), device);
        at::Tensor x = embed(network, ids);
        for (std::size_t l = 0; l < network.layers.size(); ++l) {
            progress.check();
            x = run_layer(network, static_cast<std::int64_t>(l), network.layers[l], x, run);
        }
        const std::int64_t n = size * (length - 1);
        const at::Tensor hidden = final_hidden(network, x.narrow(1, 0, length - 1)).reshape({n, -1});
        const TokenLosses losses = token_losses(hidden, network.head(), ids.narrow(1, 1, length - 1).reshape({n}));
        score.nats += losses.nll.sum(at::kDouble).item<double>();
        score.tokens += n;
    }
    if (count == static_cast<std::int64_t>(windows.rows.size())) score.bytes = windows.scored_bytes;
    return score;
}

}  // namespace rankscope::internal
