// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/model/model.hpp"

namespace rankscope {

using Selections = std::vector<LayerSelection>;

/// Number of leading layers in which two variants of a model are the same.
[[nodiscard]] std::size_t shared_layers(const Selections& a, const Selections& b);

/// Inputs of every n-th layer of one variant for one batch; the handles are shared between variants.
struct LayerInputs {
    std::shared_ptr<const Selections> selections;
    std::vector<Hidden> inputs;  ///< [layer], empty where none is kept
};

/// Layer inputs of all batches: of the full model and of the variant run last.
class LayerInputCache {
public:
    /// `bytes_per_layer`: inputs of one layer for the whole text. One half of the budget is for the full model, the other for
    /// the variant run last.
    LayerInputCache(std::size_t batches, std::size_t layers, std::int64_t bytes_per_layer, std::int64_t budget);

    struct Start {
        std::size_t layer = 0;
        Hidden input;  ///< empty: begin with the embedding
    };

    /// From where a variant has to be run.
    [[nodiscard]] Start start(std::size_t batch, const Selections& selections) const;
    /// Whether the input of this layer is to be kept.
    [[nodiscard]] bool keeps(std::size_t layer) const noexcept { return every_ > 0 && layer % every_ == 0; }
    /// The inputs known before layer `layer` for this variant, to build on.
    [[nodiscard]] std::vector<Hidden> known(std::size_t batch, const Selections& selections, std::size_t layer) const;
    void store_full(std::size_t batch, LayerInputs inputs) { full_[batch] = std::move(inputs); }
    void store_last(std::size_t batch, LayerInputs inputs) { last_[batch] = std::move(inputs); }
    [[nodiscard]] std::int64_t every() const noexcept { return static_cast<std::int64_t>(every_); }
    [[nodiscard]] std::int64_t held_bytes() const;

private:
    std::size_t layers_, every_ = 0;
    std::vector<LayerInputs> full_, last_;
};

}  // namespace rankscope
