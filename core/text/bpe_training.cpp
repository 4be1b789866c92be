// SPDX-License-Identifier: Apache-2.0
#include "core/text/bpe_training.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <queue>
#include <unordered_map>

#include "core/base/error.hpp"
#include "core/base/utf8.hpp"
#include "core/text/detail/byte_level.hpp"
#include "core/text/detail/code_point.hpp"
#include "core/text/detail/regex.hpp"

namespace rankscope {
namespace {

using namespace tokenization;

constexpr std::int64_t kBytes = 256;
constexpr std::int64_t kMostTokens = 1 << 20;
constexpr std::int64_t kLeastCount = 2;
constexpr std::size_t kWordsPerReport = 1 << 14;

struct Word {
    std::vector<std::int32_t> symbols;
    std::int64_t count = 0;
};

constexpr std::uint64_t key_of(std::int32_t left, std::int32_t right) noexcept {
    return std::uint64_t{static_cast<std::uint32_t>(left)} << 32 | static_cast<std::uint32_t>(right);
}

double seconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

class EtaReport {
public:
    EtaReport(const Progress& progress, double total, std::string_view unit)
        : progress_(progress), total_(total), unit_(unit) {}

    void at(double done) const {
        const double eta = done > 0 ? seconds_since(start_) * (total_ - done) / done : -1;
        progress_.update({done, total_, unit_, eta, "training the tokenizer"});
    }

private:
    const Progress& progress_;
    double total_;
    std::string_view unit_;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// Bytes get their ids in the order of the characters that stand for them.
std::vector<std::string> byte_tokens() {
    std::vector<std::string> tokens;
    for (int byte = 0; byte < kBytes; ++byte) tokens.push_back(byte_character(static_cast<unsigned char>(byte)));
    std::sort(tokens.begin(), tokens.end());
    return tokens;
}

std::unordered_map<std::string_view, std::int64_t> count_words(std::span<const std::string_view> texts,
                                                               const Progress& progress) {
    const Regex words(pcre2_pattern(kByteLevelWords, "byte-level words"), "byte-level words");
    double total = 0;
    for (const auto text : texts) total += static_cast<double>(text.size());
    const EtaReport report(progress, total, "bytes");
    std::unordered_map<std::string_view, std::int64_t> counts;
    double before = 0;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        const std::string_view text = texts[i];
        if (const auto bad = find_invalid_utf8(text)) {
            throw_input(fmt::format("not UTF-8: text {} to train a tokenizer on: found an invalid byte at offset {}", i + 1,
                                    *bad),
                        "convert the text to UTF-8 first");
        }
        Regex::Span word;
        std::size_t found = 0;
        for (Matches matches(words, text); matches.next(word);) {
            if (found++ % kWordsPerReport == 0) report.at(before + static_cast<double>(word.begin));
            ++counts[text.substr(word.begin, word.end - word.begin)];
        }
        before += static_cast<double>(text.size());
    }
    return counts;
}

std::vector<Word> to_words(const std::unordered_map<std::string_view, std::int64_t>& counts,
                           const std::vector<std::string>& tokens) {
    std::vector<std::int32_t> id_of(kBytes);
    for (std::int32_t id = 0; id < kBytes; ++id) {
        const auto character = code_point_at(tokens[static_cast<std::size_t>(id)], 0);
        id_of[character_byte(character).value()] = id;
    }
    std::vector<Word> words;
    words.reserve(counts.size());
    for (const auto& [text, count] : counts) {
        Word& word = words.emplace_back();
        word.count = count;
        word.symbols.reserve(text.size());
        for (const char c : text) word.symbols.push_back(id_of[static_cast<unsigned char>(c)]);
    }
    return words;
}

/// How often neighbours occur and in which words, kept up to date while they merge.
class PairCounts {
public:
    explicit PairCounts(std::vector<Word> words) : words_(std::move(words)) {
        for (std::size_t i = 0; i < words_.size(); ++i) {
            const auto& symbols = words_[i].symbols;
            for (std::size_t k = 0; k + 1 < symbols.size(); ++k) {
                add(key_of(symbols[k], symbols[k + 1]), words_[i].count, i);
            }
        }
        publish();
    }

    /// The most frequent pair, of equally frequent ones that of the smaller ids; a count of 0 when there is none.
    [[nodiscard]] std::pair<std::uint64_t, std::int64_t> best() {
        while (!queue_.empty()) {
            const Entry top = queue_.top();
            const std::int64_t count = pairs_[top.key].count;
            if (count == top.count) return {top.key, count};
            // The pair has become rarer since it was queued.
            queue_.pop();
            if (count > 0) queue_.push({count, top.key});
        }
        return {0, 0};
    }

