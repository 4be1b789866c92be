// SPDX-License-Identifier: Apache-2.0
#include "core/capture/capture_writer.hpp"

#include "core/base/error.hpp"
#include "core/capture/detail/library_lock.hpp"
#include "core/capture/detail/capture_resume.hpp"
#include "core/capture/detail/capture_structure.hpp"
#include "core/capture/detail/hdf5.hpp"
#include "core/capture/detail/part_file.hpp"
#include "core/spectra/rank_metrics.hpp"

#include <fmt/format.h>

namespace rankscope {
namespace {

using hdf5::Extents;

// Of HDF5's own structures in memory. By default they may grow to 32 MiB in a long file.
constexpr std::size_t kStructureCache = 2 << 20;
// HDF5's own structures: about 100 bytes for each chunk, some KiB for each dataset.
constexpr std::int64_t kBytesPerLayer = 64 << 10;
// What HDF5 sets aside for them at once. They lie together then, and a file that comes from a disk opens with a few reads
// instead of one for each group and dataset between the states.
constexpr hsize_t kStructureBlockPerLayer = 20 << 10;
// A reference, a heap entry and a short text.
constexpr std::int64_t kBytesPerToken = 48;

hdf5::Properties file_access() {
    hdf5::Properties access(H5Pcreate(H5P_FILE_ACCESS));
    // Open objects never keep a file open, and PartFile holds the lock.
    H5Pset_fclose_degree(access.id(), H5F_CLOSE_STRONG);
    H5Pset_file_locking(access.id(), false, true);
    H5AC_cache_config_t cache{};
    cache.version = H5AC__CURR_CACHE_CONFIG_VERSION;
    if (H5Pget_mdc_config(access.id(), &cache) >= 0) {
        cache.set_initial_size = true;
        cache.initial_size = cache.max_size = kStructureCache;
        H5Pset_mdc_config(access.id(), &cache);
    }
    return access;
}

std::int64_t expected_bytes(const CaptureLayout& layout, const CaptureTexts& texts) {
    std::int64_t bytes = data_bytes(layout) + std::ssize(layout.layers) * kBytesPerLayer + std::ssize(texts.provenance);
    if (texts.token_text) bytes += layout.windows() * layout.window_tokens * kBytesPerToken;
    return bytes;
}

void check_request(const CaptureLayout& layout, const CaptureTexts& texts) {
    if (const std::string defect = defect_of(layout); !defect.empty()) throw_usage("bad capture request: " + defect);
    if (texts.windows.count() != layout.windows() || texts.windows.length() != layout.window_tokens) {
        throw_usage(fmt::format("bad capture request: expected {} windows of {} tokens", layout.windows(), layout.window_tokens),
                    "all windows of a capture have the same length");
    }
}

}  // namespace

struct CaptureWriter::State {
    CaptureLayout layout;
    PartFile part;
    std::string path;  // of the part, for messages
    std::int64_t windows_done = 0;
    // Destroyed in reverse order: datasets before the file.
    hdf5::File file;
    hdf5::CaptureDatasets datasets;

    State(const std::filesystem::path& name, const CaptureLayout& what) : layout(what), part(name), path(part.path().string()) {
        hdf5::silence();
    }

    void begin(const CaptureTexts& texts) {
        std::error_code ignored;
        const bool fresh = std::filesystem::file_size(part.path(), ignored) == 0;
        try {
            part.require_space(expected_bytes(layout, texts));
        } catch (...) {
            if (fresh) part.discard();
            throw;
        }
        try {
            const hdf5::Properties access = file_access();
            H5Pset_meta_block_size(access.id(), kStructureBlockPerLayer * layout.layers.size());
            file = hdf5::File(hdf5::written(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access.id()), path, "create"));
            datasets = hdf5::create_structure(file, path, layout, texts);
            flush();
            part.reserve_blocks();
        } catch (...) {
            datasets = {};
            file = {};
            part.discard();
            throw;
        }
    }

