// SPDX-License-Identifier: Apache-2.0
#include "core/model/internal/network.hpp"

#include "core/base/error.hpp"
#include "core/base/remaining.hpp"
#include "core/base/stop_scope.hpp"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

#include <algorithm>
#include <chrono>
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

// Bytes at an address that their type does not allow are copied first.
void fill(at::Tensor& tensor, const TensorView& view) {
    const auto options = at::TensorOptions().dtype(scalar_type(view.dtype));
    if (reinterpret_cast<std::uintptr_t>(view.bytes.data()) % size_of(view.dtype) == 0) {
        // from_blob wants a mutable pointer; the tensor is only read.
        tensor.copy_(at::from_blob(const_cast<std::byte*>(view.bytes.data()), view.shape, options));
        return;
    }
    at::Tensor aligned = at::empty(view.shape, options);
    std::memcpy(aligned.data_ptr(), view.bytes.data(), view.bytes.size());
    tensor.copy_(aligned);
}

// Projections of one input in layer i, in the order of their rows in the joint matrix; not all models have all.
std::vector<std::vector<std::string>> joint_matrices(const ModelConfig& config, std::size_t i) {
    const std::string layer = "model.layers." + std::to_string(i) + ".";
    std::vector<std::vector<std::string>> out{{layer + "mlp.gate_proj.weight", layer + "mlp.up_proj.weight"}};
    if (!config.layers[i].prunable()) return out;
    std::vector<std::string>& mixer = out.emplace_back();
    for (const char* part : {"q", "k", "v", "g", "b", "a"}) mixer.push_back(layer + "attn." + part + "_proj.weight");
    return out;
}

at::ScalarType target_of(const std::string& name, at::ScalarType dtype) {
    return keeps_precision(name) && dtype != at::kDouble ? at::kFloat : dtype;
}

// Where the weights go: matrices that bind() would join lie one behind the other from the start, so that nothing is moved later.
std::map<std::string, at::Tensor> room_for(const ModelFolder& folder, at::Device device, at::ScalarType dtype) {
    const auto options = at::TensorOptions().device(device).dtype(dtype);
    std::map<std::string, at::Tensor> room;
    for (std::size_t i = 0; i < folder.config().layers.size(); ++i) {
        for (const auto& names : joint_matrices(folder.config(), i)) {
            std::int64_t rows = 0;
            for (const std::string& name : names) rows += folder.has_tensor(name) ? folder.tensor(name).shape[0] : 0;
            const at::Tensor joint = at::empty({rows, folder.config().hidden_size}, options);
            std::int64_t row = 0;
            for (const std::string& name : names) {
                if (!folder.has_tensor(name)) continue;
                const std::int64_t count = folder.tensor(name).shape[0];
                room.emplace(name, joint.narrow(0, row, count));
                row += count;
            }
        }
    }
    return room;
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
        const auto joint = joint_matrices(config, i);
        w.mlp_in = joined(joint.front());
        if (config.layers[i].prunable()) {
            w.mixer_in = joined(joint.back());
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
        take(w.down_proj, "mlp.down_proj.weight");
    }
}

at::Tensor Network::head() const {
    return weights.at(config.tie_word_embeddings ? "model.embeddings.weight" : "lm_head.weight");
}

std::int64_t weight_bytes(const ModelFolder& folder, at::ScalarType dtype) {
    std::int64_t bytes = 0;
    for (const std::string& name : folder.tensor_names())
        bytes += folder.tensor(name).elements() * static_cast<std::int64_t>(c10::elementSize(target_of(name, dtype)));
    return bytes;
}

Network load_network(const ModelFolder& folder, at::Device device, at::ScalarType dtype, const Progress& progress) {
    using Clock = std::chrono::steady_clock;
    const auto began = Clock::now();
    Network network;
    network.config = folder.config();
    network.weights = room_for(folder, device, dtype);
    const std::vector<std::string> names = folder.tensor_names();
    double total = 0, done = 0;
    for (const std::string& name : names) total += static_cast<double>(folder.tensor(name).bytes.size());
    for (std::size_t i = 0; i < names.size(); ++i) {
        check_stop();
        const std::string& name = names[i];
        if (i + 1 < names.size()) folder.will_read(names[i + 1]);
        const TensorView& view = folder.tensor(name);
        done += static_cast<double>(view.bytes.size());
        // A tied model may carry a copy of its head, which nobody reads.
        if (name == "lm_head.weight" && network.config.tie_word_embeddings) continue;
        if (const std::string warning = folder.non_finite(name); !warning.empty()) progress.warning(warning);
        at::Tensor& tensor = network.weights[name];
        if (!tensor.defined()) tensor = at::empty(view.shape, at::TensorOptions().device(device).dtype(target_of(name, dtype)));
        fill(tensor, view);
        folder.has_read(name);
        // Small models are there before anybody asks.
        const double passed = std::chrono::duration<double>(Clock::now() - began).count();
        if (passed > kSilentSeconds) progress.update({done, total, "bytes", remaining_seconds(passed, done, total), {}});
    }
    network.bind();
    return network;
}

}  // namespace rankscope::internal
