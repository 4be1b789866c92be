// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace rankscope::cli {

/// What is wrong with a command line, in the words of our own errors: WHAT: WHERE: found F, expected E. `first` is its first
/// argument, if any.
[[nodiscard]] std::string usage_message(const CLI::App& app, const CLI::ParseError& error, const std::string& first);

}  // namespace rankscope::cli
