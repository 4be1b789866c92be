// SPDX-License-Identifier: Apache-2.0
// Runs a kernel compiled as plain C++: the threads of a block are fibers of one host thread, switched at barriers, at
// operations of a warp and nowhere else. It is strict where a GPU is not:
//   - a barrier or a warp operation that some thread misses ends the program with a message (on a GPU: a hang, or luck),
//   - lanes of a warp that meet in different operations end the program,
//   - shared memory ends at a page that cannot be touched, and holds NaNs before every block,
//   - asynchronous copies arrive at the wait for them and no earlier,
//   - threads run in the order of set_schedule: a missing barrier shows as results that depend on it.
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

void copy_async(void* shared, const void* global);
void commit_copies();
void wait_copies(int pending);

enum class Schedule { Ascending, Descending, Shuffled };

/// Order of the threads of a block between two barriers, and of the blocks, for the launches that follow.
void set_schedule(Schedule schedule);

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
