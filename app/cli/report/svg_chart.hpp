// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace rankscope::cli::report {

struct ChartPoint {
    double x = 0, y = 0;
};

struct ChartAxis {
    std::string label;
    double low = 0, high = 1;
    bool logarithmic = false;
};

/// One chart as inline SVG: axes with round ticks, a faint grid, and what is added to it. Colours come from CSS classes.
/// Values outside the axes and values that are no numbers are left out.
class SvgChart {
public:
    /// `description`: for people who do not see it. Sizes in user units, about pixels.
    SvgChart(std::string description, double width, double height, ChartAxis x, ChartAxis y);

    void line(const std::vector<ChartPoint>& points, const std::string& css_class);
    /// Between two lines over the same x.
    void band(const std::vector<ChartPoint>& lower, const std::vector<ChartPoint>& upper, const std::string& css_class);
    /// Vertical, with caps; ends beyond the axis are cut.
    void whisker(double x, double low, double high, const std::string& css_class);
    /// `path` is centred at 0; `tip` appears under the pointer.
    void marker(double x, double y, const char* path, const std::string& css_class, const std::string& tip);
    /// A dashed line across, named at its right end.
    void level(double y, const std::string& label);
    /// Text right of a point.
    void label(double x, double y, const std::string& text, const std::string& css_class);

    [[nodiscard]] std::string markup() const;

private:
    [[nodiscard]] double across(double x) const;
    [[nodiscard]] double down(double y) const;
    [[nodiscard]] bool inside(const ChartPoint& point) const;
    [[nodiscard]] std::string axes() const;

    std::string description_;
    double width_, height_;
    ChartAxis x_, y_;
    std::string body_;
};

/// Round values within an axis, about `count` of them.
[[nodiscard]] std::vector<double> axis_ticks(const ChartAxis& axis, int count);

}  // namespace rankscope::cli::report
