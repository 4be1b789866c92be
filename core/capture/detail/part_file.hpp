// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>

namespace rankscope {

/// `NAME.part` beside a final name, locked against other writers as long as this lives. It is kept when the owner goes away:
/// an interrupted capture goes on from it.
class PartFile {
public:
    /// Opens or creates it. Error{Usage}: another process writes it, or no permission; Error{Resource}: disk full.
    explicit PartFile(const std::filesystem::path& final_name);
    ~PartFile();
    PartFile(PartFile&& other) noexcept;
    PartFile& operator=(PartFile&&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

    /// Error{Resource} if less than `bytes` beyond what the file already has are free on its disk.
    void require_space(std::int64_t bytes) const;
    /// Gives the file's size real blocks, so that a disk that fills up later cannot break it. Error{Resource}: there are
    /// none. File systems that cannot do it are left as they are.
    void reserve_blocks() const;
    /// Sync, rename to the final name, sync the folder. Returns the size in bytes.
    [[nodiscard]] std::int64_t publish();
    /// Deletes it.
    void discard();

private:
    std::filesystem::path final_;
    std::filesystem::path path_;
    int descriptor_ = -1;
};

/// The name of the unfinished file.
[[nodiscard]] std::filesystem::path part_name(const std::filesystem::path& final_name);

}  // namespace rankscope
