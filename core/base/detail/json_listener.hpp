// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>

#include <cstddef>

namespace rankscope {

/// A parser's listener that takes everything as it goes by: the base of those that look for one thing. What a derived one says in
/// parse_error() is its own.
class JsonListener : public nlohmann::json_sax<nlohmann::json> {
public:
    bool null() override { return true; }
    bool boolean(bool) override { return true; }
    bool number_integer(number_integer_t) override { return true; }
    bool number_unsigned(number_unsigned_t) override { return true; }
    bool number_float(number_float_t, const string_t&) override { return true; }
    bool string(string_t&) override { return true; }
    bool binary(binary_t&) override { return true; }
    bool start_array(std::size_t) override { return true; }
    bool end_array() override { return true; }
    bool start_object(std::size_t) override { return true; }
    bool end_object() override { return true; }
    bool key(string_t&) override { return true; }
};

}  // namespace rankscope
