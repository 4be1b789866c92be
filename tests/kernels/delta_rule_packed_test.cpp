// SPDX-License-Identifier: Apache-2.0
// Sequences of different lengths one behind the other: every implementation gives each the bits it gives it alone, writes nothing
// that belongs to none, and follows the fp64 recurrence.
#include "kernels/parallel.hpp"

#include "delta_rule_case.hpp"
#include "guarded_memory.hpp"
#include "kernels/cpu/token_shares.hpp"
#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <sstream>

namespace rankscope::kernels::testing {
namespace {

constexpr double kTolerance = 1e-5;
constexpr std::int64_t kBefore = 3;  ///< tokens in front of the first sequence that belong to none

using Lengths = std::vector<std::int64_t>;

// The sequences as cases of their own, and the same numbers packed.
struct Packed {
    DeltaRuleShape shape;  ///< T: the longest
    std::vector<DeltaRuleCase> alone;
    DeltaRuleCase together;
    Lengths offsets{kBefore};

    Packed(const Lengths& lengths, DeltaRuleShape of, unsigned seed) : shape(std::move(of)), together(empty(shape), 0) {
        shape.B = std::ssize(lengths);
        shape.T = *std::max_element(lengths.begin(), lengths.end());
        together.shape = shape;
        const auto behind = [](std::vector<double>& to, const std::vector<double>& from) { to.insert(to.end(), from.begin(), from.end()); };
        const auto skip = [](std::vector<double>& to, std::int64_t count) { to.assign(static_cast<std::size_t>(kBefore * count), std::numeric_limits<double>::quiet_NaN()); };
        skip(together.q, shape.H * shape.K), skip(together.k, shape.H * shape.K);
        skip(together.v, shape.HV * shape.V), skip(together.d_out, shape.HV * shape.V);
        skip(together.beta, shape.HV);
        if (shape.gate) skip(together.g, shape.HV);
        for (const std::int64_t length : lengths) {
            DeltaRuleShape one = shape;
            one.B = 1, one.T = length;
            std::erase_if(one.positions, [&](std::int64_t p) { return p >= length; });
            const DeltaRuleCase& part = alone.emplace_back(one, ++seed);
            for (const auto input : {&DeltaRuleCase::q, &DeltaRuleCase::k, &DeltaRuleCase::v, &DeltaRuleCase::beta, &DeltaRuleCase::g, &DeltaRuleCase::initial,
                                     &DeltaRuleCase::d_out, &DeltaRuleCase::d_final}) {
                behind(together.*input, part.*input);
            }
            offsets.push_back(offsets.back() + length);
        }
    }

    static DeltaRuleShape empty(DeltaRuleShape of) {
        of.B = of.T = 0;
        return of;
    }

    [[nodiscard]] std::string name() const {
        std::ostringstream text;
        text << shape.name() << " lengths";
        for (const DeltaRuleCase& each : alone) text << ' ' << each.shape.T;
        return text.str();
    }
};

// Memory of a call for all sequences. DeltaRuleRun makes room for B · T tokens; here they begin behind kBefore others.
template <class Real>
struct PackedRun {
    DeltaRuleRun<Real> memory;
    const Packed& problem;

    explicit PackedRun(const Packed& of) : memory(of.together), problem(of) {
        const auto tokens = static_cast<std::size_t>(of.offsets.back() + 2);  // two behind the last that belong to none
        const DeltaRuleShape& s = of.shape;
        const auto room = [&](std::vector<Real>& x, std::int64_t each) { x.assign(tokens * static_cast<std::size_t>(each) + DeltaRuleRun<Real>::kGuard, kUntouched); };
        for (std::vector<Real>* x : {&memory.out, &memory.d_v}) room(*x, s.HV * s.V);
        for (std::vector<Real>* x : {&memory.d_q, &memory.d_k}) room(*x, s.H * s.K);
        for (std::vector<Real>* x : {&memory.d_beta, &memory.d_g}) room(*x, s.HV);
    }

    static constexpr Real kUntouched = static_cast<Real>(12345.5);

