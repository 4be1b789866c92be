// SPDX-License-Identifier: Apache-2.0
#include "core/base/data_folder.hpp"

#include <unistd.h>

#include <array>
#include <climits>
#include <cstdlib>

namespace rankscope {

std::filesystem::path data_folder() {
    namespace fs = std::filesystem;
    if (const char* given = std::getenv("RANKSCOPE_DATA")) return given;
    std::array<char, PATH_MAX> self{};
    const ssize_t size = ::readlink("/proc/self/exe", self.data(), self.size() - 1);
    // In a build tree this is a link to the source tree.
    const fs::path beside = fs::path(size > 0 ? self.data() : "").parent_path() / "../share/rankscope";
    std::error_code ignored;
    return fs::weakly_canonical(beside, ignored);
}

}  // namespace rankscope
