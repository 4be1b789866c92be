// SPDX-License-Identifier: Apache-2.0
#include "core/base/libtorch_folders.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <cstdlib>
#include <string>

#include "tests/support/scratch_folder.hpp"

namespace rankscope {
namespace {

namespace fs = std::filesystem;
using test::write_bytes;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class LibTorchFolders : public ::testing::Test {
protected:
    LibTorchFolders() {
        ::setenv("XDG_CACHE_HOME", (scratch_ / "cache").c_str(), 1);
        ::unsetenv("LIBTORCH");
    }

    // What packaging/libtorch and the headers of LibTorch are like.
    fs::path make(const std::string& name, const std::string& header, const std::string& text) const {
        const fs::path folder = scratch_ / name;
        fs::create_directories((folder / header).parent_path());
        fs::create_directories(folder / "lib");
        write_bytes(folder / "lib/libtorch_cpu.so", "");
        write_bytes(folder / header, text);
        return folder;
    }

    static std::vector<std::string> names(const std::vector<LibTorchFolder>& folders) {
        std::vector<std::string> all;
        for (const LibTorchFolder& folder : folders) all.push_back(folder.folder.parent_path().filename().string());
        return all;
    }

    const std::string new_header_ = "include/torch/headeronly/version.h";
    const std::string old_header_ = "include/torch/csrc/api/include/torch/version.h";
    test::ScratchFolder scratch_;
};

TEST_F(LibTorchFolders, VersionIsThatOfTheHeaders) {
    EXPECT_EQ(libtorch_version(make("new", new_header_, "#pragma once\n#define TORCH_VERSION_MAJOR 2\n#define TORCH_VERSION_MINOR 11\n")), "2.11");
    EXPECT_EQ(libtorch_version(make("old", old_header_, "/// Minor\n#define TORCH_VERSION_MINOR 7\r\n#define TORCH_VERSION_MAJOR 2\r\n")), "2.7");
    EXPECT_EQ(libtorch_version(make("half", new_header_, "#define TORCH_VERSION_MAJOR 2\n")), "");
    EXPECT_EQ(libtorch_version(make("odd", new_header_, "#define TORCH_VERSION_MAJOR x\n#define TORCH_VERSION_MINOR y\n")), "");
    EXPECT_EQ(libtorch_version(scratch_ / "nowhere"), "");
    fs::remove(scratch_ / "new" / "lib/libtorch_cpu.so");
    EXPECT_EQ(libtorch_version(scratch_ / "new"), "") << "headers alone are no LibTorch";
}

TEST_F(LibTorchFolders, TheVariableNamesOne) {
    EXPECT_THAT(given_libtorch(), IsEmpty());
    ::setenv("LIBTORCH", "", 1);
    EXPECT_THAT(given_libtorch(), IsEmpty());
    ::setenv("LIBTORCH", "/opt/libtorch", 1);
    ASSERT_EQ(given_libtorch().size(), 1);
    EXPECT_EQ(given_libtorch().front().folder, "/opt/libtorch");
    EXPECT_EQ(given_libtorch().front().named_by, "$LIBTORCH");
}

TEST_F(LibTorchFolders, TheCacheHoldsFetchedOnesButNoHalfOnes) {
    EXPECT_THAT(cached_libtorch(), IsEmpty()) << "no cache at all";
    for (const char* name : {"libtorch-2.11.0/torch", "libtorch-2.12.0/torch", "libtorch.AbCd.part/torch", "libtorch-2.13.0.part/torch",
                             "libtorch-2.14.0", "hashes/torch"}) {
        fs::create_directories(scratch_ / "cache/rankscope" / name);
    }
    EXPECT_THAT(names(cached_libtorch()), ElementsAre("libtorch-2.12.0", "libtorch-2.11.0"));
}

// A python3 of our own at the head of PATH.
TEST_F(LibTorchFolders, PythonIsAskedAndMayHaveNone) {
    const std::string path = std::getenv("PATH");
    const auto python = [&](const std::string& script) {
        fs::create_directories(scratch_ / "bin");
        write_bytes(scratch_ / "bin/python3", "#!/bin/sh\n" + script);
        ::chmod((scratch_ / "bin/python3").c_str(), 0755);
        ::setenv("PATH", ((scratch_ / "bin").string() + ":" + path).c_str(), 1);
        return python_libtorch();
    };
    const auto found = python("echo /usr/lib/python3/torch\necho noise\n");
    ASSERT_EQ(found.size(), 1);
    EXPECT_EQ(found.front().folder, "/usr/lib/python3/torch");
    EXPECT_THAT(python("echo\n"), IsEmpty());
    EXPECT_THAT(python("exit 1\n"), IsEmpty());
    ::setenv("PATH", "/nowhere", 1);
    EXPECT_THAT(python_libtorch(), IsEmpty());
    ::setenv("PATH", path.c_str(), 1);
}

}  // namespace
}  // namespace rankscope
