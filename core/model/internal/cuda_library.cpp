// SPDX-License-Identifier: Apache-2.0
#include "core/model/internal/cuda_library.hpp"

#include <ATen/Context.h>
#include <c10/util/Exception.h>
#include <dlfcn.h>

#include <array>
#include <filesystem>

namespace rankscope::internal {
namespace {

CudaSupport open_cuda() {
    if (dlopen("libcuda.so.1", RTLD_LAZY | RTLD_LOCAL) == nullptr)
        return {0, "no NVIDIA driver is installed (libcuda.so.1)"};
    // An address inside libtorch_cpu.so tells where LibTorch lies.
    Dl_info info;
    if (dladdr(reinterpret_cast<const void*>(&at::globalContext), &info) == 0)
        return {0, "LibTorch's folder is unknown"};
    const auto library = std::filesystem::path(info.dli_fname).parent_path() / "libtorch_cuda.so";
    // Global and never closed: it registers its operations with the CPU half.
    if (dlopen(library.c_str(), RTLD_LAZY | RTLD_GLOBAL) == nullptr) {
        const char* text = dlerror();
        return {0, text != nullptr ? text : library.string()};
    }
    try {
        if (!at::hasCUDA()) return {0, "the driver offers no device to LibTorch"};
        const int devices = at::detail::getCUDAHooks().deviceCount();
        return {devices, devices > 0 ? "" : "the driver reports no device"};
    } catch (const c10::Error& error) {
        return {0, error.what_without_backtrace()};
    }
}

}  // namespace

const CudaSupport& cuda_support() {
    static const CudaSupport support = open_cuda();
    return support;
}

// Of the driver: LibTorch's hooks do not tell names.
std::string cuda_device_name(int index) {
    void* driver = dlopen("libcuda.so.1", RTLD_LAZY | RTLD_LOCAL);
    if (driver == nullptr) return {};
    const auto start = reinterpret_cast<int (*)(unsigned)>(dlsym(driver, "cuInit"));
    const auto device_of = reinterpret_cast<int (*)(int*, int)>(dlsym(driver, "cuDeviceGet"));
    const auto name_of = reinterpret_cast<int (*)(char*, int, int)>(dlsym(driver, "cuDeviceGetName"));
    std::array<char, 256> name{};
    int device = 0;
    if (start == nullptr || device_of == nullptr || name_of == nullptr || start(0) != 0 || device_of(&device, index) != 0
        || name_of(name.data(), static_cast<int>(name.size()) - 1, device) != 0)
        return {};
    return name.data();
}

}  // namespace rankscope::internal
