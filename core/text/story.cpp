// SPDX-License-Identifier: Apache-2.0
#include "core/text/story.hpp"

#include "core/base/random.hpp"
#include "core/text/story_words.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <string>

namespace rankscope {
namespace {

enum Kind : std::size_t { kNew, kChange, kQuestion, kRemark, kKinds };

constexpr std::array<std::size_t, 2> kTellings = {kNew, kChange};

// The urn at the start of a story: about 8 % of all tokens become answers.
constexpr std::array<double, kKinds> kUrn = {2.0, 1.2, 9.5, 0.7};

constexpr std::int64_t kShortestSentence = 4;

// Capital letters are open places: O object, T town, P person, R another person, W weather, L looks, M mood,
// H time. An object and its town are at most three words apart, which a short convolution of four taps can
// see.
struct Pattern {
    std::string_view text;
    double weight;
};

constexpr std::array<Pattern, 5> kTellingPatterns = {{{"the O is in T .", 0.55},
                                                      {"P sent the O to T .", 0.15},
                                                      {"P took the L O to T .", 0.05},
                                                      {"the O went to T .", 0.15},
                                                      {"T has the O .", 0.1}}};
constexpr std::array<Pattern, 3> kQuestionPatterns = {{{"where is the O ? in T .", 0.8},
                                                       {"and the O ? in T .", 0.15},
                                                       {"where can P find the O ? in T .", 0.05}}};
constexpr std::array<Pattern, 4> kRemarkPatterns = {
    {{"it was W in T .", 0.4}, {"P is M .", 0.2}, {"the O was L .", 0.2}, {"P met R at H .", 0.2}}};

std::span<const Pattern> patterns_of(std::size_t kind) {
    if (kind == kQuestion) return kQuestionPatterns;
    if (kind == kRemark) return kRemarkPatterns;
    return kTellingPatterns;
}

std::vector<std::string_view> split(std::string_view text) {
    std::vector<std::string_view> words;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(' '), text.size());
        words.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return words;
}

/// A way to say one kind of sentence.
struct Form {
    std::size_t kind;
    std::vector<std::string_view> places;
    double weight;

    [[nodiscard]] std::int64_t length() const { return static_cast<std::int64_t>(places.size()); }
};

const std::vector<Form>& forms() {
    static const std::vector<Form> all = [] {
        std::vector<Form> result;
        for (std::size_t kind = 0; kind < kKinds; ++kind) {
            for (const Pattern& pattern : patterns_of(kind))
                result.push_back({kind, split(pattern.text), pattern.weight});
        }
        return result;
    }();
    return all;
}

class Storyteller {
public:
    explicit Storyteller(Random random) : random_(random) {}

    Story tell() {
        while (remaining() > 0)
            add_sentence();
        return std::move(story_);
    }

private:
    [[nodiscard]] std::int64_t remaining() const {
        return kStoryTokens - static_cast<std::int64_t>(story_.words.size());
    }

    [[nodiscard]] std::int64_t facts() const { return static_cast<std::int64_t>(known_.size()); }

    [[nodiscard]] bool fits(const Form& form) const {
        const std::int64_t left = remaining() - form.length();
        return left == 0 || left >= kShortestSentence;
    }

    // The first facts come soon: until there are enough, nothing is changed or remarked on, and each fact
    // allows one question.
    [[nodiscard]] bool allowed(std::size_t kind) const {
        if (kind == kNew) return facts() < kStoryFactsAtMost;
        if (facts() >= kStoryFactsAtLeast) return true;
        return kind == kQuestion && static_cast<std::int64_t>(story_.answers.size()) < facts();
    }

    /// Probability of every form for the next sentence; 0 for what cannot come.
    [[nodiscard]] std::vector<double> form_probabilities() const {
        std::array<double, kKinds> fitting{};
        for (const Form& form : forms()) {
            if (allowed(form.kind) && fits(form)) fitting[form.kind] += form.weight;
        }
        double total = 0;
        for (std::size_t kind = 0; kind < kKinds; ++kind)
            total += fitting[kind] > 0 ? urn_[kind] : 0;
        std::vector<double> result;
        for (const Form& form : forms()) {
            const bool possible = allowed(form.kind) && fits(form);
            result.push_back(possible ? urn_[form.kind] / total * form.weight / fitting[form.kind] : 0);
        }
        return result;
    }

    /// The words that can stand at a place of a form after `said`, the sentence so far.
    [[nodiscard]] std::vector<std::string_view> choices(const Form& form, std::size_t place,
                                                        std::span<const std::string_view> said) const {
        const std::string_view name = form.places[place];
        if (name == "O") return objects(form.kind);
        if (name == "T" && form.kind == kQuestion) return {place_of(said)};
        if (name == "T") return {kStoryTowns.begin(), kStoryTowns.end()};
        if (name == "P") return {kStoryNames.begin(), kStoryNames.end()};
        if (name == "R") {
            std::vector<std::string_view> others(kStoryNames.begin(), kStoryNames.end());
            std::erase(others, said.front());
            return others;
        }
        if (name == "W") return {kStoryWeather.begin(), kStoryWeather.end()};
        if (name == "L") return {kStoryLooks.begin(), kStoryLooks.end()};
        if (name == "M") return {kStoryMoods.begin(), kStoryMoods.end()};
        if (name == "H") return {kStoryTimes.begin(), kStoryTimes.end()};
        return {name};
    }

