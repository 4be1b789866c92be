// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/bf16.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace rankscope::kernels {

/// Negative log likelihood of a target under softmax(hidden · weightᵀ), for many rows, without the logits ever being written:
///   nll_n = log Σ_v exp(z_nv) − z_n,target(n),   z_nv = Σ_d hidden_nd · weight_vd       (natural logarithm)
/// Weight: float or Bf16 (widened exactly); Target: std::int32_t or std::int64_t. Everything contiguous, row-major; nothing
/// aliases an output; any alignment of the element.
///
/// Logits are float32 sums over `width` in a fixed order, exponentials are relative to the largest logit so far, a tile of the
/// vocabulary is summed up in float32 and tiles in float64. The error of nll is that of the logits, about
/// 2⁻²⁴ · √width · ‖hidden_n‖ ‖weight_v‖, and 1e-6 relative of the sum. `vocabulary_tile` moves results by no more than that; the
/// number of threads changes no bit.
///
/// A NaN or +∞ among the logits of a row (from NaN or infinite weights, or by overflow) makes its nll NaN; a logit of −∞ is a
/// probability of zero: as the target it makes nll +∞.
template <class Weight, class Target>
struct CrossEntropyArgs {
    std::int64_t rows = 0, width = 0, vocabulary = 0;
    const float* hidden = nullptr;    ///< [rows, width]
    const Weight* weight = nullptr;   ///< [vocabulary, width]
    const Target* targets = nullptr;  ///< [rows], each in [0, vocabulary)
    float* nll = nullptr;             ///< [rows]
    /// [rows] the first index with the largest logit, NaNs left out; -1 where no logit is above −3.4e38. May be nullptr.
    Target* argmax = nullptr;
    /// Entries of the vocabulary whose weights are to stay in a cache while rows pass by; 0: chosen by width.
    std::int64_t vocabulary_tile = 0;
};

/// -1, or the first row whose target is outside [0, vocabulary): nothing is written then. rows may be 0, width and vocabulary
/// are at least 1. Runs on parallel_for, over blocks of rows and parts of the vocabulary. Throws std::bad_alloc before anything
/// runs; a thread needs about 1 KiB · width beside the outputs, 2 KiB · width with Bf16.
template <class Weight, class Target>
[[nodiscard]] std::int64_t cross_entropy(const CrossEntropyArgs<Weight, Target>& args);

/// The instruction sets this processor has, widest (the one in use) first: "avx512", "avx2", "portable".
[[nodiscard]] std::span<const std::string_view> cross_entropy_implementations() noexcept;
/// Same as cross_entropy with one of them by name (tests, measurements); -2 where there is none of that name.
template <class Weight, class Target>
[[nodiscard]] std::int64_t cross_entropy_with(std::string_view implementation, const CrossEntropyArgs<Weight, Target>& args);

/// The definition in float64, one row after the other: what every implementation is checked with. `nll` [rows] in place of
/// args.nll.
template <class Weight, class Target>
void cross_entropy_reference(const CrossEntropyArgs<Weight, Target>& args, double* nll);

}  // namespace rankscope::kernels
