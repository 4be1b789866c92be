// SPDX-License-Identifier: Apache-2.0
#include "core/model/internal/cuda_library.hpp"

#include <ATen/Context.h>
#include <c10/util/Exception.h>
#include <dlfcn.h>

#include <fmt/format.h>

#include <array>
#include <filesystem>

namespace rankscope::internal {
namespace {

template <class Function>
Function* of_driver(void* driver, const char* name) {
    return reinterpret_cast<Function*>(dlsym(driver, name));
}

// Why it offers nothing: LibTorch says no more than that.
std::string reason_of(void* driver, long runtime) {
    const auto version_of = of_driver<int(int*)>(driver, "cuDriverGetVersion");
    if (int version = 0; version_of != nullptr && version_of(&version) == 0) {
        if (std::string text = driver_too_old(version, runtime); !text.empty()) return text;
    }
    const auto start = of_driver<int(unsigned)>(driver, "cuInit");
    const auto text_of = of_driver<int(int, const char**)>(driver, "cuGetErrorString");
    const char* text = nullptr;
    if (start != nullptr && text_of != nullptr) {
        const int error = start(0);
        if (error != 0 && text_of(error, &text) == 0 && text != nullptr) return fmt::format("the NVIDIA driver says: {}", text);
    }
    return "the driver reports no device";
}

CudaSupport open_cuda() {
    void* driver = dlopen("libcuda.so.1", RTLD_LAZY | RTLD_LOCAL);
    if (driver == nullptr) return {0, "no NVIDIA driver is installed (libcuda.so.1)"};
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
        const auto& hooks = at::detail::getCUDAHooks();
        const int devices = at::hasCUDA() ? hooks.deviceCount() : 0;
        return {devices, devices > 0 ? "" : reason_of(driver, hooks.versionCUDART())};
    } catch (const c10::Error& error) {
        return {0, error.what_without_backtrace()};
    }
}

}  // namespace

const CudaSupport& cuda_support() {
    static const CudaSupport support = open_cuda();
    return support;
}

std::string driver_too_old(int driver, long runtime) {
    if (driver / 1000 >= runtime / 1000) return {};
    return fmt::format("the NVIDIA driver is too old: it knows CUDA {}.{}, and {}.0 or newer is needed", driver / 1000, driver % 1000 / 10,
                       runtime / 1000);
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
