// SPDX-License-Identifier: Apache-2.0
#include "core/training/training_options.hpp"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "core/base/error.hpp"
#include "core/base/json_fault.hpp"
#include "core/base/json_text.hpp"

namespace rankscope {
namespace {

using nlohmann::json;

std::string shown(const json& value) {
    return printable(value.dump(-1, ' ', false, json::error_handler_t::replace), 80);
}

// Takes keys out of the object one by one; what is left over at the end is unknown.
class OptionReader {
public:
    OptionReader(const json& object, std::string where) : object_(object), where_(std::move(where)) {}

    void number(const char* key, double& value, double least, double most) {
        const json* found = find(key);
        if (found == nullptr) return;
        const std::string expected = fmt::format("a number from {} to {}", least, most);
        if (!found->is_number()) refuse(key, *found, expected);
        value = found->get<double>();
        if (!(value >= least && value <= most)) refuse(key, *found, expected);
    }

    void count(const char* key, std::int64_t& value, std::int64_t least, std::int64_t most) {
        const json* found = find(key);
        if (found == nullptr) return;
        const std::string expected = fmt::format("an integer from {} to {}", least, most);
        if (!found->is_number_integer()) refuse(key, *found, expected);
        if (found->is_number_unsigned() && found->get<std::uint64_t>() > static_cast<std::uint64_t>(most)) {
            refuse(key, *found, expected);
        }
        value = found->get<std::int64_t>();
        if (value < least || value > most) refuse(key, *found, expected);
    }

    void word(const char* key, std::string& value, std::initializer_list<const char*> choices) {
        const json* found = find(key);
        if (found == nullptr) return;
        std::string expected = "one of";
        for (const char* choice : choices) {
            expected += fmt::format(" '{}'", choice);
            if (found->is_string() && found->get_ref<const std::string&>() == choice) {
                value = choice;
                return;
            }
        }
        refuse(key, *found, expected);
    }

    void finish() const {
        std::string known;
        for (const std::string& key : known_) known += (known.empty() ? "" : ", ") + key;
        for (const auto& [key, value] : object_.items()) {
            if (!known_.contains(key)) {
                throw_input(fmt::format("unknown training option: {}: found 'training.{}'", where_, printable(key, 60)),
                            "known options: " + known);
            }
        }
    }

private:
    const json* find(const char* key) {
        known_.insert(key);
        const auto found = object_.find(key);
        return found == object_.end() || found->is_null() ? nullptr : &*found;
    }

    [[noreturn]] void refuse(const char* key, const json& found, const std::string& expected) const {
        throw_input(fmt::format("wrong training option: {}: 'training.{}': found {}, expected {}", where_, key,
                                shown(found), expected));
    }

