// SPDX-License-Identifier: Apache-2.0
#include "core/model/runtime_info.hpp"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <torch/version.h>

#include "core/model/internal/cuda_library.hpp"

namespace rankscope {

std::vector<std::pair<std::string, std::string>> runtime_info() {
    std::string products = at::hasMKL() ? at::get_mkl_version() : "built in";
    if (at::hasMKLDNN()) products += "; " + at::get_mkldnn_version();
    for (char& c : products) c = c == '\n' ? ' ' : c;
    const internal::CudaSupport& cuda = internal::cuda_support();
    return {{"libtorch", TORCH_VERSION},
            {"blas", products},
            {"torch_threads", std::to_string(at::get_num_threads())},
            {"cuda_devices", cuda.devices > 0 ? std::to_string(cuda.devices) : "none: " + cuda.reason}};
}

}  // namespace rankscope
