// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "core/engine/engine.hpp"

namespace rankscope {

/// The one symbol that librankscope_model.so offers to dlopen.
extern "C" Engine* rankscope_create_engine();

/// Opens librankscope_model.so beside the program (or on the loader's path) and makes an engine. Error{Resource} with a
/// hint how to get LibTorch where it cannot be loaded. Implemented in core/engine/loader.cpp, which is part of the
/// program, not of the library.
[[nodiscard]] std::unique_ptr<Engine> load_engine();

}  // namespace rankscope
