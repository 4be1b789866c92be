// SPDX-License-Identifier: Apache-2.0
// Products of 16×8 tiles on tensor cores (mma.sync m16n8k16, bfloat16 in, float32 sums; compute capability 8.0 and later).
//
// A tile in shared memory holds bfloat16 or float. A float goes through the tensor cores as kParts bfloat16 numbers whose sum
// it is: x = x1 + x2 + x3 with 8 bits each, so that all 24 bits of it take part; of the products of parts those are left out
// that lie below 2^-24. Six instructions instead of one, and the exactness of float arithmetic.
#pragma once

#include "kernels/cuda/simt.cuh"

namespace rankscope::cuda {

using kernels::Bf16;

/// Two bfloat16 numbers, the first in the lower half, rounded to nearest even; a NaN becomes 0x7fff (PTX ISA, cvt: of two
/// sources the first goes to the upper half).
RANKSCOPE_DEVICE std::uint32_t pack_bf16(float first, float second) {
#if defined(__CUDA_ARCH__)
    std::uint32_t packed;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;\n" : "=r"(packed) : "f"(second), "f"(first));
    return packed;
#else
    const auto rounded = [](float x) {
        const std::uint32_t u = simt::float_bits(x);
        return x == x ? (u + 0x7fffU + ((u >> 16) & 1U)) >> 16 : 0x7fffU;
    };
    return rounded(first) | rounded(second) << 16;
#endif
}

RANKSCOPE_DEVICE float first_of(std::uint32_t packed) {
    return simt::bits_float(packed << 16);
}

RANKSCOPE_DEVICE float second_of(std::uint32_t packed) {
    return simt::bits_float(packed & 0xffff0000U);
}

RANKSCOPE_DEVICE float to_float(float x) {
    return x;
}

RANKSCOPE_DEVICE float to_float(Bf16 x) {
    return simt::bits_float(static_cast<std::uint32_t>(x.bits) << 16);
}

RANKSCOPE_DEVICE void put(float& to, float x) {
    to = x;
}

RANKSCOPE_DEVICE void put(Bf16& to, float x) {
    to.bits = static_cast<std::uint16_t>(pack_bf16(x, 0.0F));
}

struct alignas(8) Float2 {
    float x, y;
};

/// Two neighbours of a row, aligned to their joint size.
RANKSCOPE_DEVICE void put_pair(float* to, float first, float second) {
    *simt::whole<Float2>(to) = {first, second};
}

RANKSCOPE_DEVICE void put_pair(Bf16* to, float first, float second) {
    *simt::whole<std::uint32_t>(to) = pack_bf16(first, second);
}

RANKSCOPE_DEVICE Float2 get_pair(const float* from) {
    return *simt::whole<Float2>(from);
}

RANKSCOPE_DEVICE Float2 get_pair(const Bf16* from) {
    const std::uint32_t packed = *simt::whole<std::uint32_t>(from);
    return {first_of(packed), second_of(packed)};
}

template <class Element>
struct Parts;

template <>
struct Parts<Bf16> {
    static constexpr int count = 1;
};

template <>
struct Parts<float> {
    static constexpr int count = 3;
};

/// What lane l holds (PTX ISA 9.2, 9.7.14.5.8, mma.m16n8k16 with floating point type), with row = l / 4 and pair = 2 · (l % 4):
///   left [16×16]   words 0…3: (row, pair…), (row + 8, pair…), (row, pair + 8…), (row + 8, pair + 8…)
///   right [16×8]   words 0, 1: (pair…, row), (pair + 8…, row); pairs run along the summation
///   sum [16×8]     (row, pair), (row, pair + 1), (row + 8, pair), (row + 8, pair + 1)
template <class Element>
struct Left {
    std::uint32_t word[Parts<Element>::count][4];
};

template <class Element>
struct Right {
    std::uint32_t word[Parts<Element>::count][2];
};

RANKSCOPE_DEVICE void multiply_words(float (&sum)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2]) {
#if defined(__CUDA_ARCH__)
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};\n"
                 : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#elif !defined(__CUDACC__)
    struct Slot {
        float* sum;
        const std::uint32_t *a, *b;
    } slot{sum, a, b};

    simt::emulator::warp_collective(
        [](void* const* lanes) {
            float left[16][16], right[16][8];
            for (int l = 0; l < simt::kWarp; ++l) {
                const auto* s = static_cast<const Slot*>(lanes[l]);
                const int row = l / 4, pair = l % 4 * 2;
                for (int w = 0; w < 4; ++w) {
                    left[row + w % 2 * 8][pair + w / 2 * 8] = first_of(s->a[w]);
                    left[row + w % 2 * 8][pair + w / 2 * 8 + 1] = second_of(s->a[w]);
                }
                for (int w = 0; w < 2; ++w) {
                    right[pair + w * 8][row] = first_of(s->b[w]);
                    right[pair + w * 8 + 1][row] = second_of(s->b[w]);
                }
            }
            float sum[16][8];
            const auto at = [&](int l, int w) -> float& { return sum[l / 4 + w / 2 * 8][l % 4 * 2 + w % 2]; };
            for (int l = 0; l < simt::kWarp; ++l) {
                for (int w = 0; w < 4; ++w)
                    at(l, w) = static_cast<const Slot*>(lanes[l])->sum[w];
            }
            simt::emulator::multiply_tile(sum, left, right);
            for (int l = 0; l < simt::kWarp; ++l) {
                for (int w = 0; w < 4; ++w)
                    static_cast<const Slot*>(lanes[l])->sum[w] = at(l, w);
            }
        },
        &slot);
