// SPDX-License-Identifier: Apache-2.0
// Query noise, and every layer pruned alone.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "app/cli/report/html.hpp"
#include "app/cli/report/method_look.hpp"
#include "app/cli/report/point_text.hpp"
#include "app/cli/report/report_page.hpp"
#include "app/cli/report/svg_chart.hpp"

namespace rankscope::cli::report {
namespace {

constexpr double kAxisMargin = 0.08;

std::string name_of_point(const SavedSession& session, const std::string& id) {
    if (id.empty()) return "full model";
    const auto found = std::find_if(session.points.begin(), session.points.end(), [&](const SessionPoint& point) { return point.id == id; });
    return found == session.points.end() || found->choice.name.empty() ? escaped(id) : escaped(found->choice.name);
}

// Methods in the order in which they appear.
std::vector<std::string> methods_of(const std::vector<LayerSweepPoint>& sweep) {
    std::vector<std::string> methods;
    for (const LayerSweepPoint& point : sweep) {
        if (std::find(methods.begin(), methods.end(), point.method) == methods.end()) methods.push_back(point.method);
    }
    return methods;
}

struct WidthRow {
    std::map<std::string, const LayerSweepPoint*> methods;
};

// What pruning this layer alone costs, one line per method; all layers on the same axis.
std::string layer_chart(std::int64_t layer, const std::map<std::int64_t, WidthRow>& rows, const std::vector<std::string>& methods, std::int64_t key_dim,
                        double low, double high) {
    SvgChart chart(fmt::format("Layer {} pruned alone", layer), 400, 250, {"channels kept", 0, static_cast<double>(key_dim), false}, {"change, nats per token", low, high, false});
    for (const std::string& method : methods) {
        const MethodLook& look = look_of(method);
        std::vector<ChartPoint> line;
        for (const auto& [kept, row] : rows) {
            const auto found = row.methods.find(method);
            if (found == row.methods.end()) continue;
            const LayerSweepPoint& p = *found->second;
            line.push_back({static_cast<double>(kept), p.delta_nll});
            if (p.delta_nll_se) chart.whisker(static_cast<double>(kept), p.delta_nll - *p.delta_nll_se, p.delta_nll + *p.delta_nll_se, look.css_class);
        }
        line.push_back({static_cast<double>(key_dim), 0});
        chart.line(line, look.css_class + std::string(" faint"));
        line.pop_back();
        for (const ChartPoint& p : line) chart.marker(p.x, p.y, look.marker, look.css_class, fmt::format("{}, {:.0f} kept: {:+.4f} nats per token", method, p.x, p.y));
    }
    return chart.markup();
}

}  // namespace

std::string noise_section(const ReportInput& input) {
    const SavedSession& s = input.session;
    if (!s.noise || (s.noise->heads.empty() && s.noise->levels.empty())) return section("noise", "Query noise", "<p class=\"missing\">Query noise has not been measured.</p>\n");
    std::string out;
    if (!s.noise->levels.empty()) {
        HtmlTable table({"model", "level", "perplexity", "change, nats per token"});
        for (const auto& level : s.noise->levels) {
            table.add({name_of_point(s, level.point), fmt::format("{:g}", level.level), fmt::format("{:.3f}", level.perplexity), with_error(level.delta_nll, level.delta_nll_se, 5, true)});
        }
        out += table.markup() + paragraph("Gaussian noise of this root mean square on every query (queries have length 1), the same for all models; the change is against the same "
                                          "model without noise, ± one standard error.", "quiet");
    }
    if (!s.noise->heads.empty()) {
        HtmlTable table({"layer, head", "amplification", "worst direction", "stable rank"});
        for (const auto& head : s.noise->heads) {
            table.add({fmt::format("{}, {}", head.layer, head.head), fmt::format("{:.3f}", head.amplification), fmt::format("{:.3f}", head.amplification_worst), fmt::format("{:.2f}", head.rank_stable)});
        }
        out += table.markup() + paragraph("Amplification: relative error of the output for noise of level 1 on the query, ‖S‖_F / (√K ‖Sᵀq̂‖); worst direction: σ₁‖q̂‖ / ‖Sᵀq̂‖. Full model.", "quiet");
    }
    return section("noise", "Query noise", out);
}

std::string layer_sweep_section(const ReportInput& input) {
    const SavedSession& s = input.session;
    if (s.layer_sweep.empty()) return section("layers", "Each layer alone", "<p class=\"missing\">No layer has been pruned alone.</p>\n");
    const std::vector<std::string> methods = methods_of(s.layer_sweep);
    std::map<std::int64_t, std::map<std::int64_t, WidthRow>> layers;
    double low = 0, high = 1e-6;
    for (const LayerSweepPoint& p : s.layer_sweep) {
        layers[p.layer][p.kept].methods[p.method] = &p;
        low = std::min(low, p.delta_nll - p.delta_nll_se.value_or(0));
        high = std::max(high, p.delta_nll + p.delta_nll_se.value_or(0));
    }
    const double margin = kAxisMargin * (high - low);
    std::string charts = "<div class=\"tiles\">\n", key = "<ul class=\"key\">";
    std::vector<std::string> headings{"layer, K′"};
    for (const std::string& method : methods) {
        key += "<li>" + marker_markup(method) + method_markup(method) + "</li>";
        headings.push_back(method_markup(method));
    }
    HtmlTable table(headings);
    for (const auto& [layer, rows] : layers) {
        const std::int64_t key_dim = input.config.layers[static_cast<std::size_t>(layer)].key_dim;
        charts += fmt::format("<figure>{}<figcaption>Layer {}</figcaption></figure>\n", layer_chart(layer, rows, methods, key_dim, low - margin, high + margin), layer);
        for (const auto& [kept, row] : rows) {
            std::vector<std::string> cells{fmt::format("{}, {}", layer, kept)};
            for (const std::string& method : methods) {
                const auto found = row.methods.find(method);
                cells.push_back(found == row.methods.end() ? "–" : with_error(found->second->delta_nll, found->second->delta_nll_se, 4, true));
            }
            table.add(std::move(cells));
        }
    }
    const std::string note = paragraph("Change in nats per token when only this layer is pruned, against the full model on the same windows, ± one standard error.", "quiet");
    return section("layers", "Each layer alone", key + "</ul>\n" + charts + "</div>\n" + note + table.markup());
}

}  // namespace rankscope::cli::report
