// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/client/engine_jobs.hpp"
#include "core/protocol/plan_methods.hpp"
#include "core/session/saved_session.hpp"

#include <cstdint>
#include <functional>
#include <vector>

namespace rankscope::gui {

class Document;

/// Turns choices into plans: asks the engine which channels the methods choose where the document does not
/// know that exactly.
class PlanMaker {
public:
    PlanMaker(Document& document, EngineJobs& jobs) : document_(document), jobs_(jobs) {}

    using Then = std::function<void(const std::vector<Plan>&)>;

    /// `then` gets one plan per choice; at once, where all is known. The job fails where that cannot be.
    void make(const std::vector<PlanChoice>& choices, std::int64_t job, Then then);

private:
    void take(const protocol::MakePlansResult& result, const protocol::MakePlansRequest& request);
    void deliver(const std::vector<PlanChoice>& choices, std::int64_t job, const Then& then);

    Document& document_;
    EngineJobs& jobs_;
};

}  // namespace rankscope::gui
