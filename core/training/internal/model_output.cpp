// SPDX-License-Identifier: Apache-2.0
#include "core/training/internal/model_output.hpp"

#include <span>
#include <vector>

#include "core/base/file.hpp"
#include "core/checkpoint/expected_tensors.hpp"
#include "core/checkpoint/safetensors.hpp"
#include "core/training/training_options.hpp"

namespace rankscope::internal {

void write_model(const std::filesystem::path& folder, const Network& network, const std::string& config_json, DType dtype) {
    const at::ScalarType type = dtype == DType::BF16 ? at::kBFloat16 : at::kFloat;
    std::vector<at::Tensor> held;
    std::vector<TensorSource> sources;
    for (const ExpectedTensor& expected : expected_tensors(network.config)) {
        held.push_back(network.weights.at(expected.name).detach().to(at::kCPU, type).contiguous());
        const at::Tensor& t = held.back();
        const std::span bytes(static_cast<const std::byte*>(t.const_data_ptr()), t.nbytes());
        sources.push_back(tensor_source(expected.name, dtype, expected.shape, bytes));
    }
    write_safetensors(folder / "model.safetensors", sources, {{"format", "pt"}});
    write_text_file(folder / "config.json", model_config_json(config_json, dtype == DType::BF16 ? "bfloat16" : "float32"));
}

}  // namespace rankscope::internal
