// SPDX-License-Identifier: Apache-2.0
#include "core/engine/forward.hpp"

#include <fmt/format.h>

#include <span>
#include <vector>

#include "core/base/error.hpp"
#include "core/checkpoint/safetensors.hpp"
#include "core/evaluation/plan_runner.hpp"

namespace rankscope {
namespace {

using Sink = std::function<void(std::span<const std::byte>)>;

Hidden last_hidden(const Model& model, const std::vector<LayerSelection>& selections,
                   std::span<const std::vector<std::int32_t>> ids, const Progress& progress) {
    Hidden hidden = model.embed(ids);
    for (std::size_t l = 0; l < selections.size(); ++l) {
        progress.check();
        RunOptions options;
        if (!selections[l].keep.empty() || selections[l].scale != 0) options.selection = &selections[l];
        hidden = model.run_layer(static_cast<std::int64_t>(l), hidden, options);
    }
    return hidden;
}

}  // namespace

void write_forward(const Model& model, const ForwardRequest& request, const Progress& progress) {
    if (request.ids.empty() || request.ids.front().size() < 2) throw_usage("nothing to run: found no row of 2 ids or more");
    const std::size_t length = request.ids.front().size();
    for (const auto& row : request.ids) {
        if (row.size() != length) throw_usage(fmt::format("rows of different length: found {} and {} ids", length, row.size()));
    }
    const auto rows = std::ssize(request.ids), T = static_cast<std::int64_t>(length);
    const auto selections = selections_of(model.config(), request.plan ? &*request.plan : nullptr);

    // Logits are written while they are made, so the scores are kept until it is their turn.
    std::vector<float> nll;
    TensorSource logits{"logits", DType::F32, {rows, T, model.config().vocab_size}, {}};
    logits.write = [&](const Sink& sink) {
        for (std::int64_t b = 0; b < rows; ++b) {
            const auto ids = std::span(request.ids).subspan(static_cast<std::size_t>(b), 1);
            const Hidden hidden = last_hidden(model, selections, ids, progress);
            const TokenScores scores = model.score(hidden, ids);
            nll.insert(nll.end(), scores.nll.begin(), scores.nll.end());
            const std::vector<float> values = model.logits(hidden);
            sink(std::as_bytes(std::span(values)));
            progress.update({static_cast<double>(b + 1), static_cast<double>(rows), "rows", -1, {}});
        }
    };
    TensorSource losses{"nll", DType::F32, {rows, T - 1}, {}};
    losses.write = [&](const Sink& sink) { sink(std::as_bytes(std::span(nll))); };
    write_safetensors(request.output, {logits, losses}, {{"format", "pt"}});
}

}  // namespace rankscope
