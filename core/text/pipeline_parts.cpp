// SPDX-License-Identifier: Apache-2.0
#include "core/text/detail/pipeline_parts.hpp"

#include <fmt/format.h>

#include "core/base/error.hpp"
#include "core/text/detail/byte_level.hpp"
#include "core/text/detail/code_point.hpp"
#include "core/text/detail/unicode_normalizer.hpp"

namespace rankscope::tokenization {
namespace {

constexpr const char* kWordsAndSigns = R"([\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\x{200c}\x{200d}]+|)"
                                       R"([^\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\x{200c}\x{200d}\p{White_Space}]+)";
constexpr const char* kPunctuation = R"([!-/:-@\[-`{-~]|\p{P})";

[[noreturn]] void refuse(const JsonFields& fields, const std::string& type) {
    throw_unsupported(fmt::format("unsupported tokenizer: {}: found type '{}', which this version cannot run",
                                  fields.where(), printable(type, 60)));
}

/// Calls `each` with every object of the array `key`.
template <class Each>
void for_each_part(const JsonFields& fields, const char* key, const Each& each) {
    const auto& parts = fields.array(key);
    for (std::size_t i = 0; i < parts.size(); ++i) {
        each(JsonFields(parts[i], fmt::format("{}: {}[{}]", fields.where(), key, i)));
    }
}

struct Pattern {
    std::string regex;    ///< for PCRE2
    std::string literal;  ///< empty: it is a regular expression
};

Pattern pattern_of(const JsonFields& fields) {
    const auto pattern = fields.object("pattern");
    if (pattern.find("String") != nullptr) {
        const std::string text = pattern.string("String");
        // An empty string matches nowhere.
        return {text.empty() ? "(*FAIL)" : quote_pattern(text), text};
    }
    return {pcre2_pattern(pattern.string("Regex"), fields.where()), {}};
}

SplitBehavior behavior_of(const JsonFields& fields) {
    const std::string name = fields.string("behavior", "Isolated");
    if (name == "Removed") return SplitBehavior::Removed;
    if (name == "Isolated") return SplitBehavior::Isolated;
    if (name == "MergedWithPrevious") return SplitBehavior::MergedWithPrevious;
    if (name == "MergedWithNext") return SplitBehavior::MergedWithNext;
    if (name == "Contiguous") return SplitBehavior::Contiguous;
    fields.fail("behavior", "'" + printable(name, 60) + "'", "Removed, Isolated, MergedWithPrevious, MergedWithNext or Contiguous");
}

void add_split(PreTokenizerParts& parts, const JsonFields& fields, const std::string& regex, SplitBehavior behavior,
               bool invert = false) {
    parts.steps.push_back(std::make_unique<PatternSplit>(Regex(regex, fields.where()), behavior, invert));
}

/// Older files say add_prefix_space instead.
std::string prepend_scheme(const JsonFields& fields) {
    return fields.string("prepend_scheme", fields.boolean("add_prefix_space", true) ? "always" : "never");
}

void add_metaspace(PreTokenizerParts& parts, const JsonFields& fields) {
    const std::string replacement = fields.string("replacement", "\xe2\x96\x81");
    if (replacement.empty() || sequence_length(replacement[0]) != replacement.size()) {
        fields.fail("replacement", "'" + printable(replacement, 60) + "'", "one character");
    }
    const std::string scheme = prepend_scheme(fields);
    auto prepend = MetaspaceText::Prepend::Always;
    if (scheme == "first") {
        prepend = MetaspaceText::Prepend::First;
    } else if (scheme == "never") {
        prepend = MetaspaceText::Prepend::Never;
    } else if (scheme != "always") {
        fields.fail("prepend_scheme", "'" + printable(scheme, 60) + "'", "always, first or never");
    }
    parts.steps.push_back(std::make_unique<MetaspaceText>(replacement, prepend));
    if (fields.boolean("split", true)) {
        add_split(parts, fields, quote_pattern(replacement), SplitBehavior::MergedWithNext);
    }
}

void add_pre_tokenizer(PreTokenizerParts& parts, const JsonFields& fields) {
    const std::string type = fields.string("type");
    if (type == "Sequence") {
        for_each_part(fields, "pretokenizers", [&](const JsonFields& part) { add_pre_tokenizer(parts, part); });
        return;
    }
    // What follows ByteLevel sees the characters that stand for bytes.
    if (parts.bytes) parts.steps.push_back(std::make_unique<ByteCharacters>());
    parts.bytes = false;
    if (type == "Split") {
        add_split(parts, fields, pattern_of(fields).regex, behavior_of(fields), fields.boolean("invert", false));
    } else if (type == "ByteLevel") {
        if (fields.boolean("add_prefix_space", true)) parts.steps.push_back(std::make_unique<PrefixSpace>());
        if (fields.boolean("use_regex", true)) {
            add_split(parts, fields, pcre2_pattern(kByteLevelWords, fields.where()), SplitBehavior::Isolated);
        }
        parts.bytes = parts.byte_level = true;
    } else if (type == "Metaspace") {
        add_metaspace(parts, fields);
    } else if (type == "Digits") {
        const bool each = fields.boolean("individual_digits", false);
        add_split(parts, fields, "\\p{N}", each ? SplitBehavior::Isolated : SplitBehavior::Contiguous);
    } else if (type == "Whitespace") {
        add_split(parts, fields, kWordsAndSigns, SplitBehavior::Removed, true);
    } else if (type == "WhitespaceSplit") {
        add_split(parts, fields, "\\p{White_Space}", SplitBehavior::Removed);
    } else if (type == "Punctuation") {
        add_split(parts, fields, kPunctuation, behavior_of(fields));
    } else if (type == "CharDelimiterSplit") {
        add_split(parts, fields, quote_pattern(fields.string("delimiter")), SplitBehavior::Removed);
    } else {
        refuse(fields, type);
    }
}

std::vector<std::int32_t> ids_of_special(const JsonFields& template_fields, const std::string& name) {
    const auto specials = template_fields.object("special_tokens");
    if (specials.find(name.c_str()) == nullptr) {
        specials.fail(printable(name, 60), "nothing", "the special token that 'single' names");
    }
    const auto special = specials.object(name.c_str());
    std::vector<std::int32_t> ids;
    for (const auto& id : special.array("ids")) {
        if (!id.is_number_integer() || id.get<std::int64_t>() < 0 || id.get<std::int64_t>() > INT32_MAX) {
            special.fail("ids", printable(id.dump(), 60), "token ids");
        }
        ids.push_back(id.get<std::int32_t>());
    }
    return ids;
}

PostProcessing template_processing(const JsonFields& fields) {
    PostProcessing result;
    bool text_seen = false;
    for_each_part(fields, "single", [&](const JsonFields& item) {
        if (item.find("SpecialToken") != nullptr) {
            const auto ids = ids_of_special(fields, item.object("SpecialToken").string("id"));
            auto& side = text_seen ? result.suffix : result.prefix;
            side.insert(side.end(), ids.begin(), ids.end());
        } else {
            const std::string sequence = item.object("Sequence").string("id");
            if (text_seen || sequence != "A") item.fail("Sequence", "'" + printable(sequence, 60) + "'", "one sequence 'A'");
            text_seen = true;
        }
    });
    if (!text_seen) fields.fail("single", "no sequence", "one sequence 'A'");
    return result;
}

}  // namespace

std::unique_ptr<Normalizer> make_normalizer(const JsonFields& fields) {
    const std::string type = fields.string("type");
    if (type == "Sequence") {
        std::vector<std::unique_ptr<Normalizer>> parts;
        for_each_part(fields, "normalizers",
                      [&](const JsonFields& part) { parts.push_back(make_normalizer(part)); });
        return std::make_unique<NormalizerSequence>(std::move(parts));
    }
    if (type == "NFC") return std::make_unique<UnicodeNormalizer>(UnicodeForm::Nfc);
    if (type == "NFD") return std::make_unique<UnicodeNormalizer>(UnicodeForm::Nfd);
    if (type == "NFKC") return std::make_unique<UnicodeNormalizer>(UnicodeForm::Nfkc);
    if (type == "NFKD") return std::make_unique<UnicodeNormalizer>(UnicodeForm::Nfkd);
    if (type == "Prepend") return std::make_unique<PrependNormalizer>(fields.string("prepend"));
    if (type == "Lowercase") return std::make_unique<LowercaseNormalizer>();
    if (type == "ByteLevel") return std::make_unique<ByteLevelNormalizer>();
    if (type == "Strip") {
        return std::make_unique<StripNormalizer>(fields.boolean("strip_left", true), fields.boolean("strip_right", true));
    }
    if (type == "Replace") {
        const Pattern pattern = pattern_of(fields);
        const std::string content = fields.string("content");
        const bool single = !pattern.literal.empty() && sequence_length(pattern.literal[0]) == pattern.literal.size();
        // What vanishes or turns into a mark would let its neighbours meet in a later normalisation.
        const bool apart = !content.empty() && UnicodeNormalizer(UnicodeForm::Nfkc).safe_before(content);
        return std::make_unique<ReplaceNormalizer>(Regex(pattern.regex, fields.where()), content, single && apart);
    }
    refuse(fields, type);
}

PreTokenizerParts make_pre_tokenizer(const JsonFields& fields) {
    PreTokenizerParts parts;
    add_pre_tokenizer(parts, fields);
    return parts;
}

std::unique_ptr<Decoder> make_decoder(const JsonFields& fields) {
    const std::string type = fields.string("type");
    if (type == "Sequence") {
        std::vector<std::unique_ptr<Decoder>> parts;
        for_each_part(fields, "decoders", [&](const JsonFields& part) { parts.push_back(make_decoder(part)); });
        return std::make_unique<DecoderSequence>(std::move(parts));
    }
    if (type == "ByteLevel") return std::make_unique<ByteLevelDecoder>();
    if (type == "ByteFallback") return std::make_unique<ByteFallbackDecoder>();
    if (type == "Fuse") return std::make_unique<FuseDecoder>();
    if (type == "Replace") {
        return std::make_unique<ReplaceDecoder>(Regex(pattern_of(fields).regex, fields.where()), fields.string("content"));
    }
    if (type == "Strip") {
        const std::int64_t start = fields.integer("start");
        const std::int64_t stop = fields.integer("stop");
        if (start < 0 || stop < 0) fields.fail("start, stop", fmt::format("{}, {}", start, stop), "0 or more");
        return std::make_unique<StripDecoder>(fields.string("content"), static_cast<std::size_t>(start),
                                              static_cast<std::size_t>(stop));
    }
    if (type == "Metaspace") {
        return std::make_unique<MetaspaceDecoder>(fields.string("replacement", "\xe2\x96\x81"), prepend_scheme(fields) != "never");
    }
    refuse(fields, type);
}

PostProcessing make_post_processing(const JsonFields& fields) {
    const std::string type = fields.string("type");
    if (type == "ByteLevel") return {};  // concerns offsets alone
    if (type == "TemplateProcessing") return template_processing(fields);
    if (type == "Sequence") {
        PostProcessing all;
        for_each_part(fields, "processors", [&](const JsonFields& part) {
            const PostProcessing outer = make_post_processing(part);
            all.prefix.insert(all.prefix.begin(), outer.prefix.begin(), outer.prefix.end());
            all.suffix.insert(all.suffix.end(), outer.suffix.begin(), outer.suffix.end());
        });
        return all;
    }
    refuse(fields, type);
}

}  // namespace rankscope::tokenization
