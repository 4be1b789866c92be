// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstring>

/// usage: PROGRAM [part of a test's name], or PROGRAM --list
int main(int count, char** arguments) {
    if (count > 1 && std::strcmp(arguments[1], "--list") == 0) {
        for (const testing::Case& test : testing::cases())
            std::cout << test.name << '\n';
        return 0;
    }
    int failed = 0, run = 0;
    for (const testing::Case& test : testing::cases()) {
        if (count > 1 && test.name.find(arguments[1]) == std::string::npos) continue;
        const int before = testing::failures();
        test.run();
        const bool passed = testing::failures() == before;
        std::cout << (passed ? "passed  " : "FAILED  ") << test.name << std::endl;
        ++run;
        failed += passed ? 0 : 1;
    }
    std::cout << run - failed << " of " << run << " tests passed" << std::endl;
    return failed == 0 && run > 0 ? 0 : 1;
}
