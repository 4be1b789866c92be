// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

namespace rankscope::server {

/// Says whether enough time has passed since it last said so; the first time it has.
class Throttle {
public:
    using Clock = std::chrono::steady_clock;

    explicit Throttle(std::chrono::milliseconds interval) : interval_(interval) {}

    [[nodiscard]] bool ready(Clock::time_point now) {
        if (begun_ && now - last_ < interval_) return false;
        begun_ = true;
        last_ = now;
        return true;
    }

private:
    std::chrono::milliseconds interval_;
    Clock::time_point last_;
    bool begun_ = false;
};

}  // namespace rankscope::server