#endif
}

/// sum += a b. Of float the smallest products first and into a sum of their own: tensor cores cut their sums off instead of
/// rounding them, always towards zero, so that nothing large may pass through them again and again (Ootomo & Yokota,
/// arXiv 2203.03341, section 3).
template <class Element>
RANKSCOPE_DEVICE void multiply(float (&sum)[4], const Left<Element>& a, const Right<Element>& b) {
    constexpr int parts = Parts<Element>::count;
    if constexpr (parts == 1) {
        multiply_words(sum, a.word[0], b.word[0]);
    } else {
        float product[4] = {0, 0, 0, 0};
        RANKSCOPE_UNROLLED
        for (int level = parts - 1; level >= 0; --level) {
            RANKSCOPE_UNROLLED
            for (int i = 0; i <= level; ++i)
                multiply_words(product, a.word[i], b.word[level - i]);
        }
        RANKSCOPE_UNROLLED
        for (int x = 0; x < 4; ++x)
            sum[x] += product[x];
    }
}

/// A matrix in memory: element (row, column) at data[row · pitch + column].
template <class Element>
struct Tile {
    Element* data;
    int pitch;  ///< a multiple of 8 for bfloat16, of 2 for float

    RANKSCOPE_DEVICE Element* at(int row, int column) const { return data + row * pitch + column; }
};

// Four 8×8 blocks of bfloat16, one row of 16 bytes from each lane: block l / 8, row l % 8. Lane l gets of each block elements
// (l / 4, 2 · (l % 4)) and the one to the right of it; turned: of the transposed block (PTX ISA, ldmatrix). Rows are aligned to 16 bytes.
template <bool turned>
RANKSCOPE_DEVICE void load_blocks(std::uint32_t& w0, std::uint32_t& w1, std::uint32_t& w2, std::uint32_t& w3, const Bf16* row) {
#if defined(__CUDA_ARCH__)
    const auto at = static_cast<unsigned>(__cvta_generic_to_shared(row));
    if constexpr (turned) {
        asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];\n"
                     : "=r"(w0), "=r"(w1), "=r"(w2), "=r"(w3)
                     : "r"(at)
                     : "memory");
    } else {
        asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];\n"
                     : "=r"(w0), "=r"(w1), "=r"(w2), "=r"(w3)
                     : "r"(at)
                     : "memory");
    }
#elif !defined(__CUDACC__)
    simt::emulator::require_shared(row, 16);

    struct Slot {
        const Bf16* row;
        std::uint32_t* to[4];
    } slot{row, {&w0, &w1, &w2, &w3}};

    simt::emulator::warp_collective(
        [](void* const* lanes) {
            for (int l = 0; l < simt::kWarp; ++l) {
                for (int block = 0; block < 4; ++block) {
                    const auto element = [&](int i, int j) -> std::uint32_t {
                        return static_cast<const Slot*>(lanes[block * 8 + (turned ? j : i)])->row[turned ? i : j].bits;
                    };
                    const int i = l / 4, j = l % 4 * 2;
                    *static_cast<Slot*>(lanes[l])->to[block] = element(i, j) | element(i, j + 1) << 16;
                }
            }
        },
        &slot);
#endif
}

