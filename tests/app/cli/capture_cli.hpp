// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/checkpoint/safetensors.hpp"
#include "tests/app/cli/program.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

namespace rankscope::capture_cli {

inline const std::filesystem::path kProgram = std::filesystem::path(RANKSCOPE_BINARY_DIR) / "bin/rankscope-cli";
inline const std::filesystem::path kModels = std::filesystem::path(RANKSCOPE_SOURCE_DIR) / "tests/golden/models";

struct Answer {
    int code = -1;
    std::string out, errors;
};

/// A folder for each test, and rankscope-cli as a user starts it.
class CaptureCli : public testing::Test {
protected:
    void SetUp() override {
        static int count = 0;
        folder_ = std::filesystem::temp_directory_path() / fmt::format("rankscope-capture-cli-{}-{}", ::getpid(), count++);
        std::filesystem::create_directories(folder_);
        output_ = folder_ / "c.h5";
    }

    void TearDown() override { std::filesystem::remove_all(folder_); }

    [[nodiscard]] Answer run(const std::string& arguments) const {
        Answer answer;
        const std::filesystem::path errors = folder_ / "stderr";
        FILE* pipe = ::popen(fmt::format("'{}' {} 2> '{}'", kProgram.string(), arguments, errors.string()).c_str(), "r");
        char buffer[4096];
        for (std::size_t n = 0; (n = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) answer.out.append(buffer, n);
        const int status = ::pclose(pipe);
        answer.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        std::ifstream file(errors);
        answer.errors.assign(std::istreambuf_iterator<char>(file), {});
        if (answer.errors.find("cannot load the engine") != std::string::npos) test::needs_libtorch();
        return answer;
    }

    /// The ids of a golden, repeated as `rows` equal windows or more.
    std::filesystem::path ids_of(const std::string& model, int rows = 1) const {
        const SafetensorsFile golden(kModels / model / "golden.safetensors");
        const TensorView& ids = golden.tensors().at("input_ids");
        nlohmann::json row = nlohmann::json::array(), all = nlohmann::json::array();
        for (std::int64_t t = 0; t < ids.shape[1]; ++t) {
            std::int64_t id = 0;
            std::memcpy(&id, ids.bytes.data() + t * 8, 8);
            row.push_back(id);
        }
        for (int i = 0; i < rows; ++i) {
            all.push_back(row);
            row.insert(row.begin(), row.back());
            row.erase(row.size() - 1);
        }
        std::ofstream(folder_ / "ids.json") << all;
        return folder_ / "ids.json";
    }

    std::filesystem::path folder_, output_;
};

}  // namespace rankscope::capture_cli
