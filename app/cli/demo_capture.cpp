// SPDX-License-Identifier: Apache-2.0
#include "app/cli/demo_capture.hpp"

#include <algorithm>
#include <numeric>

#include "app/cli/capture_summary.hpp"
#include "app/cli/inputs.hpp"
#include "core/capture/capture_layout.hpp"
#include "core/capture/capture_reader.hpp"
#include "core/text/tokenizer.hpp"

namespace rankscope::cli {
namespace {

constexpr std::int64_t kMostWindows = 8;
constexpr std::int64_t kSpectraEvery = 32;

// After every `every`-th token of a window, or after its last.
std::vector<std::int64_t> positions_of(std::int64_t length, std::int64_t every) {
    std::vector<std::int64_t> positions;
    for (std::int64_t position = every - 1; position < length; position += every) positions.push_back(position);
    if (positions.empty()) positions.push_back(length - 1);
    return positions;
}

void add_token_text(const ModelFolder& folder, CaptureRequest& request) {
    const auto tokenizer = Tokenizer::open(folder.path(), folder.config().vocab_size);
    request.token_text = [tokenizer](std::int32_t id) { return readable_token(tokenizer->token_bytes(id)); };
    request.provenance.tokenizer = tokenizer->kind();
}

// What a capture of all layers takes with so many windows. Chunks of states that are not full count whole.
std::int64_t bytes_of(const ModelConfig& config, const CaptureRequest& request, std::int64_t windows, std::int64_t window_tokens) {
    CaptureLayout layout;
    layout.positions = request.positions;
    layout.states = false;
    layout.window_start.resize(static_cast<std::size_t>(windows));
    layout.window_tokens = window_tokens;
    std::int64_t states = 0;
    for (const LayerConfig& layer : config.layers) {
        if (!layer.prunable()) continue;
        CaptureLayer captured;
        captured.key_dim = layer.key_dim;
        captured.value_dim = layer.value_dim;
        captured.heads.resize(static_cast<std::size_t>(layer.value_heads));
        layout.layers.push_back(std::move(captured));
        const std::int64_t count = std::ssize(request.state_positions);
        const std::int64_t shape[] = {windows, count, layer.value_heads, layer.key_dim, layer.value_dim};
        const std::int64_t chunk = state_chunk(shape).front();
        states += (windows + chunk - 1) / chunk * chunk * count * layer.state_bytes();
    }
    return data_bytes(layout) + states;
}

}  // namespace

SpectrumSummary capture_spectra(const Context& context, const ModelFolder& folder, const TokenWindows& windows, std::int64_t every,
                                const std::filesystem::path& path, Engine& engine, std::int64_t& bytes) {
    CaptureRequest request;
    request.windows = WindowStream(windows);
    request.output = path;
    request.positions = positions_of(request.windows.length(), every);
    request.state_positions = {request.positions.back()};
    request.provenance = make_provenance(context, folder, engine.model(), windows);
    add_token_text(folder, request);
    bytes = engine.capture(request, context.progress("capturing states")).bytes;
    const CaptureReader reader(path);
    std::vector<std::size_t> layers(reader.layout().layers.size());
    std::iota(layers.begin(), layers.end(), std::size_t{0});
    return summarise_capture(reader, layers, context.progress("reading spectra"));
}

std::int64_t capture_within(const Context& context, const ModelFolder& folder, const TokenWindows& windows, std::int64_t bytes,
                            const Provenance& provenance, const std::filesystem::path& path, Engine& engine) {
    CaptureRequest request;
    request.output = path;
    request.provenance = provenance;
    const std::int64_t length = std::ssize(windows.rows.front());
    request.positions = positions_of(length, kSpectraEvery);
    const std::size_t quarter = std::max<std::size_t>(request.positions.size() / 4, 1) - 1;
    request.state_positions = {request.positions[quarter]};
    if (quarter + 1 < request.positions.size()) request.state_positions.push_back(request.positions.back());
    std::int64_t most = std::min(kMostWindows, std::ssize(windows.rows));
    while (most > 1 && bytes_of(folder.config(), request, most, length) > bytes) --most;
    const auto count = static_cast<std::size_t>(most);
    TokenWindows first = windows;
    first.rows.resize(count);
    first.start.resize(count);
    request.windows = WindowStream(std::move(first));
    request.provenance.tokens = request.windows.tokens();
    add_token_text(folder, request);
    return engine.capture(request, context.progress("capturing states")).bytes;
}

}  // namespace rankscope::cli
