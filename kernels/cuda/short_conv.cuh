// SPDX-License-Identifier: Apache-2.0
// A team of lanes walks a stretch of tokens with the channels of one head, four neighbours to a lane; the inputs that later tokens need
// again stay in registers, those of kTokensAtOnce tokens are asked for together.
#pragma once

#include "kernels/cuda/pieces.cuh"
#include "kernels/short_conv_device.hpp"

namespace rankscope::cuda {

constexpr int kConvThreads = 128;
constexpr int kConvWarps = kConvThreads / simt::kWarp;
constexpr int kTokensAtOnce = 4;

struct ShortConvProblem {
    kernels::DeviceShortConvArgs a;
    bool whole_in = false, whole_out = false;  ///< four neighbours of x and tail, of out, are aligned to their joint size
    std::int64_t groups = 1;                   ///< heads, or pieces of channels without a norm
    int group_width = 0;                       ///< channels of one
    int team = simt::kWarp;                    ///< lanes of one: a power of two
    int stretch = kTokensAtOnce;               ///< tokens that one walks
    std::int64_t stretches = 1;                ///< of a sequence
};

/// The walk of one lane; kPieces pieces of four channels, `team` lanes apart.
template <int kTaps, int kPieces, class In, class Out>
class ShortConvWalk {
public:
    RANKSCOPE_DEVICE ShortConvWalk(const ShortConvProblem& problem, std::int64_t unit, int lane)
        : p(problem), a(problem.a), lane(lane), W(static_cast<int>(a.W)) {
        const std::int64_t teams = simt::kWarp / p.team, piece = unit * teams + lane / p.team;
        const std::int64_t groups_rounded = (p.groups + teams - 1) / teams * teams;  // teams of a warp walk the same tokens
        const std::int64_t group = piece % groups_rounded, walk = piece / groups_rounded;
        b = walk / p.stretches;
        begin = walk % p.stretches * p.stretch;
        const std::int64_t left = a.T - begin;
        count = static_cast<int>(left < p.stretch ? left : p.stretch);
        channel = group * p.group_width;
        const std::int64_t channels_left = a.C - channel;
        width = static_cast<int>(channels_left < p.group_width ? (channels_left > 0 ? channels_left : 0) : p.group_width);
        read_weights();
    }

    RANKSCOPE_DEVICE void run() {
        // window[W' - 1 + n]: x of token t + n, in front of it those of the tokens before.
        float window[kTaps - 1 + kTokensAtOnce][kPieces * 4];
        RANKSCOPE_UNROLLED
        for (int j = 0; j < kTaps - 1; ++j) read(begin + j - (kTaps - 1), window[j]);
        for (int t = 0; t < count; t += kTokensAtOnce) {
            RANKSCOPE_UNROLLED
            for (int n = 0; n < kTokensAtOnce; ++n) read(begin + t + n, window[kTaps - 1 + n]);
            RANKSCOPE_UNROLLED
            for (int n = 0; n < kTokensAtOnce; ++n) token(t + n, window + n);
            RANKSCOPE_UNROLLED
            for (int j = 0; j < kTaps - 1; ++j) {
                RANKSCOPE_UNROLLED
                for (int i = 0; i < kPieces * 4; ++i) window[j][i] = window[j + kTokensAtOnce][i];
            }
        }
    }

private:
    // First channel of piece r in the group, and how many of its four there are.
    [[nodiscard]] RANKSCOPE_DEVICE int first(int r) const { return (lane % p.team + r * p.team) * 4; }

    [[nodiscard]] RANKSCOPE_DEVICE int present(int r) const {
        const int left = width - first(r);
        return left < 0 ? 0 : left < 4 ? left : 4;
    }

