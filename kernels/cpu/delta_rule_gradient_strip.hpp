// SPDX-License-Identifier: Apache-2.0
// Gradient of the chunked delta rule for all tokens of a strip: up to kStripPanels panels of columns of one value head. It goes
// forward once, keeping S before every chunk, what was read from it and the errors; then backward, block of chunks after block
// of chunks, so that a panel of dS stays in the first-level cache for a while.
#pragma once

#include "kernels/cpu/delta_rule_gradient_rows.hpp"
#include "kernels/cpu/scratch.hpp"

namespace rankscope::kernels::RANKSCOPE_SIMD {

constexpr std::int64_t kGradientBlock = 4;  ///< chunks
constexpr std::int64_t kGradientWidth = 2 * kLanes;
constexpr std::int64_t kStripPanels = 128 / kGradientWidth;
constexpr std::int64_t kStripWidth = kStripPanels * kGradientWidth;

class GradientStrip {
public:
    GradientStrip(const DeltaRuleBackwardArgs<float>& w, HeadIndex head, std::int64_t first, const GradientRows& rows)
        : w_(w),
          a_(head.a),
          head_(head),
          out_(rows),
          first_(first),
          panels_((strip_width() + kGradientWidth - 1) / kGradientWidth),
          chunks_((head.T + kTokens - 1) / kTokens),
          rows_(round_up(a_.K, kLanes)),
          cells_(rows_ * kGradientWidth) {
        constexpr std::int64_t kTermFloats = sizeof(ChunkTerms) / sizeof(float), kSumFloats = sizeof(ChunkSums) / sizeof(float);
        const std::int64_t packed = rows_ * kTokens;
        float* memory = scratch(static_cast<std::size_t>(kGradientBlock * (kTermFloats + kSumFloats + 4 * packed)
                                                         + panels_ * cells_ + chunks_ * panels_ * (cells_ + 2 * kBlock)));
        const auto take = [&](std::int64_t floats) {
            float* begin = memory;
            memory += floats;
            return begin;
        };
        terms_ = reinterpret_cast<ChunkTerms*>(take(kGradientBlock * kTermFloats));
        sums_ = reinterpret_cast<ChunkSums*>(take(kGradientBlock * kSumFloats));
        kT_ = take(kGradientBlock * packed);
        qT_ = take(kGradientBlock * packed);
        dqT_ = take(2 * kGradientBlock * packed);
        dkT_ = dqT_ + kGradientBlock * packed;
        dS_ = take(panels_ * cells_);
        S_ = take(chunks_ * panels_ * cells_);
        kept_ = take(chunks_ * panels_ * 2 * kBlock);
    }

    void run() {
        if (chunks_ > 0) start(S_, a_.initial_state);
        for (std::int64_t begin = 0; begin < chunks_; begin += kGradientBlock) {
            const std::int64_t end = begin + kGradientBlock < chunks_ ? begin + kGradientBlock : chunks_;
            prepare(begin, end, false);
            for (std::int64_t p = 0; p < panels_; ++p) {
                for (std::int64_t n = begin; n < end; ++n)
                    forward(p, n, n - begin);
            }
        }
        start(dS_, w_.d_final_state);
        for (std::int64_t begin = round_up(chunks_, kGradientBlock) - kGradientBlock; begin >= 0; begin -= kGradientBlock) {
            const std::int64_t end = begin + kGradientBlock < chunks_ ? begin + kGradientBlock : chunks_;
            const std::int64_t packed = rows_ * kTokens;
            prepare(begin, end, true);
            zero_floats(reinterpret_cast<float*>(sums_),
                        kGradientBlock * static_cast<std::int64_t>(sizeof(ChunkSums) / sizeof(float)));
            zero_floats(dqT_, 2 * kGradientBlock * packed);
            for (std::int64_t p = 0; p < panels_; ++p) {
                for (std::int64_t n = end - 1; n >= begin; --n)
                    backward(p, n, n - begin);
            }
            for (std::int64_t n = 0; n < end - begin; ++n) {
                const ChunkTerms& terms = terms_[n];
                float *dqT = dqT_ + n * packed, *dkT = dkT_ + n * packed;
                finish_chunk(head_, terms, sums_[n], kT_ + n * packed, qT_ + n * packed, dqT, dkT, out_);
                unpack_transposed(out_.d_q + terms.begin * out_.key_stride, out_.key_stride, a_.K, terms.count, dqT,
                                  out_.add_keys);
                unpack_transposed(out_.d_k + terms.begin * out_.key_stride, out_.key_stride, a_.K, terms.count, dkT,
                                  out_.add_keys);
            }
        }
        if (w_.d_initial_state == nullptr) return;
        for (std::int64_t p = 0; p < panels_; ++p) {
            float* to = w_.d_initial_state + head_.state() + first_ + p * kGradientWidth;
            for (std::int64_t c = 0; c < a_.K; ++c)
                copy_floats(to + c * a_.V, dS_ + p * cells_ + c * kGradientWidth, width(p));
        }
    }

private:
    static constexpr std::int64_t kBlock = GradientPanel<2>::kBlock;

