// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <stop_token>
#include <string>
#include <vector>

#include "core/base/progress.hpp"
#include "core/model/model.hpp"

namespace CLI {
class App;
}

namespace rankscope::cli {

/// Options every command takes.
struct CommonOptions {
    bool json = false;
    bool quiet = false;
    bool verbose = false;
    bool force = false;
    std::string device = "auto";
    std::string dtype = "auto";
    int threads = 0;
    std::uint64_t seed = 0;

    [[nodiscard]] Placement placement() const { return {device, dtype, threads}; }
};

/// What a running command has at hand: the common options, the way to stop it and to print.
class Context {
public:
    CommonOptions options;
    std::stop_source stop;
    std::string command_line;
    /// What a command that is cancelled from now on leaves to go on with; asked when it was.
    std::function<std::string()> after_cancel;

    /// Progress on stderr (a line with ETA when stderr is a terminal, else now and then a line), warnings as lines.
    [[nodiscard]] Progress progress(const std::string& title) const;
    void warn(const std::string& text) const;
    /// Something worth knowing that is no warning; shown with --verbose.
    void note(const std::string& text) const;
    /// Prints the one JSON object of --json.
    void print_json(const nlohmann::ordered_json& value) const;
    /// Prints text for people; nothing with --json.
    void print(const std::string& text) const;
};

/// Puts the common options on a subcommand.
void add_common_options(CLI::App& command, Context& context);

}  // namespace rankscope::cli
