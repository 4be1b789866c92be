// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace rankscope::benchmarks {

/// Takes --threads=N (default: all cores) out of the command line and hands the rest to Google Benchmark. Nothing: an argument
/// that neither of them knows.
inline std::optional<int> start(int argc, char** argv) {
    int threads = static_cast<int>(std::thread::hardware_concurrency());
    std::vector<char*> rest;
    for (int i = 0; i < argc; ++i) {
        const std::string argument = argv[i];
        if (argument.starts_with("--threads=")) {
            threads = std::max(1, std::atoi(argument.c_str() + 10));
        } else {
            rest.push_back(argv[i]);
        }
    }
    int count = static_cast<int>(rest.size());
    benchmark::Initialize(&count, rest.data());
    if (benchmark::ReportUnrecognizedArguments(count, rest.data())) return std::nullopt;
    return threads;
}

}  // namespace rankscope::benchmarks
