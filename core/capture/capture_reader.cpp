// SPDX-License-Identifier: Apache-2.0
#include "core/capture/capture_reader.hpp"

#include "core/base/error.hpp"
#include "core/capture/capture_writer.hpp"
#include "core/capture/detail/library_lock.hpp"
#include "core/capture/detail/hdf5_read.hpp"
#include "core/capture/detail/trial.hpp"
#include "core/spectra/rank_metrics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>

namespace rankscope {
namespace {

using hdf5::CarefulReader;
using hdf5::Dataset;
using hdf5::Extents;
using hdf5::Group;

// Windows whose texts are read on trial; more would make opening slow.
constexpr std::int64_t kTriedWindows = 64;

// Index of "layer_07"; nothing for another name.
std::optional<std::int64_t> layer_index(const std::string& name) {
    constexpr std::string_view prefix = "layer_";
    std::int64_t index = 0;
    if (!name.starts_with(prefix)) return std::nullopt;
    const auto [end, code] = std::from_chars(name.data() + prefix.size(), name.data() + name.size(), index);
    if (code != std::errc() || end != name.data() + name.size() || index > (1 << 20) || layer_name(index) != name) return std::nullopt;
    return index;
}

CaptureLayer read_layer(const CarefulReader& file, const Group& group, std::int64_t index, bool inputs) {
    CaptureLayer layer;
    layer.index = index;
    layer.mixer = file.text_attribute(group.id(), "mixer");
    layer.key_heads = file.integer_attribute(group.id(), "key_heads");
    layer.value_heads = file.integer_attribute(group.id(), "value_heads");
    layer.key_dim = file.integer_attribute(group.id(), "key_dim");
    layer.value_dim = file.integer_attribute(group.id(), "value_dim");
    for (const std::int64_t size : {layer.key_heads, layer.value_heads, layer.key_dim, layer.value_dim}) {
        if (size < 1 || size > (1 << 24)) file.refuse(fmt::format("{}: found a size of {}, expected 1 to 2^24", layer_name(index), size));
    }
    layer.heads = file.list<std::int32_t>(group.id(), "head");
    layer.captured_key_heads = file.list<std::int32_t>(group.id(), "key_head");
    layer.channels = file.list<std::int32_t>(group.id(), "channel", 2);
    layer.gate = inputs ? file.has(group.id(), "g") : layer.mixer.starts_with("gated");
    return layer;
}

}  // namespace

struct CaptureReader::State {
    CarefulReader file;
    CaptureLayout layout;
    std::int64_t windows_done = 0;
    Group entry;
    Dataset tokens, token_text;
    std::vector<std::map<std::string, Dataset>> layers;
    std::vector<std::string> metrics;

    explicit State(const std::filesystem::path& path) : file(path) {
        if (!file.has_attribute(file.root(), "format") || file.text_attribute(file.root(), "format") != "rankscope-capture") {
            file.refuse("found an HDF5 file of another kind, expected a rankscope capture");
        }
        const std::int64_t version = file.integer_attribute(file.root(), "format_version");
        if (version != kCaptureVersion) {
            throw_unsupported(fmt::format("unsupported capture: {}: found format_version {}, expected {}", printable(path.string(), 400), version, kCaptureVersion),
                              version > kCaptureVersion ? "a newer rankscope wrote it" : "capture again");
        }
        entry = file.group(file.root(), "entry");
        read_layout();
        open_datasets();
    }

    void read_layout() {
        const Group group = file.group(entry.id(), "layers");
        std::vector<std::int64_t> indices;
        for (const std::string& name : file.names(group)) {
            if (const auto index = layer_index(name)) indices.push_back(*index);
        }
        std::sort(indices.begin(), indices.end());
        if (indices.empty()) file.refuse("layers: found none, expected at least one");
        for (std::size_t i = 0; i < indices.size(); ++i) {
            const Group layer = file.group(group.id(), layer_name(indices[i]));
            const auto positions = file.list<std::int64_t>(layer.id(), "position");
            const auto starts = file.list<std::int64_t>(layer.id(), "window_start");
            const bool states = file.has(layer.id(), "states"), spectra = file.has(layer.id(), "singular_values"), inputs = file.has(layer.id(), "q");
            const bool ranks = !spectra && file.has(layer.id(), "rank_stable");
            const auto state_positions = states ? file.list<std::int64_t>(layer.id(), "state_position") : std::vector<std::int64_t>{};
            if (i == 0) {
                layout.positions = positions;
                layout.window_start = starts;
                layout.state_positions = state_positions;
                layout.states = states;
                layout.spectra = spectra;
                layout.inputs = inputs;
                layout.ranks = ranks;
            } else if (positions != layout.positions || starts != layout.window_start || state_positions != layout.state_positions || states != layout.states
                       || spectra != layout.spectra || inputs != layout.inputs || ranks != layout.ranks) {
                file.refuse(fmt::format("{}: found other positions, windows or datasets than in {}, expected the same", layer_name(indices[i]),
                                        layer_name(indices[0])));
            }
            layout.layers.push_back(read_layer(file, layer, indices[i], inputs));
        }
        layout.window_tokens = file.shape(entry.id(), "tokens", 2)[1];
        if (const std::string defect = defect_of(layout); !defect.empty()) file.refuse(defect);
        windows_done = file.has_attribute(entry.id(), "windows_done") ? file.integer_attribute(entry.id(), "windows_done") : layout.windows();
        if (windows_done < 0 || windows_done > layout.windows()) {
            file.refuse(fmt::format("windows_done: found {}, expected 0 to {}", windows_done, layout.windows()));
        }
    }

