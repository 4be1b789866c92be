// SPDX-License-Identifier: Apache-2.0
#include "core/capture/detail/capture_structure.hpp"

#include "core/capture/detail/hdf5_create.hpp"
#include "core/capture/detail/hdf5_rows.hpp"
#include "core/spectra/rank_metrics.hpp"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <numeric>
#include <optional>
#include <set>

namespace rankscope::hdf5 {
namespace {

constexpr const char* kLogStyle = R"({"signal_scale_type": "log", "axes_scale_types": ["linear", "linear", "linear"]})";

std::string now_iso8601() {
    const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    std::tm utc{};
    ::gmtime_r(&now, &utc);
    char text[32];
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    return text;
}

std::vector<std::int32_t> counted(std::int64_t n) {
    std::vector<std::int32_t> values(static_cast<std::size_t>(n));
    std::iota(values.begin(), values.end(), 0);
    return values;
}

class Structure {
public:
    Structure(const std::string& path, const CaptureLayout& layout, const CaptureTexts& texts)
        : build_(path), path_(path), layout_(layout), texts_(texts) {}

    CaptureDatasets create(const File& file) {
        CaptureDatasets all;
        build_.attribute(file.id(), "NX_class", "NXroot");
        build_.attribute(file.id(), "default", "entry");
        build_.attribute(file.id(), "format", "rankscope-capture");
        build_.attribute(file.id(), "format_version", kCaptureVersion);
        build_.attribute(file.id(), "creator", texts_.creator);
        build_.attribute(file.id(), "created", now_iso8601());
        const Group entry = build_.group(file.id(), "entry", "NXentry");
        build_.attribute(entry.id(), "title", "Recurrent states of a language model");
        build_.attribute(entry.id(), "windows_done", std::int64_t{0});
        all.windows_done = Attribute(written(H5Aopen(entry.id(), "windows_done", H5P_DEFAULT), path_, "windows_done"));
        if (layout_.spectra) {
            build_.attribute(entry.id(), "default", "spectra");
            all.means.singular_values = mean_spectra(entry);
        }
        mean_metrics(entry, all.means.metrics);
        all.tokens = contents(entry);
        const Group layers = build_.group(entry.id(), "layers", "NXcollection");
        for (const CaptureLayer& layer : layout_.layers) all.layers.push_back(captured(layers, layer));
        return all;
    }

private:
    // The axes that all means share.
    void mean_axes(const Group& group) {
        std::vector<std::int32_t> indices;
        for (const CaptureLayer& layer : layout_.layers) indices.push_back(static_cast<std::int32_t>(layer.index));
        build_.axis(group.id(), "layer", indices);
        build_.axis(group.id(), "head", head_axis(layout_));
    }

    Dataset mean_spectra(const Group& entry) {
        const Group spectra = build_.group(entry.id(), "spectra", "NXdata");
        build_.attribute(spectra.id(), "signal", "singular_values");
        build_.attributes(spectra.id(), "axes", {"layer", "head", "index"});
        build_.attribute(spectra.id(), "title", "Singular values of the states, mean over windows and positions");
        build_.attribute(spectra.id(), "SILX_style", kLogStyle);
        mean_axes(spectra);
        build_.axis(spectra.id(), "index", counted(index_axis(layout_)));
        Dataset values =
            build_.unknown(spectra.id(), "singular_values", {std::ssize(layout_.layers), std::ssize(head_axis(layout_)), index_axis(layout_)});
        build_.attribute(values.id(), "long_name", "singular value");
        build_.attribute(values.id(), "interpretation", "spectrum");
        build_.dimensions(values, spectra.id(), {"layer", "head", "index"});
        return values;
    }

