// SPDX-License-Identifier: Apache-2.0
// The delta rule on a device: kernels in order of preference, each checked before it is used.
#pragma once

#include "core/model/internal/kernel_check.hpp"
#include "core/model/internal/mixer_aten.hpp"
#include "kernels/delta_rule_device.hpp"

#include <ATen/core/Tensor.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace rankscope::internal {

/// Arguments of delta_rule() (mixer.hpp), contiguous and all on one device; g and initial may be undefined. float32, but for q, k and
/// v, which may all be bfloat16; the output is then, states are not.
struct MixerCall {
    at::Tensor q, k, v, beta, g;
    double scale = 1;
    at::Tensor initial;
    std::span<const std::int64_t> positions;

    [[nodiscard]] std::int64_t tokens() const { return q.size(1); }
};

/// Largest error that rounding explains, relative to the largest entry of a result. In bfloat16 a number is rounded to 2^-8 of itself, the
/// state before each of its products included.
struct RoundingBound {
    double float32 = 1e-4, bfloat16 = 3e-2;

    [[nodiscard]] double of(const MixerCall& call) const { return call.q.scalar_type() == at::kBFloat16 ? bfloat16 : float32; }
};

struct DeviceMixer {
    std::string name;
    RoundingBound bound;
    std::function<bool(const MixerCall&)> supports;
    std::function<MixerResult(const MixerCall&)> run;
};

/// Gradients of a scalar loss for q, k, v, beta and g (undefined without a gate), shaped as those.
struct MixerGradients {
    at::Tensor q, k, v, beta, g;
};

/// Of a call from the zero state whose final state nobody uses, as training makes them.
struct DeviceGradient {
    std::string name;
    RoundingBound bound;
    std::function<bool(const MixerCall&)> supports;
    std::function<MixerGradients(const MixerCall&, const at::Tensor& d_out)> run;  ///< d_out [B, T, HV, V], contiguous
};

/// A kernel of kernels/delta_rule_device.hpp on tensors. Runs on the current stream of their device.
[[nodiscard]] DeviceMixer device_mixer(const kernels::DeviceDeltaRule& rule, const kernels::DeviceLimits& limits);
[[nodiscard]] DeviceGradient device_gradient(const kernels::DeviceDeltaRuleBackward& rule, const kernels::DeviceLimits& limits);

/// Error of `mixer` on made-up calls with the widths, gate and heads of `like`, relative to the largest entry of each result:
/// outputs, final state, states at positions, against the composition in float64 on the CPU. Two lengths where `like` is long,
/// since a long sequence may be split.
[[nodiscard]] double disagreement(const DeviceMixer& mixer, const MixerCall& like);
/// The same of gradients, each relative to its own largest entry, against those of the plain recurrence in float64.
[[nodiscard]] double disagreement(const DeviceGradient& gradient, const MixerCall& like);

class DeviceMixers {
public:
    DeviceMixers(std::vector<DeviceMixer> mixers, KernelCheck::Report report, std::vector<DeviceGradient> gradients = {})
        : mixers_(std::move(mixers)), gradients_(std::move(gradients)), check_(std::move(report)) {}

    /// The first that takes the call and is trusted at its widths; nullptr: compose.
    [[nodiscard]] const DeviceMixer* choose(const MixerCall& call);
    /// The same for its gradient.
    [[nodiscard]] const DeviceGradient* choose_gradient(const MixerCall& call);

    [[nodiscard]] std::vector<KernelVerdict> verdicts() const { return check_.verdicts(); }

private:
    std::vector<DeviceMixer> mixers_;
    std::vector<DeviceGradient> gradients_;
    KernelCheck check_;
};

/// What the kernels compute of a call; nothing where none of them takes it. `differentiable`: a result that autograd goes back through,
/// by a kernel as well, where the call begins in the zero state and asks for no states.
[[nodiscard]] std::optional<MixerResult> delta_rule_on_device(DeviceMixers& mixers, const MixerCall& call, bool differentiable);

/// The kernels for a CUDA device; empty where this program was built without nvcc or the device is too old. Verdicts against a
/// kernel go to standard error.
[[nodiscard]] DeviceMixers& cuda_mixers(const at::Device& device);

/// One line for each of the usual key widths (16…256, gated; prefill, decoding and bfloat16 too; gradient): what the self-check says on this device.
/// Takes a few seconds; for `doctor`.
[[nodiscard]] std::vector<std::string> check_cuda_mixers(const at::Device& device);

}  // namespace rankscope::internal
