// SPDX-License-Identifier: Apache-2.0
#include "core/model/internal/kernel_check.hpp"

#include "core/base/error.hpp"

#include <fmt/format.h>

namespace rankscope::internal {

std::string KernelVerdict::text() const {
    const std::string widths =
        fmt::format("K={} V={}{}{}{}{}{}", use.key_width, use.value_width,
                    use.sharing > 1 ? fmt::format(" ({} value heads to a key head)", use.sharing) : "", use.gated ? " gated" : "",
                    use.decoding ? " decoding" : "", use.lengthy ? " long" : "", use.bfloat16 ? " bfloat16" : "");
    const std::string what = fmt::format("{} on {} at {}", use.kernel, use.device, use.what.empty() ? widths : use.what);
    if (trusted) return fmt::format("{}: agrees, error {:.1e}", what, error);
    return fmt::format("{}: switched off, {}; {} computes instead", what, reason, instead);
}

bool KernelCheck::trusted(const KernelUse& use, double bound, const std::function<double()>& error) {
    const std::lock_guard lock(mutex_);
    if (const auto known = verdicts_.find(use); known != verdicts_.end()) return known->second.trusted;
    KernelVerdict verdict;
    verdict.use = use;
    verdict.instead = instead_;
    try {
        verdict.error = error();
        verdict.trusted = verdict.error <= bound;  // false for a NaN
        if (!verdict.trusted) verdict.reason = fmt::format("error {:.1e}, expected at most {:.1e}", verdict.error, bound);
    } catch (const std::exception& e) {
        verdict.reason = printable(e.what(), 200);
    }
    verdicts_.emplace(use, verdict);
    if (!verdict.trusted && report_) report_(verdict.text());
    return verdict.trusted;
}

std::vector<KernelVerdict> KernelCheck::verdicts() const {
    const std::lock_guard lock(mutex_);
    std::vector<KernelVerdict> all;
    for (const auto& [use, verdict] : verdicts_)
        all.push_back(verdict);
    return all;
}

}  // namespace rankscope::internal
