// SPDX-License-Identifier: Apache-2.0
#include <dlfcn.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <filesystem>

#include "core/engine/factory.hpp"

namespace rankscope {
namespace {

// Beside the program in the build tree and in an installation; then wherever the loader looks.
void* open_library(std::string& reasons) {
    std::array<char, PATH_MAX> self{};
    const ssize_t size = ::readlink("/proc/self/exe", self.data(), self.size() - 1);
    const auto folder = std::filesystem::path(size > 0 ? self.data() : "").parent_path();
    const std::array<std::filesystem::path, 3> candidates{folder / "../lib/librankscope_model.so",
                                                          folder / "../lib/rankscope/librankscope_model.so",
                                                          "librankscope_model.so"};
    for (const auto& candidate : candidates) {
        if (candidate.has_parent_path() && !std::filesystem::exists(candidate)) continue;
        if (void* library = ::dlopen(candidate.c_str(), RTLD_NOW | RTLD_GLOBAL)) return library;
        reasons = ::dlerror();
    }
    return nullptr;
}

}  // namespace

std::unique_ptr<Engine> load_engine() {
    std::string reason = "librankscope_model.so not found";
    void* library = open_library(reason);
    if (library == nullptr) {
        throw_resource("cannot load the engine: " + printable(reason, 300),
                       "rankscope-cli doctor --fetch-libtorch fetches LibTorch into the user's cache");
    }
    using Factory = Engine* (*)();
    const auto factory = reinterpret_cast<Factory>(::dlsym(library, "rankscope_create_engine"));
    if (factory == nullptr) throw Error(ErrorKind::Internal, "librankscope_model.so has no rankscope_create_engine");
    return std::unique_ptr<Engine>(factory());
}

}  // namespace rankscope
