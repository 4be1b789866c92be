// SPDX-License-Identifier: Apache-2.0
#include "core/text/detail/piece.hpp"

namespace rankscope::tokenization {

std::uint32_t PieceRewriter::relative(std::size_t i) const noexcept {
    if (piece_.origin == nullptr) return static_cast<std::uint32_t>(i);
    if (i < piece_.text.size()) return piece_.origin[i];
    return piece_.text.empty() ? 0 : piece_.origin[piece_.text.size() - 1];
}

void PieceRewriter::copy_to(std::size_t end) {
    out_->text.append(piece_.text.substr(done_, end - done_));
    for (std::size_t i = done_; i < end; ++i) out_->origin.push_back(relative(i));
    done_ = end;
}

void PieceRewriter::replace(std::size_t begin, std::size_t end, std::string_view text) {
    if (out_ == nullptr) {
        out_ = &arena_.add();
        out_->text.reserve(piece_.text.size() + text.size());
        out_->origin.reserve(piece_.text.size() + text.size());
    }
    copy_to(begin);
    out_->text.append(text);
    out_->origin.insert(out_->origin.end(), text.size(), relative(begin));
    done_ = end;
}

Piece PieceRewriter::finish() {
    if (out_ == nullptr) return piece_;
    copy_to(piece_.text.size());
    return {out_->text, piece_.base, out_->origin.data()};
}

}  // namespace rankscope::tokenization
