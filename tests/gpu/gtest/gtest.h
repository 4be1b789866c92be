// SPDX-License-Identifier: Apache-2.0
// As much of GoogleTest's interface as the tests of the CUDA kernels use, for servers that have nvcc and CMake and nothing else.
// Used by the preset gpu-check where GoogleTest is not installed.
#pragma once

#include <cmath>
#include <functional>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

namespace testing {

struct Case {
    std::string name;
    std::function<void()> run;
};

inline std::vector<Case>& cases() {
    static std::vector<Case> all;
    return all;
}

inline std::vector<std::string>& traces() {
    static std::vector<std::string> all;
    return all;
}

inline int& failures() {
    static int count = 0;
    return count;
}

struct Registered {
    Registered(const char* suite, const char* name, std::function<void()> run) {
        cases().push_back({std::string(suite) + '.' + name, std::move(run)});
    }
};

struct Trace {
    explicit Trace(const std::string& text) { traces().push_back(text); }

    ~Trace() { traces().pop_back(); }
};

/// Collects what a test says about a failure; prints it at the end of the statement.
class Failure {
public:
    Failure(const char* file, int line, const std::string& what) { text_ << file << ':' << line << ": " << what << ' '; }

    ~Failure() {
        ++failures();
        std::cerr << text_.str() << '\n';
        for (const std::string& trace : traces()) std::cerr << "    in " << trace << '\n';
    }

    template <class T>
    Failure& operator<<(const T& x) {
        text_ << x;
        return *this;
    }

private:
    std::ostringstream text_;
};

/// Ends a test whose ASSERT_ failed.
struct Ends {
    void operator&(const Failure&) const {}
};

template <class T>
std::string shown(const T& x) {
    if constexpr (requires(std::ostringstream& s) { s << x; }) {
        std::ostringstream s;
        s << x;
        return s.str();
    } else {
        return "(a value)";
    }
}

template <class A, class B, class Relation>
std::string compared(const A& a, const B& b, const char* text, Relation relation) {
    if (relation(a, b)) return {};
    return std::string(text) + ": " + shown(a) + " and " + shown(b);
}

}  // namespace testing

#define TEST(suite, name)                                                                                  \
    static void suite##_##name##_test();                                                                   \
    static const ::testing::Registered suite##_##name##_registered(#suite, #name, &suite##_##name##_test); \
    static void suite##_##name##_test()

#define RANKSCOPE_TRACE_NAME(line) trace_at_##line
#define RANKSCOPE_TRACE(line, text) const ::testing::Trace RANKSCOPE_TRACE_NAME(line)(text)
#define SCOPED_TRACE(text) RANKSCOPE_TRACE(__LINE__, text)

#define RANKSCOPE_COMPARE(a, b, relation, ends)                                                                             \
    if (const std::string difference = ::testing::compared(                                                                 \
            a, b, #a " " #relation " " #b, [](const auto& x, const auto& y) { return x relation y; });                      \
        difference.empty()) {                                                                                               \
    } else                                                                                                                  \
        ends ::testing::Failure(__FILE__, __LINE__, difference)

#define EXPECT_EQ(a, b) RANKSCOPE_COMPARE(a, b, ==, )
#define EXPECT_NE(a, b) RANKSCOPE_COMPARE(a, b, !=, )
#define EXPECT_LE(a, b) RANKSCOPE_COMPARE(a, b, <=, )
#define EXPECT_LT(a, b) RANKSCOPE_COMPARE(a, b, <, )
#define EXPECT_TRUE(a) RANKSCOPE_COMPARE(static_cast<bool>(a), true, ==, )
#define EXPECT_FALSE(a) RANKSCOPE_COMPARE(static_cast<bool>(a), false, ==, )
#define EXPECT_NEAR(a, b, bound) EXPECT_LE(std::abs((a) - (b)), bound)
#define ASSERT_EQ(a, b) RANKSCOPE_COMPARE(a, b, ==, return ::testing::Ends()&)
#define ASSERT_NE(a, b) RANKSCOPE_COMPARE(a, b, !=, return ::testing::Ends()&)
#define ASSERT_LE(a, b) RANKSCOPE_COMPARE(a, b, <=, return ::testing::Ends()&)
#define ASSERT_TRUE(a) RANKSCOPE_COMPARE(static_cast<bool>(a), true, ==, return ::testing::Ends()&)
#define ASSERT_FALSE(a) RANKSCOPE_COMPARE(static_cast<bool>(a), false, ==, return ::testing::Ends()&)
#define ASSERT_NEAR(a, b, bound) ASSERT_LE(std::abs((a) - (b)), bound)
