// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "core/base/error.hpp"

namespace rankscope::test {

/// Runs `call` and returns the message of the Error of this kind that it throws: one line, without control characters.
/// Anything else fails the test.
template <class Call>
std::string error_message(ErrorKind kind, Call&& call) {
    try {
        call();
    } catch (const Error& error) {
        const std::string message = error.what();
        EXPECT_EQ(static_cast<int>(error.kind()), static_cast<int>(kind)) << message;
        for (const std::string& text : {message, error.hint()}) {
            for (const char c : text) EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) << text;
        }
        return message;
    } catch (const std::exception& other) {
        ADD_FAILURE() << "found another exception: " << other.what();
        return {};
    }
    ADD_FAILURE() << "found no error";
    return {};
}

/// The message holds `part` ("" = any).
template <class Call>
void expect_error(ErrorKind kind, const std::string& part, Call&& call) {
    EXPECT_THAT(error_message(kind, std::forward<Call>(call)), testing::HasSubstr(part));
}

}  // namespace rankscope::test
