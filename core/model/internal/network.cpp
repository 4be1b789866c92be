// SPDX-License-Identifier: Apache-2.0
#include "core/model/internal/network.hpp"

#include "core/base/error.hpp"
#include "core/base/stop_scope.hpp"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace rankscope::internal {
namespace {

at::ScalarType scalar_type(DType dtype) {
    switch (dtype) {
        case DType::F16:
            return at::kHalf;
        case DType::BF16:
            return at::kBFloat16;
        case DType::F32:
            return at::kFloat;
        case DType::F64:
            return at::kDouble;
        default:
            throw_unsupported("weights of dtype " + std::string(name_of(dtype))
                              + ", expected F16, BF16, F32 or F64");
    }
}

bool keeps_precision(const std::string& name) {
    return name.ends_with("norm.weight") || name.ends_with(".A_log") || name.ends_with(".dt_bias");
}

// A copy in `target` on `device`; the mapped bytes are converted without another copy where their alignment
// allows it.
at::Tensor read(const TensorView& view, at::Device device, at::ScalarType target) {
    const auto options = at::TensorOptions().dtype(scalar_type(view.dtype));
    if (reinterpret_cast<std::uintptr_t>(view.bytes.data()) % size_of(view.dtype) == 0) {
        // from_blob wants a mutable pointer; the tensor is only read.
        const at::Tensor mapped =
            at::from_blob(const_cast<std::byte*>(view.bytes.data()), view.shape, options);
        return mapped.to(device, target, /*non_blocking=*/false, /*copy=*/true);
    }
    at::Tensor out = at::empty(view.shape, options);
    std::memcpy(out.data_ptr(), view.bytes.data(), view.bytes.size());
    return out.to(device, target);
}

}  // namespace

at::Tensor Network::joined(const std::vector<std::string>& names) {
    std::vector<at::Tensor> parts;
    std::vector<std::string> present;
    for (const std::string& name : names) {
        const auto found = weights.find(name);
        if (found == weights.end()) continue;
        parts.push_back(found->second);
        present.push_back(name);
    }
    const bool differentiable =
        at::GradMode::is_enabled()
        && std::any_of(parts.begin(), parts.end(), [](const at::Tensor& t) { return t.requires_grad(); });
    if (differentiable) return at::cat(parts, 0);
    const at::NoGradGuard guard;
    // Parts that already lie one behind the other, as an earlier call left them, are seen as one.
    bool adjacent = true;
    std::int64_t rows = 0;
    for (const at::Tensor& part : parts) {
        const auto& first = parts.front();
        adjacent = adjacent && part.is_contiguous() && part.is_alias_of(first)
                   && part.storage_offset() == first.storage_offset() + rows * part.size(1);
        rows += part.size(0);
    }
    if (adjacent)
        return parts.front().detach().as_strided({rows, parts.front().size(1)}, {parts.front().size(1), 1});
    at::Tensor joint = at::cat(parts, 0);
    std::int64_t row = 0;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const bool leaf = parts[i].requires_grad();
        weights[present[i]] = joint.narrow(0, row, parts[i].size(0)).detach().requires_grad_(leaf);
        row += parts[i].size(0);
    }
    return joint;
}

void Network::bind() {
    layers.assign(config.layers.size(), {});
    for (std::size_t i = 0; i < layers.size(); ++i) {
        LayerWeights& w = layers[i];
        const std::string layer = "model.layers." + std::to_string(i) + ".";
        const auto take = [&](at::Tensor& to, const std::string& name) {
            const auto found = weights.find(layer + name);
            if (found != weights.end()) to = found->second;
        };
        const auto take_conv = [&](at::Tensor& to, const std::string& name) {
            take(to, name);
            if (to.defined()) to = to.view({to.size(0), to.size(2)});
        };
        take(w.attn_norm, "attn_norm.weight");
        take(w.mlp_norm, "mlp_norm.weight");
        if (config.layers[i].prunable()) {
            std::vector<std::string> names;
            for (const char* part : {"q", "k", "v", "g", "b", "a"})
                names.push_back(layer + "attn." + part + "_proj.weight");
            w.mixer_in = joined(names);
            w.key_rows = config.layers[i].key_heads * config.layers[i].key_dim;
            take(w.A_log, "attn.A_log");
            take(w.dt_bias, "attn.dt_bias");
            take_conv(w.q_conv, "attn.q_conv1d.weight");
            take_conv(w.k_conv, "attn.k_conv1d.weight");
            take_conv(w.v_conv, "attn.v_conv1d.weight");
            take(w.o_norm, "attn.o_norm.weight");
        } else {
            take(w.q_proj, "attn.q_proj.weight");
            take(w.k_proj, "attn.k_proj.weight");
            take(w.v_proj, "attn.v_proj.weight");
            take(w.q_bias, "attn.q_proj.bias");
            take(w.k_bias, "attn.k_proj.bias");
            take(w.v_bias, "attn.v_proj.bias");
        }
        take(w.o_proj, "attn.o_proj.weight");
        w.mlp_in = joined({layer + "mlp.gate_proj.weight", layer + "mlp.up_proj.weight"});
        take(w.down_proj, "mlp.down_proj.weight");
    }
}

at::Tensor Network::head() const {
    return weights.at(config.tie_word_embeddings ? "model.embeddings.weight" : "lm_head.weight");
}

Network load_network(const ModelFolder& folder, at::Device device, at::ScalarType dtype) {
    Network network;
    network.config = folder.config();
    for (const std::string& name : folder.tensor_names()) {
        check_stop();
        // A tied model may carry a copy of its head, which nobody reads.
        if (name == "lm_head.weight" && network.config.tie_word_embeddings) continue;
        const at::ScalarType target = keeps_precision(name) && dtype != at::kDouble ? at::kFloat : dtype;
        network.weights[name] = read(folder.tensor(name), device, target);
    }
    network.bind();
    return network;
}

}  // namespace rankscope::internal
