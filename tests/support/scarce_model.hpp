// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <memory>

#include "core/base/error.hpp"
#include "core/model/model.hpp"

namespace rankscope::testing {

/// A model on a device with little memory: hidden states that are alive take at most `budget` bytes together. What would take
/// more fails as it does on a GPU, with Error{Resource} and nothing kept; layers before `from_layer`, and the embedding then, never do.
class ScarceModel final : public Model {
public:
    ScarceModel(const Model& model, std::int64_t budget, std::int64_t from_layer = 0) : model_(model), budget_(budget), from_layer_(from_layer) {}

    /// Most bytes that were alive at once, and how often memory ran out.
    [[nodiscard]] std::int64_t peak() const { return used_->peak; }
    [[nodiscard]] int refusals() const { return used_->refusals; }

    [[nodiscard]] const ModelConfig& config() const override { return model_.config(); }
    [[nodiscard]] std::string device() const override { return "scarce"; }
    [[nodiscard]] std::string dtype() const override { return model_.dtype(); }
    [[nodiscard]] std::int64_t free_memory() const override { return budget_ - used_->bytes; }
    [[nodiscard]] std::string mixer_implementation(std::int64_t layer, std::int64_t key_dim, std::int64_t length) const override {
        return model_.mixer_implementation(layer, key_dim, length);
    }
    [[nodiscard]] std::vector<std::string> used_mixers() const override { return model_.used_mixers(); }
    void forget_used_mixers() const override { model_.forget_used_mixers(); }
    [[nodiscard]] std::string spectra_implementation(std::int64_t layer, std::int64_t key_dim) const override {
        return model_.spectra_implementation(layer, key_dim);
    }
    [[nodiscard]] std::string norms_implementation(std::int64_t layer, std::int64_t key_dim) const override {
        return model_.norms_implementation(layer, key_dim);
    }
    [[nodiscard]] Hidden embed(std::span<const std::vector<std::int32_t>> ids) const override { return kept(model_.embed(ids), from_layer_ == 0); }
    [[nodiscard]] Hidden run_layer(std::int64_t layer, const Hidden& input, const RunOptions& options) const override {
        return kept(model_.run_layer(layer, input, options), layer >= from_layer_);
    }
    [[nodiscard]] TokenScores score(const Hidden& last, std::span<const std::vector<std::int32_t>> ids) const override {
        return model_.score(last, ids);
    }
    [[nodiscard]] std::vector<float> logits(const Hidden& last) const override { return model_.logits(last); }
    [[nodiscard]] std::vector<float> last_logits(const Hidden& last) const override { return model_.last_logits(last); }
    [[nodiscard]] std::unique_ptr<DecodeState> begin_decode(std::int64_t batch, std::span<const LayerSelection> selections) const override {
        return model_.begin_decode(batch, selections);
    }
    std::vector<std::int32_t> decode_step(DecodeState& state, std::span<const std::int32_t> tokens, double* mixer_seconds) const override {
        return model_.decode_step(state, tokens, mixer_seconds);
    }
    [[nodiscard]] ChannelGradients channel_gradients(std::span<const std::vector<std::int32_t>> rows, const Progress& progress) const override {
        return model_.channel_gradients(rows, progress);
    }

private:
    struct Used {
        std::int64_t bytes = 0, peak = 0;
        int refusals = 0;
    };

    [[nodiscard]] Hidden kept(Hidden hidden, bool scarce) const {
        const std::int64_t bytes = hidden.bytes();
        if (scarce && used_->bytes + bytes > budget_) {
            ++used_->refusals;
            throw Error(ErrorKind::Resource, "out of device memory");
        }
        used_->bytes += bytes;
        used_->peak = std::max(used_->peak, used_->bytes);
        const Hidden::Impl* impl = &hidden.impl();
        return Hidden(std::shared_ptr<const Hidden::Impl>(impl, [hidden, bytes, used = used_](const Hidden::Impl*) { used->bytes -= bytes; }));
    }

    const Model& model_;
    std::int64_t budget_, from_layer_;
    std::shared_ptr<Used> used_ = std::make_shared<Used>();
};

}  // namespace rankscope::testing
