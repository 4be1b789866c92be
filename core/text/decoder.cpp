// SPDX-License-Identifier: Apache-2.0
#include "core/text/detail/decoder.hpp"

#include <charconv>

#include "core/base/utf8.hpp"
#include "core/text/detail/byte_level.hpp"
#include "core/text/detail/code_point.hpp"

namespace rankscope::tokenization {
namespace {

std::string replaced(std::string_view text, std::string_view what, std::string_view with) {
    std::string out;
    std::size_t done = 0;
    for (std::size_t at = text.find(what); at != std::string_view::npos; at = text.find(what, done)) {
        out += text.substr(done, at - done);
        out += with;
        done = at + what.size();
    }
    out += text.substr(done);
    return out;
}

}  // namespace

int fallback_byte(std::string_view token) noexcept {
    if (token.size() != 6 || !token.starts_with("<0x") || token[5] != '>') return -1;
    int value = -1;
    const auto [end, error] = std::from_chars(token.data() + 3, token.data() + 5, value, 16);
    return error == std::errc() && end == token.data() + 5 && value >= 0 ? value : -1;
}

std::vector<std::string> DecoderSequence::apply(std::vector<std::string> tokens) const {
    for (const auto& part : parts_) tokens = part->apply(std::move(tokens));
    return tokens;
}

bool DecoderSequence::byte_level() const {
    for (const auto& part : parts_) {
        if (part->byte_level()) return true;
    }
    return false;
}

std::vector<std::string> ByteLevelDecoder::apply(std::vector<std::string> tokens) const {
    std::string bytes;
    for (std::string& token : tokens) bytes += from_byte_characters(token).value_or(token);
    return {replace_invalid_utf8(bytes)};
}

std::vector<std::string> ByteFallbackDecoder::apply(std::vector<std::string> tokens) const {
    std::vector<std::string> out;
    std::string run;
    const auto close = [&] {
        if (run.empty()) return;
        if (find_invalid_utf8(run)) {
            std::string unknown;
            for (std::size_t i = 0; i < run.size(); ++i) unknown += "\xef\xbf\xbd";
            run = unknown;
        }
        out.push_back(std::move(run));
        run.clear();
    };
    for (std::string& token : tokens) {
        if (const int byte = fallback_byte(token); byte >= 0) {
            run.push_back(static_cast<char>(byte));
        } else {
            close();
            out.push_back(std::move(token));
        }
    }
    close();
    return out;
}

std::vector<std::string> FuseDecoder::apply(std::vector<std::string> tokens) const {
    std::string whole;
    for (const std::string& token : tokens) whole += token;
    return {whole};
}

std::vector<std::string> ReplaceDecoder::apply(std::vector<std::string> tokens) const {
    for (std::string& token : tokens) {
        std::string out;
        std::size_t done = 0;
        Regex::Span match;
        for (Matches matches(pattern_, token); matches.next(match); done = match.end) {
            out.append(token, done, match.begin - done);
            out += content_;
        }
        out.append(token, done, std::string::npos);
        token = std::move(out);
    }
    return tokens;
}

std::vector<std::string> StripDecoder::apply(std::vector<std::string> tokens) const {
    if (content_.empty()) return tokens;
    for (std::string& token : tokens) {
        std::string_view rest = token;
        for (std::size_t i = 0; i < start_ && rest.starts_with(content_); ++i) rest.remove_prefix(content_.size());
        for (std::size_t i = 0; i < stop_ && rest.ends_with(content_); ++i) rest.remove_suffix(content_.size());
        if (rest.size() != token.size()) token = std::string(rest);
    }
    return tokens;
}

std::vector<std::string> MetaspaceDecoder::apply(std::vector<std::string> tokens) const {
    if (replacement_.empty()) return tokens;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        tokens[i] = replaced(tokens[i], replacement_, i == 0 && drops_first_ ? "" : " ");
    }
    return tokens;
}

}  // namespace rankscope::tokenization
