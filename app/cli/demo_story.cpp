// SPDX-License-Identifier: Apache-2.0
#include "app/cli/demo_story.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "core/pruning/method.hpp"

namespace rankscope::cli {
namespace {

// Differences below so many standard errors are none.
constexpr double kSignificant = 2;
// A stable rank below this share of K beside a recall above that is worth a sentence.
constexpr double kLowRank = 0.25, kHighRecall = 0.95;
constexpr std::size_t kMostWidths = 8;

struct Change {
    double value = 0;
    double error = 0;  // 0: not known
};

class Story {
public:
    Story(const SavedSession& session, const StoryPoints& ids)
        : session_(session), config_(session_config(session)), ids_(ids), main_(point(ids.main)), random_(point(ids.random)), simple_(point(ids.simple)) {}

    [[nodiscard]] SessionStory tell() const {
        const std::string second = low_rank() ? rank_sentence() : comparison_sentence();
        return {title(), fmt::format("{} {} {}", main_sentence(), second, layer_sentence()), ids_.main, ids_.random};
    }

private:
    [[nodiscard]] const SessionPoint& point(const std::string& id) const {
        return *std::find_if(session_.points.begin(), session_.points.end(), [&](const SessionPoint& p) { return p.id == id; });
    }

    [[nodiscard]] bool answers() const { return session_.full->answers > 0; }

    // Of the perplexity against the full model, paired.
    [[nodiscard]] Change change(const SessionPoint& p) const {
        return {session_.full->perplexity * std::expm1(p.quality->delta_nll.value_or(0)), p.quality->perplexity * p.quality->delta_nll_se.value_or(0)};
    }

    // Errors of two plans on the same windows are not independent; taken as if they were, nothing is claimed too much.
    static bool larger(const Change& a, const Change& b) { return a.value - b.value > kSignificant * std::hypot(a.error, b.error); }

    static std::string text(const Change& c) {
        const int digits = c.error > 0 ? std::clamp(1 - static_cast<int>(std::floor(std::log10(c.error))), 0, 3) : 2;
        return c.error > 0 ? fmt::format("{:+.{}f} ± {:.{}f}", c.value, digits, c.error, digits) : fmt::format("{:+.{}f}", c.value, digits);
    }

    static std::string recall(const MeasuredQuality& q) { return fmt::format("{:.1f} %", 100 * q.accuracy); }

    [[nodiscard]] std::string method() const { return title_of(main_.choice.layers.front().method); }

    [[nodiscard]] std::string share() const {
        return fmt::format("{:.3g} %", 100 * (1 - static_cast<double>(main_.state_bytes) / static_cast<double>(config_.state_bytes())));
    }

    [[nodiscard]] std::string title() const {
        const bool half = 2 * main_.state_bytes == config_.state_bytes();
        std::string out = half ? "Half the state" : share() + " of the state removed";
        out += fmt::format(", perplexity {:+.2g} %", 100 * std::expm1(main_.quality->delta_nll.value_or(0)));
        if (answers()) out += fmt::format(", recall {:.3g} → {:.3g} %", 100 * session_.full->accuracy, 100 * main_.quality->accuracy);
        return out;
    }

    [[nodiscard]] std::string main_sentence() const {
        std::string out = fmt::format("Removing {} of the key channels by {} takes the perplexity from {:#.4g} to {:#.4g} ({})", share(), method(),
                                      session_.full->perplexity, main_.quality->perplexity, text(change(main_)));
        if (answers()) out += fmt::format(" and recall from {} to {}", recall(*session_.full), recall(*main_.quality));
        out += fmt::format("; as many random channels cost {}", text(change(random_)));
        if (answers()) out += fmt::format(" and leave a recall of {}", recall(*random_.quality));
        return out + ".";
    }

