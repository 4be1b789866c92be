// SPDX-License-Identifier: Apache-2.0
// What every call of a kernel in kernels/*_device.hpp on tensors needs.
#pragma once

#include "core/base/error.hpp"
#include "kernels/delta_rule_device.hpp"

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/tensor.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace rankscope::internal {

/// The cudaStream_t of a stream, as LibTorch tells it from 2.11 on; of an older one the default stream alone is known, which is null.
template <class Stream>
void* handle_of(const Stream& stream) {
    if constexpr (requires { stream.native_handle(); }) {
        return stream.native_handle();
    } else {
        if (stream.id() != 0) throw Error(ErrorKind::Internal, "this LibTorch does not tell the handle of a stream");
        return nullptr;
    }
}

/// The stream on which LibTorch enqueues its own operations; nullptr on the CPU (the emulator).
inline void* current_stream(const at::Device& device) {
    if (device.is_cpu()) return nullptr;
    return handle_of(c10::impl::VirtualGuardImpl(device.type()).getStream(device));
}

/// Memory of a kernel, aligned to 256 bytes. Freed memory is given out again on the same stream alone, so after the kernel.
class DeviceWorkspace {
public:
    DeviceWorkspace(std::size_t bytes, const at::Device& device)
        : memory_(at::empty({static_cast<std::int64_t>(bytes) + 256}, at::TensorOptions().dtype(at::kByte).device(device))) {}

    [[nodiscard]] void* data() const {
        return reinterpret_cast<void*>((reinterpret_cast<std::uintptr_t>(memory_.data_ptr()) + 255) / 256 * 256);
    }

private:
    at::Tensor memory_;
};

/// Of a float32 tensor; nullptr where it is undefined.
inline const float* float_pointer(const at::Tensor& t) {
    return t.defined() ? t.const_data_ptr<float>() : nullptr;
}

/// What a tensor of float32 or bfloat16 is to a kernel.
inline kernels::DeviceElement element_of(const at::Tensor& t) {
    return t.scalar_type() == at::kBFloat16 ? kernels::DeviceElement::BFloat16 : kernels::DeviceElement::Float32;
}

/// Sizes and inputs of a recurrence over k [B, T, H, K], v [B, T, HV, V], both float32 or both bfloat16, beta and g [B, T, HV],
/// initial [B, HV, K, V], float32, everything contiguous; g and initial may be undefined. Queries, outputs and the positions
/// themselves are the caller's.
inline kernels::DeviceDeltaRuleArgs recurrence_arguments(const at::Tensor& k, const at::Tensor& v, const at::Tensor& beta, const at::Tensor& g,
                                                         const at::Tensor& initial, std::span<const std::int64_t> positions) {
    kernels::DeviceDeltaRuleArgs a;
    a.B = k.size(0);
    a.T = k.size(1);
    a.tokens = a.B * a.T;
    a.H = k.size(2);
    a.K = k.size(3);
    a.HV = v.size(2);
    a.V = v.size(3);
    a.element = element_of(k);
    a.k = k.const_data_ptr();
    a.v = v.const_data_ptr();
    a.beta = float_pointer(beta);
    a.g = float_pointer(g);
    a.initial_state = float_pointer(initial);
    a.P = std::ssize(positions);
    return a;
}

inline at::Tensor positions_on(const at::Device& device, std::span<const std::int64_t> positions) {
    return at::tensor(at::ArrayRef<std::int64_t>(positions.data(), positions.size()), at::kLong).to(device);
}

/// Throws what a kernel said against a call; an empty text is success.
inline void require_success(const std::string& error, std::string_view kernel, const at::Device& device) {
    if (!error.empty()) throw Error(ErrorKind::Internal, std::string(kernel) + " on " + device.str() + ": " + error);
}

}  // namespace rankscope::internal
