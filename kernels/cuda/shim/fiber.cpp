// SPDX-License-Identifier: Apache-2.0
// Switching by hand on x86-64, since swapcontext calls the kernel for the signal mask (300 ns instead of 5); ucontext elsewhere.
#include "kernels/cuda/shim/fiber.hpp"

#include <sys/mman.h>

#include <cstdint>
#include <cstdlib>
#include <utility>

#if !defined(__x86_64__)
#include <ucontext.h>
#endif

#if defined(__SANITIZE_ADDRESS__)
extern "C" {
void __sanitizer_start_switch_fiber(void** fake_stack, const void* bottom, std::size_t size);
void __sanitizer_finish_switch_fiber(void* fake_stack, const void** bottom, std::size_t* size);
}
#endif

namespace rankscope::simt::emulator {
namespace {

constexpr std::size_t kStack = std::size_t{256} << 10;

#if defined(__x86_64__)
extern "C" void rankscope_switch_stack(void** from, void* to);
// Saves what a call must preserve and the stack pointer in *from, and takes over what lies on the stack `to`.
asm(R"(
.text
.type rankscope_switch_stack, @function
rankscope_switch_stack:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
.size rankscope_switch_stack, .-rankscope_switch_stack
)");
#endif

}  // namespace

struct Fiber::Context {
    std::function<void()> body;
    void* stack = nullptr;
#if defined(__x86_64__)
    void* inside = nullptr;
    void* outside = nullptr;
#else
    ucontext_t inside, outside;
#endif
#if defined(__SANITIZE_ADDRESS__)
    void* fake_inside = nullptr;
    void* fake_outside = nullptr;
    const void* outer_bottom = nullptr;
    std::size_t outer_size = 0;
#endif

    void enter() {
#if defined(__SANITIZE_ADDRESS__)
        __sanitizer_start_switch_fiber(&fake_outside, stack, kStack);
#endif
#if defined(__x86_64__)
        rankscope_switch_stack(&outside, inside);
#else
        ::swapcontext(&outside, &inside);
#endif
#if defined(__SANITIZE_ADDRESS__)
        __sanitizer_finish_switch_fiber(fake_outside, nullptr, nullptr);
#endif
    }

    void leave() {
#if defined(__SANITIZE_ADDRESS__)
        __sanitizer_start_switch_fiber(&fake_inside, outer_bottom, outer_size);
#endif
#if defined(__x86_64__)
        rankscope_switch_stack(&inside, outside);
#else
        ::swapcontext(&inside, &outside);
#endif
        arrived(fake());
    }

#if defined(__SANITIZE_ADDRESS__)
    void* fake() {
        return fake_inside;
    }

    void arrived(void* saved) {
        __sanitizer_finish_switch_fiber(saved, &outer_bottom, &outer_size);
    }
#else
    void* fake() {
        return nullptr;
    }

    void arrived(void*) {}
#endif

    // First function on the fiber's stack; what it is called with stands in `starting`. Runs one body after another.
    static void first();
    static Context* starting;
};

Fiber::Context* Fiber::Context::starting = nullptr;

void Fiber::Context::first() {
    Context* self = starting;
    self->arrived(nullptr);
    for (;;) {
        self->body();
        self->leave();
    }
}

Fiber::Fiber() : context_(std::make_unique<Context>()) {
    context_->stack = ::mmap(nullptr, kStack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (context_->stack == MAP_FAILED) std::abort();
#if defined(__x86_64__)
    // As rankscope_switch_stack leaves a stack: six registers, then where to return to. Behind that address the stack
    // pointer is 8 off a multiple of 16, as at the begin of any function.
    auto* top = reinterpret_cast<std::uintptr_t*>(static_cast<char*>(context_->stack) + kStack) - 2;
    *top = reinterpret_cast<std::uintptr_t>(&Context::first);
    context_->inside = top - 6;
#else
    ::getcontext(&context_->inside);
    context_->inside.uc_stack.ss_sp = context_->stack;
    context_->inside.uc_stack.ss_size = kStack;
    ::makecontext(&context_->inside, &Context::first, 0);
#endif
}

Fiber::~Fiber() {
    ::munmap(context_->stack, kStack);
}

void Fiber::start(std::function<void()> body) {
    context_->body = std::move(body);
}

void Fiber::resume() {
    Context::starting = context_.get();
    context_->enter();
}

void Fiber::yield() {
    context_->leave();
}

}  // namespace rankscope::simt::emulator
