// SPDX-License-Identifier: Apache-2.0
#include "kernels/delta_rule.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "kernels/cpu/delta_rule_table.hpp"

namespace rankscope::kernels {
namespace {

class Registry {
public:
    Registry() noexcept {
#if defined(__x86_64__)
        __builtin_cpu_init();
        if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
            __builtin_cpu_supports("avx512vl")) {
            add(avx512::kDeltaRuleTable);
        }
        if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c")) {
            add(avx2::kDeltaRuleTable);
        }
#endif
        add(portable::kDeltaRuleTable);
        const char* name = std::getenv("RANKSCOPE_KERNEL");
        if (name == nullptr || *name == '\0') return;
        for (const DeltaRuleImplementation& each : all()) {
            if (each.name == name) forced_ = &each;
        }
        // The choice cannot throw; a wrong name must not pass for the wanted kernel either.
        if (forced_ == nullptr) std::fprintf(stderr, "RANKSCOPE_KERNEL=%s: no such kernel on this processor; choosing as usual\n", name);
    }

    [[nodiscard]] std::span<const DeltaRuleImplementation> all() const noexcept { return {entries_.data(), count_}; }

    /// Chunked or recurrent for the widest instruction set; both take all arguments.
    [[nodiscard]] const DeltaRuleImplementation& best(const DeltaRuleArgs<float>& args) const noexcept { return entries_[chunks_pay_(args) ? 0 : 1]; }

    [[nodiscard]] const DeltaRuleImplementation& best_backward(const DeltaRuleArgs<float>& args) const noexcept {
        return entries_[chunks_pay_backward_(args) ? 0 : 1];
    }

    [[nodiscard]] const DeltaRuleImplementation* forced() const noexcept { return forced_; }

private:
    void add(const DeltaRuleTable& table) noexcept {
        if (count_ == 0) {
            chunks_pay_ = table.chunks_pay;
            chunks_pay_backward_ = table.chunks_pay_backward;
        }
        entries_[count_++] = table.chunked;
        entries_[count_++] = table.recurrent;
    }

    std::array<DeltaRuleImplementation, 6> entries_{};
    std::size_t count_ = 0;
    bool (*chunks_pay_)(const DeltaRuleArgs<float>&) noexcept = nullptr;
    bool (*chunks_pay_backward_)(const DeltaRuleArgs<float>&) noexcept = nullptr;
    const DeltaRuleImplementation* forced_ = nullptr;
};

const Registry& registry() noexcept {
    static const Registry instance;
    return instance;
}

}  // namespace

std::span<const DeltaRuleImplementation> delta_rule_implementations() noexcept {
    return registry().all();
}

const DeltaRuleImplementation& choose_delta_rule(const DeltaRuleArgs<float>& args) noexcept {
    const DeltaRuleImplementation* forced = registry().forced();
    if (forced != nullptr && forced->supports(args)) return *forced;
    return registry().best(args);
}

const DeltaRuleImplementation& choose_delta_rule_backward(const DeltaRuleArgs<float>& args) noexcept {
    const DeltaRuleImplementation* forced = registry().forced();
    if (forced != nullptr && forced->supports(args)) return *forced;
    return registry().best_backward(args);
}

void delta_rule(const DeltaRuleArgs<float>& args) {
    choose_delta_rule(args).run(args);
}

void delta_rule_backward(const DeltaRuleBackwardArgs<float>& args) {
    choose_delta_rule_backward(args.forward).run_backward(args);
}

}  // namespace rankscope::kernels
