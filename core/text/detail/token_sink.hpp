// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "core/text/tokenizer.hpp"

namespace rankscope::tokenization {

/// Collects tokens and hands them over in blocks.
class TokenSink {
public:
    explicit TokenSink(const Tokenizer::TakeTokens& take) : take_(take) {}

    void add(std::int32_t id, std::int64_t begin) {
        ids_.push_back(id);
        begin_.push_back(begin);
    }

    /// Hands over what there is if that is at least `least` tokens. False once the receiver has had enough.
    bool flush(std::size_t least = 1) {
        if (!wanted_ || ids_.size() < least) return wanted_;
        wanted_ = take_(ids_, begin_);
        ids_.clear();
        begin_.clear();
        return wanted_;
    }

private:
    const Tokenizer::TakeTokens& take_;
    std::vector<std::int32_t> ids_;
    std::vector<std::int64_t> begin_;
    bool wanted_ = true;
};

}  // namespace rankscope::tokenization
