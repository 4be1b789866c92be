// SPDX-License-Identifier: Apache-2.0
// The plan layer by layer and the table of all points.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "app/cli/report/html.hpp"
#include "app/cli/report/method_look.hpp"
#include "app/cli/report/point_text.hpp"
#include "app/cli/report/report_page.hpp"

namespace rankscope::cli::report {
namespace {

const SessionPoint* point_of(const SavedSession& session, const PlanChoice& choice) {
    const auto found = std::find_if(session.points.begin(), session.points.end(), [&](const SessionPoint& point) {
        return point.choice.layers == choice.layers && point.choice.scale == choice.scale && point.failure.empty();
    });
    return found == session.points.end() ? nullptr : &*found;
}

// Channels [key head][kept] of one layer of the current plan; nothing where nobody has said which.
std::optional<std::vector<std::vector<std::int32_t>>> channels_of(const SavedSession& session, const LayerChoice& layer, const SessionPoint* point) {
    if (!layer.by_hand.empty()) return layer.by_hand;
    if (const PlanLayer* planned = point ? point->plan.layer(layer.index) : nullptr) return planned->keep;
    for (const SessionScores& scores : session.scores) {
        if (scores.method != layer.method) continue;
        std::vector<std::vector<std::int32_t>> keep;
        for (const HeadScores& head : scores.heads.at(static_cast<std::size_t>(layer.index))) keep.push_back(kept_channels(head.order, layer.kept));
        return keep;
    }
    return std::nullopt;
}

std::string percent(const std::optional<double>& share) {
    return share ? fmt::format("{:.1f} %", 100 * *share) : "–";
}

std::string energy_text(const ReportInput& input, const LayerChoice& layer, const SessionPoint* point) {
    const LayerDigest* captured = input.capture ? input.capture->layer(layer.index) : nullptr;
    if (layer.kept == layer.key_dim) return percent(1.0);
    if (captured == nullptr) return "–";
    const auto keep = channels_of(input.session, layer, point);
    return keep ? percent(energy_kept(*captured, *keep, layer.key_dim)) : "–";
}

std::int64_t kept_bytes(const ReportInput& input) {
    std::int64_t bytes = 0;
    for (const LayerChoice& layer : input.session.current.layers) {
        bytes += input.config.layers[static_cast<std::size_t>(layer.index)].state_bytes() / layer.key_dim * layer.kept;
    }
    return bytes;
}

std::string summary(const ReportInput& input, const SessionPoint* point) {
    const std::int64_t full = input.config.state_bytes(), kept = kept_bytes(input);
    const std::string name = input.session.current.name.empty() ? "The current plan" : "“" + escaped(input.session.current.name) + "”";
    std::string out = fmt::format("{} keeps {} of {} bytes of state ({})", name, grouped(kept), grouped(full),
                                  percent(full > 0 ? static_cast<double>(kept) / static_cast<double>(full) : 1));
    if (point && point->quality && input.session.full) {
        out += fmt::format("; perplexity {}, {} against the full model (paired, ± one standard error)", with_error(point->quality->perplexity, std::nullopt, 3, false),
                           change_text(*input.session.full, *point->quality));
    }
    return "<p>" + out + ".</p>\n";
}

void add_speed(const std::optional<MeasuredSpeed>& speed, std::vector<std::string>& row) {
    const auto text = [&](double rate, double mad) {
        if (!speed || !(rate > 0)) return std::string("–");
        return fmt::format("{} ± {:.0f} %{}", grouped(std::llround(rate)), 100 * mad, speed->same_width ? " *" : "");
    };
    row.push_back(text(speed ? speed->prefill : 0, speed ? speed->prefill_mad : 0));
    row.push_back(text(speed ? speed->decode : 0, speed ? speed->decode_mad : 0));
}

std::string answers_text(const MeasuredQuality& quality) {
    if (quality.answers == 0) return "–";
    const std::string error = quality.accuracy_se ? fmt::format(" ± {:.1f}", 100 * *quality.accuracy_se) : "";
    return fmt::format("{:.1f}{} %", 100 * quality.accuracy, error);
}

}  // namespace

std::string plan_section(const ReportInput& input) {
    const SavedSession& s = input.session;
    const SessionPoint* point = point_of(s, s.current);
    HtmlTable table({"layer", "mixer", "K", "K′", "method", "energy kept", "stable rank", "entropy rank"});
    for (const LayerChoice& layer : s.current.layers) {
        const LayerDigest* captured = input.capture ? input.capture->layer(layer.index) : nullptr;
        const std::string method = layer.by_hand.empty() || layer.from_file ? method_markup(layer.method) : "by hand";
        table.add({std::to_string(layer.index), name_of(input.config.layers[static_cast<std::size_t>(layer.index)].mixer), std::to_string(layer.key_dim),
                   std::to_string(layer.kept), layer.kept == layer.key_dim && layer.by_hand.empty() ? "all kept" : method, energy_text(input, layer, point),
                   captured ? fmt::format("{:.2f}", captured->mean_stable.mean) : "–", captured ? fmt::format("{:.2f}", captured->mean_entropy.mean) : "–"});
    }
    std::string out = summary(input, point) + table.markup();
    out += paragraph(input.capture ? "Energy kept: share of Σ‖S[c, :]‖² in the channels that stay, after the last captured token, mean over key heads. Ranks: means over heads, "
                                     "windows and positions of the captured states."
                                   : "Energy and ranks need a capture.",
                     "quiet");
    return section("plan", "The plan", out);
}

std::string points_section(const ReportInput& input) {
    const SavedSession& s = input.session;
    if (s.points.empty()) return section("points", "Points", "<p class=\"missing\">No plan has been measured.</p>\n");
    const bool answers = s.full && s.full->answers > 0;
    std::vector<std::string> headings{"plan", "state bytes", "share", "parameters", "perplexity", "change (paired)"};
    if (answers) headings.push_back("answers right");
    headings.insert(headings.end(), {"prefill tokens/s", "decode tokens/s"});
    HtmlTable table(headings);
    const std::int64_t full = input.config.state_bytes();
    std::vector<std::string> first{marker_markup("full") + "full model", grouped(full), "100 %", grouped(s.model.parameters),
                                   s.full ? with_error(s.full->perplexity, s.full->perplexity_se, 3, false) : "–", ""};
    if (answers) first.push_back(answers_text(*s.full));
    add_speed(s.full_speed, first);
    table.add(std::move(first));
    for (const SessionPoint& point : s.points) {
        std::vector<std::string> row{marker_markup(method_of(point.choice)) + escaped(point.choice.name), grouped(point.state_bytes),
                                     percent(full > 0 ? static_cast<double>(point.state_bytes) / static_cast<double>(full) : 1), grouped(point.parameters)};
        if (point.quality) {
            row.push_back(with_error(point.quality->perplexity, point.quality->perplexity_se, 3, false));
            row.push_back(s.full ? change_text(*s.full, *point.quality) : "–");
        } else {
            row.push_back(point.failure.empty() ? "–" : escaped(point.failure));
            row.push_back("–");
        }
        if (answers) row.push_back(point.quality ? answers_text(*point.quality) : "–");
        add_speed(point.speed, row);
        table.add(std::move(row));
    }
    std::string note = "± is one standard error over windows; the change is paired with the full model on the same windows.";
    if (s.full_speed) note += fmt::format(" Speed: prompts of {} tokens, batch {}, ± median absolute deviation.", s.full_speed->length, s.full_speed->batch);
    const bool borrowed = std::any_of(s.points.begin(), s.points.end(), [](const SessionPoint& p) { return p.speed && p.speed->same_width; });
    if (borrowed) note += " * measured on another plan of the same widths.";
    return section("points", "Points", table.markup() + paragraph(note, "quiet"));
}

}  // namespace rankscope::cli::report