    void go_on(std::int64_t done) {
        const hdf5::Properties access = file_access();
        file = hdf5::File(hdf5::written(H5Fopen(path.c_str(), H5F_ACC_RDWR, access.id()), path, "open"));
        datasets = hdf5::open_structure(file, path, layout);
        part.reserve_blocks();
        windows_done = done;
    }

    void flush() { hdf5::written(H5Fflush(file.id(), H5F_SCOPE_LOCAL), path, "flush"); }

    void write(const hdf5::Dataset& dataset, const Extents& offset, const Extents& count, std::span<const float> values, const char* what) {
        const hdf5::Block block = hdf5::block_of(dataset, offset, count);
        hsize_t expected = 1;
        for (const hsize_t size : count) expected *= size;
        if (!block.memory || expected != values.size()) {
            throw Error(ErrorKind::Internal, fmt::format("bad block: {}: found {} numbers, expected {}", what, values.size(), expected));
        }
        hdf5::written(H5Dwrite(dataset.id(), H5T_NATIVE_FLOAT, block.memory.id(), block.file.id(), H5P_DEFAULT, values.data()), path, what);
    }
};

CaptureWriter::CaptureWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
CaptureWriter::CaptureWriter(CaptureWriter&&) noexcept = default;
CaptureWriter::~CaptureWriter() {
    const auto lock = hdf5::library_lock();
    state_.reset();
}

CaptureWriter CaptureWriter::create(const std::filesystem::path& path, const CaptureLayout& layout, const CaptureTexts& texts) {
    const auto lock = hdf5::library_lock();
    check_request(layout, texts);
    auto state = std::make_unique<State>(path, layout);
    state->begin(texts);
    return CaptureWriter(std::move(state));
}

CaptureWriter CaptureWriter::resume(const std::filesystem::path& path, const CaptureLayout& layout, const CaptureTexts& texts) {
    const auto lock = hdf5::library_lock();
    check_request(layout, texts);
    if (!unfinished_windows(path)) return create(path, layout, texts);
    // Locked first, so that what is compared is what is written to.
    auto state = std::make_unique<State>(path, layout);
    state->go_on(hdf5::compare_for_resume(state->part.path(), layout, texts));
    return CaptureWriter(std::move(state));
}

std::int64_t CaptureWriter::windows_done() const noexcept {
    return state_->windows_done;
}

std::vector<std::int32_t> CaptureWriter::tokens(std::int64_t window) const {
    const auto lock = hdf5::library_lock();
    const auto T = static_cast<hsize_t>(state_->layout.window_tokens);
    std::vector<std::int32_t> ids(T);
    const hdf5::Block block = hdf5::block_of(state_->datasets.tokens, {static_cast<hsize_t>(window), 0}, {1, T});
    if (!block.memory) throw Error(ErrorKind::Internal, fmt::format("capture: found no window {}", window));
    hdf5::readable(H5Dread(state_->datasets.tokens.id(), H5T_NATIVE_INT32, block.memory.id(), block.file.id(), H5P_DEFAULT, ids.data()), state_->path,
                   "tokens");
    return ids;
}

void CaptureWriter::write_states(std::size_t layer, std::int64_t window, std::int64_t first, std::span<const float> states) {
    const auto lock = hdf5::library_lock();
    const CaptureLayer& l = state_->layout.layers.at(layer);
    const Extents size = hdf5::extents(std::vector{l.head_count(), l.key_dim, l.value_dim});
    const hsize_t n = states.size() / (size[0] * size[1] * size[2]);
    state_->write(state_->datasets.layers[layer].states, {static_cast<hsize_t>(window), static_cast<hsize_t>(first), 0, 0, 0},
                  {1, n, size[0], size[1], size[2]}, states, "states");
}

