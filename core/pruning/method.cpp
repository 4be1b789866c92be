// SPDX-License-Identifier: Apache-2.0
#include "core/pruning/method.hpp"

#include <array>

#include "core/base/error.hpp"

namespace rankscope {
namespace {

constexpr std::array kMethods{
    Method{"random", "Random", "a random choice per head: the control every other method has to beat", {}},
    Method{"l1", "L1", "row sums of |W| of the query and key projections", {.weights = true}},
    Method{"s-wanda", "S-Wanda", "row sums of |W| weighted with the root mean square of the inputs", {.weights = true, .input_norms = true}},
    Method{"taylor", "Taylor", "first-order effect on the loss, |W * dL/dW| summed over each row", {.gradients = true}},
    Method{"drrqr", "DRRQR", "strong rank-revealing QR of all query and key activations", {.r_factor = true}},
    Method{"drrqr-sampled", "DRRQR sampled", "the same on 5,000 random rows per head, as published", {.sampled_factor = true}},
    Method{"drrqr-normalised", "DRRQR normalised", "the same on rows of unit length, as the recurrence sees them", {.normalised_factor = true}},
    Method{"energy", "Energy", "mean of normalised q^2 + k^2 per channel", {.energy = true}},
};

}  // namespace

ChannelNeeds& ChannelNeeds::operator|=(const ChannelNeeds& other) noexcept {
    weights |= other.weights;
    input_norms |= other.input_norms;
    r_factor |= other.r_factor;
    normalised_factor |= other.normalised_factor;
    sampled_factor |= other.sampled_factor;
    energy |= other.energy;
    gradients |= other.gradients;
    return *this;
}

std::span<const Method> methods() noexcept {
    return kMethods;
}

const Method& method_named(const std::string& name) {
    std::string known;
    for (const Method& method : kMethods) {
        if (method.name == name) return method;
        known += (known.empty() ? "" : ", ") + std::string(method.name);
    }
    throw_usage("unknown method: found '" + printable(name) + "', expected one of " + known);
}

bool needs_data(const std::string& name) noexcept {
    for (const Method& method : kMethods) {
        if (method.name == name) return method.needs.data();
    }
    return true;
}

bool chooses_per_width(const std::string& name) noexcept {
    for (const Method& method : kMethods) {
        if (method.name == name) return method.needs.r_factor || method.needs.normalised_factor || method.needs.sampled_factor;
    }
    return false;
}

std::string title_of(const std::string& name) {
    for (const Method& method : kMethods) {
        if (method.name == name) return std::string(method.title);
    }
    return name;
}

}  // namespace rankscope
