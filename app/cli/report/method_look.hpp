// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace rankscope::cli::report {

/// How a method looks in charts and tables: one colour and one marker, the same as in the window.
struct MethodLook {
    const char* key;        ///< as in plan files; "mixed" and "full" for what has no single method
    const char* css_class;
    const char* marker;     ///< SVG path, about 10 units wide, centred at 0
};

/// The look of any name, also of one this program does not know.
[[nodiscard]] const MethodLook& look_of(const std::string& method);

/// Name for people; an unknown method's own, as markup.
[[nodiscard]] std::string method_markup(const std::string& method);

}  // namespace rankscope::cli::report
