// SPDX-License-Identifier: Apache-2.0
#include "core/evaluation/run_capture.hpp"

#include "core/base/error.hpp"
#include "core/base/remaining.hpp"
#include "core/capture/capture_writer.hpp"
#include "core/evaluation/capture_plan.hpp"
#include "core/evaluation/captured_ranks.hpp"
#include "core/evaluation/plan_runner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>

namespace rankscope {
namespace {

using Clock = std::chrono::steady_clock;

// States of one layer that are in memory at once.
constexpr std::int64_t kStateBytes = std::int64_t{128} << 20;
// Numbers of states whose spectra are computed between two looks at the stop token: about 16 matrices of 128 × 128.
constexpr std::int64_t kSpectraStep = 16 * 128 * 128;

class CaptureRun {
public:
    CaptureRun(const Model& model, const CaptureRequest& request, const Progress& progress)
        : model_(model), request_(request), progress_(progress),
          selections_(selections_of(model.config(), request.plan ? &*request.plan : nullptr)),
          layout_(capture_layout(model.config(), request, selections_)) {}

    CaptureResult run() {
        const auto began = Clock::now();
        const CaptureTexts texts{request_.windows, request_.token_text, capture_provenance(request_, model_, layout_),
                                 "rankscope " + request_.provenance.version};
        CaptureWriter writer = request_.resume ? CaptureWriter::resume(request_.output, layout_, texts)
                                               : CaptureWriter::create(request_.output, layout_, texts);
        writer_ = &writer;
        const std::int64_t first = writer.windows_done(), layers = layout_.layers.back().index + 1;
        total_ = static_cast<double>(layout_.windows());
        for (std::int64_t w = first; w < layout_.windows(); ++w) {
            window_ = w;
            const std::vector<std::int32_t> tokens = writer.tokens(w);
            Hidden hidden = model_.embed(std::span(&tokens, 1));
            std::size_t captured = 0;
            for (std::int64_t l = 0; l < layers; ++l) {
                progress_.check();
                const bool chosen = layout_.layers[captured].index == l;
                hidden = chosen ? trace_layer(captured, hidden) : run_layer(l, hidden, nullptr);
                if (chosen) ++captured;
                const double done = static_cast<double>(w) + static_cast<double>(l + 1) / static_cast<double>(layers);
                const double share = (done - static_cast<double>(first)) / (total_ - static_cast<double>(first));
                const double passed = std::chrono::duration<double>(Clock::now() - began).count();
                progress_.update({done, total_, "windows", remaining_seconds(passed, share, 1), {}});
            }
            writer.finish_window(w);
        }
        CaptureResult result;
        result.bytes = writer.commit();
        result.path = request_.output.string();
        for (const CaptureLayer& layer : layout_.layers) result.layers.push_back(layer.index);
        result.positions = layout_.positions;
        result.windows = layout_.windows();
        result.seconds = std::chrono::duration<double>(Clock::now() - began).count();
        return result;
    }

private:
    Hidden run_layer(std::int64_t index, const Hidden& input, const TraceRequest* trace) const {
        RunOptions options;
        const LayerSelection& selection = selections_[static_cast<std::size_t>(index)];
        if (!selection.keep.empty() || selection.scale != 0) options.selection = &selection;
        options.trace = trace;
        return model_.run_layer(index, input, options);
    }

    // Runs one captured layer, several times if its states are too many for once. The output is the same each time, up to rounding
    // where a mixer cuts its chunks at the positions it is asked for.
    Hidden trace_layer(std::size_t number, const Hidden& input) {
        const CaptureLayer& layer = layout_.layers[number];
        const std::int64_t state = layer.value_heads * layer.key_dim * layer.value_dim * static_cast<std::int64_t>(sizeof(float));
        const auto& positions = layout_.spectra ? layout_.positions : layout_.state_positions;
        auto groups = position_groups(positions, state, kStateBytes);
        if (groups.empty()) groups.emplace_back();  // inputs or ranks alone
        Hidden output;
        for (std::size_t i = 0; i < groups.size(); ++i) {
            TraceRequest trace;
            trace.inputs = layout_.inputs && i == 0;
            trace.state_positions = groups[i];
            trace.summary = summary_of(layer, groups[i], i == 0);
            trace.deliver = [&](const MixerTrace& seen) {
                if (layout_.inputs && i == 0) write_inputs(number, seen);
                if (layout_.ranks && i == 0) write_ranks(number, seen);
                write_positions(number, seen, groups[i]);
            };
            output = run_layer(layer.index, input, &trace);
        }
        return output;
    }

    // What a device may compute where the states lie, for the positions of one run of a layer.
    [[nodiscard]] StateSummary summary_of(const CaptureLayer& layer, const std::vector<std::int64_t>& positions, bool first) const {
        StateSummary summary;
        summary.heads = layer.heads;
        summary.spectra = layout_.spectra;
        if (layout_.states) {
            std::set_intersection(positions.begin(), positions.end(), layout_.state_positions.begin(), layout_.state_positions.end(),
                                  std::back_inserter(summary.returned));
        }
        if (layout_.ranks && first) summary.norm_positions = layout_.positions;
        return summary;
    }

