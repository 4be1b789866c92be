// SPDX-License-Identifier: Apache-2.0
#include "kernels/cross_entropy.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <new>
#include <type_traits>
#include <vector>

#include "kernels/cpu/by_instruction_set.hpp"
#include "kernels/cpu/cross_entropy_table.hpp"
#include "kernels/parallel.hpp"

namespace rankscope::kernels {
namespace {

const ByInstructionSet<CrossEntropyTable>& implementations() noexcept {
    static const auto instance = RANKSCOPE_BY_INSTRUCTION_SET(CrossEntropyTable, kCrossEntropy);
    return instance;
}

// Weights of a tile that share the second-level cache with the rows: 256 KiB, yet enough entries for the once-a-tile work.
std::int64_t chosen_tile(std::int64_t width) {
    return std::clamp<std::int64_t>((std::int64_t{64} << 10) / width / 8 * 8, 64, 512);
}

// How rows and vocabulary are cut, by the sizes alone: the same sums whatever the number of threads.
struct Cut {
    std::int64_t row_blocks, parts, part;

    Cut(std::int64_t rows, std::int64_t vocabulary, std::int64_t tile) {
        constexpr std::int64_t kPieces = 16;  // so that a few rows keep several threads busy
        row_blocks = (rows + kCrossEntropyRows - 1) / kCrossEntropyRows;
        const std::int64_t wanted = std::max<std::int64_t>(1, kPieces / row_blocks), tiles = (vocabulary + tile - 1) / tile;
        part = (tiles + wanted - 1) / wanted * tile;
        parts = (vocabulary + part - 1) / part;
    }
};

struct AlignedDelete {
    void operator()(float* p) const noexcept { ::operator delete[](p, std::align_val_t{64}); }
};

template <class Weight, class Target>
std::int64_t run(const CrossEntropyTable& table, const CrossEntropyArgs<Weight, Target>& a) {
    for (std::int64_t n = 0; n < a.rows; ++n) {
        if (a.targets[n] < 0 || a.targets[n] >= a.vocabulary) return n;
    }
    if (a.rows <= 0) return -1;
    const std::int64_t tile = a.vocabulary_tile > 0 ? a.vocabulary_tile : chosen_tile(a.width);
    const Cut cut(a.rows, a.vocabulary, tile);
    const auto cells = static_cast<std::size_t>(cut.parts * a.rows);
    std::vector<float> largest(cells), chosen(cells);
    std::vector<double> sum(cells);
    std::vector<std::int32_t> best(cells), targets(a.targets, a.targets + a.rows);

    CrossEntropyPiece whole;
    whole.width = a.width;
    whole.tile = tile;
    if constexpr (std::is_same_v<Weight, float>) {
        whole.single = a.weight;
    } else {
        whole.half = a.weight;
    }
    whole.rows = std::min(a.rows, kCrossEntropyRows);
    // Here, not in a thread: a body of parallel_for must not throw.
    const std::int64_t pieces = cut.row_blocks * cut.parts, workers = std::min<std::int64_t>(pieces, threads());
    const std::int64_t scratch_floats = (table.scratch_size(whole) + 15) / 16 * 16;
    const std::unique_ptr<float[], AlignedDelete> scratch(
        static_cast<float*>(::operator new[](static_cast<std::size_t>(workers * scratch_floats) * sizeof(float), std::align_val_t{64})));
    parallel_for(workers, 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t w = begin; w < end; ++w) {
            for (std::int64_t i = pieces * w / workers; i < pieces * (w + 1) / workers; ++i) {
                const std::int64_t row = i / cut.parts * kCrossEntropyRows, part = i % cut.parts, at = part * a.rows + row;
                CrossEntropyPiece piece = whole;
                piece.rows = std::min(kCrossEntropyRows, a.rows - row);
                piece.first = part * cut.part;
                piece.last = std::min(a.vocabulary, piece.first + cut.part);
                piece.hidden = a.hidden + row * a.width;
                piece.targets = targets.data() + row;
                piece.largest = largest.data() + at;
                piece.best = best.data() + at;
                piece.sum = sum.data() + at;
                piece.chosen = chosen.data() + at;
                table.run(piece, scratch.get() + w * scratch_floats);
            }
        }
    });
    for (std::int64_t n = 0; n < a.rows; ++n) {
        auto top = static_cast<std::size_t>(n);
        for (std::int64_t part = 1; part < cut.parts; ++part) {
            const auto at = static_cast<std::size_t>(part * a.rows + n);
            if (largest[at] > largest[top]) top = at;
        }
        double total = 0;
        for (std::int64_t part = 0; part < cut.parts; ++part) {
            const auto at = static_cast<std::size_t>(part * a.rows + n);
            total += sum[at] * std::exp(static_cast<double>(largest[at]) - static_cast<double>(largest[top]));
        }
        const auto home = static_cast<std::size_t>(a.targets[n] / static_cast<Target>(cut.part) * a.rows + n);
        a.nll[n] = static_cast<float>(static_cast<double>(largest[top]) - static_cast<double>(chosen[home]) + std::log(total));
        if (a.argmax != nullptr) a.argmax[n] = static_cast<Target>(best[top]);
    }
    return -1;
}

}  // namespace

std::span<const std::string_view> cross_entropy_implementations() noexcept {
    return implementations().names();
}

template <class Weight, class Target>
std::int64_t cross_entropy_with(std::string_view implementation, const CrossEntropyArgs<Weight, Target>& args) {
    const CrossEntropyTable* table = implementations().find(implementation);
    return table == nullptr ? -2 : run(*table, args);
}

template <class Weight, class Target>
std::int64_t cross_entropy(const CrossEntropyArgs<Weight, Target>& args) {
    return cross_entropy_with(implementations().names().front(), args);
}

#define RANKSCOPE_CROSS_ENTROPY(Weight, Target)                                          \
    template std::int64_t cross_entropy(const CrossEntropyArgs<Weight, Target>&);       \
    template std::int64_t cross_entropy_with(std::string_view, const CrossEntropyArgs<Weight, Target>&)

RANKSCOPE_CROSS_ENTROPY(float, std::int32_t);
RANKSCOPE_CROSS_ENTROPY(float, std::int64_t);
RANKSCOPE_CROSS_ENTROPY(Bf16, std::int32_t);
RANKSCOPE_CROSS_ENTROPY(Bf16, std::int64_t);
#undef RANKSCOPE_CROSS_ENTROPY

}  // namespace rankscope::kernels
