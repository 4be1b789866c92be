// SPDX-License-Identifier: Apache-2.0
// Reads a session. The text is untrusted: bounded in size and depth before it is parsed, and everything in it that others
// index with (layers, heads, channels, ids of points) is checked here, against the config in it.
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>

#include "core/checkpoint/padded_export.hpp"
#include "core/base/error.hpp"
#include "core/base/json_fault.hpp"
#include "core/base/json_text.hpp"
#include "core/session/detail/json_node.hpp"
#include "core/session/detail/session_limits.hpp"
#include "core/session/session_file.hpp"
#include "core/session/session_paths.hpp"

namespace rankscope {
namespace {

using session::JsonNode;
using Json = nlohmann::json;

constexpr std::int64_t kMost = std::int64_t{1} << 53;
constexpr double kAny = std::numeric_limits<double>::infinity();

class Parser {
public:
    Parser(const std::filesystem::path& folder, const std::string& where) : folder_(folder), where_(where) {}

    SavedSession parse(const std::string& text) {
        const Json document = parsed(text);
        const JsonNode root(document, where_, "");
        check_version(root.object());
        SavedSession s;
        s.model = model(root.need("model").object());
        config_ = parse_exported_config(s.model.config, where_ + ": model.config");
        hash_ = s.model.hash;
        for (const JsonNode& capture : root.elements("captures")) s.captures.push_back(path(capture));
        if (const auto node = root.find("text")) s.text = text_of(node->object());
        if (const auto node = root.find("calibration")) {
            if (const auto name = node->find("path")) s.calibration = path(*name);
            s.calibration_tokens = node->integer("tokens", 0, kMost, s.calibration_tokens);
        }
        if (const auto node = root.find("seed")) {
            if (!node->json().is_number_unsigned()) node->refuse_found("an integer from 0 to 2^64 - 1");
            s.seed = node->json().get<std::uint64_t>();
        }
        s.device = root.string("device");
        s.compute_dtype = root.string("compute_dtype");
        if (const auto node = root.find("current")) {
            s.current = choice(*node);
        } else {
            s.current = keep_all(config_);
        }
        for (const JsonNode& node : root.elements("history")) {
            s.history.push_back({node.string("label"), node.string("time"), choice(node.need("choice"))});
        }
        for (const JsonNode& node : root.elements("points")) s.points.push_back(point(node));
        s.pin_a = known(root, "pin_a");
        s.pin_b = known(root, "pin_b");
        s.baseline = known(root, "baseline");
        s.full = quality(root.find("full"));
        s.full_speed = speed(root.find("full_speed"));
        for (const JsonNode& node : root.elements("layer_sweep")) s.layer_sweep.push_back(layer_sweep(node));
        for (const JsonNode& node : root.elements("scores")) {
            s.scores.push_back(scores(node));
            const auto same = [&](const SessionScores& other) { return other.method == s.scores.back().method; };
            if (std::count_if(s.scores.begin(), s.scores.end(), same) > 1) node.refuse(fmt::format("method \"{}\" is there twice", printable(s.scores.back().method, 60)));
        }
        if (const auto node = root.find("noise")) s.noise = noise(*node);
        s.notes = root.string("notes");
        if (const auto node = root.find("story")) {
            s.story = SessionStory{node->string("title"), node->string("text"), known(*node, "point"), known(*node, "beside")};
        }
        s.view = embedded(root, "view");
        s.provenance = embedded(root, "provenance");
        return s;
    }

private:
    [[noreturn]] void refuse(const std::string& what) const { throw_input("bad session: " + where_ + ": " + what); }

    Json parsed(const std::string& text) const {
        if (text.size() > session::kLongestSession) refuse(fmt::format("found {} bytes, expected at most {}", text.size(), session::kLongestSession));
        const std::string prepared = prepare_json(text, where_);
        if (const auto twice = duplicate_key(prepared)) refuse(fmt::format("key \"{}\" is there twice", printable(*twice, 60)));
        Json document = Json::parse(prepared, nullptr, false);
        if (document.is_discarded()) throw_no_json("bad session: " + where_, text);
        return document;
    }

    void check_version(const JsonNode& root) const {
        const JsonNode format = root.need("format");
        if (format.json() != "rankscope-session") format.refuse_found("\"rankscope-session\"");
        const JsonNode version = root.need("version");
        if (!version.json().is_number_integer()) version.refuse_found("an integer");
        if (version.json() != 1) {
            throw_unsupported(fmt::format("unsupported session version: {}: found {}, expected 1", where_, version.json().dump()),
                              "a newer Rankscope may have written it");
        }
    }

    std::filesystem::path path(const JsonNode& node) const {
        const std::string text = node.string();
        if (text.find('\0') != std::string::npos) node.refuse_found("a path without a zero byte");
        return session::path_written(text, folder_);
    }

    SessionModel model(const JsonNode& node) const {
        return {path(node.need("path")), node.need("hash").string(), node.string("family"), node.need("config").string(),
                node.string("tokenizer"), node.string("dtype"), node.integer("parameters", 0, kMost, 0)};
    }

