// SPDX-License-Identifier: Apache-2.0
// Nothing half-written ever carries a final name, and nothing that the user has is lost.
#include "core/base/file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <span>
#include <string>

#include "core/base/error.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/scratch_folder.hpp"
#include "tests/support/small_disk.hpp"

namespace rankscope {
namespace {

namespace fs = std::filesystem;
using test::expect_error;
using test::names_in;
using test::read_bytes;
using test::ScratchFolder;
using test::write_bytes;
using Names = std::set<std::string>;

TEST(MappedFile, ShowsTheBytesOfTheFile) {
    const ScratchFolder folder;
    const std::string bytes("a\0b\n\xff", 5);
    write_bytes(folder / "file", bytes);
    const MappedFile file(folder / "file");
    EXPECT_EQ(std::string(reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()), bytes);
    write_bytes(folder / "empty", "");
    EXPECT_TRUE(MappedFile(folder / "empty").bytes().empty());
    EXPECT_EQ(read_text_file(folder / "empty"), "");
}

// Memory of our own, told the same, would be lost.
TEST(MappedFile, AdvisesAboutItsOwnBytesAlone) {
    const ScratchFolder folder;
    const std::string bytes(50'000, 'x'), own(50'000, 'y');
    write_bytes(folder / "file", bytes);
    const MappedFile file(folder / "file");
    std::string copy(own);
    for (const std::span<const std::byte> part :
         {file.bytes(), file.bytes().subspan(100, 20'000), file.bytes().subspan(49'999), file.bytes().first(0), std::as_bytes(std::span(copy))}) {
        file.will_read(part);
        file.has_read(part);
    }
    EXPECT_EQ(copy, own);
    EXPECT_EQ(std::string(reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()), bytes);
}

TEST(MappedFile, GivesBackWhatHasBeenRead) {
    const ScratchFolder folder;
    write_bytes(folder / "file", std::string(std::size_t{4} << 20, 'x'));
    const MappedFile file(folder / "file");
    const auto pages_in_memory = [] {
        std::ifstream statm("/proc/self/statm");
        std::int64_t all = 0, resident = 0, shared = 0;
        statm >> all >> resident >> shared;
        return shared;
    };
    const std::int64_t before = pages_in_memory();
    int sum = 0;
    for (const std::byte b : file.bytes()) sum += static_cast<int>(b);
    EXPECT_EQ(sum, ('x' << 22));
    EXPECT_GT(pages_in_memory(), before + 900);
    file.has_read(file.bytes());
    EXPECT_LT(pages_in_memory(), before + 100);
}

TEST(MappedFile, RefusesWhatIsNoFile) {
    const ScratchFolder folder;
    expect_error(ErrorKind::Input, "No such file", [&] { MappedFile file(folder / "missing"); });
    expect_error(ErrorKind::Input, "no regular file", [&] { MappedFile file(folder.path()); });
    expect_error(ErrorKind::Input, "\\x0a", [&] { MappedFile file(folder / "new\nline"); });
    fs::create_symlink("loop", folder / "loop");
    expect_error(ErrorKind::Input, "loop", [&] { MappedFile file(folder / "loop"); });
}

// A pipe would block its reader until somebody writes.
TEST(MappedFile, RefusesAPipeAtOnce) {
    const ScratchFolder folder;
    ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
    expect_error(ErrorKind::Input, "no regular file", [&] { MappedFile file(folder / "pipe"); });
}

TEST(ReadTextFile, HasALimit) {
    const ScratchFolder folder;
    write_bytes(folder / "text", "12345");
    EXPECT_EQ(read_text_file(folder / "text", 5), "12345");
    expect_error(ErrorKind::Input, "found 5 bytes, expected at most 4", [&] { (void)read_text_file(folder / "text", 4); });
}

TEST(RefuseExisting, LetsNothingBeOverwrittenUnasked) {
    const ScratchFolder folder;
    write_bytes(folder / "file", "x");
    fs::create_symlink("nowhere", folder / "dangling");
    expect_error(ErrorKind::Usage, "output exists", [&] { refuse_existing(folder / "file", false); });
    expect_error(ErrorKind::Usage, "output exists", [&] { refuse_existing(folder / "dangling", false); });
    EXPECT_NO_THROW(refuse_existing(folder / "file", true));
    EXPECT_NO_THROW(refuse_existing(folder / "new", false));
}

TEST(AtomicFile, AppearsWhenItIsComplete) {
    const ScratchFolder folder;
    AtomicFile file(folder / "out");
    file.write("hello ");
    file.write(std::as_bytes(std::span("world", 5)));
    file.write(std::string_view());
    EXPECT_EQ(names_in(folder.path()), Names{"out.part"});
    file.commit();
    EXPECT_EQ(names_in(folder.path()), Names{"out"});
    EXPECT_EQ(read_bytes(folder / "out"), "hello world");
}

TEST(AtomicFile, LeavesTheOldFileAloneUntilThen) {
    const ScratchFolder folder;
    write_bytes(folder / "out", "old");
    {
        AtomicFile file(folder / "out");
        file.write("new");
    }
    EXPECT_EQ(names_in(folder.path()), Names{"out"});
    EXPECT_EQ(read_bytes(folder / "out"), "old");
    write_text_file(folder / "out", "new");
    EXPECT_EQ(read_bytes(folder / "out"), "new");
}

TEST(AtomicFile, SaysWhyItCannotBeMade) {
    const ScratchFolder folder;
    expect_error(ErrorKind::Usage, "cannot write", [&] { AtomicFile file(folder / "missing/out"); });
    write_bytes(folder / "file", "x");
    expect_error(ErrorKind::Usage, "cannot write", [&] { AtomicFile file(folder / "file/out"); });
    fs::create_directories(folder / "taken/inside");
    expect_error(ErrorKind::Usage, "cannot write", [&] { write_text_file(folder / "taken", "x"); });
    EXPECT_EQ(names_in(folder.path()), (Names{"file", "taken"}));
}

TEST(AtomicFile, FullDiskIsAResourceErrorAndLeavesNothing) {
    const test::SmallDisk disk(64);
    if (!disk.mounted()) GTEST_SKIP() << disk.why_not();
    write_bytes(disk.path() / "out", "old");
    expect_error(ErrorKind::Resource, "No space left", [&] { write_text_file(disk.path() / "out", std::string(1 << 20, 'x')); });
    EXPECT_EQ(names_in(disk.path()), Names{"out"});
    EXPECT_EQ(read_bytes(disk.path() / "out"), "old");
}

TEST(AtomicFolder, AppearsWhenItIsComplete) {
    const ScratchFolder folder;
    {
        AtomicFolder out(folder.path() / "out/", false);
        write_bytes(out.temporary() / "file", "x");
        EXPECT_EQ(names_in(folder.path()), Names{"out.part"});
        out.commit();
    }
    EXPECT_EQ(names_in(folder.path()), Names{"out"});
    EXPECT_EQ(read_bytes(folder / "out/file"), "x");
}

TEST(AtomicFolder, IsRemovedWithoutCommit) {
    const ScratchFolder folder;
    {
        AtomicFolder out(folder / "out", false);
        write_bytes(out.temporary() / "file", "x");
    }
    EXPECT_EQ(names_in(folder.path()), Names{});
}

TEST(AtomicFolder, TakesTheNameOfAnEmptyFolderOnly) {
    const ScratchFolder folder;
    fs::create_directory(folder / "empty");
    AtomicFolder out(folder / "empty", false);
    write_bytes(out.temporary() / "file", "x");
    out.commit();
    EXPECT_EQ(read_bytes(folder / "empty/file"), "x");
    expect_error(ErrorKind::Usage, "output exists", [&] { AtomicFolder again(folder / "empty", false); });
    write_bytes(folder / "plain", "x");
    expect_error(ErrorKind::Usage, "output exists", [&] { AtomicFolder again(folder / "plain", false); });
    EXPECT_EQ(names_in(folder.path()), (Names{"empty", "plain"}));
}

TEST(AtomicFolder, ReplacesAnOldFolderWhenForced) {
    const ScratchFolder folder;
    fs::create_directory(folder / "out");
    write_bytes(folder / "out/old", "x");
    {
        AtomicFolder out(folder / "out", true);
        write_bytes(out.temporary() / "new", "x");
    }
    EXPECT_EQ(names_in(folder / "out"), Names{"old"});
    AtomicFolder out(folder / "out", true);
    write_bytes(out.temporary() / "new", "x");
    out.commit();
    EXPECT_EQ(names_in(folder / "out"), Names{"new"});
    EXPECT_EQ(names_in(folder.path()), Names{"out"});
}

// The folder beside it is the user's, whatever it is called.
TEST(AtomicFolder, TouchesNoNeighbour) {
    const ScratchFolder folder;
    for (const char* name : {"out", "out.old"}) {
        fs::create_directory(folder / name);
        write_bytes(folder.path() / name / "mine", "x");
    }
    AtomicFolder out(folder / "out", true);
    write_bytes(out.temporary() / "new", "x");
    out.commit();
    EXPECT_EQ(names_in(folder.path()), (Names{"out", "out.old"}));
    EXPECT_EQ(names_in(folder / "out.old"), Names{"mine"});
}

TEST(AtomicFolder, SaysWhyItCannotBeMade) {
    const ScratchFolder folder;
    expect_error(ErrorKind::Usage, "cannot write", [&] { AtomicFolder out(folder / "missing/out", false); });
}

}  // namespace
}  // namespace rankscope
