// SPDX-License-Identifier: Apache-2.0
// A session written and read again: nothing changes, paths move with the folder, and an old file outlives a failed write.
#include "core/session/session_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <regex>

#include "core/base/error.hpp"
#include "tests/core/session/sample_session.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/scratch_folder.hpp"
#include "tests/support/small_disk.hpp"

namespace rankscope {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using test::expect_error;
using test::sample_session;
using test::ScratchFolder;

const fs::path kTree = "/somewhere/tree";
const fs::path kFolder = kTree / "sessions";

TEST(SessionFile, GoesBothWays) {
    const SavedSession session = sample_session(kTree);
    const std::string text = to_json(session, kFolder);
    const SavedSession back = parse_session(text, kFolder, "s");
    // The parts first, so that a failure says where.
    EXPECT_TRUE(back.model == session.model);
    EXPECT_EQ(back.captures, session.captures);
    EXPECT_TRUE(back.text == session.text);
    EXPECT_TRUE(back.current == session.current);
    EXPECT_TRUE(back.history == session.history);
    ASSERT_EQ(back.points.size(), session.points.size());
    for (std::size_t i = 0; i < back.points.size(); ++i) EXPECT_TRUE(back.points[i] == session.points[i]) << i;
    EXPECT_TRUE(back.full == session.full);
    EXPECT_TRUE(back.full_speed == session.full_speed);
    EXPECT_TRUE(back.layer_sweep == session.layer_sweep);
    EXPECT_TRUE(back.scores == session.scores);
    EXPECT_TRUE(back.noise == session.noise);
    EXPECT_TRUE(back.story == session.story);
    EXPECT_EQ(back.view, session.view);
    EXPECT_EQ(back.provenance, session.provenance);
    EXPECT_TRUE(back == session);
    EXPECT_EQ(to_json(back, kFolder), text);
}

TEST(SessionFile, KeepsThatChannelsCameFromAPlanFile) {
    SavedSession session = sample_session(kTree);
    for (const bool from_file : {true, false}) {
        session.current.layers[1].from_file = from_file;
        const SavedSession read = parse_session(to_json(session, kFolder), kFolder, "s");
        EXPECT_EQ(read.current.layers[1].from_file, from_file);
        EXPECT_EQ(read.current.layers[1].by_hand, session.current.layers[1].by_hand);
        EXPECT_FALSE(read.current.layers[0].from_file);
    }
}

TEST(SessionFile, ThatSaysLittleIsReadAsItIs) {
    SavedSession session;
    session.model = sample_session(kTree).model;
    SavedSession back = parse_session(to_json(session, kFolder), kFolder, "s");
    // Nothing chosen means that everything is kept.
    EXPECT_TRUE(back.current == keep_all(session_config(session)));
    ASSERT_EQ(back.current.layers.size(), 2U);
    EXPECT_EQ(back.current.layers[1].kept, 8);
    back.current = {};
    EXPECT_TRUE(back == session);
    const json least = {{"format", "rankscope-session"}, {"version", 1}, {"more", {1, 2}},
                        {"model", {{"path", "m"}, {"hash", ""}, {"config", session.model.config}, {"colour", "red"}}}};
    EXPECT_EQ(parse_session(least.dump(), kFolder, "s").model.path, kFolder / "m");
}

TEST(SessionFile, HasNumbersInOneLine) {
    const std::string text = to_json(sample_session(kTree), kFolder);
    EXPECT_NE(text.find("[8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0, -1.5]"), std::string::npos);
    EXPECT_NE(text.find("\"keep\": [[0, 2, 4, 6], [1, 3, 5, 7]]"), std::string::npos);
    EXPECT_EQ(text.substr(0, 2), "{\n");
    EXPECT_EQ(text.back(), '\n');
    EXPECT_EQ(text, to_json(sample_session(kTree), kFolder));
}

TEST(SessionFile, NamesWhatLiesInTheSameTreeRelatively) {
    const json written = json::parse(to_json(sample_session(kTree), kFolder));
    EXPECT_EQ(written["model"]["path"], "../models/tiny");
    EXPECT_EQ(written["captures"], json({"tiny.h5", "../other.h5"}));
    EXPECT_EQ(written["text"]["path"], "../texts/a \"text\".txt");
    EXPECT_EQ(written["calibration"]["path"], "../texts/calibration.txt");
    const auto model_path = [](const fs::path& model, const fs::path& folder) {
        SavedSession session = sample_session(kTree);
        session.model.path = model;
        const json text = json::parse(to_json(session, folder));
        EXPECT_EQ(parse_session(text.dump(), folder, "s").model.path, fs::absolute(model).lexically_normal());
        return text["model"]["path"].get<std::string>();
    };
    EXPECT_EQ(model_path("/a/b/models/m", "/a/b/sessions"), "../models/m");
    EXPECT_EQ(model_path("/a/b/../b/models/./m", "/a/b/sessions/"), "../models/m");
    EXPECT_EQ(model_path("/a/b/c", "/a/b/c"), ".");
    EXPECT_EQ(model_path("/data/m", "/home/u"), "/data/m");
    EXPECT_EQ(model_path("/a/m", "/a/1/2/3"), "../../../m");
    EXPECT_EQ(model_path("/a/m", "/a/1/2/3/4"), "/a/m");
    EXPECT_EQ(model_path("models/m", "."), "models/m");
    EXPECT_EQ(model_path("models/m", "models"), "m");
    EXPECT_EQ(model_path("models/m", ""), "models/m");
}

TEST(SessionFile, FindsItsPathsAfterTheTreeMoved) {
    const ScratchFolder scratch;
    fs::create_directories(scratch / "old/sessions");
    write_session(sample_session(scratch / "old"), scratch / "old/sessions/x.rankscope");
    fs::rename(scratch / "old", scratch / "new");
    const SavedSession moved = read_session(scratch / "new/sessions/x.rankscope");
    EXPECT_TRUE(moved == sample_session(scratch / "new"));
}

TEST(SessionFile, KeepsTheRestWhenAMeasurementIsNoNumber) {
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    constexpr double infinity = std::numeric_limits<double>::infinity();
    SavedSession session = sample_session(kTree);
    session.points[0].quality->perplexity = infinity;
    session.points[2].quality->delta_nll = nan;
    session.full_speed->decode_mad = nan;
    session.layer_sweep[0].delta_nll = nan;
    session.noise->levels[0].perplexity = infinity;
    session.noise->heads[1].amplification = nan;
    session.scores[0].heads[2][1].scores[3] = nan;
    session.view = "no JSON";
    session.provenance = "[1]";
    const SavedSession back = parse_session(to_json(session, kFolder), kFolder, "s");
    EXPECT_FALSE(back.points[0].quality || back.points[2].quality || back.full_speed);
    EXPECT_TRUE(back.points[0].speed == session.points[0].speed);
    ASSERT_EQ(back.layer_sweep.size(), 1U);
    EXPECT_EQ(back.layer_sweep[0].layer, 2);
    ASSERT_EQ(back.noise->levels.size(), 1U);
    EXPECT_EQ(back.noise->levels[0].level, 0.3);
    EXPECT_EQ(back.noise->heads.size(), 1U);
    ASSERT_EQ(back.scores.size(), 1U);
    EXPECT_EQ(back.scores[0].method, "l1");
    EXPECT_EQ(back.view + back.provenance, "");
    EXPECT_EQ(back.notes, session.notes);
}

TEST(SessionFile, ForgetsReferencesToPointsThatAreGone) {
    SavedSession session = sample_session(kTree);
    session.points.erase(session.points.begin());
    const SavedSession back = parse_session(to_json(session, kFolder), kFolder, "s");
    EXPECT_EQ(back.pin_a, "");
    EXPECT_EQ(back.pin_b, "p3");
    EXPECT_EQ(back.story->point, "");
    EXPECT_EQ(back.noise->levels.size(), 1U) << "a level of a deleted point must not become one of the full model";
}

TEST(SessionFile, ReplacesTheOldFileAtOnce) {
    const ScratchFolder scratch;
    const fs::path path = scratch / "s.rankscope";
    SavedSession session = sample_session(scratch.path());
    write_session(session, path);
    session.notes = "other";
    write_session(session, path);
    EXPECT_EQ(read_session(path).notes, "other");
    EXPECT_EQ(test::names_in(scratch.path()), std::set<std::string>{"s.rankscope"});
    EXPECT_EQ(autosave_path(path), scratch / ".s.rankscope.autosave");
    EXPECT_EQ(autosave_path("s.rankscope"), ".s.rankscope.autosave");
}

TEST(SessionFile, OutlivesAFullDisk) {
    const test::SmallDisk disk(64);
    if (!disk.mounted()) GTEST_SKIP() << disk.why_not();
    const fs::path path = disk.path() / "s.rankscope";
    SavedSession session = sample_session(disk.path());
    write_session(session, path);
    const std::string before = test::read_bytes(path);
    session.notes.assign(100 << 10, 'x');
    expect_error(ErrorKind::Resource, "s.rankscope", [&] { write_session(session, path); });
    EXPECT_EQ(test::read_bytes(path), before);
    EXPECT_EQ(test::names_in(disk.path()), std::set<std::string>{"s.rankscope"});
}

TEST(SessionFile, SaysWhereItCannotBeWrittenOrRead) {
    const ScratchFolder scratch;
    expect_error(ErrorKind::Usage, "no/s.rankscope", [&] { write_session(sample_session(kTree), scratch / "no/s.rankscope"); });
    expect_error(ErrorKind::Input, "none.rankscope", [&] { (void)read_session(scratch / "none.rankscope"); });
    expect_error(ErrorKind::Input, "", [&] { (void)read_session(scratch.path()); });
}

}  // namespace
}  // namespace rankscope
