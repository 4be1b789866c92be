// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace rankscope {

/// Element types of safetensors; names as in its header ("F32", "BF16", …).
enum class DType { Bool, U8, I8, I16, U16, I32, U32, I64, U64, F16, BF16, F32, F64, F8E4M3, F8E5M2 };

[[nodiscard]] std::size_t size_of(DType dtype) noexcept;
[[nodiscard]] std::string_view name_of(DType dtype) noexcept;
[[nodiscard]] std::optional<DType> dtype_from_name(std::string_view name) noexcept;
[[nodiscard]] bool is_floating(DType dtype) noexcept;

[[nodiscard]] float float_from_bf16(std::uint16_t bits) noexcept;
[[nodiscard]] float float_from_f16(std::uint16_t bits) noexcept;
/// Round to nearest, ties to even; NaN stays NaN.
[[nodiscard]] std::uint16_t bf16_from_float(float value) noexcept;
[[nodiscard]] std::uint16_t f16_from_float(float value) noexcept;

/// Converts F16, BF16, F32 or F64 elements to float32. `bytes.size() == out.size() * size_of(dtype)`; the bytes may be
/// unaligned (safetensors gives no promise). Throws Error{Unsupported} for other types.
void convert_to_float(DType dtype, std::span<const std::byte> bytes, std::span<float> out);

/// The way back: float32 to F16, BF16, F32 or F64.
void convert_from_float(DType dtype, std::span<const float> values, std::span<std::byte> out);

}  // namespace rankscope
