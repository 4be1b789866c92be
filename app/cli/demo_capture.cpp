// SPDX-License-Identifier: Apache-2.0
#include "app/cli/demo_capture.hpp"

#include <algorithm>

#include "app/cli/inputs.hpp"
#include "core/capture/capture_layout.hpp"
#include "core/capture/capture_reader.hpp"
#include "core/text/tokenizer.hpp"

namespace rankscope::cli {
namespace {

std::vector<std::vector<std::string>> token_text(const Tokenizer& tokenizer, const TokenWindows& windows) {
    std::vector<std::vector<std::string>> text;
    for (const auto& row : windows.rows) {
        auto& line = text.emplace_back();
        for (const std::int32_t id : row) line.push_back(readable_token(tokenizer.token_bytes(id)));
    }
    return text;
}

SpectrumSummary read_spectra(const std::filesystem::path& path, const Progress& progress) {
    const CaptureReader reader(path);
    const auto& layers = reader.layout().layers;
    SpectrumSummary summary;
    for (std::int64_t window = 0; window < reader.windows_done(); ++window) {
        progress.update({static_cast<double>(window), static_cast<double>(reader.windows_done()), "windows", -1, {}});
        for (std::size_t l = 0; l < layers.size(); ++l) {
            const std::vector<float> values = reader.singular_values(l, window);
            const std::vector<double> sigma(values.begin(), values.end());
            const auto width = static_cast<std::size_t>(layers[l].rank_limit());
            const std::size_t heads = layers[l].heads.size();
            for (std::size_t sample = 0; sample * width < sigma.size(); ++sample) {
                summary.add(layers[l].index, layers[l].heads[sample % heads], std::span(sigma).subspan(sample * width, width));
            }
        }
    }
    return summary;
}

}  // namespace

SpectrumSummary capture_spectra(const Context& context, const ModelFolder& folder, const TokenWindows& windows, std::int64_t every,
                                const std::filesystem::path& path, Engine& engine, std::int64_t& bytes) {
    const auto tokenizer = Tokenizer::open(folder.path(), folder.config().vocab_size);
    CaptureRequest request;
    request.windows = windows;
    request.token_text = token_text(*tokenizer, windows);
    request.output = path;
    const std::int64_t length = std::ssize(windows.rows.front());
    for (std::int64_t position = every - 1; position < length; position += every) request.positions.push_back(position);
    if (request.positions.empty()) request.positions.push_back(length - 1);
    request.state_positions = {request.positions.back()};
    request.provenance = make_provenance(context, folder, engine.model(), &windows);
    request.provenance.tokenizer = tokenizer->kind();
    bytes = engine.capture(request, context.progress("capturing states")).bytes;
    return read_spectra(path, context.progress("reading spectra"));
}

}  // namespace rankscope::cli
