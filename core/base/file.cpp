// SPDX-License-Identifier: Apache-2.0
#include "core/base/file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>

#include "core/base/error.hpp"

namespace rankscope {
namespace fs = std::filesystem;
namespace {

std::string shown(const fs::path& path) {
    return printable(path.string(), 400);
}

[[noreturn]] void throw_write(const fs::path& path, int code) {
    const std::string message = "cannot write: " + shown(path) + ": " + std::strerror(code);
    if (code == ENOSPC || code == EDQUOT || code == EFBIG) throw_resource(message, "free some disk space or choose another folder");
    if (code == ENOENT) throw_usage(message, "create the folder first");
    throw_usage(message, "choose a place that can be written to");
}

// Only for what lies in the mapping: elsewhere the same advice would lose what is there.
void advise(std::span<const std::byte> mapping, std::span<const std::byte> part, int advice) noexcept {
    if (part.empty() || part.data() < mapping.data() || part.data() + part.size() > mapping.data() + mapping.size()) return;
    const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    auto begin = reinterpret_cast<std::uintptr_t>(part.data()), end = begin + part.size();
    // What is needed may share its first and last page with others; what is given back must not.
    begin = advice == MADV_WILLNEED ? begin / page * page : (begin + page - 1) / page * page;
    if (advice != MADV_WILLNEED) end = end / page * page;
    if (begin < end) ::madvise(reinterpret_cast<void*>(begin), end - begin, advice);
}

}  // namespace

MappedFile::MappedFile(const fs::path& path) : path_(path) {
    // Non-blocking: a pipe would keep us waiting for its writer before we could see that it is no file.
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) throw_input("cannot open: " + shown(path) + ": " + std::strerror(errno));
    struct stat info {};
    if (::fstat(descriptor, &info) != 0 || !S_ISREG(info.st_mode)) {
        ::close(descriptor);
        throw_input("cannot open: " + shown(path) + ": found no regular file");
    }
    const auto size = static_cast<std::size_t>(info.st_size);
    if (size > 0) {
        void* address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
        const int code = errno;
        if (address == MAP_FAILED) {
            ::close(descriptor);
            throw_resource("cannot map into memory: " + shown(path) + ": " + std::strerror(code));
        }
        bytes_ = {static_cast<const std::byte*>(address), size};
    }
    ::close(descriptor);
}

MappedFile::~MappedFile() {
    if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

void MappedFile::will_read(std::span<const std::byte> part) const noexcept {
    advise(bytes_, part, MADV_WILLNEED);
}

void MappedFile::has_read(std::span<const std::byte> part) const noexcept {
    advise(bytes_, part, MADV_DONTNEED);
}

std::string read_text_file(const fs::path& path, std::size_t limit) {
    const MappedFile file(path);
    if (file.bytes().size() > limit) {
        throw_input("file too large: " + shown(path) + ": found " + std::to_string(file.bytes().size())
                    + " bytes, expected at most " + std::to_string(limit));
    }
    return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

void refuse_existing(const fs::path& path, bool force) {
    std::error_code ignored;
    if (!force && fs::exists(fs::symlink_status(path, ignored))) {
        throw_usage("output exists: " + shown(path), "give another name, or --force to overwrite");
    }
}

AtomicFile::AtomicFile(const fs::path& path) : path_(path), temporary_(path.string() + ".part") {
    descriptor_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (descriptor_ < 0) throw_write(path_, errno);
}

AtomicFile::~AtomicFile() {
    if (descriptor_ < 0) return;
    ::close(descriptor_);
    std::error_code ignored;
    fs::remove(temporary_, ignored);
}

void AtomicFile::write(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(descriptor_, bytes.data(), std::min<std::size_t>(bytes.size(), 1U << 30));
        if (written < 0) {
            if (errno == EINTR) continue;
            throw_write(path_, errno);
        }
        bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
}

void AtomicFile::write(std::string_view text) {
    write(std::as_bytes(std::span(text.data(), text.size())));
}

void AtomicFile::commit() {
    if (::fsync(descriptor_) != 0 && errno != EINVAL) throw_write(path_, errno);
    ::close(descriptor_);
    descriptor_ = -1;
    if (::rename(temporary_.c_str(), path_.c_str()) != 0) {
        const int code = errno;
        std::error_code ignored;
        fs::remove(temporary_, ignored);
        throw_write(path_, code);
    }
}

void write_text_file(const fs::path& path, std::string_view text) {
    AtomicFile file(path);
    file.write(text);
    file.commit();
}

AtomicFolder::AtomicFolder(const fs::path& path, bool force) : path_(path), force_(force) {
    // "name/" and "name" are the same folder.
    if (!path_.has_filename()) path_ = path_.parent_path();
    temporary_ = path_.string() + ".part";
    std::error_code code;
    // An empty folder the user made beforehand is no loss.
    if (!(fs::is_directory(path_, code) && fs::is_empty(path_, code))) refuse_existing(path_, force);
    fs::remove_all(temporary_, code);
    if (!fs::create_directory(temporary_, code)) throw_write(path_, code ? code.value() : EEXIST);
}

AtomicFolder::~AtomicFolder() {
    std::error_code ignored;
    if (!committed_) fs::remove_all(temporary_, ignored);
}

void AtomicFolder::commit() {
    std::error_code code;
    if (!fs::exists(fs::symlink_status(path_, code))) {
        fs::rename(temporary_, path_, code);
        if (code) throw_write(path_, code.value());
        committed_ = true;
        return;
    }
    // Swapped in one step where the file system can: there is no moment without a folder of this name.
    if (::renameat2(AT_FDCWD, temporary_.c_str(), AT_FDCWD, path_.c_str(), RENAME_EXCHANGE) != 0) {
        // Out of the way into our own folder's neighbourhood, under a name that nobody has.
        fs::path old = temporary_.string() + ".old";
        while (fs::exists(fs::symlink_status(old, code))) old += "~";
        fs::rename(path_, old, code);
        if (code) throw_write(path_, code.value());
        fs::rename(temporary_, path_, code);
        if (code) {
            std::error_code ignored;
            fs::rename(old, path_, ignored);
            throw_write(path_, code.value());
        }
        temporary_ = old;
    }
    committed_ = true;
    fs::remove_all(temporary_, code);  // what had the name before
}

}  // namespace rankscope
