// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/app/cli/program.hpp"

namespace rankscope::test {

using Json = nlohmann::ordered_json;

/// Starts the program in a temporary folder of its own, which is removed afterwards.
class CliTest : public ::testing::Test {
protected:
    CliTest();
    ~CliTest() override;

    [[nodiscard]] std::string path(const std::string& name) const { return (folder_ / name).string(); }

    /// Writes a file there and returns its path.
    std::string write(const std::string& name, const std::string& content) const;
    /// A copy of tests/golden/models/NAME that a test may damage.
    std::string copy_of(const std::string& model) const;
    /// Names in the folder, sorted.
    [[nodiscard]] std::vector<std::string> listing() const;

    std::filesystem::path folder_;
};

[[nodiscard]] std::string golden_model(const std::string& name);
[[nodiscard]] std::string read_file(const std::filesystem::path& path);
/// About `bytes` of English that no model has seen.
[[nodiscard]] std::string some_text(std::size_t bytes);

/// Runs; expects exit code 0, no trouble on stderr and exactly one JSON object on stdout, which is returned.
Json run_json(std::vector<std::string> arguments);
/// Runs and expects exit code 0.
ProgramResult run_well(const std::vector<std::string>& arguments);

/// Runs with bad input and expects: this exit code; one line "rankscope-cli: ..." that holds all `parts`, beside warnings and a
/// hint nothing else; the same as one JSON object with --json; under 5 s and 600 MB.
void expect_refused(const std::vector<std::string>& arguments, int code, const std::vector<std::string>& parts);

/// Every key is there.
void expect_keys(const Json& object, std::initializer_list<const char*> keys);

}  // namespace rankscope::test
