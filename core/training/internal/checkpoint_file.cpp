// SPDX-License-Identifier: Apache-2.0
#include "core/training/internal/checkpoint_file.hpp"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/from_blob.h>
#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <vector>

#include "core/base/error.hpp"
#include "core/checkpoint/safetensors.hpp"

namespace rankscope::internal {
namespace {

using nlohmann::json;

constexpr const char* kKey = "rankscope-training";
constexpr int kVersion = 1;

std::map<std::string, at::Tensor> all_tensors(const Trainer& trainer) {
    std::map<std::string, at::Tensor> out = trainer.optimizer().state();
    for (const auto& [name, weight] : trainer.network().weights) out.emplace(name, weight.detach());
    return out;
}

}  // namespace

void write_checkpoint(const std::filesystem::path& path, const TrainingState& state, const Trainer& trainer) {
    std::vector<at::Tensor> held;
    std::vector<TensorSource> sources;
    for (const auto& [name, tensor] : all_tensors(trainer)) {
        held.push_back(tensor.to(at::kCPU, at::kFloat).contiguous());
        const at::Tensor& t = held.back();
        sources.push_back(tensor_source(name, DType::F32, t.sizes().vec(),
                                        std::as_bytes(std::span(t.const_data_ptr<float>(), static_cast<std::size_t>(t.numel())))));
    }
    const json j = {{"version", kVersion},
                    {"steps", state.steps},
                    {"total_steps", state.total_steps},
                    {"budget_seconds", state.budget_seconds},
                    {"seconds", state.seconds},
                    {"loss_sum", state.loss_sum},
                    {"loss_weight", state.loss_weight},
                    {"seed", state.seed},
                    {"bf16", state.bf16},
                    {"recipe", state.recipe},
                    {"text_hash", state.text_hash}};
    write_safetensors(path, sources, {{kKey, j.dump()}});
}

TrainingState read_checkpoint_state(const std::filesystem::path& path) {
    const SafetensorsFile file(path);
    const std::string name = printable(path.string());
    const auto found = file.metadata().find(kKey);
    if (found == file.metadata().end()) {
        throw_input("no training checkpoint: " + name + ": found no '" + kKey + "' in its metadata");
    }
    try {
        const json j = json::parse(found->second);
        if (const int version = j.at("version").get<int>(); version != kVersion) {
            throw_unsupported(fmt::format("unknown version of a training checkpoint: {}: found {}, expected {}", name,
                                          version, kVersion));
        }
        TrainingState s;
        j.at("steps").get_to(s.steps);
        j.at("total_steps").get_to(s.total_steps);
        j.at("budget_seconds").get_to(s.budget_seconds);
        j.at("seconds").get_to(s.seconds);
        j.at("loss_sum").get_to(s.loss_sum);
        j.at("loss_weight").get_to(s.loss_weight);
        j.at("seed").get_to(s.seed);
        j.at("bf16").get_to(s.bf16);
        j.at("recipe").get_to(s.recipe);
        j.at("text_hash").get_to(s.text_hash);
        if (s.steps < 0 || s.total_steps < 0 || !std::isfinite(s.seconds)) {
            throw_input("malformed training checkpoint: " + name + ": found a negative count");
        }
        return s;
    } catch (const json::exception& e) {
        throw_input("malformed training checkpoint: " + name + ": " + printable(e.what()));
    }
}

void read_checkpoint_tensors(const std::filesystem::path& path, const TrainingState& state, Trainer& trainer) {
    const at::NoGradGuard guard;
    const SafetensorsFile file(path);
    for (auto& [name, tensor] : all_tensors(trainer)) {
        const auto found = file.tensors().find(name);
        if (found == file.tensors().end() || found->second.shape != tensor.sizes().vec() ||
            found->second.dtype != DType::F32) {
            throw_input(fmt::format("training checkpoint does not fit the configuration: {}: tensor {}: found {}",
                                    printable(path.string()), name,
                                    found == file.tensors().end() ? "none" : "another shape"));
        }
        std::vector<float> values = found->second.to_float();
        tensor.copy_(at::from_blob(values.data(), tensor.sizes(), at::TensorOptions().dtype(at::kFloat)));
    }
    trainer.optimizer().set_steps(state.steps);
}

}  // namespace rankscope::internal
