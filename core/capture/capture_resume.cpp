// SPDX-License-Identifier: Apache-2.0
#include "core/capture/detail/capture_resume.hpp"

#include "core/base/error.hpp"
#include "core/capture/capture_reader.hpp"
#include "core/capture/capture_writer.hpp"
#include "core/capture/detail/part_file.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace rankscope {
namespace hdf5 {
namespace {

[[noreturn]] void refuse(const std::filesystem::path& part, const std::string& what) {
    throw_input("cannot resume: " + printable(part.string(), 400) + ": " + what,
                "it belongs to another capture; repeat the command it was begun with, or start again with --force");
}

}  // namespace

std::int64_t compare_for_resume(const std::filesystem::path& part, const CaptureLayout& layout, const CaptureTexts& texts) {
    const CaptureReader reader(part);
    if (const std::string text = difference_of(reader.layout(), layout); !text.empty()) refuse(part, text);
    const auto found = nlohmann::json::parse(reader.provenance(), nullptr, false);
    const auto wanted = nlohmann::json::parse(texts.provenance, nullptr, false);
    for (const char* key : {"model_hash", "text_hash", "plan", "device", "dtype"}) {
        const auto value = [&](const nlohmann::json& object) { return object.is_object() ? object.value(key, nlohmann::json()) : nlohmann::json(); };
        if (value(found) == value(wanted)) continue;
        refuse(part, fmt::format("{}: found {}, expected {}", key, printable(value(found).dump(), 80), printable(value(wanted).dump(), 80)));
    }
    std::int64_t w = 0;
    texts.windows.each([&](std::span<const std::int32_t> expected) {
        const auto found = reader.tokens(w);
        if (!std::equal(found.begin(), found.end(), expected.begin(), expected.end())) refuse(part, fmt::format("window {}: found other tokens", w));
        ++w;
    });
    return reader.windows_done();
}

}  // namespace hdf5

std::optional<std::int64_t> unfinished_windows(const std::filesystem::path& path) {
    const std::filesystem::path part = part_name(path);
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(part, ignored)) return std::nullopt;
    try {
        return CaptureReader(part).windows_done();
    } catch (const Error&) {
        // Never flushed, or no capture at all: there is nothing to go on from.
        return std::nullopt;
    }
}

}  // namespace rankscope
