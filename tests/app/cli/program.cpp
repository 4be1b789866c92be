// SPDX-License-Identifier: Apache-2.0
#include "tests/app/cli/program.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>

namespace rankscope::test {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

// One per test program, removed when it ends.
class ScratchFolder {
public:
    ScratchFolder() {
        std::string name = (fs::temp_directory_path() / "rankscope-cli-test-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
        path_ = name;
    }

    ~ScratchFolder() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }

    [[nodiscard]] const fs::path& path() const { return path_; }

private:
    fs::path path_;
};

const fs::path& scratch() {
    static const ScratchFolder folder;
    return folder.path();
}

std::string content_of(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

// Between fork and exec: async-signal-safe calls only.
[[noreturn]] void become(const char* program, char* const* arguments, char* const* environment, const char* out, const char* err, std::size_t memory) {
    const rlimit limit{memory, memory};
    if (memory > 0 && ::setrlimit(RLIMIT_AS, &limit) != 0) ::_exit(126);
    const int in = ::open("/dev/null", O_RDONLY);
    const int to_out = ::open(out, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    const int to_err = ::open(err, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (in < 0 || to_out < 0 || to_err < 0) ::_exit(126);
    ::dup2(in, STDIN_FILENO);
    ::dup2(to_out, STDOUT_FILENO);
    ::dup2(to_err, STDERR_FILENO);
    ::execve(program, arguments, environment);
    ::_exit(127);
}

std::vector<std::string> environment_of(const ProgramOptions& options) {
    std::vector<std::string> entries;
    auto changes = options.environment;
    changes.emplace_back("XDG_CACHE_HOME", (scratch() / "cache").string());
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string text = *entry;
        bool replaced = false;
        for (const auto& [name, value] : changes) replaced |= text.starts_with(name + "=");
        if (!replaced) entries.push_back(text);
    }
    for (const auto& [name, value] : changes) entries.push_back(name + "=" + value);
    return entries;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> out;
    for (std::string& text : texts) out.push_back(text.data());
    out.push_back(nullptr);
    return out;
}

}  // namespace

fs::path program_path() {
    return fs::path(RANKSCOPE_BINARY_DIR) / "bin" / "rankscope-cli";
}

void needs_libtorch() {
#ifdef RANKSCOPE_WITHOUT_TORCH
    GTEST_MESSAGE_("this build has no LibTorch", ::testing::TestPartResult::kSkip);
    throw ::testing::AssertionException(::testing::TestPartResult(::testing::TestPartResult::kSkip, __FILE__, __LINE__, ""));
#endif
}

ProgramResult run_program(const std::vector<std::string>& arguments, const ProgramOptions& options) {
    const std::string program = (options.program.empty() ? program_path() : options.program).string();
    std::vector<std::string> words{program};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<std::string> variables = environment_of(options);
    std::vector<char*> word_pointers = pointers(words);
    std::vector<char*> variable_pointers = pointers(variables);
    const std::string out = (scratch() / "out").string();
    const std::string err = (scratch() / "err").string();

    const auto start = Clock::now();
    const pid_t child = ::fork();
    if (child < 0) throw std::runtime_error("fork failed");
    if (child == 0) become(program.c_str(), word_pointers.data(), variable_pointers.data(), out.c_str(), err.c_str(), options.memory);

    ProgramResult result;
    int status = 0;
    rusage usage{};
    bool sent = false;
    while (::wait4(child, &status, WNOHANG, &usage) == 0) {
        const double passed = std::chrono::duration<double>(Clock::now() - start).count();
        if (passed > options.limit_seconds) {
            ::kill(child, SIGKILL);
        } else if (options.signal != 0 && !sent && options.signal_when()) {
            ::kill(child, options.signal);
            sent = true;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    result.seconds = std::chrono::duration<double>(Clock::now() - start).count();
    result.peak_kib = usage.ru_maxrss;
    result.crashed = WIFSIGNALED(status);
    result.code = result.crashed ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    result.out = content_of(out);
    result.err = content_of(err);
    if (result.err.find("cannot load the engine") != std::string::npos) needs_libtorch();
    return result;
}

}  // namespace rankscope::test
