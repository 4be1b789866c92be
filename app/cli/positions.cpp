// SPDX-License-Identifier: Apache-2.0
#include "app/cli/positions.hpp"

#include "core/base/error.hpp"
#include "core/base/index_list.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>

namespace rankscope::cli {
namespace {

constexpr std::int64_t kEvery = 64;

std::vector<std::int64_t> every(std::int64_t n, std::int64_t tokens, const char* option) {
    if (n < 1 || n > tokens) {
        throw_usage(fmt::format("bad {}: found {}, expected 1 to the {} tokens of a window", option, n, tokens));
    }
    std::vector<std::int64_t> positions;
    for (std::int64_t t = n - 1; t < tokens; t += n) positions.push_back(t);
    return positions;
}

std::vector<std::int64_t> state_list(const std::string& text, std::int64_t tokens) {
    constexpr std::string_view prefix = "every:";
    if (!text.starts_with(prefix)) return parse_index_list(text, tokens, "state position");
    std::int64_t n = 0;
    const auto [end, code] = std::from_chars(text.data() + prefix.size(), text.data() + text.size(), n);
    if (code != std::errc() || end != text.data() + text.size()) {
        throw_usage("bad --states-at: found " + printable(text) + ", expected every:N, all or a list of positions");
    }
    return every(n, tokens, "--states-at");
}

}  // namespace

Positions resolve_positions(const PositionOptions& options, std::int64_t window_tokens) {
    if (options.every != 0 && !options.at.empty()) throw_usage("--every and --at exclude each other", "--at takes any list of positions");
    Positions positions;
    const bool all_states = options.states_at == "all";
    std::vector<std::int64_t> named;
    if (!options.states_at.empty() && !all_states) named = state_list(options.states_at, window_tokens);
    if (!options.at.empty()) {
        positions.spectra = parse_index_list(options.at, window_tokens, "position");
    } else if (options.every != 0) {
        positions.spectra = every(options.every, window_tokens, "--every");
    } else if (!named.empty()) {
        positions.spectra = named;
    } else {
        positions.spectra = every(std::min(kEvery, window_tokens), window_tokens, "--every");
    }
    if (all_states || (options.states_at.empty() && !options.at.empty())) {
        positions.states = positions.spectra;
    } else if (options.states_at.empty()) {
        positions.states = {positions.spectra.back()};
    } else {
        positions.states = named;
    }
    std::vector<std::int64_t> missing;
    std::set_difference(positions.states.begin(), positions.states.end(), positions.spectra.begin(), positions.spectra.end(),
                        std::back_inserter(missing));
    if (!missing.empty()) {
        throw_usage(fmt::format("bad --states-at: found position {}, expected one of those that --every or --at name", missing.front()),
                    "add it to --at");
    }
    return positions;
}

}  // namespace rankscope::cli
