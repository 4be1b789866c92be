// SPDX-License-Identifier: Apache-2.0
// What may still be taken: the least of what system, control groups and limits of the process leave.
#include "core/base/memory.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <limits>
#include <string>

#include "tests/support/scratch_folder.hpp"

namespace rankscope {
namespace {

using test::ScratchFolder;
using test::write_bytes;

constexpr std::int64_t kMegabyte = std::int64_t{1} << 20;

class AvailableMemory : public testing::Test {
protected:
    void write(const std::string& name, const std::string& text) const {
        const auto path = folder / name;
        std::filesystem::create_directories(path.parent_path());
        write_bytes(path, text);
    }

    [[nodiscard]] std::int64_t found() const { return available_memory({folder / "proc", folder / "cgroup"}); }

    void system_has(std::int64_t megabytes) const {
        // Most of what is not free is page cache, which does not count as taken.
        write("proc/meminfo", "MemTotal:       24689108 kB\nMemFree:          102400 kB\nMemAvailable:   " + std::to_string(megabytes * 1024) + " kB\n");
    }

    ScratchFolder folder;
};

TEST_F(AvailableMemory, CountsThePageCacheAsFree) {
    system_has(20000);
    EXPECT_EQ(found(), 20000 * kMegabyte);
}

TEST_F(AvailableMemory, IsWithoutLimitWhereNothingIsKnown) {
    EXPECT_EQ(found(), std::numeric_limits<std::int64_t>::max());
}

TEST_F(AvailableMemory, HearsTheControlGroupAndThoseAboveIt) {
    system_has(20000);
    write("proc/self/cgroup", "0::/user/job\n");
    write("cgroup/user/job/memory.max", "max\n");
    write("cgroup/user/job/memory.current", std::to_string(100 * kMegabyte));
    EXPECT_EQ(found(), 20000 * kMegabyte);
    write("cgroup/user/memory.max", std::to_string(1000 * kMegabyte));
    write("cgroup/user/memory.current", std::to_string(900 * kMegabyte));
    EXPECT_EQ(found(), 100 * kMegabyte);
    write("cgroup/user/memory.stat", "anon 7\ninactive_file " + std::to_string(300 * kMegabyte) + "\n");
    EXPECT_EQ(found(), 400 * kMegabyte);
    write("cgroup/user/job/memory.max", std::to_string(150 * kMegabyte));
    EXPECT_EQ(found(), 50 * kMegabyte);
}

TEST_F(AvailableMemory, HearsTheFirstVersionOfControlGroups) {
    system_has(20000);
    write("proc/self/cgroup", "9:name=systemd:/\n4:cpu,memory:/jobs\n0::/\n");
    write("cgroup/memory/jobs/memory.limit_in_bytes", std::to_string(500 * kMegabyte));
    write("cgroup/memory/jobs/memory.usage_in_bytes", std::to_string(450 * kMegabyte));
    write("cgroup/memory/jobs/memory.stat", "inactive_file 1\ntotal_inactive_file " + std::to_string(10 * kMegabyte) + "\n");
    EXPECT_EQ(found(), 60 * kMegabyte);
}

// In a container /proc names the group as the host sees it, and what is mounted is the group itself.
TEST_F(AvailableMemory, TakesTheRootWhereTheGroupIsNotSeen) {
    system_has(20000);
    write("proc/self/cgroup", "0::/host/container\n");
    write("cgroup/memory.max", std::to_string(300 * kMegabyte));
    write("cgroup/memory.current", std::to_string(310 * kMegabyte));
    EXPECT_EQ(found(), 0);
}

TEST_F(AvailableMemory, HearsTheLimitOfTheAddressSpace) {
#ifdef __SANITIZE_ADDRESS__
    GTEST_SKIP() << "AddressSanitizer takes more address space than the limit";
#endif
    const pid_t child = ::fork();
    if (child == 0) {
        const rlimit limit{std::uint64_t{1} << 40, std::uint64_t{1} << 40};
        const bool set = ::setrlimit(RLIMIT_AS, &limit) == 0;
        system_has(std::int64_t{4} << 20);  // 4 TiB
        write("proc/self/statm", "1000 10 10 10 0 10 0\n");
        ::_exit(set && found() == (std::int64_t{1} << 40) - 1000 * ::sysconf(_SC_PAGESIZE) ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

TEST(AvailableMemoryHere, IsSomeButNotMoreThanThereIs) {
    const std::int64_t here = available_memory();
    EXPECT_GT(here, kMegabyte);
    EXPECT_LE(here, static_cast<std::int64_t>(::sysconf(_SC_PHYS_PAGES)) * ::sysconf(_SC_PAGESIZE));
}

TEST(BytesText, IsForPeople) {
    EXPECT_EQ(bytes_text(5'462'708'224), "5.5 GB");
    EXPECT_EQ(bytes_text(120'400'000), "120 MB");
    EXPECT_EQ(bytes_text(3'000), "3 KB");
    EXPECT_EQ(bytes_text(12), "12 bytes");
}

}  // namespace
}  // namespace rankscope