    [[nodiscard]] std::vector<std::string_view> objects(std::size_t kind) const {
        std::vector<std::string_view> result;
        for (const std::string_view object : kStoryObjects) {
            const bool known = find(object) != known_.end();
            if (kind == kRemark || known == (kind != kNew)) result.push_back(object);
        }
        return result;
    }

    struct Fact {
        std::string_view object;
        std::string_view town;
    };

    [[nodiscard]] std::vector<Fact>::const_iterator find(std::string_view object) const {
        return std::find_if(known_.begin(), known_.end(),
                            [&](const Fact& fact) { return fact.object == object; });
    }

    /// The town of the object named in `said`; empty when none is (then the form in question did not say
    /// `said`).
    [[nodiscard]] std::string_view place_of(std::span<const std::string_view> said) const {
        for (const std::string_view word : said) {
            if (const auto fact = find(word); fact != known_.end()) return fact->town;
        }
        return {};
    }

    std::size_t draw(std::span<const double> probabilities) {
        double left = random_.uniform();
        std::size_t last = 0;
        for (std::size_t i = 0; i < probabilities.size(); ++i) {
            if (probabilities[i] == 0) continue;
            last = i;
            left -= probabilities[i];
            if (left < 0) break;
        }
        return last;
    }

    void add_sentence() {
        // joint[f] = p(the sentence so far and form f). A word's probability is a ratio of sums over all
        // forms, because forms that begin alike cannot be told apart yet.
        std::vector<double> joint = form_probabilities();
        const std::size_t chosen = draw(joint);
        const Form& form = forms()[chosen];
        story_.choice_nats -= std::log(joint[chosen]);
        double before = 1;
        std::vector<std::string_view> said;
        for (std::size_t place = 0; place < form.places.size(); ++place) {
            const auto possible = choices(form, place, said);
            const std::string_view word = possible[random_.below(possible.size())];
            story_.choice_nats += std::log(static_cast<double>(possible.size()));
            const double after = narrow(joint, place, said, word);
            story_.word_nats.push_back(std::max(0.0, std::log(before / after)));
            before = after;
            said.push_back(word);
        }
        take_in(form, said);
    }

    /// Multiplies every form's joint probability by that of `word` at `place`; returns the new sum.
    double narrow(std::vector<double>& joint, std::size_t place, std::span<const std::string_view> said,
                  std::string_view word) const {
        double sum = 0;
        for (std::size_t f = 0; f < joint.size(); ++f) {
            if (joint[f] == 0) continue;
            const Form& form = forms()[f];
            if (place >= form.places.size()) {
                joint[f] = 0;
                continue;
            }
            const auto possible = choices(form, place, said);
            const bool can = std::find(possible.begin(), possible.end(), word) != possible.end();
            joint[f] *= can ? 1.0 / static_cast<double>(possible.size()) : 0.0;
            sum += joint[f];
        }
        return sum;
    }

    void take_in(const Form& form, std::span<const std::string_view> said) {
        const auto word_at = [&](std::string_view name) {
            const auto place = std::find(form.places.begin(), form.places.end(), name);
            return said[static_cast<std::size_t>(place - form.places.begin())];
        };
        if (form.kind == kQuestion) {
            const auto town = std::find(form.places.begin(), form.places.end(), "T") - form.places.begin();
            story_.answers.push_back({static_cast<std::int64_t>(story_.words.size()) + town, facts()});
        } else if (std::find(kTellings.begin(), kTellings.end(), form.kind) != kTellings.end()) {
            std::erase_if(known_, [&](const Fact& fact) { return fact.object == word_at("O"); });
            known_.push_back({word_at("O"), word_at("T")});
        }
        urn_[form.kind] += 1;
        story_.words.insert(story_.words.end(), said.begin(), said.end());
    }

    Random random_;
    Story story_;
    std::vector<Fact> known_;
    std::array<double, kKinds> urn_ = kUrn;
};

}  // namespace

std::vector<std::string> story_vocabulary() {
    std::vector<std::string> result = {std::string(kStoryUnknown)};
    const auto append = [&](const auto& words) { result.insert(result.end(), words.begin(), words.end()); };
    append(kStoryGlue);
    append(kStoryObjects);
    append(kStoryNames);
    append(kStoryTowns);
    append(kStoryWeather);
    append(kStoryLooks);
    append(kStoryMoods);
    append(kStoryTimes);
    return result;
}

Story generate_story(std::uint64_t seed, std::uint64_t index) {
    return Storyteller(Random(seed, index)).tell();
}

}  // namespace rankscope
