// SPDX-License-Identifier: Apache-2.0
#include "core/training/training_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <system_error>

#include "core/base/error.hpp"
#include "core/base/file.hpp"

namespace rankscope {
namespace {

namespace fs = std::filesystem;

constexpr std::array kTokenizerFiles = {"tokenizer.json",          "tokenizer.model",   "tokenizer_config.json",
                                        "special_tokens_map.json", "added_tokens.json", "vocab.json",
                                        "merges.txt"};
constexpr const char* kCheckpoint = "checkpoint.safetensors";
// Made first, locked while a run is at work: what lies beside it is a run's, and nobody else's.
constexpr const char* kMark = "unfinished-training";

// Whether a run has made this file, complete or not.
bool made_by_a_run(std::string name) {
    constexpr std::string_view kPart = ".part";
    if (name.ends_with(kPart)) name.resize(name.size() - kPart.size());
    return name == kMark || name == kCheckpoint || std::ranges::find(kTokenizerFiles, name) != kTokenizerFiles.end();
}

// A folder with nothing in it, or with nothing but what a run leaves that was killed before its first checkpoint.
bool only_a_start(const fs::path& folder) {
    std::error_code error;
    if (!fs::is_directory(fs::symlink_status(folder, error))) return false;
    if (fs::is_empty(folder, error)) return !error;
    if (!fs::is_regular_file(fs::symlink_status(folder / kMark, error))) return false;
    fs::directory_iterator entries(folder, error);
    return !error && std::all_of(begin(entries), end(entries), [](const fs::directory_entry& entry) {
        std::error_code ignored;
        return made_by_a_run(entry.path().filename().string()) && fs::is_regular_file(entry.symlink_status(ignored));
    });
}

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
        lock();
        return;
    }
    if (begun && !request.force) {
        throw_usage("an unfinished training is in the way: " + name,
                    "--resume goes on from it, --force starts from the beginning");
    }
    // Without a checkpoint it may be anything that happens to carry the name.
    if (!request.force && !only_a_start(path_)) refuse_existing(path_, false);
    if (!fs::is_directory(fs::symlink_status(path_, error))) fs::remove(path_, error);
    fs::create_directory(path_, error);
    if (error == std::errc::no_such_file_or_directory) throw_usage("cannot make the folder " + name + ": " + error.message(), "create its parent folder first");
    if (error) throw_resource("cannot make the folder " + name + ": " + error.message(), "choose a place that can be written to");
    lock();
    for (const fs::directory_entry& entry : fs::directory_iterator(path_, error)) {
        if (entry.path().filename() != kMark) fs::remove_all(entry.path(), error);
    }
}

TrainingFolder::~TrainingFolder() {
    std::error_code error;
    if (!fs::exists(checkpoint(), error)) fs::remove_all(path_, error);
    ::close(lock_);
}

void TrainingFolder::lock() {
    const fs::path mark = path_ / kMark;
    lock_ = ::open(mark.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW, 0644);
    if (lock_ < 0) throw_resource("cannot write " + printable(mark.string()) + ": " + std::strerror(errno), "choose a place that can be written to");
    // A file system without locks does not protect, but it does work.
    if (::flock(lock_, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return;
    ::close(lock_);
    throw_usage("another process is training: " + printable(path_.string()), "wait for it, or give another name");
}

fs::path TrainingFolder::checkpoint() const {
    return path_ / kCheckpoint;
}

void TrainingFolder::finish() {
    std::error_code error;
    fs::remove_all(path_, error);
}

void copy_tokenizer_files(const std::filesystem::path& from, const std::filesystem::path& to) {
    for (const char* name : kTokenizerFiles) {
        std::error_code error;
        if (!fs::exists(from / name, error)) continue;
        fs::copy_file(from / name, to / name, fs::copy_options::overwrite_existing, error);
        if (error) throw_resource("cannot copy " + printable((from / name).string()) + ": " + error.message());
    }
}

}  // namespace rankscope
