// SPDX-License-Identifier: Apache-2.0
#include "app/cli/demo_capture.hpp"

#include <numeric>

#include "app/cli/capture_summary.hpp"
#include "app/cli/inputs.hpp"
#include "core/capture/capture_layout.hpp"
#include "core/capture/capture_reader.hpp"
#include "core/text/tokenizer.hpp"

namespace rankscope::cli {

SpectrumSummary capture_spectra(const Context& context, const ModelFolder& folder, const TokenWindows& windows, std::int64_t every,
                                const std::filesystem::path& path, Engine& engine, std::int64_t& bytes) {
    const auto tokenizer = Tokenizer::open(folder.path(), folder.config().vocab_size);
    CaptureRequest request;
    request.windows = windows;
    request.token_text = [tokenizer](std::int32_t id) { return readable_token(tokenizer->token_bytes(id)); };
    request.output = path;
    const std::int64_t length = std::ssize(windows.rows.front());
    for (std::int64_t position = every - 1; position < length; position += every) request.positions.push_back(position);
    if (request.positions.empty()) request.positions.push_back(length - 1);
    request.state_positions = {request.positions.back()};
    request.provenance = make_provenance(context, folder, engine.model(), &windows);
    request.provenance.tokenizer = tokenizer->kind();
    bytes = engine.capture(request, context.progress("capturing states")).bytes;
    const CaptureReader reader(path);
    std::vector<std::size_t> layers(reader.layout().layers.size());
    std::iota(layers.begin(), layers.end(), std::size_t{0});
    return summarise_capture(reader, layers, context.progress("reading spectra"));
}

}  // namespace rankscope::cli
