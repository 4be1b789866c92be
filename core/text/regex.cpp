// SPDX-License-Identifier: Apache-2.0
#include "core/text/detail/regex.hpp"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <fmt/format.h>
#include <pcre2.h>

#include <algorithm>

#include "core/base/error.hpp"
#include "core/text/detail/code_point.hpp"

namespace rankscope::tokenization {
namespace {

constexpr std::uint32_t kOptions = PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C;
constexpr std::size_t kLongestPattern = 1 << 16;
// Steps of backtracking: linear patterns need a few per byte of the subject, hostile ones exponentially many.
constexpr std::uint32_t kStepsAnyway = 10'000'000;
constexpr std::uint64_t kStepsPerByte = 16;
constexpr std::uint32_t kHeapKibibytes = 1 << 20;
constexpr std::size_t kJitStackStart = std::size_t{1} << 15;
constexpr std::size_t kJitStackMost = std::size_t{1} << 26;

struct Free {
    void operator()(pcre2_compile_context* p) const noexcept { pcre2_compile_context_free(p); }
    void operator()(pcre2_match_context* p) const noexcept { pcre2_match_context_free(p); }
    void operator()(pcre2_match_data* p) const noexcept { pcre2_match_data_free(p); }
    void operator()(pcre2_jit_stack* p) const noexcept { pcre2_jit_stack_free(p); }
};

/// What a match needs besides the pattern: one per thread, since none of it can be shared.
struct Workspace {
    std::unique_ptr<pcre2_match_context, Free> context{pcre2_match_context_create(nullptr)};
    std::unique_ptr<pcre2_match_data, Free> data{pcre2_match_data_create(1, nullptr)};
    std::unique_ptr<pcre2_jit_stack, Free> stack{pcre2_jit_stack_create(kJitStackStart, kJitStackMost, nullptr)};

    Workspace() {
        if (!context || !data) throw std::bad_alloc();
        pcre2_set_heap_limit(context.get(), kHeapKibibytes);
        if (stack) pcre2_jit_stack_assign(context.get(), nullptr, stack.get());
    }
};

Workspace& workspace() {
    thread_local Workspace instance;
    return instance;
}

pcre2_code* compile(const std::string& pattern, int& error, std::size_t& offset) {
    const std::unique_ptr<pcre2_compile_context, Free> context(pcre2_compile_context_create(nullptr));
    if (!context) throw std::bad_alloc();
    pcre2_set_newline(context.get(), PCRE2_NEWLINE_LF);
    pcre2_set_max_pattern_length(context.get(), kLongestPattern);
    return pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(), kOptions, &error, &offset,
                         context.get());
}

/// Anchors that ask what stands before the subject's beginning, which PCRE2 does not count as looking behind.
bool has_anchor(std::string_view pattern) {
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (pattern[i] == '\\' && i + 1 < pattern.size()) {
            ++i;
            if (std::string_view("AGKbB").find(pattern[i]) != std::string_view::npos) return true;
        } else if (pattern[i] == '^' && (i == 0 || pattern[i - 1] != '[')) {
            return true;
        }
    }
    return false;
}

}  // namespace

Regex::Regex(const std::string& pattern, const std::string& where) : pattern_(pattern), where_(where) {
    int error = 0;
    std::size_t offset = 0;
    pcre2_code* code = compile(pattern, error, offset);
    if (code == nullptr) {
        PCRE2_UCHAR message[256] = {};
        pcre2_get_error_message(error, message, sizeof message);
        throw_unsupported(fmt::format("regular expression: {}: found '{}', expected a pattern PCRE2 can read ({} at {})",
                                      where, printable(pattern), reinterpret_cast<const char*>(message), offset));
    }
    code_ = std::shared_ptr<pcre2_code>(code, [](pcre2_code* p) { pcre2_code_free(p); });
    // Where it cannot be compiled to machine code (hardened systems forbid that), it is interpreted.
    (void)pcre2_jit_compile(code, PCRE2_JIT_COMPLETE | PCRE2_JIT_PARTIAL_HARD);
    std::uint32_t behind = 0;
    pcre2_pattern_info(code, PCRE2_INFO_MAXLOOKBEHIND, &behind);
    looks_ahead_only_ = behind == 0 && !has_anchor(pattern);
}

Regex::Found Regex::find(std::string_view subject, std::size_t from, bool complete, Span& span) const {
    Workspace& space = workspace();
    const std::uint64_t steps = kStepsAnyway + kStepsPerByte * subject.size();
    pcre2_set_match_limit(space.context.get(), static_cast<std::uint32_t>(std::min<std::uint64_t>(steps, UINT32_MAX)));
    // Checking the whole subject at every call would make a text quadratic; callers have checked it once.
    const std::uint32_t options = PCRE2_NO_UTF_CHECK | (complete ? 0 : PCRE2_PARTIAL_HARD);
    const auto match = [&](std::uint32_t more) {
        return pcre2_match(code_.get(), reinterpret_cast<PCRE2_SPTR>(subject.data()), subject.size(), from,
                           options | more, space.data.get(), space.context.get());
    };
    int result = match(0);
    if (result == PCRE2_ERROR_JIT_STACKLIMIT) result = match(PCRE2_NO_JIT);
    if (result == PCRE2_ERROR_NOMATCH) return Found::Nothing;
    if (result == PCRE2_ERROR_PARTIAL) return Found::Partial;
    if (result < 0) {
        throw_input(fmt::format("regular expression: {}: '{}' takes too many steps on this text (PCRE2 error {})", where_,
                                printable(pattern_), result));
    }
    const std::size_t* borders = pcre2_get_ovector_pointer(space.data.get());
    span = {borders[0], std::max(borders[0], borders[1])};
    return Found::Match;
}

bool Regex::compiles(const std::string& pattern) {
    int error = 0;
    std::size_t offset = 0;
    pcre2_code* code = compile(pattern, error, offset);
    pcre2_code_free(code);
    return code != nullptr;
}

bool Matches::next(Regex::Span& span) {
    while (from_ <= subject_.size() && regex_.find(subject_, from_, complete_, span) == Regex::Found::Match) {
        from_ = span.end;
        const bool empty = span.begin == span.end;
        const bool repeated = empty && span.end == last_end_;
        // Behind an empty match the search goes on with the next character.
        if (empty) from_ += from_ < subject_.size() ? sequence_length(subject_[from_]) : 1;
        last_end_ = span.end;
        if (!repeated) return true;
    }
    return false;
}

std::string quote_pattern(std::string_view text) {
    std::string quoted;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x80 && (byte < '0' || (byte > '9' && byte < 'A') || (byte > 'Z' && byte < 'a') || byte > 'z')) {
            quoted += fmt::format("\\x{:02x}", byte);
        } else {
            quoted += c;
        }
    }
    return quoted;
}

}  // namespace rankscope::tokenization