    // Taps that are not there count as zeros and meet no input.
    RANKSCOPE_DEVICE void read_weights() {
        RANKSCOPE_UNROLLED
        for (int r = 0; r < kPieces; ++r) {
            RANKSCOPE_UNROLLED
            for (int i = 0; i < 4; ++i) {
                RANKSCOPE_UNROLLED
                for (int j = 0; j < kTaps; ++j) {
                    const int tap = j - (kTaps - W);
                    float w = 0;
                    if (tap >= 0 && i < present(r)) {
                        const std::int64_t at = (channel + first(r) + i) * W + tap;
                        w = a.weight_element == kernels::DeviceElement::Float32 ? static_cast<const float*>(a.weight)[at]
                                                                                : to_float(static_cast<const Bf16*>(a.weight)[at]);
                    }
                    weights[j][r * 4 + i] = w;
                }
            }
        }
    }

    // x of token t; zeros where there is none.
    RANKSCOPE_DEVICE void read(std::int64_t t, float (&x)[kPieces * 4]) const {
        const In* from = nullptr;
        if (t >= 0 && t < begin + count) {
            from = static_cast<const In*>(a.x) + (b * a.T + t) * a.stride + channel;
        } else if (t < 0 && t >= 1 - W && a.tail != nullptr) {
            from = static_cast<const In*>(a.tail) + (b * (W - 1) + W - 1 + t) * a.tail_stride + channel;
        }
        RANKSCOPE_UNROLLED
        for (int r = 0; r < kPieces; ++r) {
            float four[4] = {0, 0, 0, 0};
            if (from != nullptr) load_some(from + first(r), present(r), p.whole_in, four);
            RANKSCOPE_UNROLLED
            for (int i = 0; i < 4; ++i) x[r * 4 + i] = four[i];
        }
    }

    // Output of the token `n` of the stretch, which may lie behind its end.
    RANKSCOPE_DEVICE void token(int n, const float (*window)[kPieces * 4]) {
        float y[kPieces * 4];
        float square = 0;
        RANKSCOPE_UNROLLED
        for (int i = 0; i < kPieces * 4; ++i) {
            y[i] = 0;
            RANKSCOPE_UNROLLED
            for (int j = 0; j < kTaps; ++j) {
                if (j >= kTaps - W) y[i] += weights[j][i] * window[j][i];
            }
            if (a.silu) y[i] *= sigmoid(y[i]);
            square += y[i] * y[i];
        }
        if (a.norm_width > 0) {
            for (int mask = p.team / 2; mask > 0; mask /= 2) square += simt::shuffle_xor(square, mask);
            const float inverse = 1.0F / sqrtf(square + a.eps);
            RANKSCOPE_UNROLLED
            for (int i = 0; i < kPieces * 4; ++i) y[i] *= inverse;
        }
        if (n >= count) return;
        auto* to = static_cast<Out*>(a.out) + (b * a.T + begin + n) * a.C + channel;
        RANKSCOPE_UNROLLED
        for (int r = 0; r < kPieces; ++r) {
            float four[4];
            RANKSCOPE_UNROLLED
            for (int i = 0; i < 4; ++i) four[i] = y[r * 4 + i];
            store_some(to + first(r), present(r), p.whole_out, four);
        }
    }

    const ShortConvProblem& p;
    const kernels::DeviceShortConvArgs& a;
    int lane, W;
    std::int64_t b, begin, channel;
    int count, width;
    float weights[kTaps][kPieces * 4];
};

/// Blocks: kConvWarps warps, each with `warp size / team` groups of one stretch.
template <int kTaps, int kPieces, class In, class Out>
RANKSCOPE_KERNEL RANKSCOPE_BOUNDS(kConvThreads, 2) short_conv_kernel(ShortConvProblem p) {
    const std::int64_t teams = simt::kWarp / p.team, units = (p.groups + teams - 1) / teams * p.a.B * p.stretches;
    const std::int64_t unit = static_cast<std::int64_t>(simt::block_x()) * kConvWarps + simt::thread() / simt::kWarp;
    if (unit >= units) return;
    ShortConvWalk<kTaps, kPieces, In, Out>(p, unit, simt::thread() % simt::kWarp).run();
}

}  // namespace rankscope::cuda
