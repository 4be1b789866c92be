// SPDX-License-Identifier: Apache-2.0
#include "core/base/memory.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <limits>
#include <optional>
#include <sstream>

namespace rankscope {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kUnknown = std::numeric_limits<std::int64_t>::max();

// The number after `key` at the beginning of a line, in the file's own unit.
std::optional<std::int64_t> number_after(const fs::path& path, const std::string& key) {
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        std::istringstream words(line);
        std::string name;
        std::int64_t value = 0;
        if (words >> name >> value && name == key) return value;
    }
    return std::nullopt;
}

// A file that holds one number; nothing where it says "max" or is not there.
std::optional<std::int64_t> number_in(const fs::path& path) {
    std::ifstream file(path);
    std::int64_t value = 0;
    if (file >> value) return value;
    return std::nullopt;
}

std::int64_t available_in_system(const fs::path& proc) {
    constexpr std::int64_t kKilobyte = 1024;
    const auto available = number_after(proc / "meminfo", "MemAvailable:");
    return available ? *available * kKilobyte : kUnknown;
}

struct GroupFiles {
    const char *limit, *used, *reclaimable;
};

// What the limits of a group and of all above it leave. Its page cache counts as used until it is needed: files that lie idle are no
// loss.
std::int64_t left_in_groups(const fs::path& root, fs::path group, const GroupFiles& files) {
    std::int64_t left = kUnknown;
    for (;; group = group.parent_path()) {
        const fs::path folder = root / group.relative_path();
        const auto limit = number_in(folder / files.limit), used = number_in(folder / files.used);
        if (limit && used) {
            const std::int64_t idle = number_after(folder / "memory.stat", files.reclaimable).value_or(0);
            left = std::min(left, *limit - *used + idle);
        }
        if (!group.has_relative_path()) return left;
    }
}

// Lines "0::/path" (version 2) and "4:memory:/path" (version 1). In a container the path may be that of the host and not be there:
// then the root of what is mounted has the limit, and is always looked at.
std::int64_t left_in_control_groups(const MemorySources& sources) {
    std::int64_t left = kUnknown;
    std::ifstream file(sources.proc / "self/cgroup");
    for (std::string line; std::getline(file, line);) {
        const std::size_t first = line.find(':'), second = line.find(':', first + 1);
        if (first == std::string::npos || second == std::string::npos) continue;
        const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",", path = line.substr(second + 1);
        if (controllers == ",,") {
            left = std::min(left, left_in_groups(sources.cgroup, path, {"memory.max", "memory.current", "inactive_file"}));
        } else if (controllers.find(",memory,") != std::string::npos) {
            left = std::min(left, left_in_groups(sources.cgroup / "memory", path,
                                                 {"memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"}));
        }
    }
    return left;
}

std::int64_t left_of_address_space(const fs::path& proc) {
    rlimit limit{};
    if (::getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return kUnknown;
    const auto pages = number_in(proc / "self/statm");
    if (!pages) return kUnknown;
    const auto most = static_cast<std::int64_t>(std::min<rlim_t>(limit.rlim_cur, static_cast<rlim_t>(kUnknown)));
    return most - *pages * static_cast<std::int64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

std::int64_t available_memory(const MemorySources& sources) {
    const std::int64_t least =
        std::min({available_in_system(sources.proc), left_in_control_groups(sources), left_of_address_space(sources.proc)});
    return std::max<std::int64_t>(0, least);
}

std::string bytes_text(std::int64_t bytes) {
    constexpr std::int64_t kThousand = 1000, kMillion = kThousand * kThousand, kBillion = kThousand * kMillion;
    char text[48];
    if (bytes >= kBillion) {
        std::snprintf(text, sizeof text, "%.1f GB", static_cast<double>(bytes) / static_cast<double>(kBillion));
    } else if (bytes >= kMillion) {
        std::snprintf(text, sizeof text, "%.0f MB", static_cast<double>(bytes) / static_cast<double>(kMillion));
    } else if (bytes >= kThousand) {
        std::snprintf(text, sizeof text, "%.0f KB", static_cast<double>(bytes) / static_cast<double>(kThousand));
    } else {
        std::snprintf(text, sizeof text, "%lld bytes", static_cast<long long>(bytes));
    }
    return text;
}

}  // namespace rankscope
