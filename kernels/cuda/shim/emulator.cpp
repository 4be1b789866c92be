// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/shim/emulator.hpp"

#include "kernels/cuda/shim/fiber.hpp"
#include "kernels/cuda/simt.cuh"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <numeric>
#include <random>
#include <vector>

namespace rankscope::simt::emulator {
namespace {

[[noreturn]] void fail(const char* what) {
    std::fprintf(stderr, "SIMT emulator: %s\n", what);
    std::abort();
}

enum class State { Ready, AtWarp, AtBlock, Done };

struct Copy {
    void* to;  // nullptr: has arrived
    const void* from;
};

struct Lane {
    Position position;
    State state = State::Done;
    std::unique_ptr<Fiber> fiber;
    std::vector<std::vector<Copy>> copies = {{}};  // the last group is open
};

struct Warp {
    int arrived = 0;
    Collective compute = nullptr;
    void* arguments[kWarp] = {};
};

// Shared memory that ends where a page begins that cannot be touched.
class SharedMemory {
public:
    explicit SharedMemory(std::size_t bytes) : bytes_(bytes) {
        const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
        inner_ = std::max(page, (bytes + page - 1) / page * page);
        base_ = ::mmap(nullptr, inner_ + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (base_ == MAP_FAILED) fail("no memory for a block's shared memory");
        auto* begin = static_cast<char*>(base_) + page;
        ::mprotect(begin, inner_, PROT_READ | PROT_WRITE);
        data_ = begin + inner_ - bytes;
    }

    SharedMemory(const SharedMemory&) = delete;
    SharedMemory& operator=(const SharedMemory&) = delete;

    ~SharedMemory() { ::munmap(base_, inner_ + 2 * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE))); }

    // A NaN as float, double and bfloat16.
    void poison() { std::memset(data_, 0xff, bytes_); }

    [[nodiscard]] char* data() const { return data_; }

private:
    std::size_t bytes_, inner_ = 0;
    void* base_ = nullptr;
    char* data_ = nullptr;
};

Schedule schedule = Schedule::Ascending;
std::size_t shared_limit = std::size_t{227} << 10, shared_size = 0;

class BlockRun {
public:
    BlockRun(int threads, const std::function<void()>& kernel) : kernel_(kernel) {
        if (threads <= 0 || threads % kWarp != 0 || threads > 1024) fail("blocks have 32, 64, … 1024 threads");
        lanes_.resize(static_cast<std::size_t>(threads));
        warps_.resize(lanes_.size() / kWarp);
        for (Lane& lane : lanes_)
            lane.fiber = std::make_unique<Fiber>();
    }

    void run(const Position& where, const std::vector<int>& order) {
        at_block_ = 0;
        done_ = 0;
        for (std::size_t i = 0; i < lanes_.size(); ++i) {
            Lane& lane = lanes_[i];
            lane.position = where;
            lane.position.thread = static_cast<int>(i);
            lane.state = State::Ready;
            lane.fiber->start([this, &lane] {
                kernel_();
                lane.state = State::Done;
                ++done_;
            });
        }
        std::fill(warps_.begin(), warps_.end(), Warp());
        const std::vector<int> warps = warps_of(order);
        while (done_ < static_cast<int>(lanes_.size())) {
            bool moved = false;
            for (const int warp : warps) {
                // Side by side, or each as far ahead of the others as it gets.
                bool again = true;
                for (int pass = 0; again && (pass == 0 || schedule != Schedule::Ascending); ++pass) {
                    again = false;
                    for (const int i : order) {
                        Lane& lane = lanes_[static_cast<std::size_t>(i)];
                        if (i / kWarp != warp || lane.state != State::Ready) continue;
                        again = moved = true;
                        running_ = &lane;
                        lane.fiber->resume();
                    }
                }
            }
            if (!moved) fail("threads wait at a barrier or warp operation that others never reach");
        }
        for (Lane& lane : lanes_) {
            if (!lane.copies.back().empty() || lane.copies.size() > 1) fail("a thread ended before its asynchronous copies");
        }
    }

    void sync_block() {
        if (done_ > 0) fail("a thread ended before a barrier of its block");
        if (++at_block_ == static_cast<int>(lanes_.size())) {
            at_block_ = 0;
            for (Lane& lane : lanes_)
                lane.state = State::Ready;
            return;
        }
        wait(State::AtBlock);
    }

