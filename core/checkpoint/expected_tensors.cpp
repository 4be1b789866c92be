// SPDX-License-Identifier: Apache-2.0
#include "core/checkpoint/expected_tensors.hpp"

namespace rankscope {
namespace {

void add_attention(std::vector<ExpectedTensor>& out, const std::string& prefix, const ModelConfig& m, const LayerConfig& l) {
    const std::int64_t D = m.hidden_size;
    const std::int64_t kv = l.attention.kv_heads * l.key_dim;
    out.push_back({prefix + "q_proj.weight", {D, D}});
    out.push_back({prefix + "k_proj.weight", {kv, D}});
    out.push_back({prefix + "v_proj.weight", {kv, D}});
    if (l.attention.qkv_bias) {
        // fla gives q and k a bias and v as well, all three under qkv_bias.
        out.push_back({prefix + "q_proj.bias", {D}});
        out.push_back({prefix + "k_proj.bias", {kv}});
        out.push_back({prefix + "v_proj.bias", {kv}});
    }
    out.push_back({prefix + "o_proj.weight", {D, D}});
}

void add_mixer(std::vector<ExpectedTensor>& out, const std::string& prefix, const ModelConfig& m, const LayerConfig& l) {
    const std::int64_t D = m.hidden_size;
    const std::int64_t keys = l.key_heads * l.written_key_dim;
    const std::int64_t values = l.value_heads * l.value_dim;
    out.push_back({prefix + "q_proj.weight", {keys, D}});
    out.push_back({prefix + "k_proj.weight", {keys, D}});
    out.push_back({prefix + "v_proj.weight", {values, D}});
    const bool gated = l.mixer == MixerKind::GatedDeltaRule;
    if (gated) {
        out.push_back({prefix + "a_proj.weight", {l.value_heads, D}});
        out.push_back({prefix + "A_log", {l.value_heads}});
        out.push_back({prefix + "dt_bias", {l.value_heads}});
    }
    if (gated || m.use_beta) out.push_back({prefix + "b_proj.weight", {l.value_heads, D}});
    if (m.use_short_conv) {
        out.push_back({prefix + "q_conv1d.weight", {keys, 1, m.conv_size}});
        out.push_back({prefix + "k_conv1d.weight", {keys, 1, m.conv_size}});
        out.push_back({prefix + "v_conv1d.weight", {values, 1, m.conv_size}});
    }
    if (m.output_gate != OutputGate::None) out.push_back({prefix + "g_proj.weight", {values, D}});
    out.push_back({prefix + "o_norm.weight", {l.value_dim}});
    out.push_back({prefix + "o_proj.weight", {D, values}});
}

}  // namespace

std::vector<ExpectedTensor> expected_tensors(const ModelConfig& m) {
    const std::int64_t D = m.hidden_size;
    std::vector<ExpectedTensor> out;
    out.push_back({"model.embeddings.weight", {m.vocab_size, D}});
    for (std::size_t i = 0; i < m.layers.size(); ++i) {
        const std::string layer = "model.layers." + std::to_string(i) + ".";
        out.push_back({layer + "attn_norm.weight", {D}});
        if (m.layers[i].mixer == MixerKind::Attention) {
            add_attention(out, layer + "attn.", m, m.layers[i]);
        } else {
            add_mixer(out, layer + "attn.", m, m.layers[i]);
        }
        out.push_back({layer + "mlp_norm.weight", {D}});
        out.push_back({layer + "mlp.gate_proj.weight", {m.intermediate_size, D}});
        out.push_back({layer + "mlp.up_proj.weight", {m.intermediate_size, D}});
        out.push_back({layer + "mlp.down_proj.weight", {D, m.intermediate_size}});
    }
    out.push_back({"model.norm.weight", {D}});
    if (!m.tie_word_embeddings) out.push_back({"lm_head.weight", {m.vocab_size, D}});
    return out;
}

}  // namespace rankscope
