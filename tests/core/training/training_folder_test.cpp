// SPDX-License-Identifier: Apache-2.0
#include "core/training/training_folder.hpp"

#include <gtest/gtest.h>

#include "tests/support/expect_error.hpp"
#include "tests/support/scratch_folder.hpp"

namespace rankscope {
namespace {

namespace fs = std::filesystem;
using test::expect_error;

class TrainingFolders : public testing::Test {
protected:
    TrainRequest request(const std::string& name = "out", bool resume = false, bool force = false) {
        TrainRequest r;
        r.output = folder_ / name;
        r.resume = resume;
        r.force = force;
        return r;
    }

    void begin(const std::string& name = "out") {
        TrainingFolder folder(request(name));
        test::write_bytes(folder.checkpoint(), "x");
    }

    test::ScratchFolder folder_;
};

TEST_F(TrainingFolders, VanishWithoutACheckpoint) {
    {
        const TrainingFolder folder(request("out/"));
        EXPECT_EQ(folder.path(), folder_ / "out.training");
        EXPECT_EQ(folder.output(), folder_ / "out");
        EXPECT_TRUE(fs::is_directory(folder.path()));
    }
    EXPECT_TRUE(test::names_in(folder_.path()).empty());
}

TEST_F(TrainingFolders, StayWithOneUntilTheRunIsComplete) {
    begin();
    EXPECT_TRUE(fs::exists(folder_ / "out.training/checkpoint.safetensors"));
    expect_error(ErrorKind::Usage, "unfinished training", [&] { TrainingFolder f(request()); });
    {
        TrainingFolder resumed(request("out", true));
        EXPECT_TRUE(fs::exists(resumed.checkpoint()));
        resumed.finish();
    }
    EXPECT_TRUE(test::names_in(folder_.path()).empty());
    expect_error(ErrorKind::Usage, "nothing to resume", [&] { TrainingFolder f(request("out", true)); });
}

TEST_F(TrainingFolders, BeginAnewWhenForced) {
    begin();
    const TrainingFolder folder(request("out", false, true));
    EXPECT_FALSE(fs::exists(folder.checkpoint()));
}

// What is left of a run that was killed before its first checkpoint.
TEST_F(TrainingFolders, OfAStartThatWasKilledAreTakenOver) {
    const fs::path left = folder_ / "out.training";
    fs::create_directory(left);
    for (const char* name : {"unfinished-training", "tokenizer.json", "tokenizer_config.json.part", "checkpoint.safetensors.part"}) {
        test::write_bytes(left / name, "x");
    }
    expect_error(ErrorKind::Usage, "nothing to resume", [&] { TrainingFolder f(request("out", true)); });
    {
        const TrainingFolder folder(request());
        EXPECT_EQ(test::names_in(left), (std::set<std::string>{"unfinished-training"}));
    }
    EXPECT_TRUE(test::names_in(folder_.path()).empty());
    // Killed before it wrote anything.
    fs::create_directory(left);
    { const TrainingFolder folder(request()); }
    EXPECT_TRUE(test::names_in(folder_.path()).empty());
}

TEST_F(TrainingFolders, WithAnythingElseInThemAreNotTakenOver) {
    const fs::path left = folder_ / "out.training";
    fs::create_directory(left);
    test::write_bytes(left / "tokenizer.json", "the user's");
    expect_error(ErrorKind::Usage, "output exists", [&] { TrainingFolder f(request()); });
    test::write_bytes(left / "unfinished-training", "");
    test::write_bytes(left / "notes.txt", "the user's");
    expect_error(ErrorKind::Usage, "output exists", [&] { TrainingFolder f(request()); });
    EXPECT_EQ(test::names_in(left), (std::set<std::string>{"notes.txt", "tokenizer.json", "unfinished-training"}));
    fs::remove(left / "notes.txt");
    fs::create_directory(left / "merges.txt");
    expect_error(ErrorKind::Usage, "output exists", [&] { TrainingFolder f(request()); });
    EXPECT_TRUE(fs::exists(left / "merges.txt"));
}

TEST_F(TrainingFolders, BelongToOneRunAtATime) {
    const TrainingFolder first(request());
    for (const bool force : {false, true}) {
        expect_error(ErrorKind::Usage, "another process", [&] { TrainingFolder f(request("out", false, force)); });
    }
    test::write_bytes(first.checkpoint(), "x");
    expect_error(ErrorKind::Usage, "another process", [&] { TrainingFolder f(request("out", true)); });
    EXPECT_TRUE(fs::exists(first.checkpoint()));
}

TEST_F(TrainingFolders, OverwriteNothingUnasked) {
    fs::create_directory(folder_ / "out");
    expect_error(ErrorKind::Usage, "output exists", [&] { TrainingFolder f(request()); });
    fs::remove(folder_ / "out");
    // A folder of that name that no training has made is the user's.
    fs::create_directory(folder_ / "out.training");
    test::write_bytes(folder_ / "out.training/novels.txt", "x");
    expect_error(ErrorKind::Usage, "out.training", [&] { TrainingFolder f(request()); });
    EXPECT_TRUE(fs::exists(folder_ / "out.training/novels.txt"));
    test::write_bytes(folder_ / "two.training", "x");
    expect_error(ErrorKind::Usage, "two.training", [&] { TrainingFolder f(request("two")); });
    EXPECT_TRUE(fs::exists(folder_ / "two.training"));
}

TEST_F(TrainingFolders, NeedANameAndAParent) {
    for (const char* name : {"..", "."}) {
        TrainRequest r;
        r.output = name;
        expect_error(ErrorKind::Usage, "no name", [&] { TrainingFolder f(r); });
    }
    expect_error(ErrorKind::Usage, "missing", [&] { TrainingFolder f(request("missing/out")); });
}

TEST_F(TrainingFolders, TakeTheTokenizerAlong) {
    fs::create_directories(folder_ / "from");
    fs::create_directories(folder_ / "to");
    for (const char* name : {"tokenizer.json", "merges.txt", "model.safetensors"}) test::write_bytes(folder_.path() / "from" / name, name);
    copy_tokenizer_files(folder_ / "from", folder_ / "to");
    EXPECT_EQ(test::names_in(folder_ / "to"), (std::set<std::string>{"tokenizer.json", "merges.txt"}));
    expect_error(ErrorKind::Resource, "cannot copy", [&] { copy_tokenizer_files(folder_ / "from", folder_ / "nowhere"); });
}

}  // namespace
}  // namespace rankscope
