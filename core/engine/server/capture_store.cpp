// SPDX-License-Identifier: Apache-2.0
#include "core/engine/server/capture_store.hpp"

#include "core/base/error.hpp"
#include "core/spectra/singular_values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>

namespace rankscope::server {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kOpenFiles = 4;

fs::file_time_type written_at(const std::string& path) {
    std::error_code code;
    return fs::last_write_time(path, code);
}

const CaptureLayer& layer_of(const CaptureReader& reader, std::int64_t layer) {
    const auto& layers = reader.layout().layers;
    if (layer < 0 || layer >= std::ssize(layers)) {
        throw_usage(
            fmt::format("bad layer: found {}, expected 0 to {} (captured layers are counted)", layer, std::ssize(layers) - 1));
    }
    return layers[static_cast<std::size_t>(layer)];
}

void check_index(const char* what, std::int64_t index, std::int64_t count) {
    if (index < 0 || index >= count) throw_usage(fmt::format("bad {}: found {}, expected 0 to {}", what, index, count - 1));
}

// One list of rows per captured key head, inside the captured states.
void check_keep(const std::vector<std::vector<std::int32_t>>& keep, const CaptureLayer& layer, bool equal) {
    if (std::ssize(keep) != layer.key_head_count()) {
        throw_usage(fmt::format("bad kept rows: found {} lists, expected one for each of {} key heads", keep.size(),
                                layer.key_head_count()));
    }
    for (const auto& rows : keep) {
        if (rows.empty() || std::ssize(rows) > layer.key_dim) {
            throw_usage(fmt::format("bad kept rows: found {} rows, expected 1 to {}", rows.size(), layer.key_dim));
        }
        if (equal && rows.size() != keep.front().size())
            throw_usage("bad kept rows: found heads that keep different numbers, expected one number");
        std::vector<bool> seen(static_cast<std::size_t>(layer.key_dim));
        for (const std::int32_t row : rows) {
            if (row < 0 || row >= layer.key_dim || seen[static_cast<std::size_t>(row)]) {
                throw_usage(
                    fmt::format("bad kept rows: found row {}, expected rows from 0 to {}, each once", row, layer.key_dim - 1));
            }
            seen[static_cast<std::size_t>(row)] = true;
        }
    }
}

// Which list of kept rows a captured value head goes by.
std::size_t key_head_place(const CaptureLayer& layer, std::size_t head) {
    const std::int64_t key_head = layer.heads[head] / (layer.value_heads / layer.key_heads);
    const auto& all = layer.captured_key_heads;
    return static_cast<std::size_t>(std::find(all.begin(), all.end(), static_cast<std::int32_t>(key_head)) - all.begin());
}

struct Range {
    std::int64_t first = 0, end = 0;
};

Range chosen(const char* what, std::int64_t index, std::int64_t count) {
    if (index == -1) return {0, count};
    check_index(what, index, count);
    return {index, index + 1};
}

protocol::CapturedLayer described(const CaptureReader& reader, std::size_t number) {
    const CaptureLayout& layout = reader.layout();
    const CaptureLayer& layer = layout.layers[number];
    protocol::CapturedLayer out;
    out.index = layer.index;
    out.mixer = layer.mixer;
    out.key_heads = layer.key_heads;
    out.value_heads = layer.value_heads;
    out.key_dim = layer.key_dim;
    out.value_dim = layer.value_dim;
    out.gate = layer.gate;
    out.heads = layer.heads;
    out.captured_key_heads = layer.captured_key_heads;
    out.channels = layer.channels;
    const std::int64_t windows = reader.windows_done(), positions = std::ssize(layout.positions);
    const auto gather = [&](std::vector<std::int64_t> shape, auto&& read) {
        protocol::FloatArray array{std::move(shape), {}};
        for (std::int64_t w = 0; w < windows; ++w) {
            const std::vector<float> part = read(w);
            array.values.insert(array.values.end(), part.begin(), part.end());
        }
        return array;
    };
    if (layout.spectra) out.singular_values = gather({windows, positions, layer.head_count(), layer.rank_limit()},
                                                     [&](std::int64_t w) { return reader.singular_values(number, w); });
    for (const std::string& name : reader.metrics()) {
        out.metrics.push_back({name, gather({windows, positions, layer.head_count()},
                                            [&](std::int64_t w) { return reader.metric(name, number, w); })});
    }
    return out;
}

}  // namespace

CaptureStore::Open::Open(const std::string& name) : path(name), written(written_at(name)), reader(name) {}

CaptureStore::Open& CaptureStore::file(const std::string& path) {
    const auto found = std::find_if(files_.begin(), files_.end(), [&](const Open& open) { return open.path == path; });
    if (found != files_.end() && found->written == written_at(path)) {
        files_.splice(files_.begin(), files_, found);
        return files_.front();
    }
    if (found != files_.end()) files_.erase(found);
    files_.emplace_front(path);
    if (files_.size() > kOpenFiles) files_.pop_back();
    return files_.front();
}

