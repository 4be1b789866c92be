// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <string_view>

#include "core/base/error.hpp"

namespace rankscope {

/// How far a long call is. `eta_seconds` < 0: not known yet.
struct ProgressUpdate {
    double done = 0;
    double total = 0;
    std::string_view unit;  ///< "windows", "tokens", "bytes", …
    double eta_seconds = -1;
    std::string_view note;  ///< e.g. the running loss; may be empty
};

/// What every long call takes: a way to stop it, to hear how far it is, and to hear its warnings.
/// All three may be empty. Library code never prints; it reports here.
struct Progress {
    std::stop_token stop;
    std::function<void(const ProgressUpdate&)> report;
    std::function<void(const std::string&)> warn;

    /// Throws Cancelled once a stop was requested; called at every step boundary (at least every 100 ms of work).
    void check() const {
        if (stop.stop_requested()) throw Cancelled();
    }

    void update(const ProgressUpdate& value) const {
        check();
        if (report) report(value);
    }

    void warning(const std::string& text) const {
        if (warn) warn(text);
    }
};

}  // namespace rankscope
