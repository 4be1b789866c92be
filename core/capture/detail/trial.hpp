// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

namespace rankscope::hdf5 {

/// Runs `visit` in a child process first and throws Error{Input} if that crashes or works longer than 2 s; whatever else
/// it does, an Error too, stays in the child. libhdf5 is not safe against damaged files (it follows corrupted offsets), and
/// no capture may take the program down. `visit` must not need other threads.
void try_in_child(const std::string& path, const std::function<void()>& visit);

}  // namespace rankscope::hdf5