    DeltaRuleArgs<Real> forward() {
        DeltaRuleArgs<Real> a = memory.forward();
        a.offsets = problem.offsets.data();
        return a;
    }

    DeltaRuleBackwardArgs<Real> backward() {
        DeltaRuleBackwardArgs<Real> w = memory.backward();
        w.forward.offsets = problem.offsets.data();
        return w;
    }

    // Rows of the b-th sequence, as long as the results of that sequence alone, guard included.
    [[nodiscard]] std::vector<Real> rows(const std::vector<Real>& x, std::size_t b, std::int64_t each) const {
        std::vector<Real> part(x.begin() + problem.offsets[b] * each, x.begin() + problem.offsets[b + 1] * each);
        part.resize(part.size() + DeltaRuleRun<Real>::kGuard, kUntouched);
        return part;
    }

    [[nodiscard]] std::vector<Real> all_rows(const std::vector<Real>& x, std::int64_t each) const {
        std::vector<Real> part(x.begin() + kBefore * each, x.begin() + problem.offsets.back() * each);
        part.resize(part.size() + DeltaRuleRun<Real>::kGuard, kUntouched);
        return part;
    }

    [[nodiscard]] std::vector<Real> state(const std::vector<Real>& x, std::size_t b) const {
        const std::int64_t each = problem.shape.HV * problem.shape.K * problem.shape.V;
        std::vector<Real> part(x.begin() + static_cast<std::int64_t>(b) * each, x.begin() + static_cast<std::int64_t>(b + 1) * each);
        part.resize(part.size() + DeltaRuleRun<Real>::kGuard, kUntouched);
        return part;
    }

    // States at the positions that the sequence has; the others' places must be untouched.
    [[nodiscard]] std::vector<Real> states(std::size_t b) const {
        const std::int64_t each = problem.shape.HV * problem.shape.K * problem.shape.V;
        std::vector<Real> part;
        for (std::int64_t p = 0; p < std::ssize(problem.shape.positions); ++p) {
            const auto begin = memory.states.begin() + (p * problem.shape.B + static_cast<std::int64_t>(b)) * each;
            if (problem.shape.positions[static_cast<std::size_t>(p)] < problem.alone[b].shape.T) {
                part.insert(part.end(), begin, begin + each);
            } else {
                EXPECT_TRUE(std::all_of(begin, begin + each, [](Real x) { return x == kUntouched; })) << "sequence " << b << ", position " << p;
            }
        }
        part.resize(part.size() + DeltaRuleRun<Real>::kGuard, kUntouched);
        return part;
    }

    [[nodiscard]] bool nothing_else_written() const {
        const DeltaRuleShape& s = problem.shape;
        const auto outside = [&](const std::vector<Real>& x, std::int64_t each) {
            return std::all_of(x.begin(), x.begin() + kBefore * each, [](Real v) { return v == kUntouched; })
                   && std::all_of(x.begin() + problem.offsets.back() * each, x.end(), [](Real v) { return v == kUntouched; });
        };
        return outside(memory.out, s.HV * s.V) && outside(memory.d_q, s.H * s.K) && outside(memory.d_k, s.H * s.K) && outside(memory.d_v, s.HV * s.V)
               && outside(memory.d_beta, s.HV) && outside(memory.d_g, s.HV) && memory.guards_intact();
    }
};

const std::vector<Lengths>& some_lengths() {
    static const std::vector<Lengths> all{{0}, {1}, {0, 0, 1, 0}, {17, 0, 1, 64, 5, 33}, {1, 1, 1, 1, 1, 1, 1, 1, 1}, {200, 1, 2}, {15, 16, 31, 32, 48, 70, 3, 90, 1, 0}};
    return all;
}

class DeltaRulePacked : public ::testing::TestWithParam<DeltaRuleImplementation> {
protected:
    ~DeltaRulePacked() override { set_threads(0); }

