// SPDX-License-Identifier: Apache-2.0
#include "core/capture/detail/part_file.hpp"

#include "core/base/error.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace rankscope {
namespace fs = std::filesystem;
namespace {

std::string shown(const fs::path& path) {
    return printable(path.string(), 400);
}

[[noreturn]] void throw_failure(const fs::path& path, int code) {
    const std::string message = "cannot write: " + shown(path) + ": " + std::strerror(code);
    if (code == ENOSPC || code == EDQUOT || code == EIO) throw_resource(message, "free some disk space or choose another folder");
    throw_usage(message, code == ENOENT ? "create the folder first" : "choose a place that can be written to");
}

std::string megabytes(std::int64_t bytes) {
    return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / (1 << 20));
}

}  // namespace

fs::path part_name(const fs::path& final_name) {
    return final_name.string() + ".part";
}

PartFile::PartFile(const fs::path& final_name) : final_(final_name), path_(part_name(final_name)) {
    std::error_code ignored;
    if (fs::is_directory(final_, ignored)) throw_usage("cannot write: " + shown(final_) + ": is a folder", "give the name of a file");
    descriptor_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0644);
    if (descriptor_ < 0) throw_failure(path_, errno);
    struct stat info {};
    const bool regular = ::fstat(descriptor_, &info) == 0 && S_ISREG(info.st_mode);
    // A file system without locks does not protect, but it does work.
    const bool taken = regular && ::flock(descriptor_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    if (regular && !taken) return;
    ::close(descriptor_);
    if (!regular) throw_usage("cannot write: " + shown(path_) + ": is there and no regular file", "give another name");
    throw_usage("cannot write: " + shown(path_) + ": another process is writing it", "wait for it, or give another name");
}

PartFile::PartFile(PartFile&& other) noexcept
    : final_(std::move(other.final_)), path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)) {}

PartFile::~PartFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

void PartFile::require_space(std::int64_t bytes) const {
    struct statvfs disk {};
    struct stat info {};
    if (::fstatvfs(descriptor_, &disk) != 0 || ::fstat(descriptor_, &info) != 0) throw_failure(path_, errno);
    const auto available = static_cast<std::int64_t>(disk.f_bavail * disk.f_frsize) + static_cast<std::int64_t>(info.st_blocks) * 512;
    if (bytes > available) {
        throw_resource(fmt::format("disk too full: {}: found {} free, expected {} for this capture", shown(path_), megabytes(available),
                                   megabytes(bytes)),
                       "fewer --states-at, --windows or --layers make it smaller; or choose another folder");
    }
}

void PartFile::reserve_blocks() const {
    struct stat info {};
    if (::fstat(descriptor_, &info) != 0) throw_failure(path_, errno);
    if (info.st_size == 0 || ::fallocate(descriptor_, 0, 0, info.st_size) == 0) return;
    if (errno == ENOSPC || errno == EDQUOT) throw_failure(path_, errno);
}

std::int64_t PartFile::publish() {
    struct stat info {};
    if ((::fsync(descriptor_) != 0 && errno != EINVAL) || ::fstat(descriptor_, &info) != 0) throw_failure(path_, errno);
    if (::rename(path_.c_str(), final_.c_str()) != 0) throw_failure(final_, errno);
    ::close(std::exchange(descriptor_, -1));
    // The new name, too, shall survive a power cut; that some file systems refuse to sync a folder is no failure.
    const fs::path folder = final_.has_parent_path() ? final_.parent_path() : fs::path(".");
    if (const int directory = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); directory >= 0) {
        ::fsync(directory);
        ::close(directory);
    }
    return static_cast<std::int64_t>(info.st_size);
}

void PartFile::discard() {
    std::error_code ignored;
    fs::remove(path_, ignored);
}

}  // namespace rankscope
