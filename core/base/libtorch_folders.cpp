// SPDX-License-Identifier: Apache-2.0
#include "core/base/libtorch_folders.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>

namespace rankscope {
namespace {

namespace fs = std::filesystem;

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr ? value : "";
}

// The number behind `#define NAME` in a header; empty: not there.
std::string defined(std::ifstream& header, const std::string& name) {
    header.clear();
    header.seekg(0);
    const std::string start = "#define " + name + " ";
    for (std::string line; std::getline(header, line);) {
        if (!line.starts_with(start)) continue;
        const std::string rest = line.substr(start.size());
        return rest.substr(0, rest.find_first_not_of("0123456789"));
    }
    return {};
}

}  // namespace

std::string libtorch_version(const fs::path& folder) {
    std::error_code ignored;
    if (!fs::exists(folder / "lib/libtorch_cpu.so", ignored)) return {};
    for (const char* name : {"include/torch/headeronly/version.h", "include/torch/csrc/api/include/torch/version.h"}) {
        std::ifstream header(folder / name);
        const std::string major = defined(header, "TORCH_VERSION_MAJOR");
        const std::string minor = defined(header, "TORCH_VERSION_MINOR");
        if (!major.empty() && !minor.empty()) return major + "." + minor;
    }
    return {};
}

std::vector<LibTorchFolder> given_libtorch() {
    const std::string given = environment("LIBTORCH");
    if (given.empty()) return {};
    return {{given, "$LIBTORCH"}};
}

std::vector<LibTorchFolder> cached_libtorch() {
    std::string cache = environment("XDG_CACHE_HOME");
    if (cache.empty() && !environment("HOME").empty()) cache = environment("HOME") + "/.cache";
    if (cache.empty()) return {};
    std::vector<LibTorchFolder> found;
    std::error_code error;
    for (fs::directory_iterator entry(fs::path(cache) / "rankscope", error), end; !error && entry != end; entry.increment(error)) {
        // Half-fetched ones end with .part.
        const std::string name = entry->path().filename().string();
        if (!name.starts_with("libtorch-") || name.ends_with(".part")) continue;
        std::error_code ignored;
        if (fs::is_directory(entry->path() / "torch", ignored)) found.push_back({entry->path() / "torch", "the cache"});
    }
    std::ranges::sort(found, std::ranges::greater(), &LibTorchFolder::folder);
    return found;
}

std::vector<LibTorchFolder> python_libtorch() {
    // find_spec: importing torch would take seconds. Without "": a folder named torch in the current one is not meant.
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> python(
        ::popen("python3 -c 'import importlib.util as u, sys; sys.path = [p for p in sys.path if p]; s = u.find_spec(\"torch\"); "
                "print(s.submodule_search_locations[0] if s and s.submodule_search_locations else \"\")' 2>/dev/null </dev/null",
                "re"),
        ::pclose);
    if (python == nullptr) return {};
    std::string line;
    for (int c = std::fgetc(python.get()); c != EOF && c != '\n'; c = std::fgetc(python.get())) line += static_cast<char>(c);
    if (line.empty()) return {};
    return {{line, "python3"}};
}

}  // namespace rankscope
