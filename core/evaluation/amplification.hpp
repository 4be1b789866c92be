// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/model/model.hpp"

namespace rankscope {

/// Relative output error that isotropic noise e on the query causes at one state S [K, V], E‖e‖² = level²:
/// E‖Sᵀe‖² / ‖Sᵀq̂‖² = level² · amplification², amplification² = ‖S‖_F² / (K ‖Sᵀq̂‖²); worst direction: σ₁‖q̂‖/‖Sᵀq̂‖.
/// The definition is ours (core/README.md); the paper's theorem is not restated here.
struct Amplification {
    double expected = 0;
    double worst = 0;
    double rank_stable = 0;  ///< ‖S‖_F²/σ₁²
    bool defined = false;    ///< false where Sᵀq̂ = 0: no output, no relative error
};

/// `state` row-major [K, V], `query` [K] as the recurrence sees it, `sigma_1` the largest singular value of the state.
/// `normalised`: the query has unit length by construction (qk_norm l2); otherwise ‖q̂‖ scales the noise.
[[nodiscard]] Amplification amplification_of(std::span<const float> state, std::span<const float> query,
                                             std::int64_t value_dim, double sigma_1, bool normalised);

/// Running means over tokens and windows of one head.
class AmplificationMean {
public:
    void add(const Amplification& value) {
        if (!value.defined) return;
        expected_ += value.expected;
        worst_ += value.worst;
        rank_ += value.rank_stable;
        ++n_;
    }

    [[nodiscard]] double amplification() const noexcept { return n_ > 0 ? expected_ / static_cast<double>(n_) : 0; }

    [[nodiscard]] double worst() const noexcept { return n_ > 0 ? worst_ / static_cast<double>(n_) : 0; }

    [[nodiscard]] double rank_stable() const noexcept { return n_ > 0 ? rank_ / static_cast<double>(n_) : 0; }

private:
    double expected_ = 0, worst_ = 0, rank_ = 0;
    std::int64_t n_ = 0;
};

/// Adds every traced state (trace.states at `positions`, trace.q) to the mean of its value head.
void accumulate_amplification(const MixerTrace& trace, std::span<const std::int64_t> positions, bool normalised,
                              std::vector<AmplificationMean>& heads);

}  // namespace rankscope
