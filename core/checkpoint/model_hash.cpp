// SPDX-License-Identifier: Apache-2.0
#include "core/checkpoint/model_hash.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>

#include "core/base/error.hpp"
#include "core/base/file.hpp"
#include "core/base/hash.hpp"
#include "core/base/json_text.hpp"
#include "core/base/remaining.hpp"
#include "core/base/stop_scope.hpp"

namespace rankscope {
namespace {

namespace fs = std::filesystem;

fs::path cache_folder() {
    if (const char* given = std::getenv("XDG_CACHE_HOME"); given != nullptr && *given != '\0') return fs::path(given) / "rankscope/hashes";
    if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0') return fs::path(home) / ".cache/rankscope/hashes";
    return {};
}

// Names the cache entry: changes whenever a file does.
std::string cache_key(const std::string& config, const std::vector<fs::path>& paths) {
    Sha256 key;
    key.update(config);
    for (const fs::path& path : paths) {
        std::error_code code;
        const auto absolute = fs::weakly_canonical(path, code);
        key.update(fmt::format("\n{}\n{}\n{}", absolute.string(), fs::file_size(path, code), fs::last_write_time(path, code).time_since_epoch().count()));
    }
    return key.hex();
}

std::string computed(const std::string& config_json, const std::vector<SafetensorsFile>& files, const Progress& progress) {
    auto config = nlohmann::json::parse(prepare_json(config_json, "config.json"), nullptr, false);
    config.erase("_name_or_path");
    config.erase("transformers_version");
    Sha256 hash;
    hash.update(config.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
    std::map<std::string, std::pair<const SafetensorsFile*, const TensorView*>> tensors;
    double total = 0, done = 0;
    for (const SafetensorsFile& file : files) {
        for (const auto& [name, view] : file.tensors()) {
            tensors[name] = {&file, &view};
            total += static_cast<double>(view.bytes.size());
        }
    }
    const auto began = std::chrono::steady_clock::now();
    for (const auto& [name, found] : tensors) {
        check_stop();
        const auto& [file, view] = found;
        file->will_read(view->bytes);
        hash.update(fmt::format("{} {} [{}] {}\n", name, name_of(view->dtype), fmt::join(view->shape, ","), xxh3_128_hex(view->bytes)));
        file->has_read(view->bytes);
        done += static_cast<double>(view->bytes.size());
        const double passed = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
        // From a warm page cache there is nothing to wait for.
        if (passed > kSilentSeconds) progress.update({done, total, "bytes", remaining_seconds(passed, done, total), "hashing the weights"});
    }
    return hash.hex();
}

bool is_hash(const std::string& text) {
    return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

}  // namespace

std::string model_hash(const std::string& config_json, const std::vector<SafetensorsFile>& files, const std::vector<fs::path>& paths,
                       const Progress& progress) {
    const fs::path folder = cache_folder();
    const fs::path entry = folder.empty() ? fs::path() : folder / cache_key(config_json, paths);
    try {
        if (!entry.empty() && fs::exists(entry)) {
            std::string text = read_text_file(entry, 64);
            if (is_hash(text)) return text;
        }
    } catch (const std::exception&) {
        // A damaged cache costs time, nothing else.
    }
    std::string hash = computed(config_json, files, progress);
    try {
        if (!entry.empty()) {
            fs::create_directories(folder);
            write_text_file(entry, hash);
        }
    } catch (const std::exception&) {
    }
    return hash;
}

}  // namespace rankscope
