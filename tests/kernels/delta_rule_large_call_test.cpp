// SPDX-License-Identifier: Apache-2.0
// A call larger than the caches may read and write differently (Traffic in cpu/delta_rule_chunk_panel.hpp): it must give the bits of calls
// that are not, and touch nothing else.
#include "delta_rule_case.hpp"
#include "kernels/parallel.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <vector>

namespace rankscope::kernels::testing {
namespace {

struct AlignedDelete {
    void operator()(float* p) const noexcept { ::operator delete(p, std::align_val_t{64}); }
};

// `count` floats that begin `shift` floats behind a cache line, others before and behind them.
class Output {
public:
    Output(std::size_t count, std::size_t shift)
        : count_(count), size_(count + 64), begin_(16 + shift), memory_(static_cast<float*>(::operator new(size_ * sizeof(float), std::align_val_t{64}))) {
        std::fill_n(memory_.get(), size_, kUntouched);
    }

    [[nodiscard]] float* data() { return memory_.get() + begin_; }

    [[nodiscard]] bool operator==(const Output& other) const {
        return std::memcmp(memory_.get() + begin_, other.memory_.get() + other.begin_, count_ * sizeof(float)) == 0;
    }

    [[nodiscard]] bool intact_around() const {
        const auto untouched = [](float x) { return x == kUntouched; };
        return std::all_of(memory_.get(), memory_.get() + begin_, untouched) && std::all_of(memory_.get() + begin_ + count_, memory_.get() + size_, untouched);
    }

    [[nodiscard]] bool all_written() const {
        return std::none_of(memory_.get() + begin_, memory_.get() + begin_ + count_, [](float x) { return x == kUntouched; });
    }

private:
    static constexpr float kUntouched = 12345.0F;

    std::size_t count_, size_, begin_;
    std::unique_ptr<float, AlignedDelete> memory_;
};

class DeltaRuleLargeCall : public ::testing::TestWithParam<DeltaRuleImplementation> {
protected:
    ~DeltaRuleLargeCall() override { set_threads(0); }
};

// 2 · 4 bytes · 2,203 tokens · (2 · 24 + 4 · 112) are more than 8 MiB; 112 columns end in half a panel.
DeltaRuleShape large(std::int64_t B = 1) {
    return {.B = B, .T = 2203 / B, .H = 2, .HV = 4, .K = 24, .V = 112, .gate = true, .initial = true, .decay = 0.2, .positions = {3, 15, 16, 700}};
}

TEST_P(DeltaRuleLargeCall, GivesTheBitsOfOneWhoseOutputBeginsAnywhere) {
    for (const std::int64_t B : {1, 3}) {
        const DeltaRuleCase problem(large(B), 31);
        DeltaRuleRun<float> run(problem), shifted_run(problem);
        const std::size_t count = static_cast<std::size_t>(B * problem.shape.T * problem.shape.HV * problem.shape.V);
        Output out(count, 0), shifted(count, 1);
        DeltaRuleArgs<float> args = run.forward();
        args.out = out.data();
        GetParam().run(args);
        args = shifted_run.forward();
        args.out = shifted.data();
        GetParam().run(args);
        EXPECT_TRUE(out == shifted) << B;
        EXPECT_TRUE(out.all_written() && out.intact_around() && shifted.intact_around()) << B;
        EXPECT_EQ(run.final_state, shifted_run.final_state) << B;
        EXPECT_EQ(run.states, shifted_run.states) << B;
    }
}

TEST_P(DeltaRuleLargeCall, GivesTheBitsOfItsPieces) {
    DeltaRuleShape shape = large();
    shape.positions.clear();
    const DeltaRuleCase problem(shape, 32);
    DeltaRuleRun<float> whole(problem);
    const std::int64_t row = shape.HV * shape.V;
    Output out(static_cast<std::size_t>(shape.T * row), 0);
    DeltaRuleArgs<float> args = whole.forward();
    args.out = out.data();
    set_threads(3);
    GetParam().run(args);
    set_threads(1);
    EXPECT_TRUE(out.all_written() && out.intact_around());
    for (const std::int64_t tokens : {1088, 544, 160}) {  // whole chunks; larger than one cache, than none
        SCOPED_TRACE(tokens);
        DeltaRuleRun<float> pieces(problem);
        Output piecewise(static_cast<std::size_t>(shape.T * row), 0);
        for (std::int64_t begin = 0; begin < shape.T; begin += tokens) {
            DeltaRuleArgs<float> piece = pieces.forward();
            piece.T = std::min(tokens, shape.T - begin);
            piece.q += begin * piece.H * piece.K;
            piece.k += begin * piece.H * piece.K;
            piece.v += begin * row;
            piece.beta += begin * piece.HV;
            piece.g += begin * piece.HV;
            piece.out = piecewise.data() + begin * row;
            piece.initial_state = pieces.initial.data();
            piece.final_state = pieces.initial.data();
            GetParam().run(piece);
        }
        EXPECT_TRUE(out == piecewise);
        EXPECT_TRUE(piecewise.all_written() && piecewise.intact_around());
        EXPECT_TRUE(std::equal(whole.final_state.begin(), whole.final_state.end() - static_cast<std::ptrdiff_t>(DeltaRuleRun<float>::kGuard), pieces.initial.begin()));
    }
}

TEST_P(DeltaRuleLargeCall, GivesTheBitsOfEachPackedSequenceAlone) {
    DeltaRuleShape shape = large();
    shape.positions.clear();
    shape.B = 4;
    shape.T = 551;
    const DeltaRuleCase problem(shape, 33);
    const std::int64_t row = shape.HV * shape.V;
    // 16 tokens before, none in the third, and a few behind belong to no sequence.
    const std::vector<std::int64_t> offsets = {16, 33, 1500, 1500, 2190};
    const std::size_t count = static_cast<std::size_t>((offsets.back() - offsets.front()) * row);
    DeltaRuleRun<float> packed(problem);
    Output out(count, 0);
    DeltaRuleArgs<float> args = packed.forward();
    args.T = 1467;
    args.offsets = offsets.data();
    args.out = out.data() - offsets.front() * row;
    GetParam().run(args);
    EXPECT_TRUE(out.all_written() && out.intact_around());
    for (std::size_t b = 0; b + 1 < offsets.size(); ++b) {
        DeltaRuleRun<float> run(problem);
        DeltaRuleArgs<float> alone = run.forward();
        alone.B = 1;
        alone.T = offsets[b + 1] - offsets[b];
        alone.q += offsets[b] * alone.H * alone.K;
        alone.k += offsets[b] * alone.H * alone.K;
        alone.v += offsets[b] * row;
        alone.beta += offsets[b] * alone.HV;
        alone.g += offsets[b] * alone.HV;
        alone.initial_state += static_cast<std::int64_t>(b) * alone.HV * alone.K * alone.V;
        alone.final_state = nullptr;
        GetParam().run(alone);
        EXPECT_EQ(std::memcmp(run.out.data(), out.data() + (offsets[b] - offsets.front()) * row, static_cast<std::size_t>(alone.T * row) * sizeof(float)), 0) << b;
    }
}

INSTANTIATE_TEST_SUITE_P(All, DeltaRuleLargeCall, ::testing::ValuesIn(tested_implementations()), implementation_name);

}  // namespace
}  // namespace rankscope::kernels::testing
