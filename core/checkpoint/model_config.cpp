// SPDX-License-Identifier: Apache-2.0
#include "core/checkpoint/model_config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/base/error.hpp"
#include "core/base/json_fault.hpp"
#include "core/base/json_text.hpp"
#include "core/checkpoint/detail/config_reader.hpp"

namespace rankscope {
namespace {

using detail::ConfigReader;

// Families that a user may well have a folder of; named in the refusal so that nobody suspects the file.
constexpr std::array kKnownFamilies{"gla",        "retnet",        "kda",          "mamba",     "mamba2",       "rwkv6",       "rwkv7",
                                    "linear_attn", "qwen3_next",   "qwen3_5",      "qwen3_5_text", "qwen3_5_moe", "qwen3_5_moe_text",
                                    "olmo_hybrid", "gated_deltaproduct", "simple_gla", "gsa",  "hgrn",         "hgrn2",       "kimi_linear",
                                    "delta_net_2", "transformer",  "llama",        "qwen2",     "qwen3",        "mistral",     "gpt2"};

std::int64_t mlp_width(const ConfigReader& c, std::int64_t hidden) {
    if (const auto given = c.optional_size("intermediate_size")) return *given;
    const double ratio = c.optional_number("hidden_ratio").value_or(4.0);
    if (!(ratio > 0) || ratio > 1024) c.refuse("hidden_ratio", "a positive number");
    // fla: int(D * ratio * 2 / 3) rounded up to a multiple of 256.
    const auto exact = static_cast<std::int64_t>(static_cast<double>(hidden) * ratio * 2.0 / 3.0);
    return std::max<std::int64_t>(256, 256 * ((exact + 255) / 256));
}

// int(width * factor) as fla computes it. fla 0.6.0 rounds instead; where the two differ, the product is an integer but
// for rounding, and the rounded one is meant.
std::int64_t expanded(const ConfigReader& c, const char* key, std::int64_t width, double factor) {
    const double product = static_cast<double>(width) * factor;
    if (!(product >= 1) || product > 1e12) c.refuse(key, "a factor that gives a width of at least 1");
    const double nearest = std::round(product);
    return static_cast<std::int64_t>(std::abs(product - nearest) <= 1e-9 * product ? nearest : std::floor(product));
}

// heads * width rows: no model has 2^40 of them, and products of what passes stay far from overflow.
void check_rows(const ConfigReader& c, std::int64_t heads, std::int64_t width, const std::string& what) {
    if (static_cast<double>(heads) * static_cast<double>(width) > 0x1p40) {
        throw_input(fmt::format("bad config: {}: {}: found {} * {}, expected at most 2^40", c.where(), what, heads, width));
    }
}

std::int64_t divided(const ConfigReader& c, std::int64_t total, std::int64_t heads, const std::string& what) {
    if (total % heads != 0) {
        throw_input(fmt::format("bad config: {}: found {} = {} for {} heads, expected a multiple of the heads", c.where(), what, total, heads));
    }
    return total / heads;
}

QkActivation read_activation(const ConfigReader& c) {
    const std::string name = c.text("qk_activation", "silu");
    if (name == "silu") return QkActivation::Silu;
    if (name == "relu") return QkActivation::Relu;
    if (name == "elu") return QkActivation::Elu;
    if (name == "identity") return QkActivation::Identity;
    throw_unsupported(fmt::format("unsupported qk_activation: {}: found '{}', expected silu, relu, elu or identity", c.where(), printable(name)));
}

void read_delta_net(const ConfigReader& c, ModelConfig& m, LayerConfig& layer) {
    m.use_beta = c.flag("use_beta", true);
    m.output_gate = c.flag("use_gate", false) ? OutputGate::Swish : OutputGate::None;
    m.qk_activation = read_activation(c);
    const std::string norm = c.text("qk_norm", "l2");
    if (norm != "l2" && norm != "sum") throw_unsupported(fmt::format("unsupported qk_norm: {}: found '{}', expected l2 or sum", c.where(), printable(norm)));
    m.qk_norm = norm == "l2" ? QkNorm::L2 : QkNorm::Sum;
    layer.mixer = MixerKind::DeltaRule;
    layer.key_heads = layer.value_heads = c.size("num_heads", 16);
    const std::int64_t keys = expanded(c, "expand_k", m.hidden_size, c.number("expand_k", 1.0));
    const std::int64_t values = expanded(c, "expand_v", m.hidden_size, c.number("expand_v", 1.0));
    layer.key_dim = divided(c, keys, layer.key_heads, "hidden_size * expand_k");
    layer.value_dim = divided(c, values, layer.value_heads, "hidden_size * expand_v");
}

void read_gated_deltanet(const ConfigReader& c, ModelConfig& m, LayerConfig& layer) {
    m.output_gate = OutputGate::None;
    if (c.flag("use_gate", true)) {
        const std::string gate = c.text("output_gate_activation", "swish");
        if (gate != "swish" && gate != "silu" && gate != "sigmoid") {
            throw_unsupported(fmt::format("unsupported output_gate_activation: {}: found '{}', expected swish, silu or sigmoid", c.where(), printable(gate)));
        }
        m.output_gate = gate == "sigmoid" ? OutputGate::Sigmoid : OutputGate::Swish;
    }
    layer.mixer = MixerKind::GatedDeltaRule;
    layer.key_heads = c.size("num_heads", 6);
    layer.value_heads = c.optional_size("num_v_heads").value_or(layer.key_heads);
    if (layer.value_heads % layer.key_heads != 0) {
        throw_input(fmt::format("bad config: {}: num_v_heads: found {}, expected a multiple of num_heads = {}", c.where(), layer.value_heads, layer.key_heads));
    }
    layer.key_dim = c.size("head_dim", 256);
    const double factor = c.number("expand_v", 2.0);
    layer.value_dim = expanded(c, "expand_v", layer.key_dim, factor);
    const double exact = static_cast<double>(layer.key_dim) * factor;
    check_rows(c, layer.key_heads, layer.key_dim, "num_heads * head_dim");
    check_rows(c, layer.value_heads, layer.value_dim, "num_v_heads * head_dim * expand_v");
    if (std::abs(exact - static_cast<double>(layer.value_dim)) > 1e-5 * exact) {
        throw_input(fmt::format("bad config: {}: expand_v: found head_dim * expand_v = {}, expected an integer", c.where(), exact));
    }
}

std::vector<std::pair<std::vector<std::int64_t>, AttentionSpec>> read_attention(const ConfigReader& c, std::int64_t layers) {
    std::vector<std::pair<std::vector<std::int64_t>, AttentionSpec>> specs;
    for (const ConfigReader& s : c.objects("attn")) {
        AttentionSpec spec;
        spec.heads = s.required_size("num_heads");
        spec.kv_heads = s.optional_size("num_kv_heads").value_or(spec.heads);
        spec.qkv_bias = s.flag("qkv_bias", false);
        spec.window = s.optional_size("window_size");
        spec.rope_theta = s.number("rope_theta", 10000.0);
        if (spec.heads % spec.kv_heads != 0) s.refuse("num_kv_heads", fmt::format("a divisor of num_heads = {}", spec.heads));
        if (!(spec.rope_theta > 0)) s.refuse("rope_theta", "a positive number");
        std::vector<std::int64_t> indices = s.indices("layers", layers);
        specs.emplace_back(std::move(indices), spec);
    }
    return specs;
}

Family read_family(const ConfigReader& c) {
    std::string type = c.text("model_type", "");
    const std::string architecture = c.first_text("architectures");
    if (type.empty() && architecture.starts_with("DeltaNet")) type = "delta_net";
    if (type.empty() && architecture.starts_with("GatedDeltaNet")) type = "gated_deltanet";
    if (type == "delta_net") return Family::DeltaNet;
    if (type == "gated_deltanet") return Family::GatedDeltaNet;
    const std::string hint = "supported families: delta_net, gated_deltanet";
    if (type.empty()) throw_input(fmt::format("bad config: {}: model_type is missing", c.where()), hint);
    const bool known = std::find(kKnownFamilies.begin(), kKnownFamilies.end(), type) != kKnownFamilies.end();
    throw_unsupported(fmt::format("{} family: {}: found model_type '{}'", known ? "unsupported" : "unknown", c.where(), printable(type)), hint);
}

void refuse_unsupported(const ConfigReader& c) {
    if (c.present("attnres_block_size")) throw_unsupported(fmt::format("unsupported feature: {}: attnres_block_size (mixed residual streams)", c.where()));
    if (c.flag("norm_first", false)) throw_unsupported(fmt::format("unsupported feature: {}: norm_first = true (an old layout with norms inside the sublayers)", c.where()));
    if (c.present("quantization_config")) throw_unsupported(fmt::format("unsupported feature: {}: quantization_config", c.where()), "use the unquantised weights");
    const std::string act = c.text("hidden_act", "swish");
    if (act != "swish" && act != "silu") throw_unsupported(fmt::format("unsupported hidden_act: {}: found '{}', expected swish", c.where(), printable(act)));
}

}  // namespace

std::string name_of(MixerKind mixer) {
    switch (mixer) {
        case MixerKind::DeltaRule: return "delta_rule";
        case MixerKind::GatedDeltaRule: return "gated_delta_rule";
        case MixerKind::Attention: return "attention";
    }
    return "unknown";
}

std::string name_of(Family family) {
    return family == Family::DeltaNet ? "delta_net" : "gated_deltanet";
}

std::int64_t ModelConfig::state_bytes() const noexcept {
    std::int64_t bytes = 0;
    for (const LayerConfig& layer : layers) bytes += layer.state_bytes();
    return bytes;
}

std::int64_t ModelConfig::widest_key_dim() const noexcept {
    std::int64_t widest = 0;
    for (const LayerConfig& layer : layers) {
        if (layer.prunable()) widest = std::max(widest, layer.key_dim);
    }
    return widest;
}

ModelConfig parse_model_config(const std::string& text, const std::filesystem::path& path) {
    const std::string where = printable(path.string(), 400);
    // NaN where a number is read is an error, not the default: loaders would compute with it.
    const auto json = nlohmann::json::parse(prepare_json(text, where, BareWords::Text), nullptr, false);
    if (json.is_discarded()) throw_no_json("bad config: " + where, text);
    if (!json.is_object()) throw_input("bad config: " + where + ": expected a JSON object");
    const ConfigReader c(json, where);
    ModelConfig m;
    m.json = text;
    m.family = read_family(c);
    refuse_unsupported(c);
    const bool delta = m.family == Family::DeltaNet;
    m.hidden_size = c.size("hidden_size", 2048);
    m.vocab_size = c.size("vocab_size", 32000);
    m.intermediate_size = mlp_width(c, m.hidden_size);
    m.norm_eps = c.number("norm_eps", 1e-6);
    if (!(m.norm_eps >= 0) || m.norm_eps > 1) c.refuse("norm_eps", "a number from 0 to 1");
    m.tie_word_embeddings = c.flag("tie_word_embeddings", false);
    m.use_short_conv = c.flag("use_short_conv", true);
    m.conv_size = c.size("conv_size", 4);
    if (m.conv_size > 64) c.refuse("conv_size", "at most 64");
    m.allow_neg_eigval = c.flag("allow_neg_eigval", false);

    LayerConfig layer;
    delta ? read_delta_net(c, m, layer) : read_gated_deltanet(c, m, layer);
    layer.written_key_dim = layer.key_dim;
    layer.scale = 1.0 / std::sqrt(static_cast<double>(layer.key_dim));
    const std::int64_t count = c.size("num_hidden_layers", delta ? 24 : 21);
    if (count > 4096) c.refuse("num_hidden_layers", "at most 4096");
    m.layers.assign(static_cast<std::size_t>(count), layer);
    for (const auto& [indices, spec] : read_attention(c, count)) {
        for (const std::int64_t i : indices) {
            LayerConfig& hybrid = m.layers[static_cast<std::size_t>(i)];
            if (hybrid.mixer == MixerKind::Attention) throw_input(fmt::format("bad config: {}: attn.layers: layer {} is there twice", where, i));
            hybrid = LayerConfig{};
            hybrid.mixer = MixerKind::Attention;
            hybrid.attention = spec;
            hybrid.key_heads = spec.heads;
            hybrid.value_heads = spec.kv_heads;
            hybrid.key_dim = hybrid.value_dim = hybrid.written_key_dim = divided(c, m.hidden_size, spec.heads, "hidden_size");
            if (hybrid.key_dim % 2 != 0) throw_input(fmt::format("bad config: {}: attention head size: found {}, expected an even number (rotary pairs)", where, hybrid.key_dim));
            hybrid.scale = 1.0 / std::sqrt(static_cast<double>(hybrid.key_dim));
        }
    }
    return m;
}

}  // namespace rankscope