    void warp_collective(Collective compute, void* argument) {
        const int thread = running_->position.thread;
        Warp& warp = warps_[static_cast<std::size_t>(thread / kWarp)];
        if (warp.arrived > 0 && warp.compute != compute) fail("lanes of a warp meet in different operations");
        warp.compute = compute;
        warp.arguments[thread % kWarp] = argument;
        if (++warp.arrived < kWarp) return wait(State::AtWarp);
        warp.arrived = 0;
        if (compute != nullptr) compute(warp.arguments);
        for (int l = 0; l < kWarp; ++l)
            lanes_[static_cast<std::size_t>(thread / kWarp * kWarp + l)].state = State::Ready;
    }

    [[nodiscard]] Lane& running() { return *running_; }

    // Of a copy, by the schedule.
    [[nodiscard]] bool arrives_at_once() {
        return schedule == Schedule::Descending || (schedule == Schedule::Shuffled && arrivals_() % 2 == 0);
    }

private:
    // In the order of their first lanes.
    static std::vector<int> warps_of(const std::vector<int>& order) {
        std::vector<int> warps;
        for (const int i : order) {
            if (std::find(warps.begin(), warps.end(), i / kWarp) == warps.end()) warps.push_back(i / kWarp);
        }
        return warps;
    }

    void wait(State state) {
        running_->state = state;
        running_->fiber->yield();
    }

    const std::function<void()>& kernel_;
    std::vector<Lane> lanes_;
    std::vector<Warp> warps_;
    Lane* running_ = nullptr;
    int at_block_ = 0, done_ = 0;
    std::mt19937 arrivals_{7};
};

BlockRun* active = nullptr;

std::vector<int> ordered(int count, std::mt19937& random) {
    std::vector<int> order(static_cast<std::size_t>(count));
    std::iota(order.begin(), order.end(), 0);
    if (schedule == Schedule::Descending) std::reverse(order.begin(), order.end());
    if (schedule == Schedule::Shuffled) std::shuffle(order.begin(), order.end(), random);
    return order;
}

void complete(const std::vector<Copy>& group) {
    for (const Copy& copy : group) {
        if (copy.to != nullptr) std::memcpy(copy.to, copy.from, 16);
    }
}

}  // namespace

const Position& current() {
    return active->running().position;
}

void sync_block() {
    active->sync_block();
}

void sync_warp() {
    active->warp_collective(nullptr, nullptr);
}

void warp_collective(Collective compute, void* argument) {
    active->warp_collective(compute, argument);
}

void require_aligned(const void* at, std::size_t bytes) {
    if (reinterpret_cast<std::uintptr_t>(at) % bytes != 0) fail("an access is not aligned to its size");
}

void require_shared(const void* at, std::size_t bytes) {
    require_aligned(at, 16);
    const auto* begin = active->running().position.shared;
    const auto* from = static_cast<const char*>(at);
    if (std::less<>()(from, begin) || std::less<>()(begin + shared_size, from + bytes)) fail("an address is not in shared memory");
}

void copy_async(void* shared, const void* global) {
    require_shared(shared, 16);
    require_aligned(global, 16);
    if (active->arrives_at_once()) {
        std::memcpy(shared, global, 16);
        shared = nullptr;
    }
    active->running().copies.back().push_back({shared, global});
}

void commit_copies() {
    active->running().copies.emplace_back();
}

void wait_copies(int pending) {
    auto& copies = active->running().copies;
    // The open group does not count.
    while (static_cast<int>(copies.size()) - 1 > pending) {
        complete(copies.front());
        copies.erase(copies.begin());
    }
}

void set_schedule(Schedule chosen) {
    schedule = chosen;
}

void set_shared_limit(std::size_t bytes) {
    shared_limit = bytes;
}

void run(const Grid& grid, int threads, std::size_t shared_bytes, const std::function<void()>& kernel) {
    if (shared_bytes % 16 != 0) fail("shared memory is no multiple of 16 bytes");
    if (grid.x < 1 || grid.y < 1 || grid.z < 1 || grid.y > 65535 || grid.z > 65535) fail("a grid that CUDA does not take");
    if (shared_bytes > shared_limit) fail("more shared memory than the GPU has for a block");
    shared_size = shared_bytes;
    SharedMemory shared(shared_bytes);
    BlockRun block(threads, kernel);
    active = &block;
    std::mt19937 random(5);
    for (const int at : ordered(grid.x * grid.y * grid.z, random)) {
        shared.poison();
        Position where;
        where.threads = threads;
        where.grid = {grid.x, grid.y, grid.z};
        where.block = {at % grid.x, at / grid.x % grid.y, at / (grid.x * grid.y)};
        where.shared = shared.data();
        block.run(where, ordered(threads, random));
    }
    active = nullptr;
}

}  // namespace rankscope::simt::emulator
