// SPDX-License-Identifier: Apache-2.0
#include "core/model/internal/device.hpp"

#include "core/base/error.hpp"
#include "core/base/memory.hpp"
#include "core/model/internal/cuda_library.hpp"
#include "core/model/internal/mixer.hpp"
#include "core/model/internal/torch_errors.hpp"
#include "kernels/parallel.hpp"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <c10/core/CachingDeviceAllocator.h>

#include <charconv>

namespace rankscope::internal {
namespace {

at::Device choose_device(const std::string& name) {
    if (name == "cpu") return at::kCPU;
    if (name == "auto")
        return cuda_support().devices > 0 ? at::Device(at::kCUDA, 0) : at::Device(at::kCPU);
    int index = 0;
    const char* end = name.data() + name.size();
    const bool numbered = name.starts_with("cuda:") && std::from_chars(name.data() + 5, end, index).ptr == end
                          && name.size() > 5 && index >= 0;
    if (name != "cuda" && !numbered) {
        throw_usage("unknown device: --device: found '" + printable(name)
                    + "', expected cpu, cuda, cuda:N or auto");
    }
    const CudaSupport& cuda = cuda_support();
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

}  // namespace

at::Device prepare_device(const Placement& placement) {
    share_thread_pool();
    if (placement.threads > 0) {
        at::set_num_threads(placement.threads);
        kernels::set_threads(placement.threads);
    }
    return choose_device(placement.device);
}

void synchronise(const at::Device& device) {
    if (device.is_cuda()) at::detail::getCUDAHooks().deviceSynchronize(device.has_index() ? device.index() : c10::DeviceIndex{0});
}

std::int64_t free_memory(const at::Device& device) {
    if (!device.is_cuda()) return available_memory();
    constexpr auto kAll = static_cast<std::size_t>(c10::CachingAllocator::StatType::AGGREGATE);
    const c10::DeviceIndex index = device.has_index() ? device.index() : c10::DeviceIndex{0};
    return translated([&] {
        c10::DeviceAllocator* allocator = c10::getDeviceAllocator(device.type());
        const auto stats = allocator->getDeviceStats(index);
        const std::int64_t kept = stats.reserved_bytes[kAll].current - stats.allocated_bytes[kAll].current;
        return static_cast<std::int64_t>(allocator->getMemoryInfo(index).first) + kept;
    });
}

bool bfloat16_products_are_fast(const at::Device& device) {
    if (device.is_cuda()) return true;
#if defined(__x86_64__)
    // Processors with AMX have it too.
    return __builtin_cpu_supports("avx512bf16") != 0;
#else
    return false;
#endif
}

}  // namespace rankscope::internal
