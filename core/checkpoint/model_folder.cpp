// SPDX-License-Identifier: Apache-2.0
#include "core/checkpoint/model_folder.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <set>

#include "core/base/error.hpp"
#include "core/base/file.hpp"
#include "core/base/stop_scope.hpp"
#include "core/checkpoint/expected_tensors.hpp"
#include "core/checkpoint/model_hash.hpp"
#include "core/checkpoint/padded_export.hpp"
#include "core/checkpoint/weight_files.hpp"
#include "kernels/parallel.hpp"

namespace rankscope {
namespace {

namespace fs = std::filesystem;
using Tensors = std::map<std::string, WeightFiles::Entry>;

// Weights that are looked at between two looks at the stop.
constexpr std::size_t kLookedAt = std::size_t{1} << 24;
constexpr std::int64_t kLookedAtByOne = std::int64_t{1} << 18;  // thread, at least

std::string shown(const fs::path& path) {
    return printable(path.string(), 400);
}

std::string shape_text(const std::vector<std::int64_t>& shape) {
    return fmt::format("[{}]", fmt::join(shape, ", "));
}

// Checkpoints before February 2025 stored the MLP's gate and up projections as one matrix: gate rows first, then up rows.
// Both become views of the same bytes.
void split_fused_mlp(Tensors& tensors, const ModelConfig& config) {
    for (std::size_t i = 0; i < config.layers.size(); ++i) {
        const std::string mlp = "model.layers." + std::to_string(i) + ".mlp.";
        const auto gate = tensors.find(mlp + "gate_proj.weight");
        if (gate == tensors.end() || tensors.contains(mlp + "up_proj.weight")) continue;
        TensorView& view = gate->second.view;
        if (view.shape != std::vector<std::int64_t>{2 * config.intermediate_size, config.hidden_size}) continue;
        TensorView up = view;
        view.shape[0] = up.shape[0] = config.intermediate_size;
        const std::size_t half = view.bytes.size() / 2;
        up.bytes = view.bytes.subspan(half);
        view.bytes = view.bytes.first(half);
        tensors[mlp + "up_proj.weight"] = {up, gate->second.shard};
    }
}

// Tensors that old checkpoints carry and no forward pass reads.
bool is_harmless(const std::string& name) {
    return name.ends_with(".attn.D") || name.ends_with("rotary.inv_freq") || name.ends_with("rotary_emb.inv_freq");
}

// A_log and dt_bias occur as [1, 1, H, 1] as well; extents of 1 do not change what the numbers are.
bool same_but_for_ones(const std::vector<std::int64_t>& found, const std::vector<std::int64_t>& expected) {
    std::vector<std::int64_t> a;
    std::vector<std::int64_t> b;
    std::copy_if(found.begin(), found.end(), std::back_inserter(a), [](std::int64_t n) { return n != 1; });
    std::copy_if(expected.begin(), expected.end(), std::back_inserter(b), [](std::int64_t n) { return n != 1; });
    return a == b;
}

// Whether no element has all bits of its exponent set, which NaN and infinity have.
template <class Bits>
bool exponents_finite(std::span<const std::byte> bytes, Bits exponent) {
    std::atomic<bool> finite{true};
    const auto count = static_cast<std::int64_t>(bytes.size() / sizeof(Bits));
    kernels::parallel_for(count, kLookedAtByOne, [&](std::int64_t begin, std::int64_t end) {
        unsigned found = 0;
        for (std::int64_t i = begin; i < end; ++i) {
            Bits bits;
            std::memcpy(&bits, bytes.data() + static_cast<std::size_t>(i) * sizeof(Bits), sizeof(Bits));
            found |= (bits & exponent) == exponent ? 1U : 0U;
        }
        if (found != 0) finite = false;
    });
    return finite;
}

bool all_finite(DType dtype, std::span<const std::byte> bytes) {
    switch (dtype) {
        case DType::BF16: return exponents_finite<std::uint16_t>(bytes, 0x7f80);
        case DType::F16: return exponents_finite<std::uint16_t>(bytes, 0x7c00);
        case DType::F32: return exponents_finite<std::uint32_t>(bytes, 0x7f800000);
        default: return false;
    }
}

void check_floating(const std::string& name, const TensorView& view, const std::string& where) {
    if (view.dtype == DType::F16 || view.dtype == DType::BF16 || view.dtype == DType::F32) return;
    throw_unsupported(fmt::format("unsupported weights: {}: tensor '{}': found {}, expected F32, F16 or BF16", where, printable(name), name_of(view.dtype)));
}

}  // namespace

ModelFolder ModelFolder::open(const fs::path& path) {
    std::error_code code;
    if (!fs::exists(path, code)) throw_input("no such model folder: " + shown(path));
    if (!fs::is_directory(path, code)) throw_input("no model folder: " + shown(path) + ": found a file, expected a folder with config.json");
    const fs::path config_path = path / "config.json";
    if (!fs::exists(config_path, code)) {
        throw_input("no model folder: " + shown(path) + ": config.json is missing", fs::is_empty(path, code) ? "the folder is empty" : "");
    }
    ModelFolder folder;
    folder.path_ = path;
    folder.config_ = parse_model_config(read_text_file(config_path, 8 << 20), config_path);
    const std::string where = shown(path);

    WeightFiles weights = open_weight_files(path);
    split_fused_mlp(weights.tensors, folder.config_);
    const std::vector<ExpectedTensor> expected = expected_tensors(folder.config_);
    std::set<std::string> known;
    for (const ExpectedTensor& tensor : expected) {
        const auto found = weights.tensors.find(tensor.name);
        if (found == weights.tensors.end()) {
            throw_input(fmt::format("missing tensor: {}: '{}': expected shape {}", where, tensor.name, shape_text(tensor.shape)));
        }
        TensorView& view = found->second.view;
        check_floating(tensor.name, view, where);
        if (view.shape != tensor.shape) {
            if (!same_but_for_ones(view.shape, tensor.shape)) {
                throw_input(fmt::format("wrong shape: {}: '{}': found {}, expected {}", where, tensor.name, shape_text(view.shape), shape_text(tensor.shape)));
            }
            view.shape = tensor.shape;
        }
        folder.tensors_[tensor.name] = {view, found->second.shard};
        folder.order_.push_back(tensor.name);
        known.insert(tensor.name);
    }
    if (folder.config_.tie_word_embeddings) {
        // Writers differ in whether a tied head is stored; a stored one must be the embedding.
        const auto head = weights.tensors.find("lm_head.weight");
        const auto& embedding = folder.tensors_.at("model.embeddings.weight");
        if (head != weights.tensors.end() && !std::equal(head->second.view.bytes.begin(), head->second.view.bytes.end(), embedding.view.bytes.begin(), embedding.view.bytes.end())) {
            folder.warnings_.push_back("lm_head.weight differs from the embeddings although tie_word_embeddings is true; the embeddings are used, as the loaders do");
        }
        folder.tensors_["lm_head.weight"] = embedding;
        known.insert("lm_head.weight");
    }
    std::vector<std::string> ignored;
    for (const auto& [name, entry] : weights.tensors) {
        if (known.contains(name)) continue;
        if (!is_harmless(name)) {
            throw_input(fmt::format("unexpected tensor: {}: '{}' {} does not belong to this configuration", where, printable(name), shape_text(entry.view.shape)),
                        "config.json and the weights may be of different models or options");
        }
        ignored.push_back(name);
    }
    if (ignored.size() == 1) folder.warnings_.push_back(fmt::format("tensor '{}' has no effect and is ignored", printable(ignored.front())));
    if (ignored.size() > 1) {
        folder.warnings_.push_back(fmt::format("{} tensors have no effect and are ignored, '{}' among them", ignored.size(), printable(ignored.front())));
    }
    folder.files_ = std::move(weights.files);
    folder.weight_paths_ = std::move(weights.paths);
    for (PaddedTensor& padded : slice_padded_export(folder.config_, where, [&](const std::string& name) -> const TensorView& { return folder.tensors_.at(name).view; }, folder.warnings_)) {
        folder.tensors_.at(padded.name).view = padded.view;
        folder.owned_.push_back(std::move(padded.bytes));
    }
    return folder;
}

const TensorView& ModelFolder::tensor(const std::string& name) const {
    const auto found = tensors_.find(name);
    if (found == tensors_.end()) throw Error(ErrorKind::Internal, "no tensor '" + name + "' in " + path_.string());
    return found->second.view;
}

bool ModelFolder::has_tensor(const std::string& name) const {
    return tensors_.contains(name);
}

std::vector<std::string> ModelFolder::tensor_names() const {
    return order_;
}

const std::string& ModelFolder::shard_of(const std::string& name) const {
    return tensors_.at(name).shard;
}

std::int64_t ModelFolder::parameters() const {
    std::int64_t count = 0;
    for (const std::string& name : order_) count += tensor(name).elements();
    return count;
}

DType ModelFolder::dtype() const {
    std::map<DType, std::int64_t> counts;
    for (const std::string& name : order_) counts[tensor(name).dtype] += tensor(name).elements();
    return std::max_element(counts.begin(), counts.end(), [](const auto& a, const auto& b) { return a.second < b.second; })->first;
}

std::string ModelFolder::hash(const Progress& progress) const {
    return model_hash(config_.json, files_, weight_paths_, progress);
}

std::vector<std::string> ModelFolder::find_non_finite() const {
    std::vector<std::string> found;
    for (const std::string& name : order_) {
        if (std::string warning = non_finite(name); !warning.empty()) found.push_back(std::move(warning));
    }
    return found;
}

std::string ModelFolder::non_finite(const std::string& name) const {
    TensorView part = tensor(name);
    const std::span bytes = part.bytes;
    const std::size_t step = kLookedAt * size_of(part.dtype);
    std::int64_t nan = 0;
    std::int64_t infinite = 0;
    for (std::size_t begin = 0; begin < bytes.size(); begin += step) {
        check_stop();
        part.bytes = bytes.subspan(begin, std::min(step, bytes.size() - begin));
        if (all_finite(part.dtype, part.bytes)) continue;
        part.shape = {static_cast<std::int64_t>(part.bytes.size() / size_of(part.dtype))};
        for (const float v : part.to_float()) {
            nan += std::isnan(v) ? 1 : 0;
            infinite += std::isinf(v) ? 1 : 0;
        }
    }
    if (nan + infinite == 0) return {};
    return fmt::format("tensor '{}' holds {} NaN and {} infinite values", name, nan, infinite);
}

void ModelFolder::will_read(const std::string& name) const {
    for (const SafetensorsFile& file : files_) file.will_read(tensor(name).bytes);
}

void ModelFolder::has_read(const std::string& name) const {
    for (const SafetensorsFile& file : files_) file.has_read(tensor(name).bytes);
}

}  // namespace rankscope
