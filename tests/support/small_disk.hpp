// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/mount.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>

#include "tests/support/scratch_folder.hpp"

namespace rankscope::test {

/// A file system in memory that is soon full. Mounting needs root: where it cannot be made, why_not() says so and the test
/// is to be skipped with that text.
class SmallDisk {
public:
    explicit SmallDisk(std::size_t kibibytes) {
        const std::string size = "size=" + std::to_string(kibibytes) + "k";
        if (::mount("tmpfs", folder_.path().c_str(), "tmpfs", 0, size.c_str()) == 0) {
            mounted_ = true;
        } else {
            why_not_ = std::string("cannot mount a small tmpfs: ") + std::strerror(errno);
        }
    }

    ~SmallDisk() {
        if (mounted_) ::umount2(folder_.path().c_str(), MNT_DETACH);
    }

    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;

    [[nodiscard]] bool mounted() const noexcept { return mounted_; }

    [[nodiscard]] const std::string& why_not() const noexcept { return why_not_; }

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return folder_.path(); }

private:
    ScratchFolder folder_;
    bool mounted_ = false;
    std::string why_not_;
};

}  // namespace rankscope::test
