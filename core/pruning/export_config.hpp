// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/checkpoint/model_config.hpp"

namespace rankscope {

/// expand_k for `keys` = H·K' rows at hidden size D: keys / D, moved up to the next double where int(D * expand_k), which
/// loaders compute, would lose one. fla 0.6.0 rounds instead; the value survives both.
[[nodiscard]] double exact_expand_k(std::int64_t hidden_size, std::int64_t keys);

/// expand_v for value width V at key width K': V / K', moved up likewise, so that int(K' * expand_v) and
/// int(HV * K' * expand_v) are V and HV·V.
[[nodiscard]] double exact_expand_v(std::int64_t head_dim, std::int64_t value_dim, std::int64_t value_heads);

/// config.json of an export: the source's own text with its keys in their order, changed only where the written key width
/// is: expand_k (DeltaNet), head_dim and expand_v (Gated DeltaNet). `padded`: adds pruned_key_dims, the entries of
/// `key_dims` with null for attention; otherwise that key is dropped. Numbers are written so that reading gives the same
/// double; NaN and Infinity, which Python writes, are kept as they are.
[[nodiscard]] std::string exported_config(const ModelConfig& model, std::int64_t written_key_dim, const std::vector<std::int64_t>& key_dims,
                                          bool padded);

}  // namespace rankscope
