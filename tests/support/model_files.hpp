// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/scratch_folder.hpp"

namespace rankscope::test {

inline std::filesystem::path golden_model(const std::string& name) {
    return std::filesystem::path(RANKSCOPE_SOURCE_DIR) / "tests/golden/models" / name;
}

/// The bytes of a .safetensors file with this header text and data, whether they make sense or not.
inline std::string safetensors_bytes(const std::string& header, const std::string& data = {}) {
    std::string bytes(8, '\0');
    const std::uint64_t size = header.size();
    std::memcpy(bytes.data(), &size, 8);
    return bytes + header + data;
}

/// Header and data of a well-formed file.
struct RawTensors {
    nlohmann::json header;
    std::string data;

    static RawTensors read(const std::filesystem::path& path) {
        const std::string bytes = read_bytes(path);
        std::uint64_t size = 0;
        std::memcpy(&size, bytes.data(), 8);
        return {nlohmann::json::parse(bytes.substr(8, size)), bytes.substr(8 + size)};
    }

    [[nodiscard]] std::string bytes_of(const std::string& name) const {
        const auto begin = header.at(name).at("data_offsets").at(0).get<std::size_t>();
        return data.substr(begin, header.at(name).at("data_offsets").at(1).get<std::size_t>() - begin);
    }

    /// The same with other bytes, shape and so on; data is laid out anew in the order of the names.
    void set(const std::string& name, const std::string& dtype, const std::vector<std::int64_t>& shape, const std::string& bytes) {
        remove(name);
        header[name] = {{"dtype", dtype}, {"shape", shape}, {"data_offsets", {data.size(), data.size() + bytes.size()}}};
        data += bytes;
    }

    void remove(const std::string& name) {
        RawTensors out;
        for (const auto& [key, entry] : header.items()) {
            if (key == name) continue;
            out.header[key] = entry;
            if (key == "__metadata__") continue;
            const std::string bytes = bytes_of(key);
            out.header[key]["data_offsets"] = {out.data.size(), out.data.size() + bytes.size()};
            out.data += bytes;
        }
        *this = out;
    }

    void write(const std::filesystem::path& path) const { write_bytes(path, safetensors_bytes(header.dump(), data)); }
};

/// A copy of a golden folder's files (no folders inside, no golden.safetensors) to be spoilt.
inline void copy_model(const std::filesystem::path& from, const std::filesystem::path& to) {
    std::filesystem::create_directories(to);
    for (const auto& entry : std::filesystem::directory_iterator(from)) {
        const std::string name = entry.path().filename().string();
        if (!entry.is_regular_file() || name == "golden.safetensors" || name == "manifest.json") continue;
        std::filesystem::copy_file(entry.path(), to / name);
    }
}

inline void change_json(const std::filesystem::path& path, const std::function<void(nlohmann::json&)>& change) {
    auto json = nlohmann::json::parse(read_bytes(path));
    change(json);
    write_bytes(path, json.dump());
}

}  // namespace rankscope::test
