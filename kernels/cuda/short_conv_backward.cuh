// SPDX-License-Identifier: Apache-2.0
// A team of lanes walks a stretch of tokens and the W - 1 behind it, which read its inputs too: the convolution again, its gradient d_c
// through norm and SiLU, and kTaps - 1 tokens later, when all that read a token are known, the gradient of that token.
//   d_x_t = Σ_j w_j d_c_{t+W-1-j},   d_w_j = Σ_t d_c_t x_{t-W+1+j}
#pragma once

#include "kernels/cuda/pieces.cuh"
#include "kernels/short_conv_device.hpp"

namespace rankscope::cuda {

constexpr int kConvGradientThreads = 128;
constexpr int kConvGradientWarps = kConvGradientThreads / simt::kWarp;
constexpr int kConvGradientStretch = 64;  ///< tokens, whatever the device: sums over them must not depend on it
constexpr int kGradientTaps = 4;

struct ShortConvBackwardProblem {
    kernels::DeviceShortConvBackwardArgs b;
    bool whole_in = false, whole_out = false;  ///< four neighbours of x and d_x, of d_out, are aligned to their joint size
    std::int64_t groups = 1;                   ///< heads, or pieces of channels without a norm
    int group_width = 0;
    int team = simt::kWarp;      ///< lanes of one: a power of two
    std::int64_t stretches = 1;  ///< of a sequence
    float* partial = nullptr;    ///< [B, stretches, C, W] of d_weight
};

template <int kPieces, class In>
class ShortConvBackwardWalk {
public:
    static constexpr int kTaps = kGradientTaps, kNumbers = kPieces * 4;

    RANKSCOPE_DEVICE ShortConvBackwardWalk(const ShortConvBackwardProblem& problem, std::int64_t unit, int lane)
        : p(problem), a(problem.b.forward), lane(lane), skipped(kTaps - static_cast<int>(a.W)) {
        const std::int64_t teams = simt::kWarp / p.team, piece = unit * teams + lane / p.team;
        const std::int64_t groups_rounded = (p.groups + teams - 1) / teams * teams;  // teams of a warp walk the same tokens
        walk = piece / groups_rounded;
        channel = piece % groups_rounded * p.group_width;
        row = walk / p.stretches * a.T;
        begin = walk % p.stretches * kConvGradientStretch;
        end = begin + kConvGradientStretch < a.T ? begin + kConvGradientStretch : a.T;
        reach = end + a.W - 1 < a.T ? end + a.W - 1 : a.T;
        const std::int64_t left = a.C - channel;
        width = static_cast<int>(left <= 0 ? 0 : left < p.group_width ? left : p.group_width);
        for_numbers([&](int r, int i) {
            for_taps([&](int j) {
                weights[j][r * 4 + i] = j >= skipped && i < present(r) ? static_cast<const float*>(a.weight)[weight_at(r, i, j)] : 0.0F;
                d_weights[j][r * 4 + i] = 0;
            });
        });
    }

    RANKSCOPE_DEVICE void run() {
        float x[kTaps][kNumbers], d[kTaps][kNumbers];  // of the last kTaps tokens, the newest one last
        RANKSCOPE_UNROLLED
        for (int j = 0; j < kTaps - 1; ++j) {
            read_input(begin + j - (kTaps - 1), x[j]);
            for_numbers([&](int r, int i) { d[j][r * 4 + i] = 0; });
        }
        for (std::int64_t t = begin; t < end + kTaps - 1; ++t) {
            read_input(t, x[kTaps - 1]);
            gradient(t, x, d[kTaps - 1]);
            if (t < end) add_to_weights(x, d[kTaps - 1]);
            if (t - (kTaps - 1) >= begin) write_input_gradient(t - (kTaps - 1), d);
            RANKSCOPE_UNROLLED
            for (int j = 0; j < kTaps - 1; ++j) {
                for_numbers([&](int r, int i) {
                    x[j][r * 4 + i] = x[j + 1][r * 4 + i];
                    d[j][r * 4 + i] = d[j + 1][r * 4 + i];
                });
            }
        }
        float* to = p.partial + walk * a.C * a.W;
        for_numbers([&](int r, int i) {
            for_taps([&](int j) {
                if (j >= skipped && i < present(r)) to[weight_at(r, i, j)] = d_weights[j][r * 4 + i];
            });
        });
    }

private:
    template <class Body>
    RANKSCOPE_DEVICE static void for_numbers(const Body& body) {
        RANKSCOPE_UNROLLED
        for (int r = 0; r < kPieces; ++r) {
            RANKSCOPE_UNROLLED
            for (int i = 0; i < 4; ++i) body(r, i);
        }
    }

    template <class Body>
    RANKSCOPE_DEVICE static void for_taps(const Body& body) {
        RANKSCOPE_UNROLLED
        for (int j = 0; j < kTaps; ++j) body(j);
    }

    // First channel of piece r in the group, and how many of its four there are.
    [[nodiscard]] RANKSCOPE_DEVICE int first(int r) const { return (lane % p.team + r * p.team) * 4; }

