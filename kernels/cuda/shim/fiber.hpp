// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace rankscope::simt::emulator {

/// A call that can be interrupted and continued. resume() runs it until it yields or returns; both on one host thread.
class Fiber {
public:
    Fiber();
    ~Fiber();
    Fiber(const Fiber&) = delete;
    Fiber& operator=(const Fiber&) = delete;

    /// Prepares `body`; the one before must have returned.
    void start(std::function<void()> body);
    void resume();
    /// From inside: back to where resume() was called.
    void yield();

private:
    struct Context;
    std::unique_ptr<Context> context_;
};

}  // namespace rankscope::simt::emulator
