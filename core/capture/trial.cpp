// SPDX-License-Identifier: Apache-2.0
#include "core/capture/detail/trial.hpp"

#include "core/base/error.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <iterator>
#include <system_error>

namespace rankscope::hdf5 {
namespace {

// Opening takes milliseconds of work; the clock allows for a slow network drive.
#ifdef __SANITIZE_ADDRESS__
constexpr rlim_t kWorkSeconds = 20;
#else
constexpr rlim_t kWorkSeconds = 2;
#endif
constexpr unsigned kClockSeconds = 60;

[[noreturn]] void run_child(const std::function<void()>& visit) {
    // The child has nothing to say: no message of the C library, no core file, no handler of the parent's.
    for (const int signal : {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGALRM, SIGXCPU, SIGTERM, SIGINT}) ::signal(signal, SIG_DFL);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::prctl(PR_SET_DUMPABLE, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (const int quiet = ::open("/dev/null", O_WRONLY); quiet >= 0) {
        ::dup2(quiet, STDERR_FILENO);
        ::dup2(quiet, STDOUT_FILENO);
    }
    const struct rlimit work {kWorkSeconds, kWorkSeconds};
    ::setrlimit(RLIMIT_CPU, &work);
    ::alarm(kClockSeconds);
    try {
        visit();
    } catch (...) {
        // The parent will meet the same error and report it.
    }
    ::_exit(0);
}

#ifdef __SANITIZE_ADDRESS__
bool has_other_threads() {
    std::error_code error;
    const std::filesystem::directory_iterator tasks("/proc/self/task", error);
    return !error && std::distance(begin(tasks), end(tasks)) > 1;
}
#endif

}  // namespace

void try_in_child(const std::string& path, const std::function<void()>& visit) {
#ifdef __SANITIZE_ADDRESS__
    // Its allocator is not made for a fork: what another thread holds at that moment stays locked in the child for ever.
    if (has_other_threads()) return;
#endif
    const pid_t child = ::fork();
    if (child == 0) run_child(visit);
    if (child < 0) throw_resource("cannot start a process to try " + printable(path, 400));
    int status = 0;
    while (::waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) throw Error(ErrorKind::Internal, "lost the process that tried " + printable(path, 400));
    }
    if (WIFSIGNALED(status) || (WIFEXITED(status) && WEXITSTATUS(status) != 0)) {
        throw_input("bad capture: " + printable(path, 400) + ": found damage that HDF5 cannot read, expected a rankscope capture",
                    "take an undamaged copy, or capture again");
    }
}

}  // namespace rankscope::hdf5
