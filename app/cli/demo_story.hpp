// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "core/session/saved_session.hpp"

namespace rankscope::cli {

/// Which points a story compares.
struct StoryPoints {
    std::string main, random, simple;  ///< ids: the method in question, random channels and the simple score, same widths
    std::string mixed;                 ///< id of the plan with other widths at the same state size, or empty
};

/// Three sentences about a session with the numbers found in it, and no more than these show. Every point has its quality.
[[nodiscard]] SessionStory tell_story(const SavedSession& session, const StoryPoints& points);

}  // namespace rankscope::cli