    template <class Real, class Forward, class Backward>
    static void expect_each_as_alone(const Packed& problem, const Forward& run, const Backward& run_backward) {
        SCOPED_TRACE(problem.name());
        const DeltaRuleShape& s = problem.shape;
        PackedRun<Real> packed(problem);
        run(packed.forward());
        run_backward(packed.backward());
        EXPECT_TRUE(packed.nothing_else_written());
        for (std::size_t b = 0; b < problem.alone.size(); ++b) {
            SCOPED_TRACE("sequence " + std::to_string(b));
            DeltaRuleRun<Real> one(problem.alone[b]);
            run(one.forward());
            run_backward(one.backward());
            EXPECT_EQ(packed.rows(packed.memory.out, b, s.HV * s.V), one.out);
            EXPECT_EQ(packed.state(packed.memory.final_state, b), one.final_state);
            EXPECT_EQ(packed.states(b), one.states);
            EXPECT_EQ(packed.rows(packed.memory.d_q, b, s.H * s.K), one.d_q);
            EXPECT_EQ(packed.rows(packed.memory.d_k, b, s.H * s.K), one.d_k);
            EXPECT_EQ(packed.rows(packed.memory.d_v, b, s.HV * s.V), one.d_v);
            EXPECT_EQ(packed.rows(packed.memory.d_beta, b, s.HV), one.d_beta);
            if (s.gate) {
                EXPECT_EQ(packed.rows(packed.memory.d_g, b, s.HV), one.d_g);
            }
            EXPECT_EQ(packed.state(packed.memory.d_initial, b), one.d_initial);
        }
    }
};

std::vector<DeltaRuleShape> some_shapes() {
    const std::vector<std::int64_t> positions{0, 4, 15, 16, 47, 60};
    return {{.H = 1, .HV = 1, .K = 13, .V = 5, .gate = true, .initial = true, .positions = positions},
            {.H = 2, .HV = 4, .K = 48, .V = 40, .gate = true, .initial = true, .positions = positions},
            {.H = 1, .HV = 3, .K = 96, .V = 33, .positions = {2, 31}},
            {.H = 1, .HV = 2, .K = 20, .V = 300, .gate = true, .initial = true}};
}

TEST_P(DeltaRulePacked, EachSequenceHasTheBitsItHasAlone) {
    unsigned seed = 100;
    for (const Lengths& lengths : some_lengths()) {
        for (const DeltaRuleShape& shape : some_shapes()) {
            const Packed problem(lengths, shape, seed += 20);
            ASSERT_TRUE(GetParam().supports(PackedRun<float>(problem).forward()));
            expect_each_as_alone<float>(problem, GetParam().run, GetParam().run_backward);
        }
    }
}

TEST_P(DeltaRulePacked, FollowsTheReferenceAtRandomShapes) {
    std::mt19937 random(41);
    const auto below = [&](std::int64_t limit) { return std::uniform_int_distribution<std::int64_t>(0, limit - 1)(random); };
    for (unsigned i = 0; i < 25; ++i) {
        Lengths lengths(static_cast<std::size_t>(1 + below(7)));
        for (std::int64_t& length : lengths) length = below(4) == 0 ? below(3) : below(130);
        DeltaRuleShape shape{.H = 1 + below(2), .K = 1 + below(130), .V = 1 + below(130), .gate = below(3) != 0, .initial = below(2) == 0};
        shape.HV = shape.H * (1 + below(2));
        for (std::int64_t t = below(20); t < 130; t += 1 + below(60)) shape.positions.push_back(t);
        const std::int64_t longest = *std::max_element(lengths.begin(), lengths.end());
        std::erase_if(shape.positions, [&](std::int64_t p) { return p >= longest; });
        const Packed problem(lengths, shape, 1000 + 10 * i);
        SCOPED_TRACE(problem.name());
        PackedRun<float> run(problem);
        PackedRun<double> reference(problem);
        GetParam().run(run.forward());
        delta_rule_reference(reference.forward());
        GetParam().run_backward(run.backward());
        delta_rule_reference_backward(reference.backward());
        // Not taken over NaNs before the first token and untouched places.
        const auto expect = [&](const char* what, const std::vector<float>& got, const std::vector<double>& want, double bound) {
            double difference = 0, magnitude = 1e-30;
            ASSERT_EQ(got.size(), want.size()) << what;
            for (std::size_t j = 0; j < got.size(); ++j) {
                if (want[j] == PackedRun<double>::kUntouched) continue;
                const double d = std::abs(static_cast<double>(got[j]) - want[j]);
                ASSERT_TRUE(d <= 1e300) << what << ' ' << j;
                difference = std::max(difference, d);
                magnitude = std::max(magnitude, std::abs(want[j]));
            }
            EXPECT_LE(difference, bound * magnitude) << what;
        };
        expect("out", run.memory.out, reference.memory.out, kTolerance);
        expect("final_state", run.memory.final_state, reference.memory.final_state, kTolerance);
        expect("states", run.memory.states, reference.memory.states, kTolerance);
        expect("d_q", run.memory.d_q, reference.memory.d_q, 2 * kTolerance);
        expect("d_k", run.memory.d_k, reference.memory.d_k, 2 * kTolerance);
        expect("d_v", run.memory.d_v, reference.memory.d_v, 2 * kTolerance);
        expect("d_beta", run.memory.d_beta, reference.memory.d_beta, 2 * kTolerance);
        if (shape.gate) expect("d_g", run.memory.d_g, reference.memory.d_g, 2 * kTolerance);
        expect("d_initial_state", run.memory.d_initial, reference.memory.d_initial, 2 * kTolerance);
        EXPECT_TRUE(run.nothing_else_written());
    }
}

TEST_P(DeltaRulePacked, ASequenceWithoutTokensEndsInTheStateItBeganWith) {
    const Packed problem({0, 20, 0}, {.H = 1, .HV = 2, .K = 24, .V = 30, .gate = true, .initial = true}, 7);
    PackedRun<float> run(problem);
    GetParam().run(run.forward());
    GetParam().run_backward(run.backward());
    for (const std::size_t b : {0, 2}) {
        EXPECT_EQ(run.state(run.memory.final_state, b), run.state(run.memory.initial, b));
        EXPECT_EQ(run.state(run.memory.d_initial, b), run.state(run.memory.d_final, b));
    }
    DeltaRuleArgs<float> a = run.forward();
    a.initial_state = nullptr;
    GetParam().run(a);
    for (const float x : {run.memory.final_state.front(), run.memory.final_state[24 * 30 * 2 - 1]}) EXPECT_EQ(x, 0.0F);
}

TEST_P(DeltaRulePacked, ThreadsChangeNoBit) {
    for (const Lengths& lengths : {Lengths{90, 1, 0, 40}, Lengths{5}, Lengths{3, 70}}) {
        // Few heads and many columns: the work inside a head is cut as well.
        const Packed problem(lengths, {.H = 1, .HV = 2, .K = 40, .V = 300, .gate = true, .initial = true, .positions = {0, 2}}, 9);
        set_threads(1);
        PackedRun<float> one(problem);
        GetParam().run(one.forward());
        GetParam().run_backward(one.backward());
        for (const int count : {2, 3, 7, 16}) {
            SCOPED_TRACE(std::to_string(count) + " threads");
            set_threads(count);
            PackedRun<float> many(problem);
            GetParam().run(many.forward());
            GetParam().run_backward(many.backward());
            for (const auto result : {&DeltaRuleRun<float>::out, &DeltaRuleRun<float>::final_state, &DeltaRuleRun<float>::states, &DeltaRuleRun<float>::d_q,
                                      &DeltaRuleRun<float>::d_k, &DeltaRuleRun<float>::d_v, &DeltaRuleRun<float>::d_beta, &DeltaRuleRun<float>::d_g,
                                      &DeltaRuleRun<float>::d_initial}) {
                EXPECT_EQ(many.memory.*result, one.memory.*result);
            }
            EXPECT_TRUE(many.nothing_else_written());
        }
    }
}

// Every array between two inaccessible pages, once flush with its end and once with its beginning.
TEST_P(DeltaRulePacked, TouchesNothingOutside) {
    for (const Lengths& lengths : {Lengths{17, 0, 40, 1}, Lengths{1}, Lengths{0, 33}, Lengths{20, 0}}) {
        for (const auto side : {GuardedFloats::Side::End, GuardedFloats::Side::Begin}) {
            DeltaRuleShape shape{.H = 1, .HV = 2, .K = 13, .V = 21, .gate = true, .initial = true, .positions = {0}};
            const Packed problem(lengths, shape, 14);
            PackedRun<float> run(problem);
            const auto tokens = static_cast<std::size_t>(problem.offsets.back());
            const std::size_t keys = tokens * 13, gates = tokens * 2, values = gates * 21, cells = lengths.size() * 2 * 13 * 21;
            const DeltaRuleRun<float>& m = run.memory;
            GuardedFloats q(m.q, side), k(m.k, side), v(m.v, side), beta(m.beta, side), g(m.g, side), initial(m.initial, side), d_out(m.d_out, side),
                d_final(m.d_final, side), out(values, side), final_state(cells, side), states(cells, side), d_q(keys, side), d_k(keys, side), d_v(values, side),
                d_beta(gates, side), d_g(gates, side), d_initial(cells, side);
            DeltaRuleArgs<float> a = run.forward();
            a.q = q.data(), a.k = k.data(), a.v = v.data(), a.beta = beta.data(), a.g = g.data(), a.initial_state = initial.data();
            a.out = out.data(), a.final_state = final_state.data(), a.states = states.data();
            GetParam().run(a);
            DeltaRuleBackwardArgs<float> w;
            w.forward = a;
            w.d_out = d_out.data(), w.d_final_state = d_final.data(), w.d_q = d_q.data(), w.d_k = d_k.data(), w.d_v = d_v.data();
            w.d_beta = d_beta.data(), w.d_g = d_g.data(), w.d_initial_state = d_initial.data();
            GetParam().run_backward(w);
            GetParam().run(run.forward());
            GetParam().run_backward(run.backward());
            const auto from = static_cast<std::ptrdiff_t>(kBefore);
            EXPECT_TRUE(std::equal(out.data() + from * 42, out.data() + values, m.out.begin() + from * 42));
            EXPECT_TRUE(std::equal(d_q.data() + from * 13, d_q.data() + keys, m.d_q.begin() + from * 13));
        }
    }
}

TEST_P(DeltaRulePacked, SupportsSaysWhatItDoesNotTake) {
    const Packed problem({4, 0, 9}, {.H = 2, .HV = 4, .K = 8, .V = 8}, 3);
    PackedRun<float> run(problem);
    const DeltaRuleArgs<float> good = run.forward();
    EXPECT_TRUE(GetParam().supports(good));
    const auto refused = [&](auto change) {
        DeltaRuleArgs<float> a = good;
        change(a);
        return !GetParam().supports(a);
    };
    const std::array<std::int64_t, 4> falling{0, 4, 3, 9}, negative{-1, 0, 4, 9};
    EXPECT_TRUE(refused([&](auto& a) { a.offsets = falling.data(); }));
    EXPECT_TRUE(refused([&](auto& a) { a.offsets = negative.data(); }));
    EXPECT_TRUE(refused([](auto& a) { a.T = 8; }));
    EXPECT_TRUE(refused([](auto& a) { a.HV = 3; }));
    EXPECT_TRUE(refused([](auto& a) { a.K = 0; }));
    EXPECT_TRUE(refused([](auto& a) { a.B = 0; }));
}

TEST(DeltaRulePackedReference, EachSequenceHasTheBitsItHasAlone) {
    unsigned seed = 500;
    for (const Lengths& lengths : some_lengths()) {
        const Packed problem(lengths, {.H = 1, .HV = 2, .K = 7, .V = 5, .gate = true, .initial = true, .positions = {0, 15}}, seed += 20);
        SCOPED_TRACE(problem.name());
        PackedRun<double> packed(problem);
        delta_rule_reference(packed.forward());
        delta_rule_reference_backward(packed.backward());
        EXPECT_TRUE(packed.nothing_else_written());
        for (std::size_t b = 0; b < lengths.size(); ++b) {
            DeltaRuleRun<double> one(problem.alone[b]);
            delta_rule_reference(one.forward());
            delta_rule_reference_backward(one.backward());
            EXPECT_EQ(packed.rows(packed.memory.out, b, 10), one.out);
            EXPECT_EQ(packed.states(b), one.states);
            EXPECT_EQ(packed.state(packed.memory.final_state, b), one.final_state);
            EXPECT_EQ(packed.rows(packed.memory.d_k, b, 7), one.d_k);
            EXPECT_EQ(packed.state(packed.memory.d_initial, b), one.d_initial);
        }
    }
}

TEST(DeltaRulePackedChoice, GoesByTheMeanLengthAndFollowsTheReference) {
    const DeltaRuleShape shape{.H = 1, .HV = 2, .K = 64, .V = 64, .gate = true};
    for (const Lengths& lengths : {Lengths(40, 1), Lengths{300, 200, 250}, Lengths{0, 0}}) {
        const Packed problem(lengths, shape, 4);
        PackedRun<float> run(problem);
        PackedRun<double> reference(problem);
        EXPECT_TRUE(problem.shape.T > 1 || choose_delta_rule(run.forward()).name.starts_with("recurrent-"));
        DeltaRuleArgs<float> each = run.forward();
        each.offsets = nullptr, each.B = 1, each.T = std::max<std::int64_t>(1, (problem.offsets.back() - kBefore) / problem.shape.B);
        EXPECT_EQ(choose_delta_rule(run.forward()).name, choose_delta_rule(each).name);
        delta_rule(run.forward());
        delta_rule_reference(reference.forward());
        delta_rule_backward(run.backward());
        delta_rule_reference_backward(reference.backward());
        // Of all sequences together: what a single token reads may be next to nothing.
        EXPECT_LE(relative_error(run.all_rows(run.memory.out, 128), reference.all_rows(reference.memory.out, 128)), kTolerance);
        EXPECT_LE(relative_error(run.all_rows(run.memory.d_k, 64), reference.all_rows(reference.memory.d_k, 64)), 2 * kTolerance);
    }
}

// Any cut of the weight hands out every item once and in order, and shares differ by an item at most.
TEST(TokenShares, AnyCutHandsOutEveryItemOnce) {
    for (const Lengths& lengths : some_lengths()) {
        for (const std::int64_t each : {1, 3}) {
            Lengths offsets{5};
            for (const std::int64_t length : lengths) offsets.push_back(offsets.back() + length);
            const std::int64_t items = std::ssize(lengths) * each, longest = *std::max_element(lengths.begin(), lengths.end());
            const TokenShares shares(std::ssize(lengths), longest, offsets.data(), each);
            ASSERT_EQ(shares.tokens(), offsets.back() - 5);
            ASSERT_EQ(shares.tokens_before(items), shares.tokens() * each);
            for (const std::int64_t parts : {1, 2, 3, 8, 1000}) {
                std::int64_t next = 0;
                for (std::int64_t p = 0; p < parts; ++p) {
                    const std::int64_t begin = shares.item_at(shares.total() * p / parts), end = shares.item_at(shares.total() * (p + 1) / parts);
                    EXPECT_EQ(begin, next);
                    EXPECT_LE(shares.tokens_before(end) + end - shares.tokens_before(begin) - begin, shares.total() / parts + 2 + longest);
                    next = end;
                }
                EXPECT_EQ(next, items);
            }
            for (std::int64_t i = 0; i < items; ++i) EXPECT_EQ(shares.item_at(shares.tokens_before(i) + i), i);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Implementations, DeltaRulePacked, ::testing::ValuesIn(tested_implementations()), implementation_name);

}  // namespace
}  // namespace rankscope::kernels::testing
