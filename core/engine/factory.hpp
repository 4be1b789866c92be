// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "core/base/error.hpp"
#include "core/engine/engine.hpp"

namespace rankscope {

/// There is no LibTorch that this program can load. A class of its own: the window offers another remedy for it than for any
/// other lack of a resource, and must not guess it from words.
class MissingLibTorch : public Error {
public:
    using Error::Error;
};

/// The one symbol that librankscope_model.so offers to dlopen.
extern "C" Engine* rankscope_create_engine();

/// Opens librankscope_model.so beside the program (or on the loader's path) and makes an engine. LibTorch comes from $LIBTORCH,
/// else from the folder that the library was built or installed with, else from the user's cache or python3.
/// MissingLibTorch (Error{Resource}) with a hint how to get it where it cannot be loaded. Implemented in core/engine/loader.cpp, which is part of the
/// program, not of the library.
[[nodiscard]] std::unique_ptr<Engine> load_engine();

/// MAJOR.MINOR of the LibTorch that this program was built with, the only one that it can load; empty: built without.
[[nodiscard]] std::string libtorch_wanted();

}  // namespace rankscope
