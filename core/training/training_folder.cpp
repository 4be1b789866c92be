// SPDX-License-Identifier: Apache-2.0
#include "core/training/training_folder.hpp"

#include <array>
#include <system_error>

#include "core/base/error.hpp"
#include "core/base/file.hpp"

namespace rankscope {
namespace {

namespace fs = std::filesystem;

fs::path without_trailing_slash(const fs::path& path) {
    const fs::path clean = path.lexically_normal();
    return clean.has_filename() ? clean : clean.parent_path();
}

}  // namespace

TrainingFolder::TrainingFolder(const TrainRequest& request) : output_(without_trailing_slash(request.output)) {
    if (output_.filename().empty() || output_.filename() == "." || output_.filename() == "..") {
        throw_usage("no name for the output folder: -o: found '" + printable(request.output.string()) + "'");
    }
    path_ = output_;
    path_ += ".training";
    const std::string name = printable(path_.string());
    refuse_existing(output_, request.force);
    std::error_code error;
    const bool begun = fs::exists(checkpoint(), error);
    if (request.resume) {
        if (!begun) throw_usage("nothing to resume: " + name + ": found no checkpoint", "leave out --resume to start");
        return;
    }
    if (begun && !request.force) {
        throw_usage("an unfinished training is in the way: " + name,
                    "--resume goes on from it, --force starts from the beginning");
    }
    // Without a checkpoint it may be anything that happens to carry the name.
    if (!begun && !request.force && !(fs::is_directory(path_, error) && fs::is_empty(path_, error))) refuse_existing(path_, false);
    fs::remove_all(path_, error);
    fs::create_directory(path_, error);
    if (error == std::errc::no_such_file_or_directory) throw_usage("cannot make the folder " + name + ": " + error.message(), "create its parent folder first");
    if (error) throw_resource("cannot make the folder " + name + ": " + error.message(), "choose a place that can be written to");
}

TrainingFolder::~TrainingFolder() {
    std::error_code error;
    if (!fs::exists(checkpoint(), error)) fs::remove_all(path_, error);
}

void TrainingFolder::finish() {
    std::error_code error;
    fs::remove_all(path_, error);
}

void copy_tokenizer_files(const std::filesystem::path& from, const std::filesystem::path& to) {
    constexpr std::array kNames = {"tokenizer.json",          "tokenizer.model",   "tokenizer_config.json",
                                   "special_tokens_map.json", "added_tokens.json", "vocab.json",
                                   "merges.txt"};
    for (const char* name : kNames) {
        std::error_code error;
        if (!fs::exists(from / name, error)) continue;
        fs::copy_file(from / name, to / name, fs::copy_options::overwrite_existing, error);
        if (error) throw_resource("cannot copy " + printable((from / name).string()) + ": " + error.message());
    }
}

}  // namespace rankscope
