// SPDX-License-Identifier: Apache-2.0
// Spectra and norms of a layer's states on the device, the values on the CPU.
#pragma once

#include "core/model/internal/state_kernels.hpp"

#include <cstdint>
#include <span>

namespace rankscope::internal {

/// States that a spectra kernel is given at once: gathered heads, then their float64 copy or the kernel's workspace, together about
/// three times this.
inline constexpr std::int64_t kSpectraBatchBytes = std::int64_t{32} << 20;

struct StateSpectra {
    at::Tensor singular_values;  ///< [P, B, heads, min(K, V)] float64 on the CPU, NaN where a state is not finite
    at::Tensor row_energy;       ///< [P, B, heads, K] float32 on the CPU, summed in float64
};

/// Of states [P, B, HV, K, V] on a device, in batches of about `batch_bytes`; where memory runs out, in halves, and so all later ones.
/// `heads` ascending; empty = all. Throws c10::OutOfMemoryError where not even the heads of one token fit; Cancelled between batches.
[[nodiscard]] StateSpectra state_spectra(const SpectraKernel& kernel, const at::Tensor& states, std::span<const std::int32_t> heads,
                                         std::int64_t batch_bytes = kSpectraBatchBytes);

/// The call that norms of these heads take: all heads as they are, else each with a key head of its own.
[[nodiscard]] NormsCall norms_call(const at::Tensor& k, const at::Tensor& v, const at::Tensor& beta, const at::Tensor& g,
                                   std::span<const std::int32_t> heads, std::span<const std::int64_t> positions);

/// Norms [P, B, heads, 2] float32 on the CPU. A piece of the tokens at a time, so that a stop is heard; memory: a copy of the
/// piece's inputs where B > 1, one state for each head, the norms.
[[nodiscard]] at::Tensor state_norms(const NormsKernel& kernel, const NormsCall& call, std::int64_t piece_tokens = 1024);

}  // namespace rankscope::internal
