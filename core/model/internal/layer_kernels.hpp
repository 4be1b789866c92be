// SPDX-License-Identifier: Apache-2.0
// The operations of a layer around its recurrence on a device, by kernels that are checked before they are used.
#pragma once

#include "core/model/internal/kernel_check.hpp"
#include "kernels/mixer_gates_device.hpp"
#include "kernels/rms_norm_device.hpp"
#include "kernels/short_conv_device.hpp"
#include "kernels/swiglu_device.hpp"

#include <ATen/core/Tensor.h>

#include <array>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace rankscope::internal {

/// RMSNorm of s = x + add (x where add is undefined) over the last axis, times `weight` [width] float32, times the gate.
struct NormCall {
    at::Tensor x;    ///< [.., width] float32 or bfloat16
    at::Tensor add;  ///< as x, of dtype `out`; may be undefined
    at::Tensor weight;
    at::Tensor gate;  ///< [B, T, heads · width] of dtype `out`, rows of tokens equally far apart; undefined without
    kernels::NormGate act = kernels::NormGate::None;
    double eps = 1e-6;
    at::ScalarType out = at::kFloat;
    bool keeps_inverse = false;  ///< for the gradient
};

struct NormedRows {
    at::Tensor out;      ///< shape of x, dtype `out`
    at::Tensor sum;      ///< s in x's dtype; only with add
    at::Tensor inverse;  ///< [rows] float32 1/rms of s; only with keeps_inverse
};

/// Of a NormCall whose x is s; `d_sum`, what reaches s by other ways, may be undefined.
struct NormGradients {
    at::Tensor d_x;       ///< float32, of s and of x
    at::Tensor d_add;     ///< the same in dtype `out`
    at::Tensor d_gate;    ///< [B, T, heads · width], dtype `out`; undefined without a gate
    at::Tensor d_weight;  ///< [width] float32
};

/// Convolution, SiLU and per-head l2 norm of columns [first, first + C) of `joint`.
struct ConvCall {
    at::Tensor joint;  ///< [B, T, columns] float32 or bfloat16, contiguous
    std::int64_t first = 0;
    at::Tensor weight;  ///< [C, W]
    at::Tensor tail;    ///< [B, W-1, conv columns] as joint, contiguous, the same `first`; undefined: zeros
    std::int64_t heads = 1;
    bool normalised = false;
    at::ScalarType out = at::kFloat;
};

/// beta = beta_factor · sigmoid(b) and g = −e^{A_log} · softplus(a + dt_bias) of columns of `joint`.
struct GatesCall {
    at::Tensor joint;                ///< [B, T, columns] float32 or bfloat16, contiguous
    std::int64_t beta_column = -1;   ///< of b; -1: no beta
    std::int64_t decay_column = -1;  ///< of a; -1: no g
    std::int64_t value_heads = 1;
    double beta_factor = 1;
    at::Tensor A_log, dt_bias;  ///< [HV] float32; with a decay
};

struct MixerGates {
    at::Tensor beta, g;  ///< [B, T, HV] float32; undefined where not asked for
};

/// The functions of kernels/{rms_norm,short_conv,swiglu,mixer_gates}_device.hpp at one device: those for GPUs, or in tests the same sources
/// on the emulator. `enter` makes the device current for them.
struct LayerKernelFunctions {
    decltype(&kernels::device_rms_norm_supports) norm_supports;
    decltype(&kernels::device_rms_norm) norm;
    decltype(&kernels::device_short_conv_supports) conv_supports;
    decltype(&kernels::device_short_conv) conv;
    decltype(&kernels::device_swiglu_supports) swiglu_supports;
    decltype(&kernels::device_swiglu) swiglu;
    decltype(&kernels::device_mixer_gates_supports) gates_supports;
    decltype(&kernels::device_mixer_gates) gates;
    decltype(&kernels::device_rms_norm_backward_supports) norm_backward_supports;
    decltype(&kernels::device_rms_norm_backward_workspace) norm_backward_workspace;
    decltype(&kernels::device_rms_norm_backward) norm_backward;
    decltype(&kernels::device_short_conv_backward_supports) conv_backward_supports;
    decltype(&kernels::device_short_conv_backward_workspace) conv_backward_workspace;
    decltype(&kernels::device_short_conv_backward) conv_backward;
    decltype(&kernels::device_swiglu_backward_supports) swiglu_backward_supports;
    decltype(&kernels::device_swiglu_backward) swiglu_backward;
    kernels::DeviceLimits limits;
    void (*enter)(const at::Device&) = nullptr;
};