    const json& object_;
    std::string where_;
    std::set<std::string> known_;
};

json parse_object(const std::string& text, const std::string& where, BareWords words = BareWords::Null) {
    json document = json::parse(prepare_json(text, where, words), nullptr, /*allow_exceptions=*/false);
    if (document.is_discarded()) throw_no_json("malformed configuration: " + where, text);
    if (!document.is_object()) throw_input("malformed configuration: " + where + ": expected a JSON object");
    return document;
}

json to_json(const TrainingOptions& o) {
    return {{"optimizer", o.optimizer == OptimizerKind::Muon ? "muon" : "adamw"},
            {"learning_rate", o.learning_rate},
            {"adam_learning_rate", o.adam_learning_rate},
            {"batch", o.batch},
            {"length", o.length},
            {"warmup_steps", o.warmup_steps},
            {"final_fraction", o.final_fraction},
            {"weight_decay", o.weight_decay},
            {"clip", o.clip},
            {"beta1", o.beta1},
            {"beta2", o.beta2},
            {"epsilon", o.epsilon},
            {"momentum", o.momentum},
            {"newton_schulz_steps", o.newton_schulz_steps},
            {"dtype", o.dtype},
            {"save_dtype", o.save_dtype},
            {"align", o.align == WindowAlignment::Line ? "line" : "none"},
            {"held_out_every", o.held_out_every},
            {"held_out_windows", o.held_out_windows},
            {"checkpoint_every", o.checkpoint_every}};
}

}  // namespace

TrainingOptions parse_training_options(const std::string& config_json, const std::filesystem::path& where) {
    const std::string name = printable(where.string());
    // NaN is refused where a number is read; as null it would be the default.
    const json document = parse_object(config_json, name, BareWords::Text);
    TrainingOptions o;
    const auto found = document.find("training");
    const json object = found == document.end() || found->is_null() ? json::object() : *found;
    if (!object.is_object()) {
        throw_input(fmt::format("wrong type: {}: 'training': found {}, expected an object", name, shown(object)));
    }
    OptionReader reader(object, name);
    std::string optimizer = "muon", align = "none";
    reader.word("optimizer", optimizer, {"muon", "adamw"});
    reader.word("align", align, {"none", "line"});
    o.optimizer = optimizer == "muon" ? OptimizerKind::Muon : OptimizerKind::AdamW;
    o.align = align == "line" ? WindowAlignment::Line : WindowAlignment::None;
    o.learning_rate = o.optimizer == OptimizerKind::Muon ? 6e-3 : 3e-3;
    reader.number("learning_rate", o.learning_rate, 0, 10);
    reader.number("adam_learning_rate", o.adam_learning_rate, 0, 10);
    reader.count("batch", o.batch, 1, 1 << 16);
    reader.count("length", o.length, 2, 1 << 20);
    reader.count("warmup_steps", o.warmup_steps, 0, std::int64_t{1} << 40);
    reader.number("final_fraction", o.final_fraction, 0, 1);
    reader.number("weight_decay", o.weight_decay, 0, 10);
    reader.number("clip", o.clip, 0, 1e9);
    reader.number("beta1", o.beta1, 0, 0.9999999);
    reader.number("beta2", o.beta2, 0, 0.9999999);
    reader.number("epsilon", o.epsilon, 1e-30, 1);
    reader.number("momentum", o.momentum, 0, 0.9999999);
    reader.count("newton_schulz_steps", o.newton_schulz_steps, 1, 100);
    reader.word("dtype", o.dtype, {"auto", "float32", "bfloat16"});
    reader.word("save_dtype", o.save_dtype, {"float32", "bfloat16"});
    reader.count("held_out_every", o.held_out_every, 0, std::int64_t{1} << 40);
    reader.count("held_out_windows", o.held_out_windows, 1, std::int64_t{1} << 40);
    reader.count("checkpoint_every", o.checkpoint_every, 1, std::int64_t{1} << 40);
    reader.finish();
    return o;
}

std::string training_recipe(const std::string& config_json, const TrainingOptions& options) {
    json document = parse_object(config_json, "config.json");
    document["training"] = to_json(options);
    // How often somebody looks changes nothing; nor does the dtype in which the end result is stored.
    for (const char* key : {"held_out_every", "held_out_windows", "checkpoint_every", "save_dtype"}) {
        document["training"].erase(key);
    }
    return document.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string model_config_json(const std::string& config_json, const std::string& dtype) {
    nlohmann::ordered_json document = nlohmann::ordered_json::parse(prepare_json(config_json, "config.json"));
    document.erase("training");
    // The newer name wins where a configuration has both; readers of either kind then agree.
    if (document.contains("dtype")) document["dtype"] = dtype;
    if (!document.contains("dtype") || document.contains("torch_dtype")) document["torch_dtype"] = dtype;
    return document.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

std::string training_options_json(const TrainingOptions& options) {
    return to_json(options).dump();
}

std::optional<std::int64_t> end_of_text_id(const std::string& config_json) {
    const json document = parse_object(config_json, "config.json");
    const auto found = document.find("eos_token_id");
    if (found == document.end()) return std::nullopt;
    const json& id = found->is_array() && !found->empty() ? found->front() : *found;
    if (!id.is_number_integer()) return std::nullopt;
    return id.get<std::int64_t>();
}

}  // namespace rankscope
