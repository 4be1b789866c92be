// SPDX-License-Identifier: Apache-2.0
#include "core/text/detail/unicode_normalizer.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "core/base/error.hpp"
#include "core/text/detail/code_point.hpp"

namespace rankscope::tokenization {
namespace {

// No character decomposes into more than 18.
constexpr std::size_t kLongestDecomposition = 32;

utf8proc_option_t options_of(UnicodeForm form) {
    int options = UTF8PROC_STABLE;
    options |= form == UnicodeForm::Nfc || form == UnicodeForm::Nfkc ? UTF8PROC_COMPOSE : UTF8PROC_DECOMPOSE;
    if (form == UnicodeForm::Nfkc || form == UnicodeForm::Nfkd) options |= UTF8PROC_COMPAT;
    return static_cast<utf8proc_option_t>(options);
}

void decompose(char32_t c, utf8proc_option_t options, std::vector<utf8proc_int32_t>& out) {
    std::array<utf8proc_int32_t, kLongestDecomposition> buffer{};
    int boundary = 0;
    const auto count = utf8proc_decompose_char(static_cast<utf8proc_int32_t>(c), buffer.data(),
                                               static_cast<utf8proc_ssize_t>(buffer.size()), options, &boundary);
    if (count < 0 || count > static_cast<utf8proc_ssize_t>(buffer.size())) {
        throw_input("Unicode normalisation: found a character that utf8proc cannot decompose");
    }
    out.insert(out.end(), buffer.begin(), buffer.begin() + count);
}

/// True if what begins with `c` (fully decomposed) can join or reorder with what stands before it: marks, and the vowels
/// and final consonants of Hangul.
bool joins_backwards(utf8proc_int32_t c) {
    if ((c >= 0x1160 && c <= 0x11ff) || (c >= 0xd7b0 && c <= 0xd7ff)) return true;
    const auto category = utf8proc_category(c);
    return category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_MC || category == UTF8PROC_CATEGORY_ME;
}

/// Canonical ordering. utf8proc's own is quadratic in the length of a run of marks.
void sort_marks(std::vector<utf8proc_int32_t>& c) {
    const auto combining_class = [](utf8proc_int32_t x) { return utf8proc_get_property(x)->combining_class; };
    for (std::size_t i = 0; i < c.size();) {
        std::size_t end = i;
        while (end < c.size() && combining_class(c[end]) != 0) ++end;
        std::stable_sort(c.begin() + static_cast<std::ptrdiff_t>(i), c.begin() + static_cast<std::ptrdiff_t>(end),
                         [&](auto a, auto b) { return combining_class(a) < combining_class(b); });
        i = end + 1;
    }
}

}  // namespace

bool UnicodeNormalizer::safe_before(std::string_view rest) const {
    if (static_cast<unsigned char>(rest[0]) < 0x80) return true;
    std::vector<utf8proc_int32_t> decomposed;
    decompose(code_point_at(rest, 0), options_of(form_), decomposed);
    return !decomposed.empty() && !joins_backwards(decomposed[0]);
}

Piece UnicodeNormalizer::apply(const Piece& piece, const StepContext& context) const {
    const std::string_view text = piece.text;
    const utf8proc_option_t options = options_of(form_);
    PieceRewriter out(piece, context.arena);
    const auto ascii = [&](std::size_t i) { return static_cast<unsigned char>(text[i]) < 0x80; };
    std::vector<utf8proc_int32_t> cluster;
    std::vector<utf8proc_int32_t> next;
    std::string normalised;
    std::size_t i = 0;
    while (i < text.size()) {
        const std::size_t begin = i;
        i += sequence_length(text[i]);
        if (ascii(begin) && (i == text.size() || ascii(i))) continue;
        cluster.clear();
        decompose(code_point_at(text, begin), options, cluster);
        while (i < text.size() && !ascii(i)) {
            next.clear();
            decompose(code_point_at(text, i), options, next);
            if (!next.empty() && !joins_backwards(next[0])) break;
            cluster.insert(cluster.end(), next.begin(), next.end());
            i += sequence_length(text[i]);
        }
        sort_marks(cluster);
        auto length = static_cast<utf8proc_ssize_t>(cluster.size());
        if ((options & UTF8PROC_COMPOSE) != 0) length = utf8proc_normalize_utf32(cluster.data(), length, options);
        normalised.clear();
        for (const auto c : std::span(cluster).first(static_cast<std::size_t>(std::max<utf8proc_ssize_t>(length, 0)))) {
            append_code_point(normalised, static_cast<char32_t>(c));
        }
        if (normalised != text.substr(begin, i - begin)) out.replace(begin, i, normalised);
    }
    return out.finish();
}

}  // namespace rankscope::tokenization
