// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace rankscope::test {

/// How a run of rankscope-cli ended.
struct ProgramResult {
    int code = -1;          ///< exit code; 128 + signal where a signal ended it
    bool crashed = false;   ///< ended by a signal
    std::string out, err;
    double seconds = 0;
    long peak_kib = 0;      ///< largest resident set
};

struct ProgramOptions {
    std::filesystem::path program;  ///< empty = build/.../bin/rankscope-cli
    std::vector<std::pair<std::string, std::string>> environment;
    int signal = 0;                          ///< sent once `signal_when` is true
    std::function<bool()> signal_when;
    double limit_seconds = 300;              ///< then it is killed
    std::size_t memory = 0;                  ///< bytes of address space; 0: no limit
};

/// Where the program under test was built.
[[nodiscard]] std::filesystem::path program_path();

/// Ends the calling test as skipped in a build without LibTorch (preset asan); does nothing in others.
void needs_libtorch();

/// Runs it to its end as a shell would, without one: arguments are passed as they are. The user's cache is a temporary
/// folder of the test program. In a build without LibTorch a command that needs it ends the calling test as skipped.
[[nodiscard]] ProgramResult run_program(const std::vector<std::string>& arguments, const ProgramOptions& options = {});

}  // namespace rankscope::test
