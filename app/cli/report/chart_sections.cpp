// SPDX-License-Identifier: Apache-2.0
// The trade-off, the spectra and the ranks over tokens as pictures.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "app/cli/report/html.hpp"
#include "app/cli/report/method_look.hpp"
#include "app/cli/report/point_text.hpp"
#include "app/cli/report/report_page.hpp"
#include "app/cli/report/svg_chart.hpp"

namespace rankscope::cli::report {
namespace {

// Below this share of the largest a singular value is rounding.
constexpr double kSmallestShown = 1e-6;
// A range this wide is shown logarithmically.
constexpr double kWideRange = 3;

std::string figure(const std::string& chart, const std::string& caption) {
    return "<figure>" + chart + (caption.empty() ? "" : "<figcaption>" + escaped(caption) + "</figcaption>") + "</figure>\n";
}

struct Dot {
    double share = 0;  // of the state, percent
    double value = 0, error = 0;
    std::string tip;
};

// Points of one look, by falling size.
using Dots = std::map<std::string, std::vector<Dot>>;

std::string key_markup(const Dots& dots) {
    std::string out = "<ul class=\"key\">";
    for (const auto& [method, some] : dots) {
        out += fmt::format("<li>{}{}</li>", marker_markup(method), method_markup(method));
    }
    return out + "</ul>\n";
}

ChartAxis range_of(const Dots& dots, double full, std::string label) {
    double low = full, high = full;
    for (const auto& [method, some] : dots) {
        for (const Dot& dot : some) {
            if (!std::isfinite(dot.value)) continue;
            low = std::min(low, dot.value - dot.error);
            high = std::max(high, dot.value + dot.error);
        }
    }
    if (low > 0 && high > kWideRange * low) return {std::move(label), low * 0.93, high * 1.08, true};
    const double margin = 0.06 * std::max(high - low, 1e-6);
    return {std::move(label), low - margin, high + margin, false};
}

std::string tradeoff_chart(const Dots& dots, double full, ChartAxis y, const std::string& level) {
    double least = 100;
    for (const auto& [method, some] : dots) {
        for (const Dot& dot : some) least = std::min(least, dot.share);
    }
    SvgChart chart("State size against " + y.label, 900, 470, {"state kept, percent of the full model's", std::max(0.0, least - 6), 103, false}, y);
    chart.level(full, level);
    for (const auto& [method, some] : dots) {
        // Plans of their own are dots; a method's are a line that begins at the full model.
        if (method != "mixed" && method != "full") {
            std::vector<ChartPoint> line{{100, full}};
            for (const Dot& dot : some) line.push_back({dot.share, dot.value});
            chart.line(line, look_of(method).css_class + std::string(" faint"));
        }
        for (const Dot& dot : some) {
            if (dot.error > 0) chart.whisker(dot.share, dot.value - dot.error, dot.value + dot.error, look_of(method).css_class);
        }
    }
    for (const auto& [method, some] : dots) {
        for (const Dot& dot : some) chart.marker(dot.share, dot.value, look_of(method).marker, look_of(method).css_class, dot.tip);
    }
    chart.marker(100, full, look_of("full").marker, look_of("full").css_class, level);
    return chart.markup();
}

void by_falling_size(Dots& dots) {
    for (auto& [method, some] : dots) std::stable_sort(some.begin(), some.end(), [](const Dot& a, const Dot& b) { return a.share > b.share; });
}

std::string spectrum_chart(const LayerDigest& layer) {
    const auto& values = layer.singular_values;
    double high = 0;
    for (const Spread& value : values) high = std::max({high, value.high, value.mean});
    if (!(high > 0)) return "<p class=\"missing\">All states are zero.</p>\n";
    double low = high;
    std::vector<ChartPoint> mean, lower, upper;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const double x = static_cast<double>(i + 1), least = kSmallestShown * high;
        if (values[i].mean < least) break;
        mean.push_back({x, values[i].mean});
        lower.push_back({x, std::max(least, values[i].low)});
        upper.push_back({x, std::max(least, values[i].high)});
        low = std::min(low, lower.back().y);
    }
    SvgChart chart(fmt::format("Singular values of layer {}", layer.index), 400, 250, {"index", 1, static_cast<double>(std::max<std::size_t>(values.size(), 2)), false},
                   {"singular value", low * 0.9, high * 1.15, true});
    chart.band(lower, upper, "accent");
    chart.line(mean, "accent");
    return chart.markup();
}

std::string ranks_chart(const CaptureDigest& capture, const LayerDigest& layer) {
    double high = 1;
    for (const auto* ranks : {&layer.stable, &layer.entropy}) {
        for (const Spread& value : *ranks) high = std::max({high, value.high, value.mean});
    }
    const double first = static_cast<double>(capture.positions.front() + 1), last = static_cast<double>(capture.positions.back() + 1);
    SvgChart chart(fmt::format("Ranks of layer {} over tokens", layer.index), 400, 250, {"tokens read", first, last, false}, {"rank", 0, high * 1.12, false});
    const auto draw = [&](const std::vector<Spread>& ranks, const char* css_class, const char* name) {
        std::vector<ChartPoint> mean, lower, upper;
        for (std::size_t p = 0; p < ranks.size(); ++p) {
            const double x = static_cast<double>(capture.positions[p] + 1);
            mean.push_back({x, ranks[p].mean});
            lower.push_back({x, ranks[p].low});
            upper.push_back({x, ranks[p].high});
        }
        chart.band(lower, upper, css_class);
        chart.line(mean, css_class);
        const std::size_t at = ranks.size() / 3;
        chart.label(mean[at].x, std::min(upper[at].y + 0.06 * high, high * 1.05), name, css_class);
    };
    draw(layer.entropy, "m-drrqr", "entropy rank");
    draw(layer.stable, "accent", "stable rank");
    return chart.markup();
}

}  // namespace