    SessionText text_of(const JsonNode& node) const {
        SessionText t;
        t.path = path(node.need("path"));
        t.hash = node.string("hash");
        t.window = node.integer("window", 1, kMost, t.window);
        t.windows = node.integer("windows", 0, kMost, 0);
        t.tokens = node.integer("tokens", 0, kMost, 0);
        t.scored_tokens = node.integer("scored_tokens", 0, kMost, 0);
        t.answers = node.boolean("answers");
        return t;
    }

    // Index of a layer with a state.
    std::int64_t prunable_layer(const JsonNode& node) const {
        const std::int64_t index = node.integer(0, std::ssize(config_.layers) - 1);
        if (!config_.layers[static_cast<std::size_t>(index)].prunable()) node.refuse(fmt::format("layer {} is softmax attention and has no state", index));
        return index;
    }

    const LayerConfig& layer_config(std::int64_t index) const { return config_.layers[static_cast<std::size_t>(index)]; }

    LayerChoice layer_choice(const JsonNode& node) const {
        LayerChoice out;
        out.index = prunable_layer(node.need("index"));
        const LayerConfig& config = layer_config(out.index);
        out.method = node.string("method");
        out.key_dim = node.need("key_dim").integer(config.key_dim, config.key_dim);
        out.kept = node.need("kept").integer(1, out.key_dim);
        out.locked = node.boolean("locked");
        out.from_file = node.boolean("from_file");
        if (const auto by_hand = node.find("by_hand")) {
            const std::vector<JsonNode> heads = by_hand->elements();
            if (!heads.empty() && std::ssize(heads) != config.key_heads) by_hand->refuse_found(fmt::format("an array for each of {} key heads", config.key_heads));
            for (const JsonNode& head : heads) {
                out.by_hand.push_back(head.integers(0, out.key_dim - 1));
                const auto& row = out.by_hand.back();
                if (std::ssize(row) != out.kept) head.refuse(fmt::format("found {} channels, expected {}", row.size(), out.kept));
                if (std::adjacent_find(row.begin(), row.end(), std::greater_equal<>()) != row.end()) head.refuse("expected channels in ascending order, each once");
            }
        }
        return out;
    }

    PlanChoice choice(const JsonNode& node) const {
        PlanChoice out;
        out.name = node.object().string("name");
        out.scale = scale(node);
        const JsonNode layers = node.need("layers");
        for (const JsonNode& layer : layers.elements()) {
            out.layers.push_back(layer_choice(layer));
            const std::size_t n = out.layers.size();
            if (n > 1 && out.layers[n - 2].index >= out.layers[n - 1].index) layer.refuse("expected layers in ascending order, each once");
        }
        const auto prunable = std::count_if(config_.layers.begin(), config_.layers.end(), [](const LayerConfig& layer) { return layer.prunable(); });
        if (std::ssize(out.layers) != prunable) layers.refuse(fmt::format("found {} layers, expected the {} that have a state", out.layers.size(), prunable));
        return out;
    }

    ScaleRule scale(const JsonNode& node) const {
        const auto found = node.find("scale");
        if (!found) return ScaleRule::Widest;
        const auto rule = scale_rule_named(found->string());
        if (!rule) found->refuse_found("widest, kept or original");
        return *rule;
    }

    SessionPoint point(const JsonNode& node) {
        SessionPoint p;
        p.id = node.need("id").string();
        if (p.id.empty()) node.refuse("id is empty");
        if (!ids_.insert(p.id).second) node.refuse(fmt::format("id \"{}\" is there twice", printable(p.id, 60)));
        p.choice = choice(node.need("choice"));
        const JsonNode plan = node.need("plan");
        const std::string place = where_ + ": " + plan.place();
        p.plan = parse_plan(plan.json().dump(-1, ' ', false, Json::error_handler_t::replace), place);
        check_plan(p.plan, config_, hash_, hash_.empty(), place);
        p.state_bytes = node.integer("state_bytes", 0, kMost, 0);
        p.parameters = node.integer("parameters", 0, kMost, 0);
        p.quality = quality(node.find("quality"));
        p.speed = speed(node.find("speed"));
        p.uniform = node.boolean("uniform");
        // May name a point that has been deleted since.
        p.recovered_from = node.string("recovered_from");
        p.failure = node.string("failure");
        return p;
    }

    static std::optional<MeasuredQuality> quality(const std::optional<JsonNode>& node) {
        if (!node) return std::nullopt;
        MeasuredQuality q;
        q.windows_total = node->need("windows_total").integer(0, kMost);
        q.windows = node->need("windows").integer(0, q.windows_total);
        q.tokens = node->integer("tokens", 0, kMost, 0);
        q.nll = node->need("nll").number(0, kAny);
        q.perplexity = node->need("perplexity").number(0, kAny);
        q.perplexity_se = node->optional_number("perplexity_se", 0, kAny);
        q.delta_nll = node->optional_number("delta_nll", -kAny, kAny);
        q.delta_nll_se = node->optional_number("delta_nll_se", 0, kAny);
        q.answers = node->integer("answers", 0, kMost, 0);
        q.accuracy = node->number("accuracy", 0, 1);
        q.accuracy_se = node->optional_number("accuracy_se", 0, kAny);
        return q;
    }

