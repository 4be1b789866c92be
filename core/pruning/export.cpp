// SPDX-License-Identifier: Apache-2.0
#include "core/pruning/export.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>

#include "core/base/error.hpp"
#include "core/base/file.hpp"
#include "core/base/json_text.hpp"
#include "core/pruning/export_config.hpp"
#include "core/pruning/export_tensors.hpp"

namespace rankscope {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

std::string shown(const fs::path& path) {
    return printable(path.string(), 400);
}

bool is_inside(const fs::path& inner, const fs::path& outer) {
    const auto [end, ignored] = std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end());
    return end == outer.end();
}

// --force replaces an earlier export, never the source itself nor a folder that happens to carry the name.
void check_output(const ModelFolder& source, const fs::path& given, bool force) {
    std::error_code code;
    const fs::path path = given.has_filename() ? given : given.parent_path();
    if (!fs::exists(path, code)) return;
    const fs::path output = fs::canonical(path, code);
    if (is_inside(fs::canonical(source.path(), code), output)) {
        throw_usage("bad output: " + shown(path) + ": is or holds the model that is being exported", "give another name");
    }
    if (!force || (fs::is_directory(path, code) && (fs::is_empty(path, code) || fs::exists(path / "config.json", code)))) return;
    throw_usage("bad output: " + shown(path) + ": exists and is no model folder", "give another name; --force replaces model folders only");
}

struct Geometry {
    std::vector<std::int64_t> widths;
    std::int64_t written = 0;
    ExportLayout layout = ExportLayout::Uniform;
};

Geometry decide(const ModelConfig& model, const Plan& plan, ExportLayout wanted) {
    Geometry out;
    out.widths = kept_widths(plan, model);
    out.written = widest_kept(plan, model);
    bool mixed = false;
    for (std::size_t i = 0; i < out.widths.size(); ++i) mixed |= model.layers[i].prunable() && out.widths[i] != out.written;
    if (plan.scale == ScaleRule::Original) {
        throw_unsupported("cannot export: the plan's scale: found original, expected widest", "loaders derive the scale from the written width; set scale to widest and evaluate again");
    }
    if (plan.scale == ScaleRule::Kept && mixed) {
        throw_unsupported("cannot export: the plan's scale: found kept with mixed widths, expected widest", "loaders use one scale for all layers; set scale to widest and evaluate again");
    }
    if (wanted == ExportLayout::Uniform && mixed) {
        throw_unsupported(fmt::format("cannot export: layout uniform: found layers of different width, expected {} in all", out.written), "use --layout padded, or keep equally many channels in every layer");
    }
    if (mixed && model.qk_activation == QkActivation::Elu) {
        throw_unsupported("cannot export: qk_activation: found elu with mixed widths; a zero row is not neutral there (elu(0) + 1 = 1)", "keep equally many channels in every layer");
    }
    out.layout = wanted == ExportLayout::Padded || mixed ? ExportLayout::Padded : ExportLayout::Uniform;
    return out;
}

// What belongs to a model besides weights and config. The model card is left behind: it describes the unpruned model.
bool is_companion(const std::string& name) {
    constexpr std::array<std::string_view, 9> kNames{"special_tokens_map.json", "added_tokens.json", "merges.txt", "generation_config.json", "spiece.model",
                                                     "sentencepiece.bpe.model", "preprocessor_config.json", "vocab.json", "vocab.txt"};
    constexpr std::array<std::string_view, 4> kBeginnings{"tokenizer", "chat_template", "LICENSE", "NOTICE"};
    return std::find(kNames.begin(), kNames.end(), name) != kNames.end() || name.ends_with(".tiktoken") || name.ends_with(".py")
           || std::any_of(kBeginnings.begin(), kBeginnings.end(), [&](std::string_view start) { return name.starts_with(start); });
}

void copy_companions(const fs::path& from, const fs::path& to, const Progress& progress) {
    std::vector<fs::path> found;
    for (const fs::directory_entry& entry : fs::directory_iterator(from)) {
        std::error_code code;
        if (entry.is_regular_file(code) && is_companion(entry.path().filename().string())) found.push_back(entry.path());
    }
    std::sort(found.begin(), found.end());
    for (const fs::path& path : found) {
        progress.check();
        const MappedFile source(path);
        AtomicFile copy(to / path.filename());
        copy.write(source.bytes());
        copy.commit();
    }
}