    // Mean over heads and their share of K.
    [[nodiscard]] std::pair<double, std::int64_t> stable_rank() const {
        double sum = 0;
        for (const auto& head : session_.noise->heads) sum += head.rank_stable;
        return {sum / static_cast<double>(session_.noise->heads.size()), config_.widest_key_dim()};
    }

    [[nodiscard]] bool low_rank() const {
        if (!answers() || !session_.noise || session_.noise->heads.empty()) return false;
        const auto [rank, width] = stable_rank();
        return rank < kLowRank * static_cast<double>(width) && session_.full->accuracy > kHighRecall && main_.quality->accuracy < session_.full->accuracy;
    }

    [[nodiscard]] std::string rank_sentence() const {
        const auto [rank, width] = stable_rank();
        return fmt::format("The stable rank of the states is {:.1f} of {} on average beside a recall of {}: a low rank does not say how many channels can go.",
                           rank, width, recall(*session_.full));
    }

    [[nodiscard]] std::string comparison_sentence() const {
        const Change simple = change(simple_), main = change(main_), random = change(random_);
        const char* verdict = larger(simple, main) ? "more" : larger(main, simple) ? "less" : "no clear difference";
        std::string out = fmt::format("The simple {} score costs {}, {}", simple_.choice.layers.front().method, text(simple), verdict);
        std::string worse;
        for (const SessionPoint& p : session_.points) {
            if (!p.uniform || p.state_bytes != main_.state_bytes || &p == &random_ || !larger(change(p), random)) continue;
            worse += fmt::format("{}{} ({})", worse.empty() ? "" : ", ", title_of(p.choice.layers.front().method), text(change(p)));
        }
        if (!worse.empty()) out += fmt::format("; more than random channels cost {}", worse);
        return out + ".";
    }

    // What halving one layer alone costs by the method of the main point.
    [[nodiscard]] std::map<std::int64_t, double> halved() const {
        std::map<std::int64_t, double> costs;
        for (const LayerSweepPoint& p : session_.layer_sweep) {
            const std::int64_t width = config_.layers[static_cast<std::size_t>(p.layer)].key_dim;
            if (p.method == main_.choice.layers.front().method && p.kept == width / 2) costs[p.layer] = p.delta_nll;
        }
        return costs;
    }

    [[nodiscard]] std::string layer_sentence() const {
        const std::map<std::int64_t, double> costs = halved();
        const auto dearest = std::max_element(costs.begin(), costs.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
        std::string out = "Every layer costs about the same";
        if (dearest != costs.end()) {
            const double all = std::accumulate(costs.begin(), costs.end(), 0.0, [](double sum, const auto& item) { return sum + item.second; });
            out = fmt::format("Halved alone, layer {} costs {:+.4f} nats per token", dearest->first, dearest->second);
            if (costs.size() == 2) out += fmt::format(" and the other one {:+.4f}", all - dearest->second);
            if (costs.size() > 2) out += fmt::format(" and the others, each alone, {:+.4f} together", all - dearest->second);
        }
        if (!ids_.mixed.empty()) {
            const SessionPoint& mixed = point(ids_.mixed);
            out += fmt::format("; \"{}\"{}, as small a state, costs {}", mixed.choice.name, widths(mixed), text(change(mixed)));
            if (answers()) out += fmt::format(" with a recall of {}", recall(*mixed.quality));
        }
        return out + ".";
    }

    static std::string widths(const SessionPoint& p) {
        if (p.choice.layers.size() > kMostWidths) return "";
        std::string out;
        for (const LayerChoice& layer : p.choice.layers) out += (out.empty() ? "" : ", ") + std::to_string(layer.kept);
        return " (K' = " + out + ")";
    }

    const SavedSession& session_;
    ModelConfig config_;
    const StoryPoints& ids_;
    const SessionPoint& main_;
    const SessionPoint& random_;
    const SessionPoint& simple_;
};

}  // namespace

SessionStory tell_story(const SavedSession& session, const StoryPoints& points) {
    return Story(session, points).tell();
}

}  // namespace rankscope::cli
