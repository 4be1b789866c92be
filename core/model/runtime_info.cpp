// SPDX-License-Identifier: Apache-2.0
#include "core/model/runtime_info.hpp"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <torch/version.h>

#include "core/model/internal/cuda_library.hpp"
#include "core/model/internal/device_mixer.hpp"
#include "core/model/internal/layer_kernels.hpp"
#include "core/model/internal/linear.hpp"
#include "core/model/internal/state_kernels.hpp"

namespace rankscope {

std::vector<std::pair<std::string, std::string>> runtime_info() {
    std::string products = at::hasMKL() ? at::get_mkl_version() : "built in";
    if (at::hasMKLDNN()) products += "; " + at::get_mkldnn_version();
    for (char& c : products) c = c == '\n' ? ' ' : c;
    const internal::CudaSupport& cuda = internal::cuda_support();
    std::vector<std::pair<std::string, std::string>> facts{
        {"libtorch", TORCH_VERSION},
            {"blas", products},
            {"float32_products", internal::one_dnn_products() ? "oneDNN" : at::hasMKL() ? "MKL" : "built in"},
            {"torch_threads", std::to_string(at::get_num_threads())},
            {"cuda_devices", cuda.devices > 0 ? std::to_string(cuda.devices) : "none: " + cuda.reason}};
#if defined(RANKSCOPE_CUDA_KERNELS)
    facts.emplace_back("cuda_kernels", cuda.devices > 0 ? "built" : "built, never used without a device");
#else
    facts.emplace_back("cuda_kernels", "not built (no nvcc); LibTorch's own operations run on a device");
#endif
    for (int i = 0; i < cuda.devices; ++i) {
        int n = 0;
        const at::Device device(at::kCUDA, static_cast<c10::DeviceIndex>(i));
        for (const auto& lines : {internal::check_cuda_mixers(device), internal::check_cuda_layer_kernels(device), internal::check_cuda_state_kernels(device)}) {
            for (const std::string& line : lines)
                facts.emplace_back("cuda:" + std::to_string(i) + "_check_" + std::to_string(++n), line);
        }
    }
    return facts;
}

ComputeDevices compute_devices() {
    const internal::CudaSupport& cuda = internal::cuda_support();
    ComputeDevices out{{{"cpu", {}}}, cuda.reason};
    for (int i = 0; i < cuda.devices; ++i)
        out.devices.push_back({"cuda:" + std::to_string(i), internal::cuda_device_name(i)});
    return out;
}

}  // namespace rankscope
