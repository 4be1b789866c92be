// SPDX-License-Identifier: Apache-2.0
#include "kernels/state_norms.hpp"

#include <algorithm>
#include <memory>
#include <new>

#include "kernels/cpu/by_instruction_set.hpp"
#include "kernels/cpu/state_norms_table.hpp"
#include "kernels/cpu/token_shares.hpp"
#include "kernels/parallel.hpp"

namespace rankscope::kernels {
namespace {

const ByInstructionSet<StateNormsTable>& implementations() noexcept {
    static const auto instance = RANKSCOPE_BY_INSTRUCTION_SET(StateNormsTable, kStateNorms);
    return instance;
}

struct AlignedDelete {
    void operator()(float* p) const noexcept { ::operator delete[](p, std::align_val_t{64}); }
};

}  // namespace

bool state_norms_with(std::string_view implementation, const StateNormsArgs& args) {
    const StateNormsTable* table = implementations().find(implementation);
    if (table == nullptr) return false;
    const DeltaRuleArgs<float>& a = args.recurrence;
    const std::int64_t heads = a.B * a.HV, workers = std::min<std::int64_t>(heads, threads());
    if (heads <= 0) return true;
    // Here, not in a thread: a body of parallel_for must not throw.
    const std::int64_t size = (table->scratch_size(a.K, a.V) + 15) / 16 * 16;
    const std::unique_ptr<float[], AlignedDelete> scratch(
        static_cast<float*>(::operator new[](static_cast<std::size_t>(workers * size) * sizeof(float), std::align_val_t{64})));
    const TokenShares shares(a.B, a.T, a.offsets, a.HV);
    parallel_for(workers, 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t w = begin; w < end; ++w) {
            const std::int64_t last = shares.item_at(shares.total() * (w + 1) / workers);
            for (std::int64_t i = shares.item_at(shares.total() * w / workers); i < last; ++i) table->run(args, i / a.HV, i % a.HV, scratch.get() + w * size);
        }
    });
    return true;
}

void state_norms(const StateNormsArgs& args) {
    (void)state_norms_with(implementations().names().front(), args);
}

std::span<const std::string_view> state_norms_implementations() noexcept {
    return implementations().names();
}

}  // namespace rankscope::kernels