// What an earlier export left in the source: its plan counts channels that this one's indices build on.
Json earlier_export(const fs::path& source) {
    try {
        const std::string text = read_text_file(source / "rankscope.json", 16 << 20);
        Json earlier = Json::parse(prepare_json(text, "rankscope.json"), nullptr, false);
        return earlier.is_object() ? earlier : Json(nullptr);
    } catch (const Error&) {
        return nullptr;
    }
}

void write_provenance(const ModelFolder& source, const Plan& plan, const Geometry& geometry, const std::string& hash, const fs::path& folder) {
    Json out;
    out["format"] = "rankscope-export";
    out["version"] = 1;
    out["plan"] = Json::parse(to_json(plan));
    Json provenance;
    provenance["created_by"] = "rankscope " RANKSCOPE_VERSION;
    provenance["source"] = {{"name", fs::weakly_canonical(source.path()).filename().string()}, {"hash", hash}, {"family", name_of(source.config().family)}};
    provenance["layout"] = name_of(geometry.layout);
    provenance["written_key_dim"] = geometry.written;
    provenance["key_dims"] = Json::array();
    for (std::size_t i = 0; i < geometry.widths.size(); ++i) {
        provenance["key_dims"].push_back(source.config().layers[i].prunable() ? Json(geometry.widths[i]) : Json(nullptr));
    }
    provenance["parameters"] = source.parameters() - removed_parameters(plan, source.config());
    provenance["state_bytes"] = state_bytes(plan, source.config());
    out["provenance"] = std::move(provenance);
    if (Json earlier = earlier_export(source.path()); !earlier.is_null()) out["earlier"] = std::move(earlier);
    write_text_file(folder / "rankscope.json", out.dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
}

// The folder is read as any reader would before it gets its name.
ExportResult checked(const ModelFolder& source, const Plan& plan, const Geometry& geometry, const fs::path& written) {
    const auto defect = [](const std::string& what) { throw Error(ErrorKind::Internal, "the exported folder does not read back: " + what); };
    const ModelFolder folder = ModelFolder::open(written);
    const std::vector<double> scales = query_scales(plan, source.config());
    for (std::size_t i = 0; i < geometry.widths.size(); ++i) {
        const LayerConfig& layer = folder.config().layers.at(i);
        if (layer.key_dim != geometry.widths[i]) defect(fmt::format("layer {}: found {} channels, expected {}", i, layer.key_dim, geometry.widths[i]));
        if (layer.scale != scales[i]) defect(fmt::format("layer {}: found scale {}, expected {}", i, layer.scale, scales[i]));
    }
    ExportResult result;
    result.layout = geometry.layout;
    result.parameters = folder.parameters();
    if (result.parameters != source.parameters() - removed_parameters(plan, source.config())) defect("the number of parameters differs");
    for (const fs::directory_entry& entry : fs::directory_iterator(written)) result.bytes += static_cast<std::int64_t>(entry.file_size());
    return result;
}

}  // namespace

std::string name_of(ExportLayout layout) {
    switch (layout) {
        case ExportLayout::Auto: return "auto";
        case ExportLayout::Uniform: return "uniform";
        case ExportLayout::Padded: return "padded";
    }
    return "unknown";
}

std::optional<ExportLayout> export_layout_named(const std::string& name) {
    for (const ExportLayout layout : {ExportLayout::Auto, ExportLayout::Uniform, ExportLayout::Padded}) {
        if (name_of(layout) == name) return layout;
    }
    return std::nullopt;
}

ExportResult export_model(const ModelFolder& source, const Plan& plan, const fs::path& path, ExportLayout layout, bool force,
                          const Progress& progress) {
    check_output(source, path, force);
    if (!force) {
        std::error_code code;
        if (!(fs::is_directory(path, code) && fs::is_empty(path, code))) refuse_existing(path, false);
    }
    const std::string hash = source.hash(progress);
    check_plan(plan, source.config(), hash, force, "plan");
    const Geometry geometry = decide(source.config(), plan, layout);
    AtomicFolder output(path, force);
    write_exported_tensors(source, plan, geometry.written, output.temporary(), progress);
    write_text_file(output.temporary() / "config.json",
                    exported_config(source.config(), geometry.written, geometry.widths, geometry.layout == ExportLayout::Padded));
    copy_companions(source.path(), output.temporary(), progress);
    write_provenance(source, plan, geometry, hash, output.temporary());
    ExportResult result = checked(source, plan, geometry, output.temporary());
    progress.check();
    output.commit();
    result.path = path;
    return result;
}

}  // namespace rankscope
