// SPDX-License-Identifier: Apache-2.0
#include "app/cli/report/method_look.hpp"

#include <algorithm>
#include <array>

#include "app/cli/report/html.hpp"
#include "core/pruning/method.hpp"

namespace rankscope::cli::report {
namespace {

constexpr const char* kDisc = "M-5,0a5,5 0 1,0 10,0a5,5 0 1,0 -10,0z";

constexpr std::array<MethodLook, 11> kLooks{{
    {"random", "m-random", "M-5,-3.2L-3.2,-5L0,-1.8L3.2,-5L5,-3.2L1.8,0L5,3.2L3.2,5L0,1.8L-3.2,5L-5,3.2L-1.8,0z"},
    {"l1", "m-l1", "M-4.4,-4.4H4.4V4.4H-4.4z"},
    {"s-wanda", "m-s-wanda", "M0,-5.1L5.3,4.1H-5.3z"},
    {"taylor", "m-taylor", "M0,-6.1L6.1,0L0,6.1L-6.1,0z"},
    {"energy", "m-energy", "M-1.8,-5.7H1.8V-1.8H5.7V1.8H1.8V5.7H-1.8V1.8H-5.7V-1.8H-1.8z"},
    {"drrqr", "m-drrqr", kDisc},
    // A ring with a disc inside.
    {"drrqr-normalised", "m-drrqr-normalised",
     "M-6.2,0a6.2,6.2 0 1,0 12.4,0a6.2,6.2 0 1,0 -12.4,0zM-4.6,0a4.6,4.6 0 1,1 9.2,0a4.6,4.6 0 1,1 -9.2,0zM-2.6,0a2.6,2.6 0 1,0 5.2,0a2.6,2.6 0 1,0 -5.2,0z"},
    {"drrqr-sampled", "m-drrqr-sampled", "M0,-5.8L5.5,-1.8L3.4,4.7H-3.4L-5.5,-1.8z"},
    {"mixed", "m-mixed", "M0,-5.6L4.8,-2.8V2.8L0,5.6L-4.8,2.8V-2.8z"},
    {"full", "m-full", "M0,-7L1.8,-2.4L6.7,-2.2L2.9,0.9L4.1,5.7L0,3L-4.1,5.7L-2.9,0.9L-6.7,-2.2L-1.8,-2.4z"},
    {"", "m-mixed", kDisc},
}};

}  // namespace

const MethodLook& look_of(const std::string& method) {
    const auto found = std::find_if(kLooks.begin(), kLooks.end(), [&](const MethodLook& look) { return method == look.key; });
    return found == kLooks.end() ? kLooks.back() : *found;
}

std::string method_markup(const std::string& method) {
    if (method.empty()) return "all kept";
    if (method == "mixed") return "Mixed";
    return escaped(title_of(method));
}

}  // namespace rankscope::cli::report
