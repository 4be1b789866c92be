// SPDX-License-Identifier: Apache-2.0
// Runs a kernel compiled as plain C++: the threads of a block are fibers of one host thread, switched at barriers, at
// operations of a warp and nowhere else. It is strict where a GPU is not:
//   - a barrier or a warp operation that some thread misses ends the program with a message (on a GPU: a hang, or luck),
//   - lanes of a warp that meet in different operations end the program,
//   - shared memory ends at a page that cannot be touched, and holds NaNs before every block,
//   - asynchronous copies arrive as late as at the wait for them or as early as at once, as set_schedule says,
//   - what a GPU moves as a whole has to be aligned to its size, rows of ldmatrix and targets of copies to lie in shared memory,
//   - threads run in the order of set_schedule: a missing barrier shows as results that depend on it.
// What it cannot show: a race that no order of whole stretches between barriers makes visible, and blocks that run side by side.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

namespace rankscope::simt {
struct Grid;
}

namespace rankscope::simt::emulator {

/// Index of a block.
struct Index {
    int x = 0, y = 0, z = 0;
};

/// Where the running fiber is.
struct Position {
    int thread = 0, threads = 0;
    Index block, grid;
    char* shared = nullptr;
};

[[nodiscard]] const Position& current();

void sync_block();
void sync_warp();

/// Runs compute(arguments) when all 32 lanes of the warp have arrived with the same `compute`; arguments[lane] is what each
/// lane handed over, which it may read results from afterwards.
using Collective = void (*)(void* const* arguments);
void warp_collective(Collective compute, void* argument);

/// sum += left · right of bfloat16 numbers as tensor cores add them: eight products at a time, each exact; all summands are cut
/// off (not rounded) one bit behind the last of the largest, and so is the sum behind its 24 bits. That is an A100, the least
/// exact of the GPUs that have this instruction (Fasi et al., PeerJ Computer Science 7:e330, 2021; Khattak & Mikaitis,
/// arXiv 2512.07004).
void multiply_tile(float (&sum)[16][8], const float (&left)[16][16], const float (&right)[16][8]);

/// Ends the program unless `bytes` bytes at `at` lie in the shared memory of the block, aligned to 16 bytes.
void require_shared(const void* at, std::size_t bytes);
/// Ends the program unless `at` is a multiple of `bytes`: such an access is an error on a GPU, and works on a processor.
void require_aligned(const void* at, std::size_t bytes);

void copy_async(void* shared, const void* global);
void commit_copies();
void wait_copies(int pending);

enum class Schedule { Ascending, Descending, Shuffled };

/// Order of the threads of a block between two barriers, and of the blocks, for the launches that follow. Ascending: warps go from
/// one of their operations to the next side by side, asynchronous copies arrive at the wait. Else a warp runs as far as it gets
/// before the next one does, and copies arrive at once (Descending) or either way (Shuffled).
void set_schedule(Schedule schedule);

/// Shared memory that a launch may ask for from now on, 227 KiB at first: compute capability 8.0 has 163 KiB, 8.6, 8.9 and
/// 12.0 have 99, 9.0 and 10.0 have 227 (CUDA programming guide, technical specifications per compute capability).
void set_shared_limit(std::size_t bytes);

/// Runs `kernel` once per thread of every block.
void run(const Grid& grid, int threads, std::size_t shared_bytes, const std::function<void()>& kernel);

template <class T>
T shuffle(T x, int lane) {
    struct Slot {
        T value;
        int from;
        T result;
    } slot{x, lane, x};

    warp_collective(
        [](void* const* arguments) {
            for (int l = 0; l < 32; ++l) {
                auto* mine = static_cast<Slot*>(arguments[l]);
                mine->result = static_cast<const Slot*>(arguments[mine->from & 31])->value;
            }
        },
        &slot);
    return slot.result;
}

}  // namespace rankscope::simt::emulator
