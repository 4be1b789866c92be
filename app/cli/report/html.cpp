// SPDX-License-Identifier: Apache-2.0
#include "app/cli/report/html.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/utf8.hpp"

namespace rankscope::cli::report {
namespace {

constexpr const char* kReplacement = "\xEF\xBF\xBD";

void append_escaped(char c, std::string& out) {
    switch (c) {
        case '&': out += "&amp;"; return;
        case '<': out += "&lt;"; return;
        case '>': out += "&gt;"; return;
        case '"': out += "&quot;"; return;
        case '\'': out += "&#39;"; return;
        default: break;
    }
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7F) {
        out += kReplacement;
    } else {
        out += c;
    }
}

// C1 controls are well-formed UTF-8, but no character of HTML.
bool is_control(std::string_view sequence) {
    return sequence.size() == 2 && sequence[0] == '\xC2' && static_cast<unsigned char>(sequence[1]) < 0xA0;
}

}  // namespace

std::string escaped(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t length = utf8_sequence_length(text.substr(i));
        if (length == 1) {
            append_escaped(text[i], out);
        } else if (length == 0 || is_control(text.substr(i, length))) {
            out += kReplacement;
        } else {
            out.append(text, i, length);
        }
        i += std::max<std::size_t>(length, 1);
    }
    return out;
}

std::string HtmlTable::markup() const {
    std::string out = "<div class=\"scroll\"><table><thead><tr>";
    for (const std::string& heading : headings_) out += "<th scope=\"col\">" + heading + "</th>";
    out += "</tr></thead><tbody>\n";
    for (const auto& row : rows_) {
        out += "<tr>";
        for (std::size_t i = 0; i < row.size(); ++i) out += (i == 0 ? "<th scope=\"row\">" : "<td>") + row[i] + (i == 0 ? "</th>" : "</td>");
        out += "</tr>\n";
    }
    return out + "</tbody></table></div>\n";
}

std::string section(const std::string& id, std::string_view heading, const std::string& markup) {
    return fmt::format("<section id=\"{}\"><h2>{}</h2>\n{}</section>\n", id, escaped(heading), markup);
}

std::string paragraph(std::string_view text, const char* css_class) {
    return fmt::format("<p{}>{}</p>\n", *css_class ? fmt::format(" class=\"{}\"", css_class) : "", escaped(text));
}

std::string with_error(double value, const std::optional<double>& error, int digits, bool sign) {
    if (error && *error > 0) digits = std::clamp(1 - static_cast<int>(std::floor(std::log10(*error))), 0, 5);
    std::string out = sign ? fmt::format("{:+.{}f}", value, digits) : fmt::format("{:.{}f}", value, digits);
    // A number that rounds to zero has no sign.
    if (sign && out.find_first_not_of("+-0.") == std::string::npos) out.front() = ' ';
    if (error) out += fmt::format(" ± {:.{}f}", *error, digits);
    return out;
}

}  // namespace rankscope::cli::report