    void open_datasets() {
        const std::int64_t W = layout.windows(), T = layout.window_tokens;
        const std::int64_t P = std::ssize(layout.positions), Ps = std::ssize(layout.state_positions);
        tokens = file.integers(entry.id(), "tokens", {W, T});
        if (file.has(entry.id(), "token_text")) token_text = file.texts(entry.id(), "token_text", {W, T});
        const Group group = file.group(entry.id(), "layers");
        for (const CaptureLayer& layer : layout.layers) {
            const Group place = file.group(group.id(), layer_name(layer.index));
            const std::int64_t heads = layer.head_count(), key_heads = layer.key_head_count(), K = layer.key_dim, V = layer.value_dim;
            std::map<std::string, Dataset> sets;
            const auto open = [&](const std::string& name, const std::vector<std::int64_t>& shape) { sets[name] = file.floats(place.id(), name, shape); };
            if (layout.states) open("states", {W, Ps, heads, K, V});
            if (layout.spectra) {
                open("singular_values", {W, P, heads, layer.rank_limit()});
                if (file.has(place.id(), "channel_energy")) open("channel_energy", {W, P, heads, K});
            }
            for (const RankMetric& metric : rank_metrics_table()) {
                const bool wanted = layout.spectra || (layout.ranks && metric.of_norms);
                if (wanted && file.has(place.id(), std::string(metric.name))) open(std::string(metric.name), {W, P, heads});
            }
            for (const auto& [name, set] : sets) {
                if (name != "states") file.read_ahead(set);
            }
            if (layout.inputs) {
                open("q", {W, T, key_heads, K});
                open("k", {W, T, key_heads, K});
                open("v", {W, T, heads, V});
                open("beta", {W, T, heads});
                if (layer.gate) open("g", {W, T, heads});
            }
            layers.push_back(std::move(sets));
        }
        for (const RankMetric& metric : rank_metrics_table()) {
            const std::string name(metric.name);
            if (std::all_of(layers.begin(), layers.end(), [&](const auto& sets) { return sets.contains(name); })) metrics.push_back(name);
        }
    }

    // Goes through what HDF5 may stumble over: texts, and one read of each dataset.
    void visit() const {
        (void)file.text(entry.id(), "provenance");
        (void)file.text_attribute(file.root(), "creator");
        (void)file.text_attribute(file.root(), "created");
        const auto width = static_cast<hsize_t>(layout.window_tokens);
        for (std::int64_t w = 0; w < std::min(layout.windows(), kTriedWindows); ++w) {
            const auto row = static_cast<hsize_t>(w);
            (void)file.read_integers(tokens, {row, 0}, {1, width}, "tokens");
            if (token_text) (void)file.read_texts(token_text, {row, 0}, {1, width}, "token_text");
        }
        for (const auto& sets : layers) {
            for (const auto& [name, set] : sets) {
                const hdf5::Space space(H5Dget_space(set.id()));
                const auto rank = static_cast<std::size_t>(std::max(0, H5Sget_simple_extent_ndims(space.id())));
                (void)file.read_floats(set, Extents(rank, 0), Extents(rank, 1), name);
            }
        }
    }

    // One window of a dataset, all of it behind the first dimension.
    std::vector<float> window_of(const std::string& name, std::size_t layer, std::int64_t window, std::vector<std::int64_t> rest) const {
        Extents offset(rest.size() + 1, 0);
        offset[0] = static_cast<hsize_t>(window);
        rest.insert(rest.begin(), 1);
        return file.read_floats(dataset(name, layer, window), offset, hdf5::extents(rest), name);
    }

