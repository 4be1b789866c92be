// SPDX-License-Identifier: Apache-2.0
#include "app/cli/commands/commands.hpp"
#include "app/cli/context.hpp"
#include "core/base/error.hpp"
#include "core/engine/factory.hpp"
#include "core/engine/server/server.hpp"

#include <CLI/CLI.hpp>
#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>

namespace rankscope::cli {
namespace {

// The descriptor of standard output, for the protocol alone: from here on whatever a library prints goes to standard error.
int keep_output() {
    std::fflush(stdout);
    const int kept = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    if (kept < 0 || ::dup2(STDERR_FILENO, STDOUT_FILENO) < 0) throw_resource("cannot keep standard output for the protocol");
    return kept;
}

void run(const Context& context) {
    if (::isatty(STDOUT_FILENO) == 1) context.warn("serve speaks a binary protocol; it is meant to be started by the window");
    const int out = keep_output();
    std::signal(SIGPIPE, SIG_IGN);
    // Never deleted: giving a large model back piece by piece takes longer than ending, and a job that does not hear the stop in
    // time must not keep the process.
    auto* server = new server::Server(STDIN_FILENO, out, [] { return load_engine(); }, context.options.device);
    (void)server->run(context.stop.get_token());
    if (context.stop.stop_requested()) throw Cancelled();
}

}  // namespace

void add_serve(CLI::App& app, Context& context) {
    auto* command =
        app.add_subcommand("serve",
                           "The engine behind the window: takes requests on stdin, answers on stdout (core/protocol/README.md).\n"
                           "Example: rankscope-cli serve, or ssh HOST rankscope-cli serve");
    add_common_options(*command, context);
    command->callback([&context] { run(context); });
}

}  // namespace rankscope::cli
