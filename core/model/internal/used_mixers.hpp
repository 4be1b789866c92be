// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace rankscope::internal {

/// Names of the implementations of the recurrence that ran, in the order in which they were first taken, for the provenance of
/// results: what was chosen before a run need not be what ran (widths of a plan, a kernel that failed its self-check, decoding).
/// One of the process: gradients run on threads of LibTorch that know no model. Thread-safe.
class UsedMixers {
public:
    static UsedMixers& instance();

    void note(std::string_view name);

    void forget();

    [[nodiscard]] std::vector<std::string> names() const;

private:
    mutable std::mutex mutex_;
    std::vector<std::string> names_;
};

}  // namespace rankscope::internal