// x as the sum of three bfloat16 numbers, y likewise, packed in pairs.
RANKSCOPE_DEVICE void split(std::uint32_t& first, std::uint32_t& second, std::uint32_t& third, float x, float y) {
    first = pack_bf16(x, y);
    const float x1 = x - first_of(first), y1 = y - second_of(first);
    second = pack_bf16(x1, y1);
    third = pack_bf16(x1 - first_of(second), y1 - second_of(second));
}

RANKSCOPE_DEVICE int lane() {
    return simt::thread() % simt::kWarp;
}

/// Left operand at (row, column) of a tile [rows][summation].
RANKSCOPE_DEVICE void load_left(Left<Bf16>& a, const Tile<Bf16>& tile, int row, int column) {
    const int l = lane();
    load_blocks<false>(a.word[0][0], a.word[0][1], a.word[0][2], a.word[0][3], tile.at(row + l % 16, column + l / 16 * 8));
}

RANKSCOPE_DEVICE void load_left(Left<float>& a, const Tile<float>& tile, int row, int column) {
    const float* from = tile.at(row + lane() / 4, column + lane() % 4 * 2);
    RANKSCOPE_UNROLLED
    for (int w = 0; w < 4; ++w) {
        const float* pair = from + w % 2 * 8 * tile.pitch + w / 2 * 8;
        split(a.word[0][w], a.word[1][w], a.word[2][w], pair[0], pair[1]);
    }
}

/// Left operand that is the transpose of a tile [summation][rows]: rows from `row`, summation from `column` on.
RANKSCOPE_DEVICE void load_left_turned(Left<Bf16>& a, const Tile<Bf16>& tile, int row, int column) {
    const int l = lane();
    load_blocks<true>(a.word[0][0], a.word[0][1], a.word[0][2], a.word[0][3],
                      tile.at(column + l % 8 + l / 16 * 8, row + l / 8 % 2 * 8));
}

RANKSCOPE_DEVICE void load_left_turned(Left<float>& a, const Tile<float>& tile, int row, int column) {
    const float* from = tile.at(column + lane() % 4 * 2, row + lane() / 4);
    RANKSCOPE_UNROLLED
    for (int w = 0; w < 4; ++w) {
        const float* pair = from + w / 2 * 8 * tile.pitch + w % 2 * 8;
        split(a.word[0][w], a.word[1][w], a.word[2][w], pair[0], pair[tile.pitch]);
    }
}

/// Two right operands side by side from a tile [summation][columns]: summation from `row`, columns column…column + 15.
RANKSCOPE_DEVICE void load_right(Right<Bf16> (&b)[2], const Tile<Bf16>& tile, int row, int column) {
    const int l = lane();
    load_blocks<true>(b[0].word[0][0], b[0].word[0][1], b[1].word[0][0], b[1].word[0][1],
                      tile.at(row + l % 16, column + l / 16 * 8));
}

RANKSCOPE_DEVICE void load_right(Right<float> (&b)[2], const Tile<float>& tile, int row, int column) {
    const float* from = tile.at(row + lane() % 4 * 2, column + lane() / 4);
    RANKSCOPE_UNROLLED
    for (int i = 0; i < 4; ++i) {
        const float* pair = from + i % 2 * 8 * tile.pitch + i / 2 * 8;
        Right<float>& to = b[i / 2];
        split(to.word[0][i % 2], to.word[1][i % 2], to.word[2][i % 2], pair[0], pair[tile.pitch]);
    }
}

/// Two right operands side by side that are the transpose of a tile [columns][summation].
RANKSCOPE_DEVICE void load_right_turned(Right<Bf16> (&b)[2], const Tile<Bf16>& tile, int row, int column) {
    const int l = lane();
    load_blocks<false>(b[0].word[0][0], b[0].word[0][1], b[1].word[0][0], b[1].word[0][1],
                       tile.at(column + l % 8 + l / 16 * 8, row + l / 8 % 2 * 8));
}

RANKSCOPE_DEVICE void load_right_turned(Right<float> (&b)[2], const Tile<float>& tile, int row, int column) {
    const float* from = tile.at(column + lane() / 4, row + lane() % 4 * 2);
    RANKSCOPE_UNROLLED
    for (int i = 0; i < 4; ++i) {
        const float* pair = from + i / 2 * 8 * tile.pitch + i % 2 * 8;
        Right<float>& to = b[i / 2];
        split(to.word[0][i % 2], to.word[1][i % 2], to.word[2][i % 2], pair[0], pair[1]);
    }
}

}  // namespace rankscope::cuda
