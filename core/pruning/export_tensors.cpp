// SPDX-License-Identifier: Apache-2.0
#include "core/pruning/export_tensors.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/base/error.hpp"
#include "core/base/file.hpp"
#include "core/base/memory.hpp"

namespace rankscope {
namespace {

constexpr std::size_t kPiece = 4 << 20;

using Sink = std::function<void(std::span<const std::byte>)>;

// Which rows of a flat [H * K, ...] tensor are written, head by head.
struct RowChoice {
    std::int64_t heads = 0;
    std::int64_t width = 0;    // K of the source
    std::int64_t written = 0;  // rows per head in the export
    std::vector<std::vector<std::int32_t>> keep;
};

// Where the bytes go: counted, and cancellable between pieces.
class Meter {
public:
    Meter(const Progress& progress, double total) : progress_(progress), total_(total) {}

    void pass(const Sink& sink, std::span<const std::byte> bytes) {
        while (!bytes.empty()) {
            const auto piece = bytes.first(std::min(bytes.size(), kPiece));
            progress_.check();
            sink(piece);
            done_ += static_cast<double>(piece.size());
            bytes = bytes.subspan(piece.size());
        }
        progress_.update({done_, total_, "bytes", -1, "writing weights"});
    }

private:
    const Progress& progress_;
    double total_;
    double done_ = 0;
};

void write_rows(const TensorView& view, const RowChoice& rows, Meter& meter, const Sink& sink) {
    const std::size_t row_bytes = view.bytes.size() / static_cast<std::size_t>(rows.heads * rows.width);
    std::vector<std::byte> staged;
    for (std::int64_t h = 0; h < rows.heads; ++h) {
        const auto& keep = rows.keep[static_cast<std::size_t>(h)];
        for (const std::int32_t channel : keep) {
            const auto row = view.bytes.subspan(static_cast<std::size_t>(h * rows.width + channel) * row_bytes, row_bytes);
            staged.insert(staged.end(), row.begin(), row.end());
        }
        staged.resize(staged.size() + (static_cast<std::size_t>(rows.written) - keep.size()) * row_bytes, std::byte{0});
        if (staged.size() >= kPiece) {
            meter.pass(sink, staged);
            staged.clear();
        }
    }
    meter.pass(sink, staged);
}

// The four tensors per layer whose rows are key channels.
std::map<std::string, RowChoice> row_choices(const ModelConfig& config, const Plan& plan, std::int64_t written) {
    std::map<std::string, RowChoice> out;
    for (std::size_t l = 0; l < config.layers.size(); ++l) {
        const LayerConfig& layer = config.layers[l];
        if (!layer.prunable()) continue;
        RowChoice choice{layer.key_heads, layer.key_dim, written, {}};
        if (const PlanLayer* entry = plan.layer(static_cast<std::int64_t>(l))) {
            choice.keep = entry->keep;
        } else {
            if (layer.key_dim == written) continue;
            std::vector<std::int32_t> all;
            for (std::int32_t c = 0; c < layer.key_dim; ++c) all.push_back(c);
            choice.keep.assign(static_cast<std::size_t>(layer.key_heads), all);
        }
        const std::string attn = "model.layers." + std::to_string(l) + ".attn.";
        for (const char* name : {"q_proj", "k_proj"}) out[attn + name + ".weight"] = choice;
        if (!config.use_short_conv) continue;
        for (const char* name : {"q_conv1d", "k_conv1d"}) out[attn + name + ".weight"] = choice;
    }
    return out;
}

std::uint64_t byte_size(const TensorSource& tensor) {
    std::uint64_t bytes = size_of(tensor.dtype);
    for (const std::int64_t extent : tensor.shape) bytes *= static_cast<std::uint64_t>(extent);
    return bytes;
}

// Minutes of writing end in nothing where the disk cannot hold the model.
void check_space(const std::filesystem::path& folder, std::uint64_t total) {
    std::error_code code;
    const auto space = std::filesystem::space(folder, code);
    if (code || space.available >= total) return;
    throw_resource("disk too full: " + printable(folder.parent_path().string(), 400) + ": found " + bytes_text(static_cast<std::int64_t>(space.available))
                       + " free, expected " + bytes_text(static_cast<std::int64_t>(total)) + " for the weights of this export",
                   "free some disk space or choose another folder");
}

void write_index(const std::filesystem::path& folder, const std::map<std::string, std::vector<TensorSource>>& shards, std::uint64_t total) {
    nlohmann::ordered_json index;
    index["metadata"]["total_size"] = total;
    std::map<std::string, std::string> where;
    for (const auto& [shard, tensors] : shards) {
        for (const TensorSource& tensor : tensors) where[tensor.name] = shard;
    }
    index["weight_map"] = where;
    write_text_file(folder / "model.safetensors.index.json", index.dump(2) + "\n");
}

}  // namespace

void write_exported_tensors(const ModelFolder& source, const Plan& plan, std::int64_t written_key_dim, const std::filesystem::path& folder,
                            const Progress& progress) {
    const std::map<std::string, RowChoice> choices = row_choices(source.config(), plan, written_key_dim);
    std::map<std::string, std::vector<TensorSource>> shards;
    std::uint64_t total = 0;
    std::optional<Meter> meter;
    for (const std::string& name : source.tensor_names()) {
        const TensorView& view = source.tensor(name);
        TensorSource tensor{name, view.dtype, view.shape, {}};
        const auto choice = choices.find(name);
        if (choice == choices.end()) {
            tensor.write = [&meter, &view, &source, name](const Sink& sink) {
                meter->pass(sink, view.bytes);
                source.has_read(name);
            };
        } else {
            const RowChoice& rows = choice->second;
            tensor.shape[0] = rows.heads * rows.written;
            tensor.write = [&meter, &view, &rows, &source, name](const Sink& sink) {
                write_rows(view, rows, *meter, sink);
                source.has_read(name);
            };
        }
        total += byte_size(tensor);
        shards[source.shard_of(name)].push_back(std::move(tensor));
    }
    check_space(folder, total);
    meter.emplace(progress, static_cast<double>(total));
    // transformers refuses files whose metadata does not name the format.
    for (const auto& [shard, tensors] : shards) write_safetensors(folder / shard, tensors, {{"format", "pt"}});
    const bool single = shards.size() == 1 && shards.begin()->first == "model.safetensors";
    if (!single) write_index(folder, shards, total);
}

}  // namespace rankscope
