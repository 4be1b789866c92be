// SPDX-License-Identifier: Apache-2.0
#include <dlfcn.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <filesystem>

#include "core/base/libtorch_folders.hpp"
#include "core/engine/factory.hpp"

#ifndef RANKSCOPE_LIBTORCH_VERSION
#define RANKSCOPE_LIBTORCH_VERSION ""  // built without LibTorch
#endif

namespace rankscope {
namespace {

namespace fs = std::filesystem;

// Beside the program in the build tree and in an installation; then wherever the loader looks.
fs::path model_library() {
    std::array<char, PATH_MAX> self{};
    const ssize_t size = ::readlink("/proc/self/exe", self.data(), self.size() - 1);
    const auto folder = fs::path(size > 0 ? self.data() : "").parent_path();
    for (const char* place : {"../lib/librankscope_model.so", "../lib/rankscope/librankscope_model.so"}) {
        std::error_code ignored;
        if (fs::exists(folder / place, ignored)) return folder / place;
    }
    return "librankscope_model.so";
}

void* open_globally(const fs::path& library, std::string& reason) {
    void* handle = ::dlopen(library.c_str(), RTLD_NOW | RTLD_GLOBAL);
    if (handle == nullptr) reason = ::dlerror();
    return handle;
}

// LibTorch keeps no ABI from one minor version to the next: only the one it was built with will do. Once loaded, it is what
// librankscope_model.so gets when it asks for libtorch_cpu.so.
bool open_libtorch(const std::vector<LibTorchFolder>& folders, std::string& refused) {
    for (const auto& [folder, named_by] : folders) {
        std::string reason = libtorch_version(folder);
        if (reason == RANKSCOPE_LIBTORCH_VERSION) {
            if (open_globally(folder / "lib/libc10.so", reason) != nullptr &&
                open_globally(folder / "lib/libtorch_cpu.so", reason) != nullptr) {
                return true;
            }
        } else {
            reason = reason.empty() ? "no LibTorch there" : "LibTorch " + reason;
        }
        refused += "; " + named_by + ", " + folder.string() + ": " + reason;
    }
    return false;
}

// LibTorch comes from $LIBTORCH, else from where librankscope_model.so was told to look when it was built or installed, else
// from the user's cache or python3.
void* open_engine(std::string& reason, std::string& refused) {
    const fs::path library = model_library();
    const bool needs_libtorch = *RANKSCOPE_LIBTORCH_VERSION != '\0';
    if (needs_libtorch) open_libtorch(given_libtorch(), refused);
    if (void* engine = open_globally(library, reason)) return engine;
    const bool lacks_libtorch = reason.find("libtorch_cpu.so") != std::string::npos || reason.find("libc10.so") != std::string::npos;
    if (!needs_libtorch || !lacks_libtorch) return nullptr;
    if (open_libtorch(cached_libtorch(), refused) || open_libtorch(python_libtorch(), refused)) {
        return open_globally(library, reason);
    }
    reason = "LibTorch " RANKSCOPE_LIBTORCH_VERSION " was not found";
    return nullptr;
}

}  // namespace

std::string libtorch_wanted() {
    return RANKSCOPE_LIBTORCH_VERSION;
}

std::unique_ptr<Engine> load_engine() {
    std::string reason = "librankscope_model.so not found", refused;
    void* library = open_engine(reason, refused);
    if (library == nullptr) {
        std::string hint = "rankscope-cli doctor --fetch-libtorch fetches LibTorch into the user's cache";
        if (model_library().parent_path().filename() == "rankscope") hint += "; the package rankscope-libtorch brings it for all users";
        throw MissingLibTorch(ErrorKind::Resource, "cannot load the engine: " + printable(reason + refused, 400), hint);
    }
    using Factory = Engine* (*)();
    const auto factory = reinterpret_cast<Factory>(::dlsym(library, "rankscope_create_engine"));
    if (factory == nullptr) throw Error(ErrorKind::Internal, "librankscope_model.so has no rankscope_create_engine");
    return std::unique_ptr<Engine>(factory());
}

}  // namespace rankscope
