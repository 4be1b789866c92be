// SPDX-License-Identifier: Apache-2.0
#include "core/checkpoint/weight_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>

#include "core/base/error.hpp"
#include "core/base/file.hpp"
#include "core/base/json_fault.hpp"
#include "core/base/json_text.hpp"

namespace rankscope {
namespace {

namespace fs = std::filesystem;

std::string shown(const fs::path& path) {
    return printable(path.string(), 400);
}

// A name too long for the file system is that of no file.
bool is_there(const fs::path& path) {
    std::error_code ignored;
    return fs::exists(path, ignored);
}

void add_file(WeightFiles& out, const fs::path& path) {
    out.files.emplace_back(path);
    out.paths.push_back(path);
    const std::string shard = path.filename().string();
    // Data order, which is the order the writer chose.
    std::vector<std::pair<const std::byte*, std::string>> names;
    for (const auto& [name, view] : out.files.back().tensors()) {
        if (out.tensors.contains(name)) {
            throw_input(fmt::format("bad model folder: {}: tensor '{}' is also in {}", shown(path), printable(name), printable(out.tensors.at(name).shard)));
        }
        out.tensors[name] = {view, shard};
        names.emplace_back(view.bytes.data(), name);
    }
    std::sort(names.begin(), names.end());
    for (auto& [address, name] : names) out.order.push_back(std::move(name));
}

void open_shards(WeightFiles& out, const fs::path& index) {
    const std::string where = shown(index);
    const std::string text = read_text_file(index, 16 << 20);
    const auto json = nlohmann::json::parse(prepare_json(text, where), nullptr, false);
    if (json.is_discarded()) throw_no_json("bad index: " + where, text);
    if (!json.is_object() || !json.contains("weight_map") || !json["weight_map"].is_object()) {
        throw_input("bad index: " + where + ": expected a JSON object with weight_map");
    }
    std::set<std::string> shards;
    for (const auto& [name, shard] : json["weight_map"].items()) {
        // A shard is a plain file of this folder: an index must not reach elsewhere.
        if (!shard.is_string() || shard.get<std::string>().empty() || shard.get<std::string>().find_first_of(std::string_view("/\0", 2)) != std::string::npos) {
            throw_input(fmt::format("bad index: {}: tensor '{}': found {}, expected a file name", where, printable(name), printable(shard.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace), 80)));
        }
        shards.insert(shard.get<std::string>());
    }
    if (shards.empty()) throw_input("bad index: " + where + ": weight_map is empty");
    for (const std::string& shard : shards) {
        const fs::path path = index.parent_path() / shard;
        if (!is_there(path)) throw_input(fmt::format("missing shard: {}: named by {}", shown(path), index.filename().string()), "copy all shards of the model into the folder");
        add_file(out, path);
    }
    for (const auto& [name, shard] : json["weight_map"].items()) {
        const auto found = out.tensors.find(name);
        if (found == out.tensors.end() || found->second.shard != shard.get<std::string>()) {
            throw_input(fmt::format("bad index: {}: tensor '{}' is not in {}", where, printable(name), printable(shard.get<std::string>())));
        }
    }
}

}  // namespace

WeightFiles open_weight_files(const fs::path& folder) {
    WeightFiles out;
    const fs::path single = folder / "model.safetensors";
    const fs::path index = folder / "model.safetensors.index.json";
    // Where both are there the single file counts, as in transformers: the index may be left over from before a merge.
    if (is_there(single)) {
        add_file(out, single);
    } else if (is_there(index)) {
        open_shards(out, index);
    } else if (is_there(folder / "pytorch_model.bin") || is_there(folder / "pytorch_model.bin.index.json")) {
        throw_unsupported("unsupported weights: " + shown(folder) + ": found pytorch_model.bin, expected safetensors", "save the model with safe_serialization=True");
    } else {
        throw_input("no weights: " + shown(folder) + ": expected model.safetensors or model.safetensors.index.json");
    }
    return out;
}

}  // namespace rankscope
