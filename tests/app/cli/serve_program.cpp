// SPDX-License-Identifier: Apache-2.0
#include "tests/app/cli/serve_program.hpp"

#include "tests/app/cli/program.hpp"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>

namespace rankscope::test {

ServeProgram::ServeProgram(const std::filesystem::path& program) {
    std::string name = (std::filesystem::temp_directory_path() / "rankscope-serve-XXXXXX").string();
    const int log = ::mkstemp(name.data());
    errors_ = name;
    int requests[2], answers[2];
    // Closed on exec: the child must not hold the ends of its parent.
    if (log < 0 || ::pipe2(requests, O_CLOEXEC) != 0 || ::pipe2(answers, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    ::signal(SIGPIPE, SIG_IGN);
    const std::string path = (program.empty() ? program_path() : program).string();
    child_ = ::fork();
    if (child_ < 0) throw std::runtime_error("fork failed");
    if (child_ == 0) {
        ::dup2(requests[0], STDIN_FILENO);
        ::dup2(answers[1], STDOUT_FILENO);
        ::dup2(log, STDERR_FILENO);
        ::execl(path.c_str(), path.c_str(), "serve", static_cast<char*>(nullptr));
        ::_exit(127);
    }
    ::close(log);
    ::close(requests[0]);
    ::close(answers[1]);
    client_ = std::make_unique<ProtocolClient>(answers[0], requests[1]);
}

ServeProgram::~ServeProgram() {
    if (child_ > 0) {
        ::kill(child_, SIGKILL);
        ::waitpid(child_, nullptr, 0);
    }
    std::error_code ignored;
    std::filesystem::remove(errors_, ignored);
}

int ServeProgram::wait() {
    for (int i = 0; child_ > 0 && i < 30'000; ++i) {
        int status = 0;
        if (::waitpid(child_, &status, WNOHANG) == child_) {
            child_ = -1;
            code_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
        } else {
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
        }
    }
    return code_;
}

void ServeProgram::signal(int number) const {
    if (child_ > 0) ::kill(child_, number);
}

std::string ServeProgram::errors() const {
    std::ifstream file(errors_);
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace rankscope::test
