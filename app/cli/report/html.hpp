// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Building blocks of the page. What is called "markup" is HTML already; everything else is text of unknown origin.
namespace rankscope::cli::report {

/// For element content and attribute values in double quotes: & < > " ' as entities; invalid UTF-8 and control characters
/// other than line breaks and tabs as U+FFFD.
[[nodiscard]] std::string escaped(std::string_view text);

/// A table with a heading row. Cells are markup; the first column is left-aligned, the others right-aligned.
class HtmlTable {
public:
    explicit HtmlTable(std::vector<std::string> headings) : headings_(std::move(headings)) {}

    void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }

    [[nodiscard]] bool empty() const noexcept { return rows_.empty(); }

    [[nodiscard]] std::string markup() const;

private:
    std::vector<std::string> headings_;
    std::vector<std::vector<std::string>> rows_;
};

/// A section with a heading.
[[nodiscard]] std::string section(const std::string& id, std::string_view heading, const std::string& markup);
[[nodiscard]] std::string paragraph(std::string_view text, const char* css_class = "");

/// "+1.14 ± 0.11" with two significant digits of the error; without it as many digits as given.
[[nodiscard]] std::string with_error(double value, const std::optional<double>& error, int digits, bool sign);

}  // namespace rankscope::cli::report