std::string tradeoff_section(const ReportInput& input) {
    const SavedSession& s = input.session;
    const double bytes = static_cast<double>(std::max<std::int64_t>(1, input.config.state_bytes()));
    Dots perplexity, recall;
    for (const SessionPoint& point : s.points) {
        if (!point.quality) continue;
        const MeasuredQuality& q = *point.quality;
        const double share = 100 * static_cast<double>(point.state_bytes) / bytes;
        const std::string method = method_of(point.choice);
        perplexity[method].push_back({share, q.perplexity, paired_error(q), fmt::format("{}: perplexity {}", point.choice.name, with_error(q.perplexity, paired_error(q), 3, false))});
        if (q.answers > 0) {
            recall[method].push_back({share, 100 * q.accuracy, 100 * q.accuracy_se.value_or(0), fmt::format("{}: {:.1f} % of answers right", point.choice.name, 100 * q.accuracy)});
        }
    }
    if (perplexity.empty() || !s.full) return section("tradeoff", "Trade-off", "<p class=\"missing\">No plan has been measured.</p>\n");
    by_falling_size(perplexity);
    by_falling_size(recall);
    std::string out = key_markup(perplexity);
    out += figure(tradeoff_chart(perplexity, s.full->perplexity, range_of(perplexity, s.full->perplexity, "perplexity"), fmt::format("full model {:.4g}", s.full->perplexity)),
                  "Whiskers: one standard error of the difference to the full model on the same windows. Lower is better.");
    if (!recall.empty()) {
        const double full = 100 * s.full->accuracy;
        out += figure(tradeoff_chart(recall, full, range_of(recall, full, "answers right, percent"), fmt::format("full model {:.1f} %", full)),
                      "Whiskers: one standard error. Higher is better.");
    }
    return section("tradeoff", "Trade-off", out);
}

std::string spectra_section(const ReportInput& input) {
    if (!input.capture) {
        const std::string why = input.capture_name.empty() ? "the session names none" : input.capture_name + ": " + input.capture_problem;
        return section("spectra", "Spectra and ranks", fmt::format("<p class=\"missing\">Spectra and ranks need a capture: {}.</p>\n", escaped(why)));
    }
    const CaptureDigest& capture = *input.capture;
    std::string spectra = "<div class=\"tiles\">\n", ranks = spectra;
    for (const LayerDigest& layer : capture.layers) {
        const std::string caption = fmt::format("Layer {}: {} heads of {} × {}", layer.index, layer.heads, layer.key_dim, layer.value_dim);
        spectra += figure(spectrum_chart(layer), caption);
        if (capture.positions.size() > 1) ranks += figure(ranks_chart(capture, layer), fmt::format("Layer {}", layer.index));
    }
    std::string out = "<h3>Singular values</h3>\n" + spectra + "</div>\n";
    out += paragraph(fmt::format("States after token {} of {} windows: mean over heads and windows, band between the quartiles.", capture.positions.back() + 1, capture.windows), "quiet");
    if (capture.positions.size() > 1) {
        out += "<h3>Ranks over tokens</h3>\n" + ranks + "</div>\n";
        out += paragraph("Stable rank ‖S‖_F² / ‖S‖₂² and entropy rank exp H(σ/Σσ) of the same states: mean and quartiles over heads and windows.", "quiet");
    }
    return section("spectra", "Spectra and ranks", out);
}

}  // namespace rankscope::cli::report
