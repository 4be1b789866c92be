// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/base/dtype.hpp"

namespace rankscope {

class MappedFile;

/// One tensor inside a mapped file; valid as long as the file object lives.
struct TensorView {
    DType dtype = DType::F32;
    std::vector<std::int64_t> shape;
    std::span<const std::byte> bytes;  ///< row-major, little-endian, maybe unaligned

    [[nodiscard]] std::int64_t elements() const noexcept;
    /// All elements as float32 (F16, BF16, F32, F64).
    [[nodiscard]] std::vector<float> to_float() const;
};

/// A .safetensors file, mapped into memory and never copied whole. The header is untrusted: length at most 20 MB and
/// inside the file, offsets in range, without overlap or gaps, and dtype * shape must give the byte count; every
/// violation is an Error{Input} that names the tensor.
class SafetensorsFile {
public:
    explicit SafetensorsFile(const std::filesystem::path& path);
    ~SafetensorsFile();
    SafetensorsFile(SafetensorsFile&&) noexcept;

    [[nodiscard]] const std::map<std::string, TensorView>& tensors() const noexcept { return tensors_; }

    [[nodiscard]] const std::map<std::string, std::string>& metadata() const noexcept { return metadata_; }

    /// MappedFile's, for bytes of this file; for others they do nothing.
    void will_read(std::span<const std::byte> bytes) const noexcept;
    void has_read(std::span<const std::byte> bytes) const noexcept;

private:
    std::unique_ptr<MappedFile> file_;
    std::map<std::string, TensorView> tensors_;
    std::map<std::string, std::string> metadata_;
};

/// A tensor to be written. `write(sink)` hands the bytes to sink in order, in pieces of any size, so that a tensor can be
/// converted or sliced while it streams; the pieces must add up to elements * size_of(dtype).
struct TensorSource {
    std::string name;
    DType dtype = DType::F32;
    std::vector<std::int64_t> shape;
    std::function<void(const std::function<void(std::span<const std::byte>)>&)> write;
};

/// TensorSource of bytes that stay alive until the file is written.
[[nodiscard]] TensorSource tensor_source(std::string name, DType dtype, std::vector<std::int64_t> shape,
                                         std::span<const std::byte> bytes);
/// TensorSource that owns float32 values.
[[nodiscard]] TensorSource tensor_source(std::string name, std::vector<std::int64_t> shape, std::vector<float> values);

/// Writes through AtomicFile, header padded to 8 bytes with spaces.
void write_safetensors(const std::filesystem::path& path, const std::vector<TensorSource>& tensors,
                       const std::map<std::string, std::string>& metadata = {});

}  // namespace rankscope
