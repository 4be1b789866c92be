// SPDX-License-Identifier: Apache-2.0
// How channels are cut for the convolution, forward and backward alike.
#pragma once

#include "kernels/cuda/simt.cuh"
#include "kernels/short_conv_device.hpp"

#include <algorithm>
#include <cstdint>

namespace rankscope::cuda {

constexpr std::int64_t kMostHeadWidth = 256;  ///< two pieces of four channels a lane
constexpr int kPlainWidth = 128;              ///< channels of a piece without a norm

struct ConvGroups {
    std::int64_t groups;  ///< heads, or pieces of channels without a norm
    int width;            ///< channels of one
    int team;             ///< lanes of one: a power of two

    explicit ConvGroups(const kernels::DeviceShortConvArgs& a)
        : width(static_cast<int>(a.norm_width > 0 ? a.norm_width : std::min<std::int64_t>(kPlainWidth, a.C))), team(simt::kWarp) {
        groups = (a.C + width - 1) / width;
        while (team > 1 && team / 2 * 4 >= width) team /= 2;
    }

    /// Warps that have all groups of one stretch of tokens.
    [[nodiscard]] std::int64_t warps() const {
        const std::int64_t teams = simt::kWarp / team;
        return (groups + teams - 1) / teams;
    }

    [[nodiscard]] bool wide() const { return width > 4 * simt::kWarp; }

    /// Whether four elements at the beginning of every group are aligned to their joint size.
    [[nodiscard]] bool whole(const void* p, std::int64_t stride, kernels::DeviceElement element) const {
        const std::uintptr_t bytes = element == kernels::DeviceElement::BFloat16 ? 8 : 16;
        return stride % 4 == 0 && width % 4 == 0 && reinterpret_cast<std::uintptr_t>(p) % bytes == 0;
    }
};

}  // namespace rankscope::cuda
