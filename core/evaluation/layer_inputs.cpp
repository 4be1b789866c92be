// SPDX-License-Identifier: Apache-2.0
#include "core/evaluation/layer_inputs.hpp"

#include <algorithm>
#include <set>

namespace rankscope {
namespace {

bool same(const LayerSelection& a, const LayerSelection& b) {
    return a.scale == b.scale && a.keep == b.keep;
}

}  // namespace

std::size_t shared_layers(const Selections& a, const Selections& b) {
    std::size_t l = 0;
    while (l < a.size() && l < b.size() && same(a[l], b[l])) ++l;
    return l;
}

LayerInputCache::LayerInputCache(std::size_t batches, std::size_t layers, std::int64_t bytes_per_layer, std::int64_t budget)
    : layers_(layers), full_(batches), last_(batches) {
    for (std::size_t every = 1; every <= layers && every_ == 0; ++every) {
        const auto kept = static_cast<std::int64_t>((layers + every - 1) / every);
        if (kept * bytes_per_layer <= budget / 2) every_ = every;
    }
}

LayerInputCache::Start LayerInputCache::start(std::size_t batch, const Selections& selections) const {
    Start start;
    for (const LayerInputs* held : {&full_[batch], &last_[batch]}) {
        if (!held->selections) continue;
        // The input of layer l depends on the layers before it.
        for (std::size_t l = std::min(shared_layers(selections, *held->selections), layers_ - 1) + 1; l-- > start.layer;) {
            if (!held->inputs[l]) continue;
            if (l > start.layer || !start.input) start = {l, held->inputs[l]};
            break;
        }
    }
    return start;
}

std::vector<Hidden> LayerInputCache::known(std::size_t batch, const Selections& selections, std::size_t layer) const {
    std::vector<Hidden> inputs(layers_);
    for (const LayerInputs* held : {&full_[batch], &last_[batch]}) {
        if (!held->selections) continue;
        const std::size_t shared = std::min({shared_layers(selections, *held->selections), layer, layers_ - 1});
        for (std::size_t l = 0; l <= shared; ++l) {
            if (held->inputs[l]) inputs[l] = held->inputs[l];
        }
    }
    return inputs;
}

std::int64_t LayerInputCache::held_bytes() const {
    std::set<const Hidden::Impl*> seen;
    std::int64_t bytes = 0;
    for (const auto* all : {&full_, &last_}) {
        for (const LayerInputs& batch : *all) {
            for (const Hidden& input : batch.inputs) {
                if (input && seen.insert(&input.impl()).second) bytes += input.bytes();
            }
        }
    }
    return bytes;
}

}  // namespace rankscope
