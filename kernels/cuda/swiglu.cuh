// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/cuda/pieces.cuh"
#include "kernels/swiglu_device.hpp"

namespace rankscope::cuda {

constexpr int kSwigluThreads = 256;

struct SwigluProblem {
    kernels::DeviceSwigluArgs a;
    std::int64_t blocks_each = 1;  ///< blocks of a row
};

/// Blocks: kSwigluThreads pieces of a row each, row after row.
template <int kPiece, class Element>
RANKSCOPE_KERNEL RANKSCOPE_BOUNDS(kSwigluThreads, 4) swiglu_kernel(SwigluProblem p) {
    const std::int64_t row = simt::block_x() / p.blocks_each, part = simt::block_x() % p.blocks_each;
    const std::int64_t i = (part * kSwigluThreads + simt::thread()) * kPiece;
    if (i >= p.a.width) return;
    const auto* gate = static_cast<const Element*>(p.a.gate_up) + row * 2 * p.a.width + i;
    float z[kPiece], up[kPiece];
    load_whole(gate, z);
    load_whole(gate + p.a.width, up);
    RANKSCOPE_UNROLLED
    for (int j = 0; j < kPiece; ++j) z[j] = z[j] * sigmoid(z[j]) * up[j];
    store_whole(static_cast<Element*>(p.a.out) + row * p.a.width + i, z);
}

struct SwigluBackwardProblem {
    kernels::DeviceSwigluBackwardArgs b;
    std::int64_t blocks_each = 1;
};

template <int kPiece, class Element>
RANKSCOPE_KERNEL RANKSCOPE_BOUNDS(kSwigluThreads, 4) swiglu_backward_kernel(SwigluBackwardProblem p) {
    const std::int64_t width = p.b.forward.width, row = simt::block_x() / p.blocks_each, part = simt::block_x() % p.blocks_each;
    const std::int64_t i = (part * kSwigluThreads + simt::thread()) * kPiece;
    if (i >= width) return;
    const auto* gate = static_cast<const Element*>(p.b.forward.gate_up) + row * 2 * width + i;
    auto* d_gate = static_cast<Element*>(p.b.d_gate_up) + row * 2 * width + i;
    float z[kPiece], up[kPiece], d[kPiece];
    load_whole(gate, z);
    load_whole(gate + width, up);
    load_whole(static_cast<const Element*>(p.b.d_out) + row * width + i, d);
    RANKSCOPE_UNROLLED
    for (int j = 0; j < kPiece; ++j) {
        const float s = sigmoid(z[j]), through = d[j] * z[j] * s;
        z[j] = d[j] * up[j] * (s * (1.0F + z[j] * (1.0F - s)));
        up[j] = through;
    }
    store_whole(d_gate, z);
    store_whole(d_gate + width, up);
}

}  // namespace rankscope::cuda
