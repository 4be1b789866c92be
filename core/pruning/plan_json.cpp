// SPDX-License-Identifier: Apache-2.0
// The plan file. Parsing walks a parsed document: the text is bounded in size and depth before that, so that a hostile
// file costs little.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "core/base/error.hpp"
#include "core/base/file.hpp"
#include "core/base/json_fault.hpp"
#include "core/base/json_text.hpp"
#include "core/pruning/plan.hpp"

namespace rankscope {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kLongestPlan = 16 << 20;
constexpr std::int64_t kLargestIndex = 1 << 20;
constexpr std::size_t kMostHeads = 1 << 16;

std::string shown(const Json& value) {
    return printable(value.dump(-1, ' ', true, Json::error_handler_t::replace), 60);
}

std::string quoted(const std::string& text) {
    return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

class PlanParser {
public:
    explicit PlanParser(std::string where) : where_(std::move(where)) {}

    Plan parse(const std::string& text) const {
        if (text.size() > kLongestPlan) refuse(fmt::format("found {} bytes, expected at most {}", text.size(), kLongestPlan));
        const Json root = document(text);
        if (!root.is_object()) refuse("expected a JSON object");
        if (required(root, "format", "") != "rankscope-plan") refuse(fmt::format("format: found {}, expected \"rankscope-plan\"", shown(root["format"])));
        const Json& version = required(root, "version", "");
        if (!version.is_number_integer()) refuse(fmt::format("version: found {}, expected an integer", shown(version)));
        if (version != 1) throw_unsupported(fmt::format("unsupported plan version: {}: found {}, expected 1", where_, shown(version)), "a newer Rankscope may have written it");
        Plan plan;
        const Json& model = required(root, "model", "");
        if (!model.is_object()) refuse(fmt::format("model: found {}, expected an object", shown(model)));
        plan.model_hash = string(required(model, "hash", "model."), "model.hash");
        plan.model_family = optional_string(model, "family", "model.family");
        if (const std::string scale = optional_string(root, "scale", "scale"); !scale.empty()) {
            const auto rule = scale_rule_named(scale);
            if (!rule) refuse(fmt::format("scale: found \"{}\", expected widest, kept or original", printable(scale, 60)));
            plan.scale = *rule;
        }
        const Json& layers = required(root, "layers", "");
        if (!layers.is_array()) refuse(fmt::format("layers: found {}, expected an array", shown(layers)));
        if (layers.size() > static_cast<std::size_t>(kLargestIndex)) refuse("layers: too many entries");
        for (const Json& entry : layers) plan.layers.push_back(layer(entry));
        std::sort(plan.layers.begin(), plan.layers.end(), [](const PlanLayer& a, const PlanLayer& b) { return a.index < b.index; });
        for (std::size_t i = 1; i < plan.layers.size(); ++i) {
            if (plan.layers[i].index == plan.layers[i - 1].index) refuse(fmt::format("layer {} is there twice", plan.layers[i].index));
        }
        read_origin(root, plan);
        return plan;
    }

private:
    [[noreturn]] void refuse(const std::string& what) const { throw_input("bad plan: " + where_ + ": " + what); }

    Json document(const std::string& text) const {
        // The parser itself keeps the last of two equal keys; a plan with two "keep" means nothing good.
        const std::string prepared = prepare_json(text, where_);
        if (const auto twice = duplicate_key(prepared)) refuse(fmt::format("key \"{}\" is there twice", printable(*twice, 60)));
        Json root = Json::parse(prepared, nullptr, false);
        if (root.is_discarded()) throw_no_json("bad plan: " + where_, text);
        return root;
    }

    const Json& required(const Json& object, const char* key, const std::string& prefix) const {
        const auto found = object.find(key);
        if (found == object.end()) refuse(fmt::format("{}{} is missing", prefix, key));
        return *found;
    }

    std::string string(const Json& value, const std::string& name) const {
        if (!value.is_string()) refuse(fmt::format("{}: found {}, expected a string", name, shown(value)));
        return value.get<std::string>();
    }

    std::string optional_string(const Json& object, const char* key, const std::string& name) const {
        const auto found = object.find(key);
        return found == object.end() || found->is_null() ? std::string() : string(*found, name);
    }

    std::int64_t integer(const Json& value, const std::string& name, std::int64_t least, std::int64_t most) const {
        // Compared as unsigned first: 2^63 and above would turn negative.
        const bool fits = value.is_number_unsigned() ? value.get<std::uint64_t>() <= static_cast<std::uint64_t>(most)
                                                     : value.is_number_integer() && value.get<std::int64_t>() <= most;
        if (!fits || value.get<std::int64_t>() < least) {
            refuse(fmt::format("{}: found {}, expected an integer from {} to {}", name, shown(value), least, most));
        }
        return value.get<std::int64_t>();
    }

    PlanLayer layer(const Json& entry) const {
        if (!entry.is_object()) refuse(fmt::format("layers: found {}, expected an object", shown(entry)));
        PlanLayer out;
        out.index = integer(required(entry, "index", "layer: "), "layer index", 0, kLargestIndex);
        const std::string place = fmt::format("layer {}: ", out.index);
        out.key_dim = integer(required(entry, "key_dim", place), place + "key_dim", 1, kLargestIndex);
        out.method = optional_string(entry, "method", place + "method");
        const Json& keep = required(entry, "keep", place);
        if (!keep.is_array() || keep.empty() || keep.size() > kMostHeads) {
            refuse(fmt::format("{}keep: found {}, expected one array of channels per key head", place, shown(keep)));
        }
        for (std::size_t h = 0; h < keep.size(); ++h) {
            out.keep.push_back(channels(keep[h], out.key_dim, fmt::format("layer {}, head {}", out.index, h)));
            if (out.keep[h].size() != out.keep[0].size()) {
                refuse(fmt::format("layer {}, head {}: found {} channels, expected {} as in head 0", out.index, h, out.keep[h].size(), out.keep[0].size()));
            }
        }
        out.ratio = 1.0 - static_cast<double>(out.kept_dim()) / static_cast<double>(out.key_dim);
        if (const auto ratio = entry.find("ratio"); ratio != entry.end()) {
            if (!ratio->is_number() || !(ratio->get<double>() >= 0) || ratio->get<double>() > 1) {
                refuse(fmt::format("{}ratio: found {}, expected a number from 0 to 1", place, shown(*ratio)));
            }
            out.ratio = ratio->get<double>();
        }
        return out;
    }

    std::vector<std::int32_t> channels(const Json& row, std::int64_t key_dim, const std::string& place) const {
        if (!row.is_array() || row.empty()) refuse(fmt::format("{}: found {}, expected an array of at least one channel", place, shown(row)));
        std::vector<std::int32_t> out;
        std::set<std::int32_t> seen;
        for (const Json& value : row) {
            const auto channel = static_cast<std::int32_t>(integer(value, place + ": channel", 0, key_dim - 1));
            if (!seen.insert(channel).second) refuse(fmt::format("{}: channel {} is there twice", place, channel));
            out.push_back(channel);
        }
        if (!std::is_sorted(out.begin(), out.end())) refuse(place + ": expected channels in ascending order");
        return out;
    }

    void read_origin(const Json& root, Plan& plan) const {
        const auto calibration = root.find("calibration");
        if (calibration != root.end() && !calibration->is_null()) {
            if (!calibration->is_object()) refuse(fmt::format("calibration: found {}, expected an object", shown(*calibration)));
            plan.calibration_hash = optional_string(*calibration, "text_hash", "calibration.text_hash");
            if (const auto tokens = calibration->find("tokens"); tokens != calibration->end() && !tokens->is_null()) {
                plan.calibration_tokens = integer(*tokens, "calibration.tokens", 0, std::int64_t{1} << 53);
            }
        }
        if (const auto seed = root.find("seed"); seed != root.end() && !seed->is_null()) {
            if (!seed->is_number_unsigned()) refuse(fmt::format("seed: found {}, expected an integer from 0 to 2^64 - 1", shown(*seed)));
            plan.seed = seed->get<std::uint64_t>();
        }
        plan.created_by = optional_string(root, "created_by", "created_by");
    }

    std::string where_;
};

}  // namespace

std::string name_of(ScaleRule scale) {
    switch (scale) {
        case ScaleRule::Widest: return "widest";
        case ScaleRule::Kept: return "kept";
        case ScaleRule::Original: return "original";
    }
    return "unknown";
}

std::optional<ScaleRule> scale_rule_named(const std::string& name) {
    for (const ScaleRule rule : {ScaleRule::Widest, ScaleRule::Kept, ScaleRule::Original}) {
        if (name_of(rule) == name) return rule;
    }
    return std::nullopt;
}

std::string to_json(const Plan& plan) {
    std::string layers;
    for (const PlanLayer& layer : plan.layers) {
        std::string keep;
        for (const auto& head : layer.keep) keep += fmt::format("{}\n      [{}]", keep.empty() ? "" : ",", fmt::join(head, ", "));
        layers += fmt::format("{}\n    {{\"index\": {}, \"method\": {}, \"ratio\": {}, \"key_dim\": {}, \"keep\": [{}]}}", layers.empty() ? "" : ",",
                              layer.index, quoted(layer.method), Json(layer.ratio).dump(), layer.key_dim, keep);
    }
    const std::string calibration = plan.calibration_hash.empty() ? "null" : fmt::format("{{\"text_hash\": {}, \"tokens\": {}}}", quoted(plan.calibration_hash), plan.calibration_tokens);
    return fmt::format("{{\n  \"format\": \"rankscope-plan\",\n  \"version\": 1,\n  \"model\": {{\"hash\": {}, \"family\": {}}},\n  \"scale\": \"{}\",\n"
                       "  \"layers\": [{}{}],\n  \"calibration\": {},\n  \"seed\": {},\n  \"created_by\": {}\n}}\n",
                       quoted(plan.model_hash), quoted(plan.model_family), name_of(plan.scale), layers, layers.empty() ? "" : "\n  ", calibration,
                       plan.seed, quoted(plan.created_by));
}

Plan parse_plan(const std::string& text, const std::string& where) {
    return PlanParser(where).parse(text);
}

Plan read_plan(const std::filesystem::path& path) {
    return parse_plan(read_text_file(path, kLongestPlan), printable(path.string(), 400));
}

}  // namespace rankscope
