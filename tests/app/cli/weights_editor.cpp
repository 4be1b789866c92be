// SPDX-License-Identifier: Apache-2.0
#include "tests/app/cli/weights_editor.hpp"

#include <cstring>
#include <fstream>

#include "tests/app/cli/cli_test.hpp"

namespace rankscope::test {

WeightsEditor WeightsEditor::open(const std::string& path) {
    const std::string all = read_file(path);
    std::uint64_t length = 0;
    std::memcpy(&length, all.data(), sizeof(length));
    return {nlohmann::ordered_json::parse(all.substr(8, length)), all.substr(8 + length)};
}

void WeightsEditor::save(const std::string& path) const {
    const std::string text = header.dump();
    std::ofstream(path, std::ios::binary) << safetensors_bytes(text.size(), text + data);
}

void WeightsEditor::set_bytes(const std::string& tensor, const std::string& bytes) {
    data.replace(header.at(tensor).at("data_offsets").at(0).get<std::size_t>(), bytes.size(), bytes);
}

std::string safetensors_bytes(std::uint64_t header_length, const std::string& rest) {
    std::string out(8, '\0');
    std::memcpy(out.data(), &header_length, sizeof(header_length));
    return out + rest;
}

}  // namespace rankscope::test
