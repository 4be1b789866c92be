// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace rankscope {

/// Where the system says how much memory there is; other folders in tests.
struct MemorySources {
    std::filesystem::path proc = "/proc";
    std::filesystem::path cgroup = "/sys/fs/cgroup";
};

/// Bytes that this process can still take before the system refuses them, swaps or kills: the least of what the kernel calls
/// available (MemAvailable: the page cache, which it gives up, is in it), what the limits of the process's control groups leave
/// (versions 1 and 2, those of the groups above it too) and what is left of RLIMIT_AS (`ulimit -v`). At least 0; the largest number
/// where nothing is known.
[[nodiscard]] std::int64_t available_memory(const MemorySources& sources = {});

/// "5.5 GB", "120 MB", "3 KB", "12 bytes": powers of ten, for people.
[[nodiscard]] std::string bytes_text(std::int64_t bytes);

}  // namespace rankscope