protocol::OpenCaptureResult CaptureStore::open(const protocol::OpenCaptureRequest& request) {
    files_.remove_if([&](const Open& open) { return open.path == request.path; });
    const CaptureReader& reader = file(request.path).reader;
    const CaptureLayout& layout = reader.layout();
    protocol::OpenCaptureResult out;
    out.path = request.path;
    out.creator = reader.creator();
    out.created = reader.created();
    out.provenance = reader.provenance();
    out.window_tokens = layout.window_tokens;
    out.windows_done = reader.windows_done();
    out.states = layout.states;
    out.spectra = layout.spectra;
    out.inputs = layout.inputs;
    out.ranks = layout.ranks;
    out.positions = layout.positions;
    out.state_positions = layout.state_positions;
    out.window_start = layout.window_start;
    out.tokens.shape = {layout.windows(), layout.window_tokens};
    for (std::int64_t w = 0; w < layout.windows(); ++w) {
        const std::vector<std::int32_t> row = reader.tokens(w);
        out.tokens.values.insert(out.tokens.values.end(), row.begin(), row.end());
        std::vector<std::string> text = reader.token_text(w);
        if (!text.empty()) out.token_text.push_back(std::move(text));
    }
    for (std::size_t l = 0; l < layout.layers.size(); ++l)
        out.layers.push_back(described(reader, l));
    return out;
}

protocol::StateResult CaptureStore::state(const protocol::StateRequest& request) {
    const CaptureReader& reader = file(request.path).reader;
    const CaptureLayer& layer = layer_of(reader, request.layer);
    check_index("window", request.window, reader.windows_done());
    check_index("state", request.state, std::ssize(reader.layout().state_positions));
    check_index("head", request.head, layer.head_count());
    return {{{layer.key_dim, layer.value_dim},
             reader.state(static_cast<std::size_t>(request.layer), request.window, static_cast<std::size_t>(request.state),
                          static_cast<std::size_t>(request.head))}};
}

protocol::KeptEnergyResult CaptureStore::kept_energy(const protocol::KeptEnergyRequest& request) {
    Open& open = file(request.path);
    const CaptureReader& reader = open.reader;
    const CaptureLayer& layer = layer_of(reader, request.layer);
    check_keep(request.keep, layer, false);
    const Range windows = chosen("window", request.window, reader.windows_done());
    const Range positions = chosen("position", request.position, std::ssize(reader.layout().positions));
    const auto number = static_cast<std::size_t>(request.layer);
    auto& energy = open.energy[number];
    auto& sigma = open.sigma[number];
    energy.resize(static_cast<std::size_t>(reader.windows_done()));
    sigma.resize(energy.size());
    const auto heads = layer.heads.size(), width = static_cast<std::size_t>(layer.key_dim),
               rank = static_cast<std::size_t>(layer.rank_limit());
    protocol::KeptEnergyResult out;
    out.kept.assign(heads, 0);
    out.bound.assign(heads, 0);
    std::vector<std::int64_t> count(heads, 0);
    for (std::int64_t w = windows.first; w < windows.end; ++w) {
        auto& rows = energy[static_cast<std::size_t>(w)];
        auto& values = sigma[static_cast<std::size_t>(w)];
        if (rows.empty()) rows = reader.channel_energy(number, w);
        if (values.empty()) values = reader.singular_values(number, w);
        for (std::int64_t p = positions.first; p < positions.end; ++p) {
            for (std::size_t h = 0; h < heads; ++h) {
                const auto place = static_cast<std::size_t>(p) * heads + h;
                const auto& keep = request.keep[key_head_place(layer, h)];
                const auto row = std::span(rows).subspan(place * width, width);
                double all = 0, kept = 0;
                for (const float x : row)
                    all += x;
                for (const std::int32_t c : keep)
                    kept += row[static_cast<std::size_t>(c)];
                if (!(all > 0)) continue;
                double most = 0, squares = 0;
                for (std::size_t i = 0; i < rank; ++i) {
                    const double square = static_cast<double>(values[place * rank + i]) * values[place * rank + i];
                    squares += square;
                    if (i < keep.size()) most += square;
                }
                out.kept[h] += kept / all;
                out.bound[h] += squares > 0 ? most / squares : 0;
                ++count[h];
            }
        }
    }
    for (std::size_t h = 0; h < heads; ++h) {
        if (count[h] == 0) continue;
        out.kept[h] /= static_cast<double>(count[h]);
        out.bound[h] /= static_cast<double>(count[h]);
    }
    return out;
}

protocol::SpectrumAfterResult CaptureStore::spectrum_after(const protocol::SpectrumAfterRequest& request) {
    const CaptureReader& reader = file(request.path).reader;
    const CaptureLayer& layer = layer_of(reader, request.layer);
    check_keep(request.keep, layer, true);
    check_index("window", request.window, reader.windows_done());
    check_index("state", request.state, std::ssize(reader.layout().state_positions));
    const auto kept = std::ssize(request.keep.front());
    const auto width = static_cast<std::size_t>(layer.value_dim);
    std::vector<float> rows;
    for (std::size_t h = 0; h < layer.heads.size(); ++h) {
        const std::vector<float> state =
            reader.state(static_cast<std::size_t>(request.layer), request.window, static_cast<std::size_t>(request.state), h);
        for (const std::int32_t c : request.keep[key_head_place(layer, h)]) {
            const auto row = std::span(state).subspan(static_cast<std::size_t>(c) * width, width);
            rows.insert(rows.end(), row.begin(), row.end());
        }
    }
    const std::int64_t rank = std::min(kept, layer.value_dim);
    std::vector<double> sigma(layer.heads.size() * static_cast<std::size_t>(rank));
    singular_values(rows, layer.head_count(), kept, layer.value_dim, sigma);
    return {{{layer.head_count(), rank}, {sigma.begin(), sigma.end()}}};
}

}  // namespace rankscope::server
