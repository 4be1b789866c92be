// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/checkpoint/safetensors.hpp"

namespace rankscope::test {

inline std::filesystem::path golden_folder() {
    return std::filesystem::path(RANKSCOPE_SOURCE_DIR) / "tests/golden";
}

inline nlohmann::json read_json(const std::filesystem::path& path) {
    std::ifstream file(path);
    return nlohmann::json::parse(file);
}

/// One case of tests/golden/pruning: activations and weights of one head with the expected channels.
class GoldenCase {
public:
    explicit GoldenCase(const std::string& name)
        : file(golden_folder() / "pruning" / (name + ".safetensors")), info(read_json(golden_folder() / "pruning/manifest.json").at(name)) {}

    [[nodiscard]] std::vector<float> floats(const std::string& name) const { return file.tensors().at(name).to_float(); }

    [[nodiscard]] std::vector<double> doubles(const std::string& name) const { return copied<double>(name); }

    [[nodiscard]] std::vector<std::int64_t> integers(const std::string& name) const { return copied<std::int64_t>(name); }

    [[nodiscard]] std::int64_t extent(const std::string& name, std::size_t axis) const { return file.tensors().at(name).shape.at(axis); }

    [[nodiscard]] bool has(const std::string& name) const { return file.tensors().contains(name); }

    /// The widths results are given for.
    [[nodiscard]] std::vector<std::int64_t> widths() const {
        std::vector<std::int64_t> out;
        for (const auto& [width, ignored] : info.at("methods").items()) out.push_back(std::stoll(width));
        return out;
    }

    SafetensorsFile file;
    nlohmann::json info;

private:
    template <class T>
    [[nodiscard]] std::vector<T> copied(const std::string& name) const {
        const TensorView& view = file.tensors().at(name);
        std::vector<T> out(view.bytes.size() / sizeof(T));
        std::memcpy(out.data(), view.bytes.data(), view.bytes.size());
        return out;
    }
};

inline std::vector<std::string> golden_case_names() {
    std::vector<std::string> names;
    const nlohmann::json manifest = read_json(golden_folder() / "pruning/manifest.json");
    for (const auto& [name, ignored] : manifest.items()) names.push_back(name);
    return names;
}

}  // namespace rankscope::test