    [[nodiscard]] std::int64_t strip_width() const { return kStripWidth < a_.V - first_ ? kStripWidth : a_.V - first_; }

    [[nodiscard]] std::int64_t width(std::int64_t p) const {
        const std::int64_t left = strip_width() - p * kGradientWidth;
        return left < kGradientWidth ? left : kGradientWidth;
    }

    [[nodiscard]] float* state(std::int64_t p, std::int64_t n) const { return S_ + (n * panels_ + p) * cells_; }

    [[nodiscard]] float* kept(std::int64_t p, std::int64_t n) const { return kept_ + (n * panels_ + p) * 2 * kBlock; }

    // Panels from the state of this head, or zeros.
    void start(float* to, const float* from) const {
        zero_floats(to, panels_ * cells_);
        if (from == nullptr) return;
        for (std::int64_t p = 0; p < panels_; ++p) {
            pad_rows(to + p * cells_, kGradientWidth, from + head_.state() + first_ + p * kGradientWidth, a_.V, width(p), a_.K);
        }
    }

    void prepare(std::int64_t begin, std::int64_t end, bool queries) {
        for (std::int64_t n = begin; n < end; ++n) {
            ChunkTerms& terms = terms_[n - begin];
            float* kT = kT_ + (n - begin) * rows_ * kTokens;
            float* qT = queries ? qT_ + (n - begin) * rows_ * kTokens : nullptr;
            terms.begin = n * kTokens;
            terms.count = kTokens < head_.T - terms.begin ? kTokens : head_.T - terms.begin;
            pack_transposed(kT, a_.k + head_.key(terms.begin), a_.H * a_.K, a_.K, terms.count);
            if (queries) pack_transposed(qT, a_.q + head_.key(terms.begin), a_.H * a_.K, a_.K, terms.count);
            terms.compute<false>(head_, kT, qT);
        }
    }

    // Rows of the value heads' arrays, padded with zeros to a whole block.
    void load_rows(float* to, const float* from, const ChunkTerms& terms, std::int64_t p) const {
        from += head_.value(terms.begin) + first_ + p * kGradientWidth;
        if (terms.count < kTokens || width(p) < kGradientWidth) zero_floats(to, kBlock);
        copy_rows(to, kGradientWidth, from, a_.HV * a_.V, terms.count, width(p));
    }

    void forward(std::int64_t p, std::int64_t n, std::int64_t in_block) const {
        alignas(64) float v[kBlock];
        load_rows(v, a_.v, terms_[in_block], p);
        float* after = n + 1 < chunks_ ? state(p, n + 1) : nullptr;
        const auto run = [&](const auto& panel) { panel.forward(v, state(p, n), kept(p, n), kept(p, n) + kBlock, after); };
        with_panel(p, in_block, run);
    }

    void backward(std::int64_t p, std::int64_t n, std::int64_t in_block) const {
        const ChunkTerms& terms = terms_[in_block];
        const std::int64_t packed = in_block * rows_ * kTokens;
        alignas(64) float d_out[kBlock], d_v[kBlock];
        load_rows(d_out, w_.d_out, terms, p);
        with_panel(p, in_block, [&](const auto& panel) {
            panel.backward(d_out, state(p, n), kept(p, n), kept(p, n) + kBlock, dS_ + p * cells_, d_v, sums_[in_block],
                           dqT_ + packed, dkT_ + packed);
        });
        float* to = w_.d_v + head_.value(terms.begin) + first_ + p * kGradientWidth;
        copy_rows(to, a_.HV * a_.V, d_v, kGradientWidth, terms.count, width(p));
    }

    static void copy_rows(float* to, std::int64_t to_stride, const float* from, std::int64_t from_stride, std::int64_t count,
                          std::int64_t width) {
        for (std::int64_t i = 0; i < count; ++i) {
            Vec row[2];
            load_row<2>(from + i * from_stride, width, row);
            store_row<2>(to + i * to_stride, width, row);
        }
    }

    template <class Run>
    void with_panel(std::int64_t p, std::int64_t in_block, const Run& run) const {
        const float *kT = kT_ + in_block * rows_ * kTokens, *qT = qT_ + in_block * rows_ * kTokens;
        if (width(p) > kLanes) {
            run(GradientPanel<2>{terms_[in_block], kT, qT, a_.K, a_.scale});
        } else {
            run(GradientPanel<1>{terms_[in_block], kT, qT, a_.K, a_.scale});
        }
    }

    const DeltaRuleBackwardArgs<float>& w_;
    const DeltaRuleArgs<float>& a_;
    HeadIndex head_;
    GradientRows out_;
    std::int64_t first_, panels_, chunks_, rows_, cells_;
    ChunkTerms* terms_;
    ChunkSums* sums_;
    float *kT_, *qT_, *dqT_, *dkT_, *dS_, *S_, *kept_;
};

}  // namespace rankscope::kernels::RANKSCOPE_SIMD
