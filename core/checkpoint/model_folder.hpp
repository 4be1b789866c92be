// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/base/progress.hpp"
#include "core/checkpoint/model_config.hpp"
#include "core/checkpoint/safetensors.hpp"
#include "core/checkpoint/weight_files.hpp"

namespace rankscope {

/// An opened Hugging Face style model folder: config.json and one or several mapped safetensors files. Nothing is
/// loaded. Tensor names are the family's current ones: legacy names and layouts (fused gate_proj, stray attn.D, old
/// prefixes) have been translated, so a reader of weights sees one shape of model only.
class ModelFolder {
public:
    /// Opens and validates: every tensor the config asks for is there with its shape; missing, extra or wrongly shaped
    /// ones are named with found and expected shapes (Error{Input}).
    [[nodiscard]] static ModelFolder open(const std::filesystem::path& path);

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

    [[nodiscard]] const ModelConfig& config() const noexcept { return config_; }

    /// Tensor by its current name, e.g. "model.layers.0.attn.q_proj.weight". The head of a tied model answers under
    /// "lm_head.weight" too. A re-sliced padded export shows its true (narrow) shapes.
    /// Precondition: has_tensor(name).
    [[nodiscard]] const TensorView& tensor(const std::string& name) const;
    [[nodiscard]] bool has_tensor(const std::string& name) const;
    /// Names in the order of the file(s).
    [[nodiscard]] std::vector<std::string> tensor_names() const;
    /// Name of the shard each tensor came from, for writing the same sharding again ("model.safetensors" if single).
    [[nodiscard]] const std::string& shard_of(const std::string& name) const;

    /// Parameters as stored (tied head counted once).
    [[nodiscard]] std::int64_t parameters() const;
    /// The dtype most parameters have.
    [[nodiscard]] DType dtype() const;
    /// SHA-256 identity of the model as core/README.md defines it; cached by (path, size, mtime) in the user's cache.
    [[nodiscard]] std::string hash(const Progress& progress = {}) const;

    /// What a careful reader should know (NaN weights found so far, extra tensors ignored, padding not re-sliced, …).
    [[nodiscard]] const std::vector<std::string>& warnings() const noexcept { return warnings_; }

    /// Looks at every weight for NaN and infinity; returns one warning per tensor that has any.
    [[nodiscard]] std::vector<std::string> find_non_finite() const;
    /// The same for one tensor: a warning, or nothing. Precondition: has_tensor(name).
    [[nodiscard]] std::string non_finite(const std::string& name) const;

    /// For a reader of all weights, tensor by tensor: the bytes of one will be read soon, so reading them from the disk may begin; or
    /// have been read, so that they need no longer count as memory of this process. Neither changes what tensor() shows.
    void will_read(const std::string& name) const;
    void has_read(const std::string& name) const;

private:
    std::filesystem::path path_;
    ModelConfig config_;
    std::vector<SafetensorsFile> files_;
    std::vector<std::filesystem::path> weight_paths_;
    std::vector<std::shared_ptr<std::vector<std::byte>>> owned_;  ///< bytes of translated tensors that are no plain slice
    std::map<std::string, WeightFiles::Entry> tensors_;
    std::vector<std::string> order_;
    std::vector<std::string> warnings_;
};

}  // namespace rankscope