/// Each operation gives nothing where no kernel takes the call, or the one that does is not trusted at these widths on this device:
/// then the composition computes. Results carry no graph: whoever differentiates asks first whether the gradient is there and trusted as
/// well, and calls it on the way back.
class LayerKernels {
public:
    LayerKernels(std::optional<LayerKernelFunctions> functions, KernelCheck::Report report)
        : functions_(std::move(functions)), check_(std::move(report)) {}

    [[nodiscard]] std::optional<NormedRows> norm(const NormCall& call);
    /// [B, T, heads, C / heads]
    [[nodiscard]] std::optional<at::Tensor> conv(const ConvCall& call);
    /// [.., width] of gate_up [.., 2 · width]
    [[nodiscard]] std::optional<at::Tensor> swiglu(const at::Tensor& gate_up);

    /// Composed of ATen operations they would be eight launches for a few numbers a token.
    [[nodiscard]] std::optional<MixerGates> gates(const GatesCall& call);

    /// Whether norm(), conv() or swiglu() and its gradient take the call and are trusted.
    [[nodiscard]] bool differentiates(const NormCall& call);
    [[nodiscard]] bool differentiates(const ConvCall& call);
    [[nodiscard]] bool differentiates(const at::Tensor& gate_up);

    /// Gradients of calls that it differentiates.
    [[nodiscard]] NormGradients norm_backward(const NormCall& call, const at::Tensor& inverse, const at::Tensor& d_out,
                                              const at::Tensor& d_sum);
    /// Writes columns [first, first + C) of d_joint, contiguous as joint; returns d_weight [C, W].
    [[nodiscard]] at::Tensor conv_backward(const ConvCall& call, const at::Tensor& d_out, const at::Tensor& d_joint);
    [[nodiscard]] at::Tensor swiglu_backward(const at::Tensor& gate_up, const at::Tensor& d_out);

    [[nodiscard]] std::vector<KernelVerdict> verdicts() const { return check_.verdicts(); }

private:
    // What a verdict depends on. Many calls a token ask for it, so that its text is made at first alone.
    using Use = std::array<std::int64_t, 8>;

    // The verdict on `use`; `check` finds it out.
    [[nodiscard]] bool remembered(const Use& use, const std::function<bool()>& check);

    // The functions, if they take the call and its forward kernel is trusted with it.
    [[nodiscard]] const LayerKernelFunctions* trusted(const NormCall& ready);
    [[nodiscard]] const LayerKernelFunctions* trusted(const ConvCall& ready);
    [[nodiscard]] const LayerKernelFunctions* trusted(const at::Tensor& gate_up);
    [[nodiscard]] const LayerKernelFunctions* trusted(const GatesCall& call);

    std::optional<LayerKernelFunctions> functions_;
    KernelCheck check_;
    std::mutex mutex_;
    std::map<Use, bool> remembered_;
};

/// The kernels for a CUDA device; none where this program was built without nvcc. Verdicts against a kernel go to standard error.
[[nodiscard]] LayerKernels& cuda_layer_kernels(const at::Device& device);

/// One line for each kernel at the usual widths, in float32 and bfloat16: what the self-check says on this device. For `doctor`.
[[nodiscard]] std::vector<std::string> check_cuda_layer_kernels(const at::Device& device);

}  // namespace rankscope::internal