    void mean_metrics(const Group& entry, std::vector<Dataset>& datasets) {
        std::string first = layout_.spectra ? "spectra" : "";  // the group that the axes are in
        for (const RankMetric& metric : captured_metrics(layout_)) {
            const std::string name(metric.name);
            const Group group = build_.group(entry.id(), name, "NXdata");
            build_.attribute(group.id(), "signal", name);
            build_.attributes(group.id(), "axes", {"layer", "head"});
            build_.attribute(group.id(), "title", std::string(metric.description) + ", mean over windows and positions");
            if (first.empty()) {
                first = name;
                build_.attribute(entry.id(), "default", name);
                mean_axes(group);
            } else {
                for (const char* axis : {"layer", "head"}) {
                    written(H5Lcreate_hard(entry.id(), (first + "/" + axis).c_str(), group.id(), axis, H5P_DEFAULT, H5P_DEFAULT), path_, axis);
                }
            }
            datasets.push_back(build_.unknown(group.id(), name, {std::ssize(layout_.layers), std::ssize(head_axis(layout_))}));
            build_.attribute(datasets.back().id(), "long_name", std::string(metric.description));
            build_.attribute(datasets.back().id(), "interpretation", "image");
            build_.dimensions(datasets.back(), group.id(), {"layer", "head"});
        }
    }

    Dataset contents(const Group& entry) {
        const std::vector<std::int64_t> shape{layout_.windows(), layout_.window_tokens};
        IdRows tokens(build_, entry.id(), "tokens", shape);
        std::optional<TextRows> text;
        if (texts_.token_text) text.emplace(build_, entry.id(), "token_text", shape);
        texts_.windows.each([&](std::span<const std::int32_t> ids) {
            tokens.add(ids);
            if (text) text->add(ids, texts_.token_text);
        });
        build_.text(entry.id(), "provenance", texts_.provenance);
        return tokens.finish();
    }

    Dataset numbers(const Group& group, const char* name, const std::vector<std::int64_t>& shape, const std::vector<std::string>& axes) {
        const bool states = std::string_view(name) == "states";
        Dataset dataset = build_.numbers(group.id(), name, H5T_IEEE_F32LE, shape, states ? state_chunk(shape) : std::vector<std::int64_t>{});
        build_.dimensions(dataset, group.id(), axes);
        return dataset;
    }

    LayerDatasets captured(const Group& layers, const CaptureLayer& layer) {
        const Group group = build_.group(layers.id(), layer_name(layer.index), "NXcollection");
        build_.attribute(group.id(), "mixer", layer.mixer);
        for (const auto& [name, value] : {std::pair{"key_dim", layer.key_dim}, {"value_dim", layer.value_dim}, {"key_heads", layer.key_heads},
                                          {"value_heads", layer.value_heads}}) {
            build_.attribute(group.id(), name, value);
        }
        build_.axis(group.id(), "position", layout_.positions);
        if (layout_.states) build_.axis(group.id(), "state_position", layout_.state_positions);
        build_.axis(group.id(), "window_start", layout_.window_start);
        build_.axis(group.id(), "head", layer.heads);
        build_.axis(group.id(), "key_head", layer.captured_key_heads);
        build_.values(group.id(), "channel", layer.channels, {layer.key_head_count(), layer.key_dim});

        const std::int64_t W = layout_.windows(), T = layout_.window_tokens, heads = layer.head_count();
        const std::int64_t P = std::ssize(layout_.positions), K = layer.key_dim, V = layer.value_dim;
        LayerDatasets d;
        if (layout_.states) {
            d.states = numbers(group, "states", {W, std::ssize(layout_.state_positions), heads, K, V},
                               {"window_start", "state_position", "head", "key_channel", "value_channel"});
        }
        if (layout_.spectra) {
            d.singular_values = numbers(group, "singular_values", {W, P, heads, layer.rank_limit()}, {"window_start", "position", "head", "index"});
            d.channel_energy = numbers(group, "channel_energy", {W, P, heads, K}, {"window_start", "position", "head", "key_channel"});
        }
        for (const RankMetric& metric : captured_metrics(layout_)) {
            d.metrics.push_back(numbers(group, std::string(metric.name).c_str(), {W, P, heads}, {"window_start", "position", "head"}));
            build_.attribute(d.metrics.back().id(), "long_name", std::string(metric.description));
        }
        if (layout_.inputs) {
            for (auto [dataset, name] : {std::pair{&d.q, "q"}, {&d.k, "k"}}) {
                *dataset = numbers(group, name, {W, T, layer.key_head_count(), K}, {"window_start", "token", "key_head", "key_channel"});
            }
            d.v = numbers(group, "v", {W, T, heads, V}, {"window_start", "token", "head", "value_channel"});
            d.beta = numbers(group, "beta", {W, T, heads}, {"window_start", "token", "head"});
            if (layer.gate) d.g = numbers(group, "g", {W, T, heads}, {"window_start", "token", "head"});
        }
        return d;
    }

