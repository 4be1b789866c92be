// SPDX-License-Identifier: Apache-2.0
#include "tests/core/capture/sample_capture.hpp"

#include "core/base/random.hpp"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>

namespace rankscope::testing_support {

Sample::Sample(std::int64_t windows, std::int64_t window_tokens) {
    layout.layers = {
        {2, "delta_rule", 2, 2, 4, 4, false, {0, 1}, {0, 1}, {0, 1, 2, 3, 0, 1, 2, 3}},
        {10, "gated_delta_rule", 2, 6, 3, 5, true, {1, 4, 5}, {0, 1}, {0, 2, 3, 1, 2, 7}},
        {100, "gated_delta_rule", 1, 3, 6, 2, true, {0, 2}, {0}, {0, 1, 2, 3, 4, 5}},
    };
    layout.positions = {3, 5, window_tokens - 1};
    layout.state_positions = {3, window_tokens - 1};
    layout.window_tokens = window_tokens;
    layout.inputs = true;
    for (std::int64_t w = 0; w < windows; ++w) {
        layout.window_start.push_back(w * window_tokens);
        tokens.emplace_back();
        for (std::int64_t t = 0; t < window_tokens; ++t) {
            tokens.back().push_back(static_cast<std::int32_t>(w * 100 + t));
        }
    }
}

std::string Sample::text_of(std::int32_t id) {
    return id % 100 == 1 ? readable_token("\xe2\x82") : id % 100 == 2 ? "Ω" : fmt::format("t{}", id);
}

CaptureTexts Sample::texts() const {
    TokenWindows windows;
    windows.rows = tokens;
    windows.start = layout.window_start;
    return {WindowStream(std::move(windows)), text_of, R"({"model_hash": "abc", "text_hash": "def", "plan": null, "device": "cpu", "dtype": "float32"})", "rankscope test"};
}

std::vector<float> Sample::numbers(char name, std::size_t layer, std::int64_t window, std::int64_t count) const {
    Random random(static_cast<std::uint64_t>(name) * 1000 + layer * 100, static_cast<std::uint64_t>(window));
    std::vector<float> values;
    for (std::int64_t i = 0; i < count; ++i) values.push_back(static_cast<float>(random.normal()));
    return values;
}

std::vector<float> Sample::states(std::size_t layer, std::int64_t window) const {
    const CaptureLayer& l = layout.layers[layer];
    const std::int64_t state = l.key_dim * l.value_dim;
    std::vector<float> values = numbers('S', layer, window, std::ssize(layout.positions) * l.head_count() * state);
    if (window == 0) std::fill_n(values.begin(), state, 0.0F);
    return values;
}

void Sample::write(CaptureWriter& writer, std::int64_t first, std::int64_t end) const {
    const std::int64_t T = layout.window_tokens;
    for (std::int64_t w = first; w < end; ++w) {
        for (std::size_t i = 0; i < layout.layers.size(); ++i) {
            const CaptureLayer& l = layout.layers[i];
            const std::vector<float> all = states(i, w);
            const auto size = static_cast<std::ptrdiff_t>(l.head_count() * l.key_dim * l.value_dim);
            for (std::size_t p = 0, kept = 0; p < layout.positions.size(); ++p) {
                const std::span state(all.data() + static_cast<std::ptrdiff_t>(p) * size, static_cast<std::size_t>(size));
                writer.write_spectra(i, w, static_cast<std::int64_t>(p), spectra_block(state, l.key_dim, l.value_dim));
                if (kept < layout.state_positions.size() && layout.state_positions[kept] == layout.positions[p]) {
                    writer.write_states(i, w, static_cast<std::int64_t>(kept++), state);
                }
            }
            const auto q = numbers('q', i, w, T * l.key_head_count() * l.key_dim), k = numbers('k', i, w, T * l.key_head_count() * l.key_dim);
            const auto v = numbers('v', i, w, T * l.head_count() * l.value_dim);
            const auto beta = numbers('b', i, w, T * l.head_count()), g = numbers('g', i, w, T * l.head_count());
            writer.write_inputs(i, w, {q, k, v, beta, l.gate ? std::span<const float>(g) : std::span<const float>()});
        }
        writer.finish_window(w);
    }
}

void CaptureFolder::SetUp() {
    static int count = 0;
    folder_ = std::filesystem::temp_directory_path() / fmt::format("rankscope-capture-{}-{}", ::getpid(), count++);
    std::filesystem::create_directories(folder_);
}

void CaptureFolder::TearDown() {
    std::filesystem::remove_all(folder_);
}

std::string read_bytes(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void write_bytes(const std::filesystem::path& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
}

int run_command(const std::string& command, std::string* output) {
    FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
    if (pipe == nullptr) return -1;
    char buffer[4096];
    for (std::size_t n = 0; (n = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) output->append(buffer, n);
    const int status = ::pclose(pipe);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace rankscope::testing_support
