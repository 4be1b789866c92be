// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace rankscope {

/// A file mapped read-only into memory. Throws Error{Input} when it is missing, unreadable or no regular file.
class MappedFile {
public:
    explicit MappedFile(const std::filesystem::path& path);
    ~MappedFile();
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;

    [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return bytes_; }

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

    /// Tells the system that `part`, which begins inside bytes(), will be read soon: reading begins at once, in the background.
    void will_read(std::span<const std::byte> part) const noexcept;
    /// Gives the pages that lie whole in `part` back: they count no longer as memory of this process. Read again, they come from the
    /// page cache or from the disk.
    void has_read(std::span<const std::byte> part) const noexcept;

private:
    std::filesystem::path path_;
    std::span<const std::byte> bytes_;
};

/// Whole file as text; Error{Input} when missing or larger than `limit` bytes.
[[nodiscard]] std::string read_text_file(const std::filesystem::path& path, std::size_t limit = std::size_t{1} << 30);

/// Throws Error{Usage} if `path` exists and `force` is false: output files are never overwritten silently.
void refuse_existing(const std::filesystem::path& path, bool force);

/// Writes beside the final name and renames when complete, so that no half-written file ever carries the final name.
/// Destroyed without commit(): the temporary file is removed. A full disk is Error{Resource}.
class AtomicFile {
public:
    /// `NAME.part` beside `path`; its folder must exist.
    explicit AtomicFile(const std::filesystem::path& path);
    ~AtomicFile();
    AtomicFile(const AtomicFile&) = delete;
    AtomicFile& operator=(const AtomicFile&) = delete;

    void write(std::span<const std::byte> bytes);
    void write(std::string_view text);
    /// fsync, close, rename.
    void commit();

private:
    std::filesystem::path path_;
    std::filesystem::path temporary_;
    int descriptor_ = -1;
};

/// AtomicFile for a whole text.
void write_text_file(const std::filesystem::path& path, std::string_view text);

/// A folder written beside its final name (`NAME.part/`) and renamed when complete; removed again without commit().
class AtomicFolder {
public:
    AtomicFolder(const std::filesystem::path& path, bool force);
    ~AtomicFolder();
    AtomicFolder(const AtomicFolder&) = delete;
    AtomicFolder& operator=(const AtomicFolder&) = delete;

    /// Where to write to until commit().
    [[nodiscard]] const std::filesystem::path& temporary() const noexcept { return temporary_; }

    void commit();

private:
    std::filesystem::path path_;
    std::filesystem::path temporary_;
    bool force_;
    bool committed_ = false;
};

}  // namespace rankscope