    static std::optional<MeasuredSpeed> speed(const std::optional<JsonNode>& node) {
        if (!node) return std::nullopt;
        MeasuredSpeed s;
        s.prefill = node->number("prefill", 0, kAny);
        s.decode = node->number("decode", 0, kAny);
        s.prefill_mad = node->number("prefill_mad", 0, kAny);
        s.decode_mad = node->number("decode_mad", 0, kAny);
        s.length = node->integer("length", 0, kMost, 0);
        s.batch = node->integer("batch", 1, kMost, 1);
        s.same_width = node->boolean("same_width");
        s.device = node->string("device");
        s.implementation = node->string("implementation");
        s.measured = node->string("measured");
        return s;
    }

    LayerSweepPoint layer_sweep(const JsonNode& node) const {
        LayerSweepPoint p;
        p.layer = prunable_layer(node.need("layer"));
        p.method = node.string("method");
        p.kept = node.need("kept").integer(1, layer_config(p.layer).key_dim);
        p.delta_nll = node.need("delta_nll").number(-kAny, kAny);
        p.delta_nll_se = node.optional_number("delta_nll_se", 0, kAny);
        return p;
    }

    SessionScores scores(const JsonNode& node) const {
        SessionScores out;
        out.method = node.need("method").string();
        const JsonNode layers = node.need("layers");
        const std::vector<JsonNode> rows = layers.elements();
        if (rows.size() != config_.layers.size()) layers.refuse_found(fmt::format("an array for each of {} layers", config_.layers.size()));
        for (std::size_t l = 0; l < rows.size(); ++l) {
            const std::int64_t heads = config_.layers[l].prunable() ? config_.layers[l].key_heads : 0;
            const std::vector<JsonNode> row = rows[l].elements();
            if (std::ssize(row) != heads) rows[l].refuse_found(fmt::format("one entry for each of {} key heads", heads));
            auto& layer = out.heads.emplace_back();
            for (const JsonNode& head : row) layer.push_back(head_scores(head, config_.layers[l].key_dim));
        }
        return out;
    }

    static HeadScores head_scores(const JsonNode& node, std::int64_t key_dim) {
        HeadScores out;
        const JsonNode scores = node.need("scores"), order = node.need("order");
        out.scores = scores.numbers();
        if (std::ssize(out.scores) != key_dim) scores.refuse(fmt::format("found {} numbers, expected {}", out.scores.size(), key_dim));
        out.order = order.integers(0, key_dim - 1);
        const std::set<std::int32_t> channels(out.order.begin(), out.order.end());
        if (std::ssize(out.order) != key_dim || channels.size() != out.order.size()) order.refuse(fmt::format("expected each of {} channels once", key_dim));
        return out;
    }

    SessionNoise noise(const JsonNode& node) const {
        SessionNoise out;
        for (const JsonNode& head : node.object().elements("heads")) {
            SessionNoise::Head h;
            h.layer = prunable_layer(head.need("layer"));
            h.head = head.need("head").integer(0, layer_config(h.layer).value_heads - 1);
            h.amplification = head.number("amplification", 0, kAny);
            h.amplification_worst = head.number("amplification_worst", 0, kAny);
            h.rank_stable = head.number("rank_stable", 0, kAny);
            out.heads.push_back(h);
        }
        for (const JsonNode& level : node.elements("levels")) {
            SessionNoise::Level l;
            l.level = level.need("level").number(0, kAny);
            l.point = known(level, "point");
            l.perplexity = level.need("perplexity").number(0, kAny);
            l.delta_nll = level.need("delta_nll").number(-kAny, kAny);
            l.delta_nll_se = level.optional_number("delta_nll_se", 0, kAny);
            out.levels.push_back(l);
        }
        return out;
    }

    // The id of a point of this session, or nothing.
    std::string known(const JsonNode& node, const char* key) const {
        const auto found = node.find(key);
        if (!found) return {};
        std::string id = found->string();
        if (!id.empty() && !ids_.contains(id)) found->refuse_found("the id of a point");
        return id;
    }

    static std::string embedded(const JsonNode& root, const char* key) {
        const auto found = root.find(key);
        return found ? found->object().json().dump(-1, ' ', false, Json::error_handler_t::replace) : std::string();
    }

    const std::filesystem::path& folder_;
    const std::string& where_;
    ModelConfig config_;
    std::string hash_;
    std::set<std::string> ids_;
};

}  // namespace

SavedSession parse_session(const std::string& text, const std::filesystem::path& folder, const std::string& where) {
    return Parser(folder, where).parse(text);
}

}  // namespace rankscope
