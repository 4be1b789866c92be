// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/progress.hpp"

namespace rankscope {

/// What can be measured, in the order of the table. "rank" and "spectrum": at every token.
inline constexpr const char* kKernelBenchOperations[] = {"prefill", "decode", "singular-values", "rank", "spectrum", "cross-entropy"};

struct KernelBenchRequest {
    bool full = false;                    ///< all widths, lengths and batches (many minutes) instead of a subset (about a minute)
    std::vector<std::string> operations;  ///< of kKernelBenchOperations; empty: all
    double seconds_a_row = 0.7;           ///< how long the rounds of one row go on, at least three of them
    int threads = 0;                      ///< 0 = hardware threads
    std::uint64_t seed = 0;
};

/// One kernel on one shape against one baseline, which computes the same numbers.
struct KernelBenchRow {
    std::string operation;       ///< of kKernelBenchOperations
    std::string baseline;        ///< what it is compared with
    std::string implementation;  ///< ours
    std::int64_t batch = 0, length = 0, heads = 0, keys = 0, values = 0;  ///< B, T, HV, K, V; cross entropy: rows = length, width = keys, vocabulary = values
    double ours_ms = 0, baseline_ms = 0;                 ///< best of the rounds
    double ratio = 0, ratio_lower = 0, ratio_upper = 0;  ///< baseline / ours of rounds in turn: median and quartiles
    int rounds = 0;
    double speed = 0;       ///< of ours, in `unit`
    std::string unit;       ///< "GF/s" of useful work, "GB/s" of what has to be moved
    double percent = 0;     ///< of the measured peak on these threads
    double difference = 0;  ///< largest difference of the results, relative to the largest value
};

struct KernelBenchResult {
    std::string processor, compiler, instruction_set;
    int threads = 1;
    double fma_one = 0, fma_all = 0;    ///< GF/s
    double read_one = 0, read_all = 0;  ///< GB/s
    std::vector<KernelBenchRow> rows;
};

/// Kernels of the CPU against the same computations in LibTorch's operations, LAPACK (through LibTorch) and the procedure of
/// Nazari & Rusch's script (one copy and one singular value decomposition for each token and head), in turn within one run, each
/// after its results were compared. A probe of the machine's peaks runs first. Useful work: prefill 7·K·V flop per token and
/// value head, singular values 8/3·n³, cross entropy 2·rows·width·vocabulary; a rank counts the recurrence alone
/// (7·K·V); decoding reads and writes 4 bytes of every number of a state. Leaves LibTorch and kernels with `threads` threads.
/// Error{Usage}: an unknown operation. Error{Internal} where results disagree: a speed of wrong numbers is none.
[[nodiscard]] KernelBenchResult bench_kernels(const KernelBenchRequest& request, const Progress& progress);

}  // namespace rankscope
