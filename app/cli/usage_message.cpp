// SPDX-License-Identifier: Apache-2.0
#include "app/cli/usage_message.hpp"

#include "core/base/error.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdlib>

namespace rankscope::cli {
namespace {

// "--tokens: Value 0 not in range 0.000000 to 179769313486…" is how a number that has to be positive is refused.
std::string out_of_range(const std::string& text) {
    static const std::string kValue = ": Value ", kRange = " not in range ", kTo = " to ";
    const std::size_t value = text.find(kValue), range = text.find(kRange), to = text.find(kTo, range);
    if (value == std::string::npos || range == std::string::npos || to == std::string::npos) return text;
    const std::string found = text.substr(value + kValue.size(), range - value - kValue.size());
    const std::string low = text.substr(range + kRange.size(), to - range - kRange.size()), high = text.substr(to + kTo.size());
    constexpr double kNoLimit = 1e300;
    const std::string expected = std::strtod(high.c_str(), nullptr) > kNoLimit ? fmt::format("a number above {:g}", std::strtod(low.c_str(), nullptr))
                                                                               : fmt::format("{} to {}", low, high);
    return fmt::format("bad value: {}: found {}, expected {}", text.substr(0, value), printable(found, 60), expected);
}

}  // namespace

std::string usage_message(const CLI::App& app, const CLI::ParseError& error, const std::string& first) {
    if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr && app.get_subcommands().empty()) {
        std::string names;
        for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
            names += (names.empty() ? "" : ", ") + command->get_name();
        }
        if (first.empty() || first.front() == '-') return "no command: expected one of " + names;
        return fmt::format("unknown command: found '{}', expected one of {}", printable(first, 60), names);
    }
    return out_of_range(printable(error.what(), 400));
}

}  // namespace rankscope::cli
