// SPDX-License-Identifier: Apache-2.0
#include "device_case.hpp"
#include "device_elements.hpp"

#include "kernels/bf16.hpp"
#include "kernels/delta_rule.hpp"
#include <gtest/gtest.h>
#if !defined(RANKSCOPE_ON_GPU)
#include "kernels/cuda/shim/emulator.hpp"
#endif

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <sstream>

namespace rankscope::kernels::testing {
namespace {

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();

std::vector<float> normal(std::int64_t count, std::mt19937& random) {
    std::normal_distribution<float> draw;
    std::vector<float> x(static_cast<std::size_t>(count));
    for (float& value : x)
        value = draw(random);
    return x;
}

void normalise(std::vector<float>& rows, std::int64_t width) {
    for (std::size_t begin = 0; begin < rows.size(); begin += static_cast<std::size_t>(width)) {
        double squares = 1e-6;
        for (std::int64_t c = 0; c < width; ++c)
            squares += std::pow(rows[begin + static_cast<std::size_t>(c)], 2);
        for (std::int64_t c = 0; c < width; ++c) {
            float& x = rows[begin + static_cast<std::size_t>(c)];
            x = static_cast<float>(x / std::sqrt(squares));
        }
    }
}

std::vector<double> doubles(const std::vector<float>& x, std::int64_t begin, std::int64_t count) {
    return {x.begin() + begin, x.begin() + begin + count};
}

std::vector<double> doubles(const DeviceArray<float>& x) {
    const std::vector<float> values = x.values();
    return {values.begin(), values.end()};
}

bool succeeded(const std::string& error) {
    EXPECT_EQ(error, "");
    return error.empty();
}

template <class Element>
DeviceResult run_on_device(const DeviceCase& problem, DeviceCase::Kernel kernel, Side side, int segments,
                           const DeviceLimits& limits) {
    const DeviceShape& s = problem.shape;
    const std::int64_t B = std::ssize(s.lengths), P = std::ssize(s.positions), cells = B * s.HV * s.K * s.V;
    constexpr float nothing = std::numeric_limits<float>::quiet_NaN();
    const auto q = rows_on_device<Element>(problem.q, s.H * s.K, s.gap, side);
    const auto k = rows_on_device<Element>(problem.k, s.H * s.K, s.gap, side);
    const auto v = rows_on_device<Element>(problem.v, s.HV * s.V, s.gap, side);
    const DeviceArray<float> beta(problem.beta, side), g(problem.g, side), initial(problem.initial, side);
    const auto out = rows_on_device<Element>(std::vector<float>(static_cast<std::size_t>(s.tokens() * s.HV * s.V), nothing),
                                             s.HV * s.V, s.gap, side);
    const DeviceArray<float> final_state(static_cast<std::size_t>(s.final_state ? cells : 0), side, nothing),
        states(static_cast<std::size_t>(P * cells), side, nothing);
    const DeviceArray<std::int64_t> positions(s.positions, side);
    std::vector<std::int64_t> begins = {0};
    for (const std::int64_t length : s.lengths)
        begins.push_back(begins.back() + length);
    const DeviceArray<std::int64_t> offsets(begins, side);

    DeviceDeltaRuleArgs a;
    a.B = B;
    a.T = s.longest();
    a.tokens = s.tokens();
    a.H = s.H;
    a.HV = s.HV;
    a.K = s.K;
    a.V = s.V;
    a.scale = problem.scale;
    a.element = s.element;
    a.q = q.data();
    a.k = k.data();
    a.v = v.data();
    a.q_stride = a.k_stride = s.gap > 0 ? s.H * s.K + s.gap : 0;
    a.v_stride = a.out_stride = s.gap > 0 ? s.HV * s.V + s.gap : 0;
    a.beta = beta.data();
    a.g = s.gate ? g.data() : nullptr;
    a.offsets = s.ragged ? offsets.data() : nullptr;
    a.initial_state = s.initial ? initial.data() : nullptr;
    a.out = out.data();
    a.final_state = s.in_place ? initial.data() : s.final_state ? final_state.data() : nullptr;
    a.positions = positions.data();
    a.P = P;
    a.states = states.data();
    hold_to(limits);
    if (kernel == DeviceCase::Kernel::Decode) {
        const DeviceDeltaRule& rule = device_delta_rules().front();
        if (rule.name != "cuda-decode" || !rule.supports(a, limits) || !succeeded(rule.run(a, limits, nullptr))) return {};
    } else {
        const cuda::DeltaRulePlan plan = cuda::plan_chunked(a, limits, segments);
        if (plan.width == nullptr) return {};
        // NaNs, so that nothing is read before it was written.
        const DeviceArray<float> workspace(plan.workspace / 4, Side::Begin, nothing);
        if (!succeeded(cuda::run_chunked(a, plan, workspace.data()))) return {};
    }
    DeviceResult r;
    const std::vector<Element> written = out.values();
    const std::int64_t width = s.HV * s.V, stride = width + s.gap;
    for (std::int64_t i = 0; i < std::ssize(written); ++i) {
        const Element x = written[static_cast<std::size_t>(i)];
        if (i % stride < width) {
            r.out.push_back(value_of(x));
        } else if (!is_gap(x)) {
            return {};  // the gap belongs to somebody else
        }
    }
    r.final_state = doubles(s.in_place ? initial : final_state);
    r.states = doubles(states);
    return r;
}

}  // namespace

std::string DeviceShape::name() const {
    std::ostringstream text;
    text << (element == DeviceElement::Float32 ? "f32" : "bf16") << (ragged ? " ragged" : "");
    for (const std::int64_t length : lengths)
        text << ' ' << length;
    text << " H" << H << " HV" << HV << " K" << K << " V" << V << " gap" << gap << " beta " << beta_low << '-' << beta_high;
    if (gate) text << " g>-" << decay;
    if (initial) text << " S0";
    if (magnitude != 1) text << " magnitude " << magnitude;
    if (zero_keys) text << " zero keys";
    if (closed_gates) text << " closed gates";
    if (in_place) text << " in place";
    for (const std::int64_t p : positions)
        text << " @" << p;
    return text.str();
}

std::int64_t DeviceShape::longest() const {
    return *std::max_element(lengths.begin(), lengths.end());
}

std::int64_t DeviceShape::tokens() const {
    return std::accumulate(lengths.begin(), lengths.end(), std::int64_t{0});
}

DeviceLimits large_device() {
#if defined(RANKSCOPE_ON_GPU)
    return device_limits(0);
#else
    return {90, 132, std::size_t{227} << 10, true, "emulated"};
#endif
}

bool fits(const DeviceShape& shape, const DeviceLimits& limits) {
    DeviceDeltaRuleArgs a;
    a.B = a.T = a.tokens = a.H = a.HV = 1;
    a.K = shape.K;
    a.V = shape.V;
    a.element = shape.element;
    DeviceLimits large = limits;
    large.shared_bytes = 227 << 10;
    const DeviceDeltaRule& rule = device_delta_rules().back();
    return rule.supports(a, limits) || !rule.supports(a, large);
}

void hold_to(const DeviceLimits& limits) {
#if defined(RANKSCOPE_ON_GPU)
    static_cast<void>(limits);
#else
    simt::emulator::set_shared_limit(limits.shared_bytes);
#endif
}

DeviceCase::DeviceCase(DeviceShape shape_in, unsigned seed)
    : shape(std::move(shape_in)), scale(static_cast<float>(1 / std::sqrt(static_cast<double>(shape.K)))) {
    std::mt19937 random(seed);
    std::uniform_real_distribution<double> unit(0, 1);
    const DeviceShape& s = shape;
    const std::int64_t tokens = s.tokens();
    q = normal(tokens * s.H * s.K, random);
    k = normal(tokens * s.H * s.K, random);
    normalise(q, s.K);
    normalise(k, s.K);
    v = normal(tokens * s.HV * s.V, random);
    initial = normal(s.initial ? std::ssize(s.lengths) * s.HV * s.K * s.V : 0, random);
    for (std::vector<float>* x : {&v, &initial}) {
        for (float& value : *x)
            value *= static_cast<float>(s.magnitude);
    }
    if (s.zero_keys) {
        for (std::int64_t t = 0; t < tokens; t += 3)
            std::fill_n(k.begin() + t * s.H * s.K, s.H * s.K, 0.0F);
    }
    if (s.element == DeviceElement::BFloat16) {
        for (std::vector<float>* x : {&q, &k, &v}) {
            for (float& value : *x)
                value = bf16_value(bf16_bits(value));
        }
    }
    beta.resize(static_cast<std::size_t>(tokens * s.HV));
    for (float& x : beta)
        x = static_cast<float>(s.beta_low + (s.beta_high - s.beta_low) * unit(random));
    if (s.gate) {
        g.resize(beta.size());
        for (float& x : g)
            x = static_cast<float>(-s.decay * unit(random));
        if (s.closed_gates) {
            for (std::int64_t t = 0; t < tokens; t += 5)
                std::fill_n(g.begin() + t * s.HV, s.HV, -std::numeric_limits<float>::infinity());
        }
    }
}

DeviceResult DeviceCase::reference() const {
    const DeviceShape& s = shape;
    const std::int64_t B = std::ssize(s.lengths), state = s.HV * s.K * s.V;
    DeviceResult r;
    r.states.assign(static_cast<std::size_t>(std::ssize(s.positions) * B * state), kNothing);
    std::int64_t begin = 0;
    for (std::int64_t b = 0; b < B; ++b) {
        const std::int64_t T = s.lengths[static_cast<std::size_t>(b)];
        const auto q64 = doubles(q, begin * s.H * s.K, T * s.H * s.K), k64 = doubles(k, begin * s.H * s.K, T * s.H * s.K),
                   v64 = doubles(v, begin * s.HV * s.V, T * s.HV * s.V), beta64 = doubles(beta, begin * s.HV, T * s.HV),
                   g64 = s.gate ? doubles(g, begin * s.HV, T * s.HV) : std::vector<double>();
        std::vector<double> before =
            s.initial ? doubles(initial, b * state, state) : std::vector<double>(static_cast<std::size_t>(state));
        std::vector<std::int64_t> positions;
        for (const std::int64_t p : s.positions) {
            if (p < T) positions.push_back(p);
        }
        std::vector<double> out(static_cast<std::size_t>(T * s.HV * s.V)),
            last = before, states(positions.size() * static_cast<std::size_t>(state));
        if (T > 0) {
            DeltaRuleArgs<double> a;
            a.B = 1;
            a.T = T;
            a.H = s.H;
            a.HV = s.HV;
            a.K = s.K;
            a.V = s.V;
            a.scale = scale;
            a.q = q64.data();
            a.k = k64.data();
            a.v = v64.data();
            a.beta = beta64.data();
            a.g = s.gate ? g64.data() : nullptr;
            a.initial_state = before.data();
            a.out = out.data();
            a.final_state = last.data();
            a.state_positions = positions;
            a.states = states.data();
            delta_rule_reference(a);
        }
        r.out.insert(r.out.end(), out.begin(), out.end());
        if (s.final_state) r.final_state.insert(r.final_state.end(), last.begin(), last.end());
        for (std::int64_t p = 0; p < std::ssize(positions); ++p)
            std::copy_n(states.begin() + p * state, state, r.states.begin() + (p * B + b) * state);
        begin += T;
    }
    return r;
}

DeviceResult DeviceCase::run(Kernel kernel, Side side, int segments, const DeviceLimits& limits) const {
    return shape.element == DeviceElement::Float32 ? run_on_device<float>(*this, kernel, side, segments, limits)
                                                   : run_on_device<Bf16>(*this, kernel, side, segments, limits);
}

void in_other_orders(const std::function<void()>& body) {
#if defined(RANKSCOPE_ON_GPU)
    body();
#else
    for (const auto schedule : {simt::emulator::Schedule::Descending, simt::emulator::Schedule::Shuffled}) {
        simt::emulator::set_schedule(schedule);
        body();
        simt::emulator::set_schedule(simt::emulator::Schedule::Ascending);
    }
#endif
}

double distance(const std::vector<double>& got, const std::vector<double>& want) {
    if (got.size() != want.size()) return std::numeric_limits<double>::infinity();
    // Smaller results vanish in float32.
    double difference = 0, magnitude = 1e-32;
    for (std::size_t i = 0; i < got.size(); ++i) {
        if (std::isnan(want[i]) && std::isnan(got[i])) continue;
        const double d = std::abs(got[i] - want[i]);
        if (!(d <= 1e300)) return std::numeric_limits<double>::infinity();
        difference = std::max(difference, d);
        magnitude = std::max(magnitude, std::abs(want[i]));
    }
    return difference / magnitude;
}

double bound(const DeviceShape& s) {
    const double unit = s.element == DeviceElement::Float32 ? std::ldexp(1, -24) : std::ldexp(1, -9);
    return unit * (8 + std::sqrt(static_cast<double>(s.K)) + std::sqrt(static_cast<double>(s.longest())));
}

}  // namespace rankscope::kernels::testing
