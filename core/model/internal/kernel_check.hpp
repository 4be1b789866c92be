// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace rankscope::internal {

/// What a kernel is about to be used for: it is checked once for each. Widths of a state, or for other operations `what`.
struct KernelUse {
    std::string kernel;
    std::string device;  ///< "cuda:0"
    std::int64_t key_width = 0, value_width = 0;
    std::int64_t sharing = 1;  ///< value heads of a key head
    bool gated = false;
    bool decoding = false;  ///< one token
    bool lengthy = false;   ///< so many tokens that the sequence may be split
    bool bfloat16 = false;  ///< of inputs and outputs
    std::string what;       ///< "width 96, bfloat16"; empty for what reads or makes states

    [[nodiscard]] static KernelUse of(std::string kernel, std::string device, std::string what) {
        KernelUse use;
        use.kernel = std::move(kernel);
        use.device = std::move(device);
        use.what = std::move(what);
        return use;
    }

    auto operator<=>(const KernelUse&) const = default;
};

struct KernelVerdict {
    KernelUse use;
    bool trusted = false;
    double error = 0;     ///< against what it replaces, relative to the largest entry
    std::string reason;   ///< why it is not trusted
    std::string instead;  ///< what computes then

    /// One line: kernel, widths, error, and what follows from it.
    [[nodiscard]] std::string text() const;
};

/// No number of a kernel reaches anybody before the kernel has agreed with what it replaces (the composition of ATen operations,
/// the kernels of the processor) on this very device and at these very widths. One that does not agree is switched off for them and reported once. Thread-safe.
class KernelCheck {
public:
    using Report = std::function<void(const std::string&)>;

    explicit KernelCheck(Report report, std::string instead = "the composition of ATen operations")
        : report_(std::move(report)), instead_(std::move(instead)) {}

    /// The stored verdict; at first `error` is measured. A NaN, a value above `bound` and an exception speak against the kernel.
    bool trusted(const KernelUse& use, double bound, const std::function<double()>& error);

    [[nodiscard]] std::vector<KernelVerdict> verdicts() const;

private:
    mutable std::mutex mutex_;
    Report report_;
    std::string instead_;
    std::map<KernelUse, KernelVerdict> verdicts_;
};

}  // namespace rankscope::internal
