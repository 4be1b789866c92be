// SPDX-License-Identifier: Apache-2.0
#include "core/model/internal/used_mixers.hpp"

#include <algorithm>

namespace rankscope::internal {

UsedMixers& UsedMixers::instance() {
    static UsedMixers used;
    return used;
}

void UsedMixers::note(std::string_view name) {
    const std::lock_guard lock(mutex_);
    if (std::find(names_.begin(), names_.end(), name) == names_.end()) names_.emplace_back(name);
}

void UsedMixers::forget() {
    const std::lock_guard lock(mutex_);
    names_.clear();
}

std::vector<std::string> UsedMixers::names() const {
    const std::lock_guard lock(mutex_);
    return names_;
}

}  // namespace rankscope::internal
