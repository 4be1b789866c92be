// SPDX-License-Identifier: Apache-2.0
// The offline page of a session: complete without its capture, well formed whatever the names are, and honest about what is
// missing.
#include <fmt/format.h>

#include <algorithm>
#include <regex>

#include "core/session/session_file.hpp"
#include "tests/app/cli/cli_test.hpp"
#include "tests/core/session/sample_session.hpp"

namespace rankscope::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

// What is not well formed in a page, in the sense of XML: an element that is not closed in order, an attribute without quotes,
// a bare & or <. Elements of HTML that are empty by definition need no end. Empty: nothing.
std::string defect_of(const std::string& page) {
    const std::regex tag(R"re(<(/?)([a-zA-Z][a-zA-Z0-9]*)((?:\s+[a-zA-Z:-]+="[^"<]*")*)\s*(/?)>)re");
    const std::regex entity("&(amp|lt|gt|quot|#39);");
    std::vector<std::string> open;
    std::size_t at = 0;
    const std::string doctype = "<!DOCTYPE html>\n";
    if (page.rfind(doctype, 0) == 0) at = doctype.size();
    while (at < page.size()) {
        std::smatch found;
        if (page[at] == '<') {
            if (!std::regex_search(page.begin() + static_cast<std::ptrdiff_t>(at), page.end(), found, tag, std::regex_constants::match_continuous)) {
                return "no tag: " + page.substr(at, 80);
            }
            const std::string name = found[2];
            if (found[1].length() > 0) {
                if (open.empty() || open.back() != name) return "unexpected end of " + name;
                open.pop_back();
            } else if (found[4].length() == 0 && name != "meta" && name != "br") {
                open.push_back(name);
            }
            at += static_cast<std::size_t>(found.length());
            // A style sheet is no markup.
            if (name == "style" && found[1].length() == 0) at = page.find("</style>", at);
        } else if (page[at] == '&') {
            if (!std::regex_search(page.begin() + static_cast<std::ptrdiff_t>(at), page.end(), found, entity, std::regex_constants::match_continuous)) {
                return "bare &: " + page.substr(at, 80);
            }
            at += static_cast<std::size_t>(found.length());
        } else {
            ++at;
        }
    }
    return open.empty() ? "" : "not closed: " + open.back();
}

std::size_t count(const std::string& text, const std::string& part) {
    std::size_t n = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++n;
    return n;
}

class Report : public CliTest {
protected:
    std::string report_of(const SavedSession& session) const {
        write_session(session, folder_ / "s.rankscope");
        const ProgramResult result = run_program({"report", path("s.rankscope"), "-o", path("s.html"), "--force", "--quiet"});
        EXPECT_EQ(result.code, 0) << result.err;
        return read_file(path("s.html"));
    }
};

TEST(WellFormed, FindsWhatIsNot) {
    EXPECT_EQ(defect_of("<!DOCTYPE html>\n<p class=\"a\">x &amp; y<br></p>"), "");
    for (const char* bad : {"<p>", "<b><i></b></i>", "a & b", "a < b", "<p class=a></p>", "<p \"></p>", "</p>"}) EXPECT_NE(defect_of(bad), "") << bad;
}

TEST_F(Report, ShowsTheNumbersOfTheSession) {
    const std::string page = report_of(sample_session(folder_));
    EXPECT_EQ(defect_of(page), "");
    for (const char* heading : {"Model and text", "The plan", "Trade-off", "Spectra and ranks", "Points", "Query noise", "Each layer alone", "Provenance", "Notes"}) {
        EXPECT_THAT(page, HasSubstr(std::string("<h2>") + heading + "</h2>"));
    }
    // Title and story; full model; a point with its paired change 61.9 (e^0.125 - 1) ± 70.3 · 0.0625; its answers and speed;
    // a failure; noise; a layer alone.
    for (const char* part : {"A title", "One. Two. Three.", "61.9 ± 1.2", "70.3 ± 1.5", "+8.2 ± 4.4", "75.0 ± 12.5 %", "1\u202F235 ± 1 %", "out of memory", "+0.25000",
                             "+0.50 ± 0.25", "2.500", "0123abcd", "../models/tiny", "drrqr 50 %", "18446744073709551615"}) {
        EXPECT_THAT(page, HasSubstr(part));
    }
    // The plan by layer: K, K' and the method of each.
    EXPECT_THAT(page, HasSubstr("<th scope=\"row\">0</th><td>delta_rule</td><td>8</td><td>8</td><td>all kept</td><td>100.0 %</td>"));
    EXPECT_THAT(page, HasSubstr("<th scope=\"row\">2</th><td>delta_rule</td><td>8</td><td>2</td><td>by hand</td><td>–</td>"));
    // Channels that a plan file names are those of its method, as the file says.
    SavedSession opened = sample_session(folder_);
    opened.current.layers[1].from_file = true;
    EXPECT_THAT(report_of(opened), Not(HasSubstr("<td>by hand</td>")));
    // Two trade-offs (perplexity and answers) with whiskers, and one chart for each layer that was pruned alone.
    EXPECT_EQ(count(page, "<svg xmlns"), 4u);
    EXPECT_GE(count(page, "class=\"whisker m-drrqr\""), 3u);
}

TEST_F(Report, NeedsNothingElse) {
    const std::string page = report_of(sample_session(folder_));
    for (const char* outside : {"<script", "<link", "<img", "src=", "href=", "@import", "url(", "javascript:"}) EXPECT_THAT(page, Not(HasSubstr(outside)));
    // The only address names the kind of markup; nothing is fetched from it.
    EXPECT_EQ(count(page, "http"), count(page, "http://www.w3.org/2000/svg"));
    EXPECT_THAT(page, HasSubstr("prefers-color-scheme: dark"));
    EXPECT_THAT(page, HasSubstr("@media print"));
    EXPECT_THAT(page, Not(HasSubstr(folder_.string())));
}

