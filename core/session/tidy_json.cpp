// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/session/detail/tidy_json.hpp"

namespace rankscope::session {
namespace {

constexpr std::int64_t kLineLength = 110;

std::string scalar(const OrderedJson& value) {
    return value.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
}

// Takes about what the value needs on one line from `budget` and stops when nothing is left, so that large values are not
// measured at every level.
void measure(const OrderedJson& value, std::int64_t& budget) {
    if (value.is_structured()) {
        budget -= 2;
        for (const auto& item : value.items()) {
            if (budget < 0) return;
            if (value.is_object()) budget -= std::ssize(item.key()) + 4;
            budget -= 2;
            measure(item.value(), budget);
        }
    } else {
        budget -= value.is_string() ? std::ssize(value.get_ref<const std::string&>()) + 2 : std::ssize(scalar(value));
    }
}

bool all_numbers(const OrderedJson& value) {
    return value.is_array() && std::all_of(value.begin(), value.end(), [](const OrderedJson& item) { return item.is_number(); });
}

bool on_one_line(const OrderedJson& value) {
    if (!value.is_structured() || value.empty() || all_numbers(value)) return true;
    std::int64_t budget = kLineLength;
    measure(value, budget);
    return budget >= 0;
}

void append(const OrderedJson& value, std::size_t indent, bool one_line, std::string& out) {
    if (!value.is_structured()) {
        out += scalar(value);
        return;
    }
    out += value.is_object() ? '{' : '[';
    bool first = true;
    for (const auto& item : value.items()) {
        if (!first) out += one_line ? ", " : ",";
        if (!one_line) out.append("\n").append(indent + 2, ' ');
        first = false;
        if (value.is_object()) out += scalar(item.key()) + ": ";
        append(item.value(), indent + 2, one_line || on_one_line(item.value()), out);
    }
    if (!one_line && !first) out.append("\n").append(indent, ' ');
    out += value.is_object() ? '}' : ']';
}

}  // namespace

std::string tidy_json(const OrderedJson& value) {
    std::string out;
    append(value, 0, on_one_line(value), out);
    return out + "\n";
}

}  // namespace rankscope::session