    Builder build_;
    std::string path_;
    const CaptureLayout& layout_;
    const CaptureTexts& texts_;
};

Dataset opened(const Group& group, const std::string& name, const std::string& path) {
    return Dataset(written(H5Dopen2(group.id(), name.c_str(), H5P_DEFAULT), path, name));
}

}  // namespace

std::vector<RankMetric> captured_metrics(const CaptureLayout& layout) {
    std::vector<RankMetric> metrics;
    for (const RankMetric& metric : rank_metrics_table()) {
        if (layout.spectra || (layout.ranks && metric.of_norms)) metrics.push_back(metric);
    }
    return metrics;
}

std::vector<std::int32_t> head_axis(const CaptureLayout& layout) {
    std::set<std::int32_t> heads;
    for (const CaptureLayer& layer : layout.layers) heads.insert(layer.heads.begin(), layer.heads.end());
    return {heads.begin(), heads.end()};
}

std::int64_t index_axis(const CaptureLayout& layout) {
    std::int64_t longest = 0;
    for (const CaptureLayer& layer : layout.layers) longest = std::max(longest, layer.rank_limit());
    return longest;
}

CaptureDatasets create_structure(const File& file, const std::string& path, const CaptureLayout& layout, const CaptureTexts& texts) {
    return Structure(path, layout, texts).create(file);
}

CaptureDatasets open_structure(const File& file, const std::string& path, const CaptureLayout& layout) {
    CaptureDatasets all;
    const Group entry(written(H5Gopen2(file.id(), "entry", H5P_DEFAULT), path, "entry"));
    all.windows_done = Attribute(written(H5Aopen(entry.id(), "windows_done", H5P_DEFAULT), path, "windows_done"));
    all.tokens = opened(entry, "tokens", path);
    if (layout.spectra) all.means.singular_values = opened(entry, "spectra/singular_values", path);
    const std::vector<RankMetric> metrics = captured_metrics(layout);
    for (const RankMetric& metric : metrics) {
        all.means.metrics.push_back(opened(entry, std::string(metric.name) + "/" + std::string(metric.name), path));
    }
    for (const CaptureLayer& layer : layout.layers) {
        const Group group(written(H5Gopen2(entry.id(), ("layers/" + layer_name(layer.index)).c_str(), H5P_DEFAULT), path, layer_name(layer.index)));
        LayerDatasets d;
        if (layout.states) d.states = opened(group, "states", path);
        if (layout.spectra) {
            d.singular_values = opened(group, "singular_values", path);
            d.channel_energy = opened(group, "channel_energy", path);
        }
        for (const RankMetric& metric : metrics) d.metrics.push_back(opened(group, std::string(metric.name), path));
        if (layout.inputs) {
            for (auto [dataset, name] : {std::pair{&d.q, "q"}, {&d.k, "k"}, {&d.v, "v"}, {&d.beta, "beta"}}) *dataset = opened(group, name, path);
            if (layer.gate) d.g = opened(group, "g", path);
        }
        all.layers.push_back(std::move(d));
    }
    return all;
}

}  // namespace rankscope::hdf5
