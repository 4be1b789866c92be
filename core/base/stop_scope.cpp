// SPDX-License-Identifier: Apache-2.0
#include "core/base/stop_scope.hpp"

#include "core/base/progress.hpp"

#include <utility>

namespace rankscope {
namespace {

thread_local std::stop_token current;

}  // namespace

StopScope::StopScope(std::stop_token token) : before_(std::exchange(current, std::move(token))) {}

StopScope::~StopScope() {
    current = std::move(before_);
}

void check_stop() {
    if (current.stop_requested()) throw Cancelled();
}

}  // namespace rankscope
