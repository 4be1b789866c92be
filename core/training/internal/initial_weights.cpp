// SPDX-License-Identifier: Apache-2.0
#include "core/training/internal/initial_weights.hpp"

#include <ATen/ops/empty.h>
#include <fmt/format.h>

#include <cmath>
#include <span>
#include <string_view>

#include "core/base/error.hpp"
#include "core/base/random.hpp"
#include "core/checkpoint/expected_tensors.hpp"

namespace rankscope::internal {
namespace {

constexpr double kDeviation = 0.02;
constexpr double kLargestRate = 16.0;
constexpr double kShortestStep = 0.001, kLongestStep = 0.1;

// FNV-1a: the stream of a tensor must not depend on what other tensors the model has.
std::uint64_t stream_of(std::string_view name) {
    std::uint64_t hash = 0xcbf29ce484222325ULL;
    for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
    return hash;
}

void fill(std::span<float> values, const ExpectedTensor& tensor, std::int64_t layers, Random random) {
    const std::string& name = tensor.name;
    const auto each = [&](auto&& draw) {
        for (float& value : values) value = static_cast<float>(draw());
    };
    if (name.ends_with("norm.weight")) {
        each([] { return 1.0; });
    } else if (name.ends_with(".bias")) {
        each([] { return 0.0; });
    } else if (name.ends_with("A_log")) {
        each([&] { return std::log(kLargestRate * (1.0 - random.uniform())); });
    } else if (name.ends_with("dt_bias")) {
        each([&] {
            const double step = kShortestStep * std::pow(kLongestStep / kShortestStep, random.uniform());
            return step + std::log(-std::expm1(-step));
        });
    } else if (name.ends_with("conv1d.weight")) {
        const double bound = 1.0 / std::sqrt(static_cast<double>(tensor.shape.back()));
        each([&] { return bound * (2 * random.uniform() - 1); });
    } else {
        const bool writes_residual = name.ends_with("o_proj.weight") || name.ends_with("down_proj.weight");
        const double deviation = writes_residual ? kDeviation / std::sqrt(2.0 * static_cast<double>(layers)) : kDeviation;
        each([&] { return deviation * random.normal(); });
    }
}

std::string shape_text(at::IntArrayRef shape) {
    std::string out;
    for (const std::int64_t extent : shape) out += (out.empty() ? "" : ", ") + std::to_string(extent);
    return "[" + out + "]";
}

}  // namespace

Network initial_network(const ModelConfig& config, std::uint64_t seed) {
    Network network;
    network.config = config;
    for (const ExpectedTensor& tensor : expected_tensors(config)) {
        at::Tensor values = at::empty(tensor.shape, at::TensorOptions().dtype(at::kFloat));
        fill({values.data_ptr<float>(), static_cast<std::size_t>(values.numel())}, tensor,
             static_cast<std::int64_t>(config.layers.size()), Random(seed, stream_of(tensor.name)));
        network.weights.emplace(tensor.name, std::move(values));
    }
    network.bind();
    return network;
}

void take_weights(Network& network, const ModelFolder& folder) {
    const Network source = load_network(folder, at::kCPU, at::kFloat);
    for (auto& [name, tensor] : network.weights) {
        const auto found = source.weights.find(name);
        if (found == source.weights.end() || found->second.sizes() != tensor.sizes()) {
            throw_input(fmt::format("--init does not fit the configuration: {}: tensor {}: found {}, expected {}",
                                    printable(folder.path().string()), name,
                                    found == source.weights.end() ? "none" : shape_text(found->second.sizes()),
                                    shape_text(tensor.sizes())),
                        "take the config.json of the model to start from");
        }
        tensor = found->second;
    }
    network.bind();
}

}  // namespace rankscope::internal
