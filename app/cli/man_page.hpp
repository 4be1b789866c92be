// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace rankscope::cli {

/// The commands of a program and their options as sections of a manual page (roff, man macros), from the same data as --help.
/// Options that all commands have stand in a section of their own. packaging/man/rankscope-cli.1.in is the rest of the page.
[[nodiscard]] std::string man_page(const CLI::App& app);

}  // namespace rankscope::cli
