// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "core/training/train_request.hpp"

namespace rankscope {

/// OUTPUT.training/: what a run needs to be resumed, locked while it is at work. Removed when the run fails before its first
/// checkpoint; where it was killed before that, the next one takes the folder over.
class TrainingFolder {
public:
    /// Error{Usage}: the output exists; a checkpoint is there and neither `resume` nor `force`; nothing to resume; another
    /// process is training there.
    explicit TrainingFolder(const TrainRequest& request);
    ~TrainingFolder();
    TrainingFolder(const TrainingFolder&) = delete;
    TrainingFolder& operator=(const TrainingFolder&) = delete;

    [[nodiscard]] const std::filesystem::path& output() const noexcept { return output_; }

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

    [[nodiscard]] std::filesystem::path checkpoint() const;

    /// Removes the folder: the run is complete.
    void finish();

private:
    void lock();

    std::filesystem::path output_, path_;
    int lock_ = -1;
};

/// Copies tokenizer files (tokenizer.json, tokenizer.model and what usually lies beside them) that `from` has.
void copy_tokenizer_files(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace rankscope