    [[nodiscard]] RANKSCOPE_DEVICE int present(int r) const {
        const int left = width - first(r);
        return left < 0 ? 0 : left < 4 ? left : 4;
    }

    [[nodiscard]] RANKSCOPE_DEVICE std::int64_t weight_at(int r, int i, int j) const {
        return (channel + first(r) + i) * a.W + j - skipped;
    }

    // What a token with the gradient d, to which the inputs x went, adds to those of the weights.
    RANKSCOPE_DEVICE void add_to_weights(const float (&x)[kTaps][kNumbers], const float (&d)[kNumbers]) {
        for_numbers([&](int r, int i) {
            for_taps([&](int j) {
                if (j >= skipped) d_weights[j][r * 4 + i] += d[r * 4 + i] * x[j][r * 4 + i];
            });
        });
    }

    // x of token t; zeros where there is none, and where no token of the stretch reads it.
    RANKSCOPE_DEVICE void read_input(std::int64_t t, float (&x)[kNumbers]) const {
        const bool there = t >= 0 && t < reach;
        const In* from = static_cast<const In*>(a.x) + (there ? (row + t) * a.stride + channel : 0);
        RANKSCOPE_UNROLLED
        for (int r = 0; r < kPieces; ++r) {
            float four[4] = {0, 0, 0, 0};
            if (there) load_some(from + first(r), present(r), p.whole_in, four);
            RANKSCOPE_UNROLLED
            for (int i = 0; i < 4; ++i) x[r * 4 + i] = four[i];
        }
    }

    // d_c of token t; zeros from `reach` on.
    RANKSCOPE_DEVICE void gradient(std::int64_t t, const float (&x)[kTaps][kNumbers], float (&d)[kNumbers]) const {
        float y[kNumbers], slope[kNumbers], square = 0, dot = 0;
        RANKSCOPE_UNROLLED
        for (int r = 0; r < kPieces; ++r) {
            float four[4] = {0, 0, 0, 0};
            if (t < reach) load_some(p.b.d_out + (row + t) * a.C + channel + first(r), present(r), p.whole_out, four);
            RANKSCOPE_UNROLLED
            for (int i = 0; i < 4; ++i) d[r * 4 + i] = four[i];
        }
        for_numbers([&](int r, int i) {
            const int n = r * 4 + i;
            float c = 0;
            for_taps([&](int j) {
                if (j >= skipped) c += weights[j][n] * x[j][n];
            });
            const float s = a.silu ? sigmoid(c) : 1.0F;
            slope[n] = a.silu ? s * (1.0F + c * (1.0F - s)) : 1.0F;
            y[n] = c * s;
            square += y[n] * y[n];
            dot += y[n] * d[n];
        });
        float inverse = 1, along = 0;
        if (a.norm_width > 0) {
            for (int mask = p.team / 2; mask > 0; mask /= 2) {
                square += simt::shuffle_xor(square, mask);
                dot += simt::shuffle_xor(dot, mask);
            }
            inverse = 1.0F / sqrtf(square + a.eps);
            along = dot * inverse * inverse;
        }
        for_numbers([&](int r, int i) {
            const int n = r * 4 + i;
            d[n] = inverse * (d[n] - y[n] * along) * slope[n];
        });
    }

    // Of token t, whose readers are the last kTaps tokens, itself the first of them.
    RANKSCOPE_DEVICE void write_input_gradient(std::int64_t t, const float (&d)[kTaps][kNumbers]) const {
        RANKSCOPE_UNROLLED
        for (int r = 0; r < kPieces; ++r) {
            float four[4];
            RANKSCOPE_UNROLLED
            for (int i = 0; i < 4; ++i) {
                four[i] = 0;
                for_taps([&](int j) {
                    if (j >= skipped) four[i] += weights[j][r * 4 + i] * d[kTaps - 1 - j][r * 4 + i];
                });
            }
            store_some(static_cast<In*>(p.b.d_x) + (row + t) * a.stride + channel + first(r), present(r), p.whole_in, four);
        }
    }

    const ShortConvBackwardProblem& p;
    const kernels::DeviceShortConvArgs& a;
    int lane, skipped;  ///< taps that are not there
    std::int64_t walk, channel, row, begin, end, reach;
    int width;
    float weights[kTaps][kNumbers], d_weights[kTaps][kNumbers];
};

/// Blocks: kConvGradientWarps warps, each with `warp size / team` groups of one stretch.
template <int kPieces, class In>
RANKSCOPE_KERNEL RANKSCOPE_BOUNDS(kConvGradientThreads, 2) short_conv_backward_kernel(ShortConvBackwardProblem p) {
    const std::int64_t teams = simt::kWarp / p.team, units = (p.groups + teams - 1) / teams * p.b.forward.B * p.stretches;
    const std::int64_t unit = static_cast<std::int64_t>(simt::block_x()) * kConvGradientWarps + simt::thread() / simt::kWarp;
    if (unit >= units) return;
    ShortConvBackwardWalk<kPieces, In>(p, unit, simt::thread() % simt::kWarp).run();
}

}  // namespace rankscope::cuda
