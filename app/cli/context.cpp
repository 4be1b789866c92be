// SPDX-License-Identifier: Apache-2.0
#include "app/cli/context.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "core/base/memory.hpp"

namespace rankscope::cli {
namespace {

using Clock = std::chrono::steady_clock;

std::string duration(double seconds) {
    const auto whole = static_cast<long>(std::lround(seconds));
    if (whole >= 3600) return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
    return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

// "3/8 windows", "0.9/2.7 GB".
std::string amount(const ProgressUpdate& update) {
    if (update.unit != "bytes") return fmt::format("{:.0f}/{:.0f} {}", update.done, update.total, update.unit);
    const std::string total = bytes_text(static_cast<std::int64_t>(update.total));
    const bool large = update.total >= 1e9;
    const double unit = large ? 1e9 : update.total >= 1e6 ? 1e6 : update.total >= 1e3 ? 1e3 : 1;
    return fmt::format("{:.{}f}/{}", update.done / unit, large ? 1 : 0, total);
}

// One line that is rewritten on a terminal; elsewhere (logs) a new line at most every ten seconds.
class ProgressLine {
public:
    explicit ProgressLine(std::string title) : title_(std::move(title)), terminal_(::isatty(STDERR_FILENO) == 1) {}

    ~ProgressLine() {
        if (shown_ && terminal_) std::fputs("\r\033[K", stderr);
    }

    void show(const ProgressUpdate& update) {
        const auto now = Clock::now();
        if (shown_ && now - last_ < std::chrono::milliseconds(terminal_ ? 200 : 10000)) return;
        last_ = now;
        shown_ = true;
        std::string line = title_ + ": " + amount(update);
        if (update.total > 0) line += fmt::format(" ({:.0f} %)", 100 * update.done / update.total);
        if (update.eta_seconds >= 0) line += fmt::format(", {} left", duration(update.eta_seconds));
        if (!update.note.empty()) line += fmt::format(", {}", update.note);
        std::fputs((terminal_ ? "\r\033[K" + line : line + "\n").c_str(), stderr);
        std::fflush(stderr);
    }

private:
    std::string title_;
    bool terminal_;
    bool shown_ = false;
    Clock::time_point last_;
};

}  // namespace

Progress Context::progress(const std::string& title) const {
    Progress progress;
    progress.stop = stop.get_token();
    progress.warn = [this](const std::string& text) { warn(text); };
    if (!options.quiet) {
        auto line = std::make_shared<ProgressLine>(title);
        progress.report = [line](const ProgressUpdate& update) { line->show(update); };
    }
    return progress;
}

void Context::warn(const std::string& text) const {
    if (!options.quiet) std::fprintf(stderr, "rankscope-cli: warning: %s\n", text.c_str());
}

void Context::note(const std::string& text) const {
    if (options.verbose && !options.quiet) std::fprintf(stderr, "rankscope-cli: note: %s\n", text.c_str());
}

void Context::print_json(const nlohmann::ordered_json& value) const {
    // Text from files may be no valid UTF-8; it is replaced rather than refused.
    std::fputs((value.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n").c_str(), stdout);
}

void Context::print(const std::string& text) const {
    if (!options.json) std::fputs(text.c_str(), stdout);
}

void add_common_options(CLI::App& command, Context& context) {
    CommonOptions& o = context.options;
    command.add_flag("--json", o.json, "print exactly one JSON object on stdout");
    command.add_flag("--quiet", o.quiet, "no progress and no warnings");
    command.add_flag("--verbose", o.verbose, "say more on stderr");
    command.add_flag("--force", o.force, "overwrite outputs; accept a plan of another model");
    command.add_option("--device", o.device, "cpu, cuda, cuda:N or auto")->capture_default_str();
    command.add_option("--dtype", o.dtype, "float32, bfloat16 or auto")
        ->check(CLI::IsMember({"auto", "float32", "bfloat16", "float64"}))
        ->capture_default_str();
    command.add_option("--threads", o.threads, "threads to use (0 = all)")->check(CLI::Range(0, 4096));
    command.add_option("--seed", o.seed, "seed of everything random")->capture_default_str();
}

}  // namespace rankscope::cli
