// SPDX-License-Identifier: Apache-2.0
// Spectra and norms of states on the device that computed them, by kernels that are checked before they are used.
#pragma once

#include "core/model/internal/kernel_check.hpp"
#include "kernels/singular_values_device.hpp"
#include "kernels/state_norms_device.hpp"

#include <ATen/core/Tensor.h>

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace rankscope::internal {

/// Singular values of matrices [n, rows, columns], float32 and contiguous: [n, min(rows, columns)] float64 on their device.
struct SpectraKernel {
    std::string name;
    double bound = 1e-11;  ///< largest error that rounding explains, relative to the largest singular value
    std::function<bool(std::int64_t rows, std::int64_t columns)> supports;
    std::function<at::Tensor(const at::Tensor& matrices)> run;
};

/// k [B, T, H, K], v [B, T, HV, V], beta and g [B, T, HV], initial [B, HV, K, V], float32 and contiguous, all on one device; g and
/// initial may be undefined. Norms after the tokens of `positions`.
struct NormsCall {
    at::Tensor k, v, beta, g, initial;
    std::span<const std::int64_t> positions;
};

struct NormsResult {
    at::Tensor norms;        ///< [P, B, HV, 2] float32: Frobenius norm, spectral norm
    at::Tensor final_state;  ///< [B, HV, K, V]
};

struct NormsKernel {
    std::string name;
    double bound = 1e-4;  ///< relative, of either norm: what a capture promises of ranks
    std::function<bool(const NormsCall&)> supports;
    std::function<NormsResult(const NormsCall&)> run;
};

/// The functions of kernels/singular_values_device.hpp and kernels/state_norms_device.hpp: those for GPUs, or in tests the same
/// sources on the emulator.
struct StateKernelFunctions {
    decltype(&kernels::device_singular_values_supports) spectra_supports;
    decltype(&kernels::device_singular_values_workspace) spectra_workspace;
    decltype(&kernels::device_singular_values) spectra_run;
    decltype(&kernels::device_state_norms_supports) norms_supports;
    decltype(&kernels::device_state_norms_workspace) norms_workspace;
    decltype(&kernels::device_state_norms) norms_run;
};

/// "cuda-singular-values" in float64 arithmetic, and "cuda-state-norms", on the current stream of a tensor's device.
[[nodiscard]] SpectraKernel spectra_kernel(const StateKernelFunctions& functions, const kernels::DeviceLimits& limits);
[[nodiscard]] NormsKernel norms_kernel(const StateKernelFunctions& functions, const kernels::DeviceLimits& limits);

/// Error of a kernel on made-up matrices of this shape on `device`, against kernels::singular_values: random, graded, tiny, with
/// rows of zeros (whose values must be exact zeros), all zeros, and one with a NaN (which must give NaNs).
[[nodiscard]] double disagreement(const SpectraKernel& kernel, const at::Device& device, std::int64_t rows, std::int64_t columns);

/// Largest relative error of either norm on made-up calls with the widths and the gate of `like`, one and two value heads to a key head
/// (a capture of some heads gives each its own), against the states of the composition in float64 on the CPU.
[[nodiscard]] double disagreement(const NormsKernel& kernel, const NormsCall& like);

/// The kernels of one device.
class StateKernels {
public:
    StateKernels(std::optional<SpectraKernel> spectra, std::optional<NormsKernel> norms, KernelCheck::Report report)
        : spectra_(std::move(spectra)), norms_(std::move(norms)), check_(std::move(report), "the processor") {}

    /// The kernel if it takes matrices of this shape and is trusted at it on this device; nullptr: the processor computes.
    [[nodiscard]] const SpectraKernel* spectra(const at::Device& device, std::int64_t rows, std::int64_t columns);
    /// The same for norms; `call` needs no positions.
    [[nodiscard]] const NormsKernel* norms(const NormsCall& call);

    [[nodiscard]] std::vector<KernelVerdict> verdicts() const { return check_.verdicts(); }

private:
    std::optional<SpectraKernel> spectra_;
    std::optional<NormsKernel> norms_;
    KernelCheck check_;
};

/// The kernels for a CUDA device; none where this program was built without nvcc. Verdicts against a kernel go to standard error.
[[nodiscard]] StateKernels& cuda_state_kernels(const at::Device& device);

/// One line for each kernel at each of the usual key widths (16…256): what the self-check says on this device. For `doctor`.
[[nodiscard]] std::vector<std::string> check_cuda_state_kernels(const at::Device& device);

}  // namespace rankscope::internal
