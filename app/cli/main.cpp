// SPDX-License-Identifier: Apache-2.0
// rankscope-cli: one subcommand per job, one JSON object per answer, one line per error (core/README.md lists both).
#include <fmt/format.h>
#include <malloc.h>
#include <pthread.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <nlohmann/json.hpp>
#include <thread>

#include "app/cli/commands/commands.hpp"
#include "app/cli/context.hpp"
#include "app/cli/man_page.hpp"
#include "app/cli/usage_message.hpp"
#include "core/base/error.hpp"
#include "core/base/stop_scope.hpp"

namespace rankscope::cli {
namespace {

constexpr int kCancelled = 130;

// Ctrl-C and SIGTERM request a stop; the job ends at its next step boundary and cleans up. A dedicated thread waits for
// the signals, so that no handler has to be async-signal-safe. A second signal ends the process at once.
void watch_signals(Context& context) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    std::thread([set, &context] {
        int signal = 0;
        sigwait(&set, &signal);
        context.stop.request_stop();
        sigwait(&set, &signal);
        std::_Exit(kCancelled);
    }).detach();
    std::signal(SIGPIPE, SIG_DFL);
}

// GNU OpenMP, which LibTorch brings and which reads its environment when it is loaded, lets idle threads spin for milliseconds:
// time that the window, or another job on the machine, would need (evaluating beside two compilers on two cores: 5.0 s instead of
// 3.3). Some microseconds, from one operation of a layer to the next, are what pays: alone it is as fast. Before any thread
// begins, since the environment is not guarded.
void let_idle_threads_sleep() {
    if (std::getenv("OMP_WAIT_POLICY") == nullptr) ::setenv("GOMP_SPINCOUNT", "10000", 0);
}

// Activations of some megabytes come and go with every operation. The C library would take each from the kernel and give it back,
// page by page: a tenth of an evaluation. Up to 256 MiB of what is free stay here instead.
void keep_freed_memory() {
#if defined(__GLIBC__)
    for (const char* chosen : {"MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_", "GLIBC_TUNABLES"}) {
        if (std::getenv(chosen) != nullptr) return;
    }
    ::mallopt(M_MMAP_THRESHOLD, 32 << 20);  // the most it takes
    ::mallopt(M_TRIM_THRESHOLD, 256 << 20);
#endif
}

int fail(const Context& context, int code, const std::string& message, const std::string& hint) {
    std::fprintf(stderr, "rankscope-cli: %s\n", message.c_str());
    if (!hint.empty()) std::fprintf(stderr, "hint: %s\n", hint.c_str());
    if (context.options.json) {
        nlohmann::ordered_json error = {{"code", code}, {"message", message}};
        if (!hint.empty()) error["hint"] = hint;
        context.print_json({{"error", error}});
    }
    return code;
}

std::string joined(int argc, char** argv) {
    std::string line;
    for (int i = 0; i < argc; ++i) line += (i ? " " : "") + std::string(argv[i]);
    return line;
}

int run(int argc, char** argv) {
    let_idle_threads_sleep();
    keep_freed_memory();
    Context context;
    context.command_line = joined(argc, argv);
    // Known before parsing, so that a usage error is answered in JSON as well.
    for (int i = 1; i < argc; ++i) context.options.json = context.options.json || std::string_view(argv[i]) == "--json";
    watch_signals(context);
    const StopScope scope(context.stop.get_token());

    CLI::App app{"Rankscope: see, prune and measure the recurrent state of linear-attention language models.\n"
                 "Example: rankscope-cli demo --run books-delta",
                 "rankscope-cli"};
    app.set_version_flag("--version", RANKSCOPE_VERSION);
    app.require_subcommand(1);
    app.get_formatter()->column_width(34);
    for (const auto add : {add_info, add_tokenize, add_forward, add_capture, add_spectra, add_plan, add_scores, add_evaluate,
                           add_noise, add_sweep, add_bench, add_export, add_train, add_corpus, add_demo, add_report, add_doctor, add_serve}) {
        add(app, context);
    }
    // For the build: not in --help.
    app.add_flag_callback("--man-page", [&app] { std::fputs(man_page(app).c_str(), stdout); throw CLI::Success(); })->group("");
    try {
        app.parse(argc, argv);
        return 0;
    } catch (const CLI::CallForHelp& e) {
        return app.exit(e);
    } catch (const CLI::CallForAllHelp& e) {
        return app.exit(e);
    } catch (const CLI::CallForVersion& e) {
        return app.exit(e);
    } catch (const CLI::Success&) {
        return 0;
    } catch (const CLI::ParseError& e) {
        return fail(context, 2, usage_message(app, e, argc > 1 ? argv[1] : ""), "rankscope-cli --help, or rankscope-cli COMMAND --help");
    } catch (const Cancelled&) {
        return fail(context, kCancelled, "cancelled", context.after_cancel ? context.after_cancel() : "");
    } catch (const Error& e) {
        return fail(context, exit_code(e.kind()), e.what(), e.hint());
    } catch (const std::bad_alloc&) {
        return fail(context, 5, "out of memory", "use a smaller window, fewer layers or a machine with more memory");
    } catch (const std::exception& e) {
        return fail(context, 1, fmt::format("internal error: {}", printable(e.what(), 300)), "please report this");
    }
}

}  // namespace
}  // namespace rankscope::cli

int main(int argc, char** argv) {
    int code = rankscope::cli::run(argc, argv);
    // Behind a `>` may be a full disk: an answer that nobody can read is none.
    errno = 0;
    if ((std::fflush(stdout) != 0 || std::ferror(stdout) != 0) && code == 0) {
        std::fprintf(stderr, "rankscope-cli: cannot write: standard output%s%s\nhint: free some disk space or choose another place\n",
                     errno != 0 ? ": " : "", errno != 0 ? std::strerror(errno) : "");
        code = 5;
    }
    std::fflush(stderr);
    // Detached threads and LibTorch's pools have nothing to lose; running their destructors only costs time.
    std::_Exit(code);
}