    void write_positions(std::size_t number, const MixerTrace& seen, const std::vector<std::int64_t>& positions) {
        if (seen.singular_values.empty()) {
            write_states(number, seen, positions, layout_.spectra);
            return;
        }
        const CaptureLayer& layer = layout_.layers[number];
        write_spectra(number, positions.front(),
                      [&] { return spectra_block(seen.singular_values, seen.row_energy, layer.key_dim, layer.value_dim); });
        write_states(number, seen, summary_of(layer, positions, false).returned, false);
    }

    // States after `positions`, which are those of seen.states, and their spectra.
    void write_states(std::size_t number, const MixerTrace& seen, const std::vector<std::int64_t>& positions, bool spectra) {
        const CaptureLayer& layer = layout_.layers[number];
        const auto size = static_cast<std::size_t>(layer.key_dim * layer.value_dim);
        const auto heads = layer.heads.size();
        const std::int64_t step = std::max<std::int64_t>(1, kSpectraStep / static_cast<std::int64_t>(heads * size));
        std::vector<float> states;
        for (std::size_t from = 0; from < positions.size(); from += static_cast<std::size_t>(step)) {
            progress_.check();
            const std::size_t end = std::min(positions.size(), from + static_cast<std::size_t>(step));
            states.clear();
            for (std::size_t p = from; p < end; ++p) {
                for (const std::int32_t head : layer.heads) {
                    const auto state = seen.states.subspan((p * static_cast<std::size_t>(seen.HV) + static_cast<std::size_t>(head)) * size, size);
                    states.insert(states.end(), state.begin(), state.end());
                }
            }
            if (spectra) write_spectra(number, positions[from], [&] { return spectra_block(states, layer.key_dim, layer.value_dim); });
            if (!layout_.states) continue;
            for (std::size_t p = from; p < end; ++p) {
                const std::int64_t place = place_of(layout_.state_positions, positions[p]);
                if (place >= 0) writer_->write_states(number, window_, place, std::span(states).subspan((p - from) * heads * size, heads * size));
            }
        }
    }

    void write_ranks(std::size_t number, const MixerTrace& seen) {
        const CaptureLayer& layer = layout_.layers[number];
        try {
            writer_->write_ranks(number, window_, 0,
                                 seen.norms.empty() ? captured_ranks(layer, seen, layout_.positions, [&] { progress_.check(); })
                                                    : ranks_of_norms(layer, seen.norms, layout_.positions));
        } catch (const Error& e) {
            if (e.kind() != ErrorKind::Input) throw;
            throw_input(fmt::format("{} (window {})", e.what(), window_), e.hint());
        }
    }

    template <class Block>
    void write_spectra(std::size_t number, std::int64_t first_position, const Block& block) {
        const CaptureLayer& layer = layout_.layers[number];
        try {
            writer_->write_spectra(number, window_, place_of(layout_.positions, first_position), block());
        } catch (const Error& e) {
            if (e.kind() != ErrorKind::Input) throw;
            throw_input(fmt::format("bad state: layer {}, window {}, from position {}: {}", layer.index, window_, first_position, e.what()),
                        "the model's weights or its activations are not finite here");
        }
    }

    void write_inputs(std::size_t number, const MixerTrace& seen) {
        const CaptureLayer& layer = layout_.layers[number];
        const auto chosen = [&](std::span<const float> all, std::int64_t count, const std::vector<std::int32_t>& heads, std::int64_t width) {
            std::vector<float> values;
            for (std::int64_t t = 0; t < seen.T && !all.empty(); ++t) {
                for (const std::int32_t head : heads) {
                    const auto row = all.subspan(static_cast<std::size_t>((t * count + head) * width), static_cast<std::size_t>(width));
                    values.insert(values.end(), row.begin(), row.end());
                }
            }
            return values;
        };
        const auto q = chosen(seen.q, seen.H, layer.captured_key_heads, seen.K), k = chosen(seen.k, seen.H, layer.captured_key_heads, seen.K);
        const auto v = chosen(seen.v, seen.HV, layer.heads, seen.V), beta = chosen(seen.beta, seen.HV, layer.heads, 1);
        const auto g = chosen(seen.g, seen.HV, layer.heads, 1);
        writer_->write_inputs(number, window_, {q, k, v, beta, g});
    }

    // Where a position stands in an ascending list, or -1.
    static std::int64_t place_of(const std::vector<std::int64_t>& positions, std::int64_t position) {
        const auto found = std::lower_bound(positions.begin(), positions.end(), position);
        return found != positions.end() && *found == position ? found - positions.begin() : -1;
    }

    const Model& model_;
    const CaptureRequest& request_;
    const Progress& progress_;
    std::vector<LayerSelection> selections_;
    CaptureLayout layout_;
    CaptureWriter* writer_ = nullptr;
    std::int64_t window_ = 0;
    double total_ = 0;
};

}  // namespace

CaptureResult run_capture(const Model& model, const CaptureRequest& request, const Progress& progress) {
    return CaptureRun(model, request, progress).run();
}

}  // namespace rankscope