    const Dataset& dataset(const std::string& name, std::size_t layer, std::int64_t window) const {
        if (layer >= layers.size()) throw_usage(fmt::format("layer number {} of {} captured ones", layer, layers.size()));
        if (window < 0 || window >= windows_done) throw_usage(fmt::format("window {}: expected 0 to {}", window, windows_done - 1));
        const auto found = layers[layer].find(name);
        if (found == layers[layer].end()) file.refuse(name + ": was not captured", "capture again with the right --what");
        return found->second;
    }
};

CaptureReader::CaptureReader(const std::filesystem::path& path) {
    const auto lock = hdf5::library_lock();
    hdf5::try_in_child(path.string(), [&] { State(path).visit(); });
    state_ = std::make_unique<State>(path);
}

CaptureReader::~CaptureReader() {
    const auto lock = hdf5::library_lock();
    state_.reset();
}
CaptureReader::CaptureReader(CaptureReader&&) noexcept = default;

const CaptureLayout& CaptureReader::layout() const noexcept {
    return state_->layout;
}

std::int64_t CaptureReader::windows_done() const noexcept {
    return state_->windows_done;
}

const std::vector<std::string>& CaptureReader::metrics() const noexcept {
    return state_->metrics;
}

std::string CaptureReader::creator() const {
    const auto lock = hdf5::library_lock();
    return state_->file.text_attribute(state_->file.root(), "creator");
}

std::string CaptureReader::created() const {
    const auto lock = hdf5::library_lock();
    return state_->file.text_attribute(state_->file.root(), "created");
}

std::string CaptureReader::provenance() const {
    const auto lock = hdf5::library_lock();
    return state_->file.text(state_->entry.id(), "provenance");
}

bool CaptureReader::has(const std::string& name, std::size_t layer) const {
    return state_->layers.at(layer).contains(name);
}

std::vector<std::int32_t> CaptureReader::tokens(std::int64_t window) const {
    const auto lock = hdf5::library_lock();
    return state_->file.read_integers(state_->tokens, {static_cast<hsize_t>(window), 0}, {1, static_cast<hsize_t>(layout().window_tokens)}, "tokens");
}

std::vector<std::string> CaptureReader::token_text(std::int64_t window) const {
    const auto lock = hdf5::library_lock();
    if (!state_->token_text) return {};
    return state_->file.read_texts(state_->token_text, {static_cast<hsize_t>(window), 0}, {1, static_cast<hsize_t>(layout().window_tokens)},
                                   "token_text");
}

std::vector<float> CaptureReader::singular_values(std::size_t layer, std::int64_t window) const {
    const auto lock = hdf5::library_lock();
    const CaptureLayer& l = layout().layers.at(layer);
    return state_->window_of("singular_values", layer, window, {std::ssize(layout().positions), l.head_count(), l.rank_limit()});
}

std::vector<float> CaptureReader::metric(const std::string& name, std::size_t layer, std::int64_t window) const {
    const auto lock = hdf5::library_lock();
    return state_->window_of(name, layer, window, {std::ssize(layout().positions), layout().layers.at(layer).head_count()});
}

std::vector<float> CaptureReader::channel_energy(std::size_t layer, std::int64_t window) const {
    const auto lock = hdf5::library_lock();
    const CaptureLayer& l = layout().layers.at(layer);
    return state_->window_of("channel_energy", layer, window, {std::ssize(layout().positions), l.head_count(), l.key_dim});
}

std::vector<float> CaptureReader::state(std::size_t layer, std::int64_t window, std::size_t state_position, std::size_t head) const {
    const auto lock = hdf5::library_lock();
    const CaptureLayer& l = layout().layers.at(layer);
    return state_->file.read_floats(state_->dataset("states", layer, window), {static_cast<hsize_t>(window), state_position, head, 0, 0},
                                    {1, 1, 1, static_cast<hsize_t>(l.key_dim), static_cast<hsize_t>(l.value_dim)}, "states");
}

std::vector<float> CaptureReader::input(const std::string& name, std::size_t layer, std::int64_t window) const {
    const auto lock = hdf5::library_lock();
    const CaptureLayer& l = layout().layers.at(layer);
    const std::int64_t T = layout().window_tokens;
    if (name == "q" || name == "k") return state_->window_of(name, layer, window, {T, l.key_head_count(), l.key_dim});
    if (name == "v") return state_->window_of(name, layer, window, {T, l.head_count(), l.value_dim});
    return state_->window_of(name, layer, window, {T, l.head_count()});
}

}  // namespace rankscope
