// SPDX-License-Identifier: Apache-2.0
#include "app/cli/report/svg_chart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "app/cli/report/html.hpp"

namespace rankscope::cli::report {
namespace {

constexpr double kLeft = 58, kRight = 14, kTop = 10, kBottom = 42;
// Room for names at the ends of lines.
constexpr double kCap = 3;
constexpr double kTickSpace = 46;

double fraction(const ChartAxis& axis, double value) {
    if (axis.logarithmic) return std::log(value / axis.low) / std::log(axis.high / axis.low);
    return (value - axis.low) / (axis.high - axis.low);
}

// 1, 2 and 5 times powers of ten, only the powers where these would be too many.
std::vector<double> logarithmic_ticks(const ChartAxis& axis, int count) {
    std::vector<double> all, powers;
    for (int exponent = static_cast<int>(std::floor(std::log10(axis.low))); exponent <= static_cast<int>(std::ceil(std::log10(axis.high))); ++exponent) {
        for (const double digit : {1.0, 2.0, 5.0}) {
            const double value = digit * std::pow(10.0, exponent);
            if (value < axis.low * (1 - 1e-9) || value > axis.high * (1 + 1e-9)) continue;
            all.push_back(value);
            if (digit == 1) powers.push_back(value);
        }
    }
    std::vector<double>& chosen = static_cast<int>(all.size()) <= 2 * count || powers.size() < 2 ? all : powers;
    // Still too many: every second, third ... power.
    const std::size_t step = std::max<std::size_t>(1, (chosen.size() + 2 * static_cast<std::size_t>(count) - 1) / (2 * static_cast<std::size_t>(count)));
    std::vector<double> out;
    for (std::size_t i = 0; i < chosen.size(); i += step) out.push_back(chosen[i]);
    return out;
}

std::string tick_text(double value, bool logarithmic) {
    if (logarithmic && value != 0 && (std::abs(value) < 1e-3 || std::abs(value) >= 1e5)) {
        return fmt::format("10<tspan class=\"up\" dy=\"-4\">{:.0f}</tspan>", std::log10(value));
    }
    std::string text = fmt::format("{:.6g}", std::abs(value) < 1e-12 ? 0.0 : value);
    if (text.front() == '-') text.replace(0, 1, "−");
    return text;
}

}  // namespace

std::vector<double> axis_ticks(const ChartAxis& axis, int count) {
    // A short logarithmic axis holds no power of ten; round steps serve it better.
    if (axis.logarithmic && axis.high / axis.low >= 8) return logarithmic_ticks(axis, count);
    const double raw = (axis.high - axis.low) / std::max(1, count);
    const double power = std::pow(10.0, std::floor(std::log10(raw)));
    double step = power;
    for (const double factor : {1.0, 2.0, 5.0, 10.0}) {
        step = factor * power;
        if (step >= raw * (1 - 1e-9)) break;
    }
    std::vector<double> ticks;
    for (double i = std::ceil(axis.low / step - 1e-9); i * step <= axis.high + step * 1e-9; ++i) ticks.push_back(i * step);
    return ticks;
}

SvgChart::SvgChart(std::string description, double width, double height, ChartAxis x, ChartAxis y)
    : description_(std::move(description)), width_(width), height_(height), x_(std::move(x)), y_(std::move(y)) {
    for (ChartAxis* axis : {&x_, &y_}) {
        if (axis->logarithmic && !(axis->low > 0)) axis->logarithmic = false;
        // One single value still needs a range.
        if (!(axis->high > axis->low)) {
            axis->high = axis->low + std::max(1e-9, std::abs(axis->low) * 0.1);
        }
    }
}

double SvgChart::across(double x) const {
    return kLeft + fraction(x_, x) * (width_ - kLeft - kRight);
}

double SvgChart::down(double y) const {
    return height_ - kBottom - fraction(y_, y) * (height_ - kTop - kBottom);
}

bool SvgChart::inside(const ChartPoint& point) const {
    const auto on = [](const ChartAxis& axis, double value) {
        const double slack = 1e-9 * (axis.high - axis.low);
        return std::isfinite(value) && value >= axis.low - slack && value <= axis.high + slack;
    };
    return on(x_, point.x) && on(y_, point.y);
}

void SvgChart::line(const std::vector<ChartPoint>& points, const std::string& css_class) {
    std::string path;
    bool drawing = false;
    for (const ChartPoint& point : points) {
        if (!inside(point)) {
            drawing = false;
            continue;
        }
        path += fmt::format("{}{:.1f},{:.1f}", drawing ? "L" : "M", across(point.x), down(point.y));
        drawing = true;
    }
    if (!path.empty()) body_ += fmt::format("<path class=\"line {}\" d=\"{}\"/>\n", css_class, path);
}

void SvgChart::band(const std::vector<ChartPoint>& lower, const std::vector<ChartPoint>& upper, const std::string& css_class) {
    std::string path;
    const auto clamped = [&](const ChartPoint& point) { return std::clamp(point.y, y_.low, y_.high); };
    for (const ChartPoint& point : upper) path += fmt::format("{}{:.1f},{:.1f}", path.empty() ? "M" : "L", across(point.x), down(clamped(point)));
    for (auto point = lower.rbegin(); point != lower.rend(); ++point) path += fmt::format("L{:.1f},{:.1f}", across(point->x), down(clamped(*point)));
    if (!path.empty()) body_ += fmt::format("<path class=\"band {}\" d=\"{}z\"/>\n", css_class, path);
}

void SvgChart::whisker(double x, double low, double high, const std::string& css_class) {
    if (!std::isfinite(low) || !std::isfinite(high) || high < y_.low || low > y_.high || !inside({x, std::clamp(low, y_.low, y_.high)})) return;
    const double at = across(x), top = down(std::min(high, y_.high)), bottom = down(std::max(low, y_.low));
    std::string path = fmt::format("M{:.1f},{:.1f}V{:.1f}", at, bottom, top);
    for (const double end : {top, bottom}) path += fmt::format("M{:.1f},{:.1f}h{}", at - kCap, end, 2 * kCap);
    body_ += fmt::format("<path class=\"whisker {}\" d=\"{}\"/>\n", css_class, path);
}

void SvgChart::marker(double x, double y, const char* path, const std::string& css_class, const std::string& tip) {
    if (!inside({x, y})) return;
    body_ += fmt::format("<path class=\"marker {}\" transform=\"translate({:.1f},{:.1f})\" d=\"{}\"><title>{}</title></path>\n", css_class, across(x), down(y),
                         path, escaped(tip));
}

void SvgChart::level(double y, const std::string& label) {
    if (!inside({x_.low, y})) return;
    body_ += fmt::format("<path class=\"level\" d=\"M{:.1f},{:.1f}H{:.1f}\"/>\n<text class=\"level-name\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>\n", kLeft,
                         down(y), width_ - kRight, width_ - kRight - 4, down(y) - 5, escaped(label));
}

void SvgChart::label(double x, double y, const std::string& text, const std::string& css_class) {
    if (!inside({x, y})) return;
    body_ += fmt::format("<text class=\"label {}\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n", css_class, across(x) + 6, down(y) + 4, escaped(text));
}

std::string SvgChart::axes() const {
    std::string out;
    const double right = width_ - kRight, bottom = height_ - kBottom;
    for (const double tick : axis_ticks(x_, std::max(2, static_cast<int>((right - kLeft) / (1.6 * kTickSpace))))) {
        const double at = across(tick);
        out += fmt::format("<path class=\"grid\" d=\"M{0:.1f},{1:.1f}V{2:.1f}\"/><text class=\"tick\" x=\"{0:.1f}\" y=\"{3:.1f}\" text-anchor=\"middle\">{4}</text>\n", at, kTop,
                           bottom, bottom + 16, tick_text(tick, x_.logarithmic));
    }
    for (const double tick : axis_ticks(y_, std::max(2, static_cast<int>((bottom - kTop) / kTickSpace)))) {
        const double at = down(tick);
        out += fmt::format("<path class=\"grid\" d=\"M{0:.1f},{1:.1f}H{2:.1f}\"/><text class=\"tick\" x=\"{3:.1f}\" y=\"{4:.1f}\" text-anchor=\"end\">{5}</text>\n", kLeft, at, right,
                           kLeft - 6, at + 4, tick_text(tick, y_.logarithmic));
    }
    out += fmt::format("<path class=\"axis\" d=\"M{0:.1f},{1:.1f}V{2:.1f}H{3:.1f}\"/>\n", kLeft, kTop, bottom, right);
    out += fmt::format("<text class=\"name\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}</text>\n", (kLeft + right) / 2, height_ - 6, escaped(x_.label));
    out += fmt::format("<text class=\"name\" transform=\"translate(13,{:.1f}) rotate(-90)\" text-anchor=\"middle\">{}</text>\n", (kTop + bottom) / 2, escaped(y_.label));
    return out;
}

std::string SvgChart::markup() const {
    return fmt::format("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:.0f} {1:.0f}\" width=\"{0:.0f}\" height=\"{1:.0f}\" role=\"img\" aria-label=\"{2}\">\n{3}{4}</svg>\n", width_,
                       height_, escaped(description_), axes(), body_);
}

}  // namespace rankscope::cli::report
