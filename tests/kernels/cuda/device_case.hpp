// SPDX-License-Identifier: Apache-2.0
// Made-up calls of the delta rule on a device, run by the emulator or a GPU, and what the fp64 recurrence says to them.
#pragma once

#include "kernels/cuda/delta_rule_plan.hpp"
#include "kernels/delta_rule_device.hpp"

#include "device_array.hpp"

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <iterator>
#include <random>
#include <string>
#include <vector>

namespace rankscope::kernels::testing {

/// A number in [0, limit), and one of some.
inline std::int64_t below(std::mt19937& random, std::int64_t limit) {
    return std::uniform_int_distribution<std::int64_t>(0, limit - 1)(random);
}

inline std::int64_t one_of(std::mt19937& random, std::initializer_list<std::int64_t> values) {
    return *(values.begin() + below(random, std::ssize(values)));
}

struct DeviceShape {
    std::vector<std::int64_t> lengths = {1};  ///< of the sequences; all the same and `ragged` false: no offsets
    bool ragged = false;
    std::int64_t H = 1, HV = 1, K = 1, V = 1;
    DeviceElement element = DeviceElement::Float32;
    bool gate = true, initial = true, final_state = true;
    double decay = 1;  ///< g is uniform in [-decay, 0]
    double beta_low = 0, beta_high = 2;
    double magnitude = 1;       ///< of v and the initial state
    bool zero_keys = false;     ///< every third token
    bool closed_gates = false;  ///< every fifth token has g = −inf
    bool in_place = false;      ///< the final state is written over the initial one
    std::int64_t gap = 0;       ///< elements between the rows of tokens
    std::vector<std::int64_t> positions;

    [[nodiscard]] std::string name() const;
    [[nodiscard]] std::int64_t longest() const;
    [[nodiscard]] std::int64_t tokens() const;
};

struct DeviceResult {
    std::vector<double> out, final_state, states;
};

/// A GPU with much shared memory, as the kernels see it; the real one on a GPU.
[[nodiscard]] DeviceLimits large_device();

/// False where the GPU lacks nothing but the shared memory for the chunked kernel; true of large_device() on the emulator.
[[nodiscard]] bool fits(const DeviceShape& shape, const DeviceLimits& limits);

/// Holds the launches that follow to the shared memory of `limits`; a GPU does so itself.
void hold_to(const DeviceLimits& limits);

class DeviceCase {
public:
    DeviceCase(DeviceShape shape, unsigned seed);

    /// In float64, from the inputs as the device gets them.
    [[nodiscard]] DeviceResult reference() const;

    enum class Kernel { Chunked, Decode };

    /// `side`: where guard pages touch the arrays. NaNs where nothing was written.
    [[nodiscard]] DeviceResult run(Kernel kernel, Side side, int segments = 0, const DeviceLimits& limits = large_device()) const;

    const DeviceShape shape;
    float scale;
    std::vector<float> q, k, v, beta, g, initial;  ///< contiguous, rounded to the element
};

/// Calls `body` for other orders of the threads than the usual one. On a GPU, where the order is what it is, once.
void in_other_orders(const std::function<void()>& body);

/// Largest |got − want| over the largest |want|; infinity where a NaN meets a number.
[[nodiscard]] double distance(const std::vector<double>& got, const std::vector<double>& want);

/// The bound a result has to keep: rounding of one product, times the sums it goes through and the tokens that follow.
[[nodiscard]] double bound(const DeviceShape& shape);

}  // namespace rankscope::kernels::testing
