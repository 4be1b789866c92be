// SPDX-License-Identifier: Apache-2.0
// Session files that somebody or something has spoilt.
#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "core/base/error.hpp"
#include "core/session/session_file.hpp"
#include "tests/core/session/sample_session.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/scratch_folder.hpp"

namespace rankscope {
namespace {

using nlohmann::json;
using test::expect_error;

const std::filesystem::path kFolder = "/somewhere/tree";

std::string good() {
    return to_json(test::sample_session(kFolder), kFolder);
}

TEST(UntrustedSession, CutOffAnywhereIsRefused) {
    const std::string text = good();
    ASSERT_GT(text.size(), 3000U);
    for (std::size_t size = 0; size + 2 < text.size(); size += size < 200 ? 1 : 37) {
        SCOPED_TRACE(size);
        expect_error(ErrorKind::Input, "bad session: s", [&] { (void)parse_session(text.substr(0, size), kFolder, "s"); });
    }
    (void)parse_session(text.substr(0, text.size() - 1), kFolder, "s");  // without the last line end
}

TEST(UntrustedSession, OtherTextsAreRefused) {
    for (const char* text : {"", "[]", "null", "7", "{}", "{\"format\": \"rankscope-plan\"}", "\xff\xfe"}) {
        expect_error(ErrorKind::Input, "bad session: s", [&] { (void)parse_session(text, kFolder, "s"); });
    }
    expect_error(ErrorKind::Input, "nested", [] { (void)parse_session(std::string(100000, '['), kFolder, "s"); });
    std::string twice = good();
    twice.replace(twice.find("\"seed\""), 6, "\"notes\": \"\", \"seed\"");
    expect_error(ErrorKind::Input, "\"notes\" is there twice", [&] { (void)parse_session(twice, kFolder, "s"); });
}

TEST(UntrustedSession, LargeFileIsRefusedBeforeItIsRead) {
    const test::ScratchFolder scratch;
    test::write_bytes(scratch / "big.rankscope", "{");
    std::filesystem::resize_file(scratch / "big.rankscope", std::uintmax_t{1} << 40);
    expect_error(ErrorKind::Input, "too large", [&] { (void)read_session(scratch / "big.rankscope"); });
}

struct Case {
    const char* pointer;   // what to change in the good session
    json value;            // to what; discarded: away with it
    const char* expected;  // in the message
};

const json kAway(json::value_t::discarded);

void PrintTo(const Case& c, std::ostream* out) {
    *out << c.pointer << " = " << c.value;
}

class Spoilt : public testing::TestWithParam<Case> {};

TEST_P(Spoilt, IsRefusedByName) {
    json document = json::parse(good());
    const json::json_pointer place(GetParam().pointer);
    ASSERT_TRUE(document.contains(place)) << "the case changes nothing";
    if (GetParam().value.is_discarded()) {
        json& parent = document[place.parent_pointer()];
        if (parent.is_array()) {
            parent.erase(std::stoul(place.back()));
        } else {
            parent.erase(place.back());
        }
    } else {
        document[place] = GetParam().value;
    }
    const std::string message = test::error_message(ErrorKind::Input, [&] { (void)parse_session(document.dump(), kFolder, "s"); });
    EXPECT_NE(message.find(GetParam().expected), std::string::npos) << message;
    EXPECT_NE(message.find(": s: "), std::string::npos) << message;
}

INSTANTIATE_TEST_SUITE_P(Types, Spoilt, testing::Values(
    Case{"/format", "rankscope-plan", "format: found \"rankscope-plan\""}, Case{"/version", "1", "version: found \"1\""},
    Case{"/model", 3, "model: found 3, expected an object"}, Case{"/model/path", kAway, "model: path is missing"},
    Case{"/model/path", json::array(), "model.path: found an array of 0"}, Case{"/model/hash", nullptr, "model.hash: found null"},
    Case{"/model/parameters", -1, "model.parameters: found -1"}, Case{"/captures", "x", "captures: found \"x\", expected an array"},
    Case{"/captures/1", 7, "captures[1]: found 7, expected a string"}, Case{"/text", 1, "text: found 1, expected an object"},
    Case{"/text/window", 0, "text.window: found 0"}, Case{"/text/answers", 1, "text.answers: found 1, expected true or false"},
    Case{"/calibration/tokens", 1.5, "calibration.tokens: found 1.5, expected an integer"}, Case{"/seed", -1, "seed: found -1"},
    Case{"/current/layers", 1, "current.layers: found 1, expected an array"}, Case{"/current/layers/0", nullptr, "current.layers[0]: found null"},
    Case{"/history/0", 1, "history[0]: found 1"}, Case{"/points", json::object(), "points: found an object, expected an array"},
    Case{"/points/0/quality/nll", "4", "points[0].quality.nll: found \"4\", expected a number"},
    Case{"/points/0/quality/nll", kAway, "points[0].quality: nll is missing"}, Case{"/points/0/plan", kAway, "points[0]: plan is missing"},
    Case{"/points/0/plan/layers", 4, "points[0].plan: layers"}, Case{"/points/0/speed/same_width", "no", "points[0].speed.same_width"},
    Case{"/full", json::array(), "full: found an array of 0, expected an object"}, Case{"/scores/0/layers/0/0/scores/2", "x", "scores[0].layers[0][0].scores: found \"x\" at 2"},
    Case{"/noise/levels", 1, "noise.levels"}, Case{"/story/title", 1, "story.title"}, Case{"/view", json::array(), "view: found an array"},
    Case{"/provenance", "x", "provenance: found \"x\", expected an object"}, Case{"/notes", 1, "notes: found 1"}));

INSTANTIATE_TEST_SUITE_P(Ranges, Spoilt, testing::Values(
    Case{"/model/path", std::string("a\0b", 3), "zero byte"}, Case{"/model/config", "{}", "model.config"},
    Case{"/model/parameters", 18446744073709551615ULL, "model.parameters: found 18446744073709551615"},
    Case{"/current/scale", "wide", "current.scale: found \"wide\""}, Case{"/current/layers/0/index", 3, "current.layers[0].index: found 3, expected an integer from 0 to 2"},
    Case{"/current/layers/0/index", 1, "layer 1 is softmax attention"}, Case{"/current/layers/0/index", 2, "ascending order"},
    Case{"/current/layers/0", kAway, "current.layers: found 1 layers, expected the 2"}, Case{"/current/layers/0/key_dim", 9, "key_dim: found 9"},
    Case{"/current/layers/0/kept", 0, "kept: found 0, expected an integer from 1 to 8"}, Case{"/current/layers/0/kept", 9, "kept: found 9"},
    Case{"/current/layers/1/kept", 3, "by_hand[0]: found 2 channels, expected 3"}, Case{"/current/layers/1/by_hand/1", kAway, "array for each of 2 key heads"},
    Case{"/current/layers/1/by_hand/0/1", 8, "by_hand[0]: found 8 at 1"}, Case{"/current/layers/1/by_hand/0/1", 0, "by_hand[0]: expected channels in ascending"},
    Case{"/current/layers/1/by_hand/0/0", -1, "by_hand[0]: found -1"}, Case{"/history/1/choice/layers/0/kept", 99, "history[1].choice.layers[0].kept"},
    Case{"/points/0/id", "", "points[0]: id is empty"}, Case{"/points/1/id", "p1", "points[1]: id \"p1\" is there twice"},
    Case{"/points/0/plan/layers/0/keep/0/0", 9, "points[0].plan: layer 0, head 0"}, Case{"/points/0/plan/layers/0/index", 1, "points[0].plan: layer 1: is softmax attention"},
    Case{"/points/0/plan/model/hash", "other", "points[0].plan: found a plan for model other"}, Case{"/points/0/plan/layers/0/key_dim", 16, "found key_dim 16, expected 8"},
    Case{"/points/0/quality/windows", 5, "quality.windows: found 5, expected an integer from 0 to 4"}, Case{"/points/0/quality/accuracy", 1.5, "accuracy: found 1.5"},
    Case{"/points/0/quality/delta_nll_se", -0.5, "delta_nll_se: found -0.5"}, Case{"/points/0/speed/prefill", -1, "speed.prefill: found -1"},
    Case{"/points/0/state_bytes", -4, "state_bytes: found -4"}, Case{"/pin_a", "p9", "pin_a: found \"p9\", expected the id of a point"},
    Case{"/baseline", "p9", "baseline"}, Case{"/story/beside", "p9", "story.beside"}, Case{"/noise/levels/0/point", "p9", "noise.levels[0].point"},
    Case{"/noise/heads/0/head", 2, "noise.heads[0].head: found 2, expected an integer from 0 to 1"}, Case{"/noise/heads/0/layer", 1, "noise.heads[0].layer"},
    Case{"/layer_sweep/0/layer", 7, "layer_sweep[0].layer: found 7"}, Case{"/layer_sweep/0/kept", 9, "layer_sweep[0].kept"},
    Case{"/scores/1/method", "drrqr", "scores[1]: method \"drrqr\" is there twice"}, Case{"/scores/0/layers/1", json::array({1}), "scores[0].layers[1]: found an array of 1, expected one entry for each of 0"},
    Case{"/scores/0/layers/0/0", kAway, "scores[0].layers[0]: found an array of 1"}, Case{"/scores/0/layers/2", kAway, "scores[0].layers: found an array of 2"},
    Case{"/scores/0/layers/0/1/scores/0", kAway, "scores: found 7 numbers, expected 8"}, Case{"/scores/0/layers/0/1/order/0", 1, "order: expected each of 8"},
    Case{"/scores/0/layers/0/1/order/0", 8, "order: found 8 at 0"}));

TEST(UntrustedSession, NumbersBeyondDoubleAreRefused) {
    std::string text = good();
    text.replace(text.find("\"nll\": 4.25"), 11, "\"nll\": 1e999");
    expect_error(ErrorKind::Input, "bad session: s", [&] { (void)parse_session(text, kFolder, "s"); });
    text = good();
    text.replace(text.find("\"nll\": 4.25"), 11, "\"nll\": NaN");
    expect_error(ErrorKind::Input, "points[0].quality.nll", [&] { (void)parse_session(text, kFolder, "s"); });
}

TEST(UntrustedSession, AnotherVersionIsNamed) {
    json document = json::parse(good());
    for (const int version : {0, 2, 1000}) {
        document["version"] = version;
        expect_error(ErrorKind::Unsupported, "found " + std::to_string(version) + ", expected 1", [&] { (void)parse_session(document.dump(), kFolder, "s"); });
    }
}

TEST(UntrustedSession, MessagesStayOnOneLine) {
    json document = json::parse(good());
    document["pin_a"] = std::string(1000, 'x') + "\n\x1b[31m";
    const std::string message = test::error_message(ErrorKind::Input, [&] { (void)parse_session(document.dump(), kFolder, "s"); });
    EXPECT_LT(message.size(), 200U);
}

}  // namespace
}  // namespace rankscope
