// SPDX-License-Identifier: Apache-2.0
#include "core/model/load_model.hpp"

#include "core/base/memory.hpp"
#include "core/model/internal/device.hpp"
#include "core/model/internal/torch_errors.hpp"
#include "core/model/internal/torch_model.hpp"

namespace rankscope {
namespace {

at::ScalarType choose_dtype(const std::string& name, const at::Device& device, DType weights) {
    if (name == "float32") return at::kFloat;
    if (name == "bfloat16") return at::kBFloat16;
    if (name == "float64") return at::kDouble;
    if (name != "auto")
        throw_usage("unknown dtype: --dtype: found '" + printable(name)
                    + "', expected float32, bfloat16 or auto");
    return device.is_cuda() && weights == DType::BF16 ? at::kBFloat16 : at::kFloat;
}

// Without this, a system that promises more memory than it has kills the process halfway through.
void check_memory(const ModelFolder& folder, const at::Device& device, at::ScalarType dtype) {
    if (!device.is_cpu()) return;  // a GPU refuses by itself
    const std::int64_t needed = internal::weight_bytes(folder, dtype), available = available_memory();
    if (needed <= available) return;
    const std::int64_t least = internal::weight_bytes(folder, at::kBFloat16);
    const std::string name = dtype == at::kBFloat16 ? "bfloat16" : dtype == at::kDouble ? "float64" : "float32";
    throw_resource("not enough memory: " + printable(folder.path().string(), 400) + ": found " + bytes_text(available)
                       + " available, expected " + bytes_text(needed) + " for the weights as " + name,
                   least <= available ? "--dtype bfloat16 takes " + bytes_text(least) : "end other programs, or take a machine with more memory");
}

}  // namespace

std::int64_t Hidden::bytes() const {
    return impl_ ? impl_->value.numel() * static_cast<std::int64_t>(impl_->value.element_size()) : 0;
}

std::unique_ptr<Model> load_model(const ModelFolder& folder, const Placement& placement,
                                  const Progress& progress) {
    return internal::translated([&]() -> std::unique_ptr<Model> {
        const at::Device device = internal::prepare_device(placement);
        const at::ScalarType dtype = choose_dtype(placement.dtype, device, folder.dtype());
        check_memory(folder, device, dtype);
        progress.check();
        // No inference mode here: weights made in it could take no part in a gradient later (Taylor scores).
        return std::make_unique<internal::TorchModel>(internal::load_network(folder, device, dtype, progress),
                                                      device, dtype);
    });
}

}  // namespace rankscope