void CaptureWriter::write_spectra(std::size_t layer, std::int64_t window, std::int64_t first, const SpectraBlock& block) {
    const auto lock = hdf5::library_lock();
    const CaptureLayer& l = state_->layout.layers.at(layer);
    const auto& datasets = state_->datasets.layers[layer];
    const auto heads = static_cast<hsize_t>(l.head_count()), n = static_cast<hsize_t>(block.states) / heads;
    const auto w = static_cast<hsize_t>(window), p = static_cast<hsize_t>(first);
    state_->write(datasets.singular_values, {w, p, 0, 0}, {1, n, heads, static_cast<hsize_t>(l.rank_limit())}, block.singular_values, "singular_values");
    state_->write(datasets.channel_energy, {w, p, 0, 0}, {1, n, heads, static_cast<hsize_t>(l.key_dim)}, block.channel_energy, "channel_energy");
    for (std::size_t m = 0; m < datasets.metrics.size(); ++m) {
        state_->write(datasets.metrics[m], {w, p, 0}, {1, n, heads}, block.metrics.at(m), rank_metrics_table()[m].name.data());
    }
}

void CaptureWriter::write_ranks(std::size_t layer, std::int64_t window, std::int64_t first, const std::vector<std::vector<float>>& metrics) {
    const auto lock = hdf5::library_lock();
    const auto& datasets = state_->datasets.layers[layer];
    const auto heads = static_cast<hsize_t>(state_->layout.layers.at(layer).head_count());
    for (std::size_t m = 0; m < datasets.metrics.size(); ++m) {
        const std::vector<float>& values = metrics.at(m);
        state_->write(datasets.metrics[m], {static_cast<hsize_t>(window), static_cast<hsize_t>(first), 0}, {1, values.size() / heads, heads}, values, "ranks");
    }
}

void CaptureWriter::write_inputs(std::size_t layer, std::int64_t window, const CaptureInputs& inputs) {
    const auto lock = hdf5::library_lock();
    const CaptureLayer& l = state_->layout.layers.at(layer);
    const auto& d = state_->datasets.layers[layer];
    const auto T = static_cast<hsize_t>(state_->layout.window_tokens), w = static_cast<hsize_t>(window);
    const auto heads = static_cast<hsize_t>(l.head_count()), key_heads = static_cast<hsize_t>(l.key_head_count());
    const auto K = static_cast<hsize_t>(l.key_dim), V = static_cast<hsize_t>(l.value_dim);
    state_->write(d.q, {w, 0, 0, 0}, {1, T, key_heads, K}, inputs.q, "q");
    state_->write(d.k, {w, 0, 0, 0}, {1, T, key_heads, K}, inputs.k, "k");
    state_->write(d.v, {w, 0, 0, 0}, {1, T, heads, V}, inputs.v, "v");
    state_->write(d.beta, {w, 0, 0}, {1, T, heads}, inputs.beta, "beta");
    if (l.gate) state_->write(d.g, {w, 0, 0}, {1, T, heads}, inputs.g, "g");
}

void CaptureWriter::finish_window(std::int64_t window) {
    const auto lock = hdf5::library_lock();
    // The numbers first, then the count that vouches for them.
    state_->flush();
    state_->windows_done = window + 1;
    hdf5::written(H5Awrite(state_->datasets.windows_done.id(), H5T_NATIVE_INT64, &state_->windows_done), state_->path, "windows_done");
    state_->flush();
}

std::int64_t CaptureWriter::commit() {
    const auto lock = hdf5::library_lock();
    if (state_->windows_done != state_->layout.windows()) {
        throw Error(ErrorKind::Internal, fmt::format("unfinished capture: found {} windows, expected {}", state_->windows_done, state_->layout.windows()));
    }
    if (state_->layout.spectra || state_->layout.ranks) hdf5::write_means(state_->datasets, state_->path, state_->layout);
    state_->flush();
    state_->datasets = {};
    if (!state_->file.close()) hdf5::throw_write_failure(state_->path, "close");
    return state_->part.publish();
}

}  // namespace rankscope
