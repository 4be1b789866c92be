// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stop_token>

namespace rankscope {

/// While one lives, check_stop() on the same thread hears this token. Whoever starts a long call puts one around it, so that
/// code far below, which is handed no Progress, can end early. Scopes nest; the innermost counts.
class StopScope {
public:
    explicit StopScope(std::stop_token token);
    ~StopScope();
    StopScope(const StopScope&) = delete;
    StopScope& operator=(const StopScope&) = delete;

private:
    std::stop_token before_;
};

/// Throws Cancelled if this thread's work is to stop. Cheap; called at least every 100 ms of work, and never inside the body of
/// a parallel loop, which must not throw.
void check_stop();

}  // namespace rankscope