    void merge(std::uint64_t key, std::int32_t merged) {
        const std::vector<std::uint32_t> places = std::move(pairs_[key].words);
        pairs_.erase(key);
        for (const std::uint32_t place : places) merge_in(place, key, merged);
        pairs_.erase(key);
        publish();
    }

private:
    struct Pair {
        std::int64_t count = 0;
        std::vector<std::uint32_t> words;  ///< may hold words that have lost the pair since
    };

    struct Entry {
        std::int64_t count = 0;
        std::uint64_t key = 0;

        bool operator<(const Entry& other) const noexcept {
            return count != other.count ? count < other.count : key > other.key;
        }
    };

    void add(std::uint64_t key, std::int64_t count, std::size_t word) {
        Pair& pair = pairs_[key];
        pair.count += count;
        const auto place = static_cast<std::uint32_t>(word);
        if (pair.words.empty() || pair.words.back() != place) pair.words.push_back(place);
        changed_.push_back(key);
    }

    void publish() {
        std::sort(changed_.begin(), changed_.end());
        changed_.erase(std::unique(changed_.begin(), changed_.end()), changed_.end());
        for (const std::uint64_t key : changed_) {
            const auto found = pairs_.find(key);
            if (found != pairs_.end() && found->second.count > 0) queue_.push({found->second.count, key});
        }
        changed_.clear();
    }

    void merge_in(std::uint32_t place, std::uint64_t key, std::int32_t merged) {
        Word& word = words_[place];
        auto& symbols = word.symbols;
        std::size_t kept = 0;
        for (std::size_t i = 0; i < symbols.size();) {
            if (i + 1 == symbols.size() || key_of(symbols[i], symbols[i + 1]) != key) {
                symbols[kept++] = symbols[i++];
                continue;
            }
            if (kept > 0) {
                pairs_[key_of(symbols[kept - 1], symbols[i])].count -= word.count;
                add(key_of(symbols[kept - 1], merged), word.count, place);
            }
            if (i + 2 < symbols.size()) {
                pairs_[key_of(symbols[i + 1], symbols[i + 2])].count -= word.count;
                add(key_of(merged, symbols[i + 2]), word.count, place);
            }
            symbols[kept++] = merged;
            i += 2;
        }
        symbols.resize(kept);
    }

    std::vector<Word> words_;
    std::unordered_map<std::uint64_t, Pair> pairs_;
    std::priority_queue<Entry> queue_;
    std::vector<std::uint64_t> changed_;
};

}  // namespace

ByteLevelVocabulary train_byte_level_bpe(std::span<const std::string_view> texts, std::int64_t vocab_size,
                                         const std::vector<std::string>& special_tokens, const Progress& progress) {
    const std::int64_t least = kBytes + std::ssize(special_tokens);
    if (vocab_size < least || vocab_size > kMostTokens) {
        throw_usage(fmt::format("tokenizer training: vocabulary: found {} tokens, expected {} to {}", vocab_size, least,
                                kMostTokens),
                    "all 256 bytes and the special tokens need an id each");
    }
    ByteLevelVocabulary result{byte_tokens(), {}, special_tokens};
    const auto counts = count_words(texts, progress);
    if (counts.empty()) throw_input("tokenizer training: found no text, expected at least one word");
    PairCounts pairs(to_words(counts, result.tokens));
    std::unordered_map<std::string, std::int32_t> ids;
    for (const std::string& token : result.tokens) ids.emplace(token, static_cast<std::int32_t>(ids.size()));

    const EtaReport report(progress, static_cast<double>(vocab_size - least), "merges");
    while (result.size() < vocab_size) {
        if (result.merges.size() % 16 == 0) report.at(static_cast<double>(result.merges.size()));
        const auto [key, count] = pairs.best();
        if (count < kLeastCount) break;
        const std::string& left = result.tokens[key >> 32];
        const std::string& right = result.tokens[key & 0xffffffffu];
        result.merges.emplace_back(left, right);
        // Two ways can lead to the same token: a + bc, ab + c.
        const auto [place, is_new] = ids.emplace(left + right, static_cast<std::int32_t>(result.tokens.size()));
        if (is_new) result.tokens.push_back(place->first);
        pairs.merge(key, place->second);
    }
    report.at(static_cast<double>(vocab_size - least));
    return result;
}

}  // namespace rankscope
