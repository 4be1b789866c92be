// SPDX-License-Identifier: Apache-2.0
#include "core/model/load_model.hpp"

#include "core/model/internal/cuda_library.hpp"
#include "core/model/internal/mixer.hpp"
#include "core/model/internal/torch_errors.hpp"
#include "core/model/internal/torch_model.hpp"
#include "kernels/parallel.hpp"

#include <ATen/Parallel.h>

#include <charconv>

namespace rankscope {
namespace {

at::Device choose_device(const std::string& name) {
    if (name == "cpu") return at::kCPU;
    if (name == "auto")
        return internal::cuda_support().devices > 0 ? at::Device(at::kCUDA, 0) : at::Device(at::kCPU);
    int index = 0;
    const char* end = name.data() + name.size();
    const bool numbered = name.starts_with("cuda:") && std::from_chars(name.data() + 5, end, index).ptr == end
                          && name.size() > 5 && index >= 0;
    if (name != "cuda" && !numbered) {
        throw_usage("unknown device: --device: found '" + printable(name)
                    + "', expected cpu, cuda, cuda:N or auto");
    }
    const internal::CudaSupport& cuda = internal::cuda_support();
    if (cuda.devices == 0) {
        throw_resource("no usable CUDA device: --device " + name + ": " + printable(cuda.reason),
                       "rankscope-cli doctor says what is missing; --device cpu always works");
    }
    if (index >= cuda.devices) {
        throw_resource("no such CUDA device: --device: found '" + name
                       + "', expected cuda:0 to cuda:" + std::to_string(cuda.devices - 1));
    }
    return {at::kCUDA, static_cast<c10::DeviceIndex>(index)};
}

at::ScalarType choose_dtype(const std::string& name, const at::Device& device, DType weights) {
    if (name == "float32") return at::kFloat;
    if (name == "bfloat16") return at::kBFloat16;
    if (name == "float64") return at::kDouble;
    if (name != "auto")
        throw_usage("unknown dtype: --dtype: found '" + printable(name)
                    + "', expected float32, bfloat16 or auto");
    return device.is_cuda() && weights == DType::BF16 ? at::kBFloat16 : at::kFloat;
}

}  // namespace

std::int64_t Hidden::bytes() const {
    return impl_ ? impl_->value.numel() * static_cast<std::int64_t>(impl_->value.element_size()) : 0;
}

std::unique_ptr<Model> load_model(const ModelFolder& folder, const Placement& placement,
                                  const Progress& progress) {
    return internal::translated([&]() -> std::unique_ptr<Model> {
        internal::share_thread_pool();
        if (placement.threads > 0) {
            at::set_num_threads(placement.threads);
            kernels::set_threads(placement.threads);
        }
        const at::Device device = choose_device(placement.device);
        const at::ScalarType dtype = choose_dtype(placement.dtype, device, folder.dtype());
        for (const std::string& warning : folder.find_non_finite())
            progress.warning(warning);
        progress.check();
        // No inference mode here: weights made in it could take no part in a gradient later (Taylor scores).
        return std::make_unique<internal::TorchModel>(internal::load_network(folder, device, dtype), device,
                                                      dtype);
    });
}

}  // namespace rankscope
