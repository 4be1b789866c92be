// SPDX-License-Identifier: Apache-2.0
// The delta rule on a device: kernels in order of preference, each checked before it is used.
#pragma once

#include "core/model/internal/kernel_check.hpp"
#include "core/model/internal/mixer_aten.hpp"
#include "kernels/delta_rule_device.hpp"

#include <ATen/core/Tensor.h>

#include <functional>
#include <string>
#include <vector>

namespace rankscope::internal {

/// Arguments of delta_rule() (mixer.hpp), float32 and contiguous, all on one device; g and initial may be undefined.
struct MixerCall {
    at::Tensor q, k, v, beta, g;
    double scale = 1;
    at::Tensor initial;
    std::span<const std::int64_t> positions;

    [[nodiscard]] std::int64_t tokens() const { return q.size(1); }
};

struct DeviceMixer {
    std::string name;
    double bound = 1e-4;  ///< largest error that rounding explains
    std::function<bool(const MixerCall&)> supports;
    std::function<MixerResult(const MixerCall&)> run;
};

/// A kernel of kernels/delta_rule_device.hpp on tensors. Runs on the current stream of their device.
[[nodiscard]] DeviceMixer device_mixer(const kernels::DeviceDeltaRule& rule, const kernels::DeviceLimits& limits);

/// Error of `mixer` on made-up calls with the widths, gate and heads of `like`, relative to the largest entry of each result:
/// outputs, final state, states at positions, against the composition in float64 on the CPU. Two lengths where `like` is long,
/// since a long sequence may be split.
[[nodiscard]] double disagreement(const DeviceMixer& mixer, const MixerCall& like);

class DeviceMixers {
public:
    DeviceMixers(std::vector<DeviceMixer> mixers, KernelCheck::Report report)
        : mixers_(std::move(mixers)), check_(std::move(report)) {}

    /// The first that takes the call and is trusted at its widths; nullptr: compose.
    [[nodiscard]] const DeviceMixer* choose(const MixerCall& call);

    [[nodiscard]] std::vector<KernelVerdict> verdicts() const { return check_.verdicts(); }

private:
    std::vector<DeviceMixer> mixers_;
    KernelCheck check_;
};

/// The kernels for a CUDA device; empty where this program was built without nvcc or the device is too old. Verdicts against a
/// kernel go to standard error.
[[nodiscard]] DeviceMixers& cuda_mixers(const at::Device& device);

/// One line for each of the usual key widths (16…256, gated, prefill and decoding): what the self-check says on this device.
/// Takes a few seconds; for `doctor`.
[[nodiscard]] std::vector<std::string> check_cuda_mixers(const at::Device& device);

}  // namespace rankscope::internal