TEST_F(Report, EscapesEveryText) {
    const std::string evil = "</style></title><script>alert(\"1\")</script>&'\x01\xff";
    SavedSession s = sample_session(folder_);
    s.model.path = folder_ / "models" / "<i>m&'";
    s.model.family = s.model.tokenizer = s.model.dtype = s.model.hash = s.device = s.compute_dtype = evil;
    for (SessionPoint& p : s.points) p.plan.model_hash.clear();
    s.captures = {folder_ / "<b>.h5"};
    s.text->path = folder_ / "<u>.txt";
    s.text->hash = evil;
    s.calibration = folder_ / "<q>.txt";
    s.notes = s.story->title = s.story->text = s.current.name = evil;
    for (SessionPoint& p : s.points) p.choice.name = p.failure = evil;
    s.current.layers[0] = {0, evil, 4, 8, false, {}};
    s.points[0].choice.layers[0].method = s.points[0].choice.layers[1].method = evil;
    for (LayerSweepPoint& p : s.layer_sweep) p.method = evil;
    s.full_speed->device = s.full_speed->implementation = s.full_speed->measured = evil;
    s.provenance = R"({"<script>":"<script>","list":["</script>"]})";
    const std::string page = report_of(s);
    EXPECT_EQ(defect_of(page), "");
    EXPECT_THAT(page, Not(HasSubstr("<script")));
    EXPECT_THAT(page, Not(HasSubstr("<i>m")));
    EXPECT_THAT(page, HasSubstr("&lt;script&gt;alert(&quot;1&quot;)"));
    EXPECT_EQ(page.find('\x01'), std::string::npos);
}

TEST_F(Report, SaysWhatIsMissing) {
    SavedSession s;
    s.model = sample_session(folder_).model;
    std::string page = report_of(s);
    EXPECT_EQ(defect_of(page), "");
    for (const char* part : {"Spectra and ranks need a capture: the session names none", "No plan has been measured", "Query noise has not been measured",
                             "No layer has been pruned alone"}) {
        EXPECT_THAT(page, HasSubstr(part));
    }
    s.captures = {folder_ / "gone.h5"};
    EXPECT_THAT(report_of(s), HasSubstr("gone.h5: it is not there"));
    write("gone.h5", "no capture");
    EXPECT_THAT(report_of(s), HasSubstr("gone.h5: it cannot be read"));
}

TEST_F(Report, DrawsTheCaptureAndTheEnergyThatStays) {
    const std::string model = golden_model("delta_net-plain");
    write("text.txt", some_text(2000));
    const Json info = run_json({"info", model});
    run_well({"capture", model, "--text", path("text.txt"), "--window", "64", "--every", "16", "--windows", "3", "-o", path("c.h5")});
    SavedSession s;
    s.model.path = model;
    s.model.hash = info["hash"];
    s.model.config = read_file(fs::path(model) / "config.json");
    s.captures = {folder_ / "c.h5"};
    s.current = keep_all(session_config(s));
    // Half of the channels by hand: the energy is what the capture says of them.
    LayerChoice& layer = s.current.layers[0];
    layer.kept = layer.key_dim / 2;
    layer.method = "energy";
    const auto heads = session_config(s).layers[0].key_heads;
    std::vector<std::int32_t> first(static_cast<std::size_t>(layer.kept));
    for (std::size_t i = 0; i < first.size(); ++i) first[i] = static_cast<std::int32_t>(i);
    layer.by_hand.assign(static_cast<std::size_t>(heads), first);
    const std::string page = report_of(s);
    EXPECT_EQ(defect_of(page), "");
    EXPECT_THAT(page, HasSubstr("States after token 64 of 3 windows"));
    EXPECT_EQ(count(page, "aria-label=\"Singular values of layer"), 2u);
    EXPECT_EQ(count(page, "over tokens\""), 2u);
    std::smatch low, high;
    ASSERT_TRUE(std::regex_search(page, low, std::regex("<td>by hand</td><td>([0-9.]+) %</td>")));
    // The other half holds the rest.
    for (auto& row : layer.by_hand) {
        for (std::int32_t& channel : row) channel += static_cast<std::int32_t>(layer.kept);
    }
    const std::string other = report_of(s);
    ASSERT_TRUE(std::regex_search(other, high, std::regex("<td>by hand</td><td>([0-9.]+) %</td>")));
    EXPECT_NEAR(std::stod(low[1]) + std::stod(high[1]), 100, 0.11);
    // A capture of another model is not shown as this one's.
    s.model.hash = "ffff";
    EXPECT_THAT(report_of(s), HasSubstr("c.h5: it is of another model"));
}

TEST_F(Report, AnswersAsACommandShould) {
    write_session(sample_session(folder_), folder_ / "s.rankscope");
    const Json answer = run_json({"report", path("s.rankscope"), "-o", path("s.html"), "--quiet"});
    EXPECT_EQ(answer["path"], path("s.html"));
    expect_refused({"report", path("s.rankscope"), "-o", path("s.html")}, 2, {"exists"});
    expect_refused({"report", path("none.rankscope"), "-o", path("n.html")}, 3, {"none.rankscope"});
    write("bad.rankscope", "{}");
    expect_refused({"report", path("bad.rankscope"), "-o", path("n.html")}, 3, {"format"});
    write("new.rankscope", R"({"format": "rankscope-session", "version": 2})");
    expect_refused({"report", path("new.rankscope"), "-o", path("n.html")}, 4, {"version"});
    EXPECT_FALSE(fs::exists(path("n.html")));
}

}  // namespace
}  // namespace rankscope::test
