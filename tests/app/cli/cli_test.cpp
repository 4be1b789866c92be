// SPDX-License-Identifier: Apache-2.0
#include "tests/app/cli/cli_test.hpp"

#include <stdlib.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>

namespace rankscope::test {
namespace fs = std::filesystem;
namespace {

#ifdef __SANITIZE_ADDRESS__
constexpr double kSeconds = 60;
#else
constexpr double kSeconds = 5;
#endif
constexpr long kKib = 600L * 1024;

std::string joined(const std::vector<std::string>& words) {
    std::string text = "rankscope-cli";
    for (const std::string& word : words) text += " " + word;
    return text;
}

void expect_error_lines(const std::string& err, const std::vector<std::string>& parts) {
    std::istringstream stream(err);
    std::vector<std::string> errors, hints;
    for (std::string line; std::getline(stream, line);) {
        if (line.starts_with("rankscope-cli: warning: ")) continue;
        if (line.starts_with("rankscope-cli: ")) {
            errors.push_back(line);
        } else if (line.starts_with("hint: ")) {
            hints.push_back(line);
        } else {
            ADD_FAILURE() << "unexpected on stderr: " << line;
        }
    }
    ASSERT_EQ(errors.size(), 1u) << err;
    EXPECT_LE(hints.size(), 1u) << err;
    for (const std::string& part : parts) EXPECT_THAT(errors.front(), ::testing::HasSubstr(part));
    EXPECT_THAT(errors.front(), ::testing::Not(::testing::HasSubstr("internal error")));
}

}  // namespace

CliTest::CliTest() {
    std::string name = (fs::temp_directory_path() / "rankscope-cli-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    folder_ = name;
}

CliTest::~CliTest() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
}

std::string CliTest::write(const std::string& name, const std::string& content) const {
    const fs::path file = folder_ / name;
    fs::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << content;
    return file.string();
}

std::string CliTest::copy_of(const std::string& model) const {
    const fs::path target = folder_ / model;
    fs::create_directory(target);
    for (const auto& entry : fs::directory_iterator(golden_model(model))) {
        if (entry.is_regular_file() && entry.path().filename() != "golden.safetensors") fs::copy_file(entry.path(), target / entry.path().filename());
    }
    return target.string();
}

std::vector<std::string> CliTest::listing() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_)) names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
}

std::string golden_model(const std::string& name) {
    return std::string(RANKSCOPE_SOURCE_DIR) + "/tests/golden/models/" + name;
}

std::string read_file(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    EXPECT_TRUE(file) << path;
    return {std::istreambuf_iterator<char>(file), {}};
}

std::string some_text(std::size_t bytes) {
    static const char* const kWords[] = {"the", "keeper", "walked", "down", "to", "a", "quiet", "harbour", "and", "counted", "every", "boat",
                                         "before", "night", "came", "over", "water", "with", "rain", "then", "he", "wrote", "it", "all"};
    std::string text;
    unsigned state = 12345;
    for (std::size_t n = 1; text.size() < bytes; ++n) {
        state = state * 1664525u + 1013904223u;
        text += kWords[(state >> 16) % std::size(kWords)];
        text += n % 11 == 0 ? ".\n" : " ";
    }
    return text;
}

Json run_json(std::vector<std::string> arguments) {
    arguments.emplace_back("--json");
    const ProgramResult result = run_program(arguments);
    EXPECT_EQ(result.code, 0) << joined(arguments) << "\n" << result.err;
    Json json = Json::parse(result.out, nullptr, false);
    EXPECT_TRUE(json.is_object()) << joined(arguments) << "\n" << result.out;
    return json;
}

ProgramResult run_well(const std::vector<std::string>& arguments) {
    ProgramResult result = run_program(arguments);
    EXPECT_EQ(result.code, 0) << joined(arguments) << "\n" << result.err;
    EXPECT_FALSE(result.crashed);
    return result;
}

void expect_refused(const std::vector<std::string>& arguments, int code, const std::vector<std::string>& parts) {
    SCOPED_TRACE(joined(arguments));
    std::vector<std::string> quiet = arguments;
    quiet.insert(quiet.end(), {"--quiet", "--json"});
    const ProgramResult result = run_program(quiet);
    EXPECT_FALSE(result.crashed);
    EXPECT_EQ(result.code, code) << result.err;
    expect_error_lines(result.err, parts);
    EXPECT_LT(result.seconds, kSeconds);
    EXPECT_LT(result.peak_kib, kKib);
    const Json json = Json::parse(result.out, nullptr, false);
    ASSERT_TRUE(json.is_object() && json.contains("error")) << result.out;
    EXPECT_EQ(json.size(), 1u);
    EXPECT_EQ(json["error"]["code"], code);
    EXPECT_EQ("rankscope-cli: " + json["error"]["message"].get<std::string>(), result.err.substr(0, result.err.find('\n')));
}

void expect_keys(const Json& object, std::initializer_list<const char*> keys) {
    for (const char* key : keys) EXPECT_TRUE(object.contains(key)) << "no key " << key << " in " << object.dump().substr(0, 400);
}

}  // namespace rankscope::test
