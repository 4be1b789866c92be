// SPDX-License-Identifier: Apache-2.0
// Included by one file for each instruction set, which defines RANKSCOPE_SIMD and RANKSCOPE_LANES.
// S of one head, rows filled up to whole vectors and to kLanes of them. A token is one pass over S: decayed, written to, its squares
// summed up, read by the key of the next token. A step of Lanczos is one pass as well: kLanes rows at a time are multiplied with x
// and, still in the first-level cache, added up with the weights they got.
#pragma once

#include "kernels/cpu/delta_rule_head.hpp"
#include "kernels/cpu/largest_eigenpair.hpp"
#include "kernels/cpu/state_norms_table.hpp"

namespace rankscope::kernels::RANKSCOPE_SIMD {
namespace {

constexpr int kLeastSteps = 3;        ///< a vector of the token before may lie along the second direction by now
constexpr double kResidual = 2e-5;    ///< relative, of σ²
constexpr double kGain = 1e-6;        ///< of σ² in kGainSteps steps
constexpr int kGainSteps = 4;
constexpr float kWritten = 0.05F;     ///< share of the written direction in the first vector
// Shares of the second direction of the token before and of a fixed vector without structure. Not little: the first direction may be
// overtaken because it was forgotten rather than because another was written, and then nothing else in the first vector has a part of
// the new one.
constexpr float kSecond = 0.3F;
constexpr float kEverything = 0.3F;

float dot(const float* a, const float* b, std::int64_t width) {
    Vec total[2] = {};
    std::int64_t i = 0;
    for (; i + 2 * kLanes <= width; i += 2 * kLanes) {
        total[0] += load(a + i) * load(b + i);
        total[1] += load(a + i + kLanes) * load(b + i + kLanes);
    }
    if (i < width) total[0] += load(a + i) * load(b + i);
    return sum(total[0] + total[1]);
}

// to += factor · from
void add_scaled(float* to, float factor, const float* from, std::int64_t width) {
    for (std::int64_t i = 0; i < width; i += kLanes) store(to + i, load(to + i) + factor * load(from + i));
}

void scale(float* to, float factor, const float* from, std::int64_t width) {
    for (std::int64_t i = 0; i < width; i += kLanes) store(to + i, factor * load(from + i));
}

class StateNorms {
public:
    StateNorms(const StateNormsArgs& args, std::int64_t b, std::int64_t hv, float* scratch)
        : args_(args), a_(args.recurrence), head_{a_, b, hv}, rows_(round_up(a_.K, kLanes)), width_(round_up(a_.V, kLanes)), S_(scratch),
          u_(S_ + rows_ * width_), written_(u_ + width_), last_(written_ + width_), second_(last_ + width_), basis_(second_ + width_) {}

    static std::int64_t scratch_size(std::int64_t K, std::int64_t V) {
        return round_up(V, kLanes) * (round_up(K, kLanes) + 4 + kMostSteps + 1);
    }

    void run() {
        if (a_.initial_state == nullptr) {
            zero_floats(S_, rows_ * width_);
        } else {
            pad_rows(S_, width_, a_.initial_state + head_.state(), a_.V, a_.V, a_.K);
            zero_floats(S_ + a_.K * width_, (rows_ - a_.K) * width_);
        }
        zero_floats(u_, 4 * width_);  // and what was written, and the last vectors
        if (head_.T > 0) read(a_.k + head_.key(0));
        std::size_t position = 0;
        for (std::int64_t t = 0; t < head_.T; ++t) {
            const float frobenius = static_cast<float>(__builtin_sqrt(step(t)));
            if (position >= a_.state_positions.size() || a_.state_positions[position] != t) continue;
            const std::int64_t cell = (static_cast<std::int64_t>(position++) * a_.B + head_.b) * a_.HV + head_.hv;
            float residual = 0;
            args_.norms[2 * cell] = frobenius;
            // Not a number and infinity are their own spectral norms.
            args_.norms[2 * cell + 1] = frobenius > 0 && frobenius < 1e30F ? spectral(frobenius, residual) : frobenius;
            if (args_.residual != nullptr) args_.residual[cell] = residual;
        }
        if (a_.final_state == nullptr) return;
        for (std::int64_t c = 0; c < a_.K; ++c) copy_floats(a_.final_state + head_.state() + c * a_.V, S_ + c * width_, a_.V);
    }

private:
    // Calls body(Count<n>, first column) for groups of up to four vectors of columns.
    template <int kCount>
    struct Count {};

    template <class Body>
    void each_group(const Body& body) const {
        std::int64_t j = 0;
        for (; j + 4 * kLanes <= width_; j += 4 * kLanes) body(Count<4>{}, j);
        for (; j < width_; j += kLanes) body(Count<1>{}, j);
    }

    // u = Sᵀk
    void read(const float* k) {
        each_group([&]<int N>(Count<N>, std::int64_t j) {
            Vec u[N] = {};
            for (std::int64_t c = 0; c < a_.K; ++c) {
                RANKSCOPE_UNROLL
                for (int n = 0; n < N; ++n) u[n] += k[c] * load(S_ + c * width_ + j + n * kLanes);
            }
            for (int n = 0; n < N; ++n) store(u_ + j + n * kLanes, u[n]);
        });
    }

    // One token; ‖S‖_F² behind it.
    double step(std::int64_t t) {
        const float* k = a_.k + head_.key(t);
        const float* k_next = t + 1 < head_.T ? a_.k + head_.key(t + 1) : k;
        const float factor = head_.decay(t), beta = a_.beta[head_.gate(t)];
        copy_floats(written_, a_.v + head_.value(t), a_.V);  // zeros behind it stay
        double squares = 0;
        each_group([&]<int N>(Count<N>, std::int64_t j) {
            Vec delta[N], u[N] = {}, square[N] = {};
            for (int n = 0; n < N; ++n) {
                delta[n] = beta * (load(written_ + j + n * kLanes) - factor * load(u_ + j + n * kLanes));
                store(written_ + j + n * kLanes, delta[n]);
            }
            float* row = S_ + j;
            for (std::int64_t c = 0; c < a_.K; ++c, row += width_) {
                const Vec kc = broadcast(k[c]), nc = broadcast(k_next[c]);
                RANKSCOPE_UNROLL
                for (int n = 0; n < N; ++n) {
                    const Vec s = load(row + n * kLanes) * factor + kc * delta[n];
                    store(row + n * kLanes, s);
                    u[n] += nc * s;
                    square[n] += s * s;
                }
            }
            for (int n = 0; n < N; ++n) {
                store(u_ + j + n * kLanes, u[n]);
                squares += static_cast<double>(sum(square[n]));
            }
        });
        return squares;
    }

    // to = SᵀS x · unit²
    void multiply(float* to, const float* x, float unit) const {
        zero_floats(to, width_);
        for (std::int64_t c = 0; c < rows_; c += kLanes) {
            const float* block = S_ + c * width_;
            Vec rows[kLanes] = {};
            for (std::int64_t j = 0; j < width_; j += kLanes) {
                const Vec xj = load(x + j);
                RANKSCOPE_UNROLL
                for (int r = 0; r < kLanes; ++r) rows[r] += xj * load(block + r * width_ + j);
            }
            alignas(64) float y[kLanes];
            store(y, lane_sums(rows) * unit);
            each_group([&]<int N>(Count<N>, std::int64_t j) {
                Vec z[N];
                for (int n = 0; n < N; ++n) z[n] = load(to + j + n * kLanes);
                RANKSCOPE_UNROLL
                for (int r = 0; r < kLanes; ++r) {
                    const Vec yr = broadcast(y[r]);
                    RANKSCOPE_UNROLL
                    for (int n = 0; n < N; ++n) z[n] += yr * load(block + r * width_ + j + n * kLanes);
                }
                for (int n = 0; n < N; ++n) store(to + j + n * kLanes, z[n]);
            });
        }
        scale(to, unit, to, width_);
    }

    // Numbers of either sign that no structure of S cancels.
    static float unstructured(std::int64_t i) {
        std::uint32_t x = static_cast<std::uint32_t>(i) * 2654435769U + 12345U;
        x = (x ^ (x >> 15)) * 2246822519U;
        x ^= x >> 13;
        const float size = 0.5F + static_cast<float>(x >> 9) * 0x1p-23F;
        return x % 2 == 0 ? size : -size;
    }

    void begin(float* x) const {
        for (std::int64_t i = 0; i < width_; ++i) x[i] = i < a_.V ? unstructured(i) : 0.0F;
        const float old = dot(last_, last_, width_);
        if (old > 0) {
            scale(x, kEverything / __builtin_sqrtf(static_cast<float>(a_.V)), x, width_);
            // Scaled by its largest first: its square may be no float.
            float most = 0;
            for (std::int64_t i = 0; i < a_.V; ++i) most = __builtin_fmaxf(most, __builtin_fabsf(written_[i]));
            if (most > 1e-30F && most < 1e30F) {
                float* direction = x + width_;  // the place of the next vector is free
                scale(direction, 1 / most, written_, width_);
                add_scaled(x, kWritten / __builtin_sqrtf(dot(direction, direction, width_)), direction, width_);
            }
            add_scaled(x, kSecond, second_, width_);
            add_scaled(x, 1, last_, width_);
        }
        scale(x, 1 / __builtin_sqrtf(dot(x, x, width_)), x, width_);
    }

    float spectral(float frobenius, float& residual) {
        const float unit = 1 / frobenius;
        LargestEigenpair pair;
        double values[kMostSteps];
        begin(basis_);
        double beside = 0, left = 0;
        const std::int64_t most = a_.V < kMostSteps ? a_.V : kMostSteps;
        for (;;) {
            const int n = pair.count();
            const float* x = basis_ + n * width_;
            float* next = basis_ + (n + 1) * width_;
            multiply(next, x, unit);
            if (n > 0) add_scaled(next, -static_cast<float>(beside), x - width_, width_);
            const float diagonal = dot(next, x, width_);
            add_scaled(next, -diagonal, x, width_);
            pair.add(static_cast<double>(diagonal), beside);
            values[n] = pair.value;
            beside = __builtin_sqrt(static_cast<double>(dot(next, next, width_)));
            left = beside * (pair.vector[n] < 0 ? -pair.vector[n] : pair.vector[n]);
            const bool enough = n + 1 >= kLeastSteps && left <= kResidual * pair.value;
            const bool still = n >= kGainSteps && pair.value - values[n - kGainSteps] <= kGain * pair.value;
            if (enough || still || n + 1 == most || !(beside > 1e-7 * pair.value)) break;
            scale(next, static_cast<float>(1 / beside), next, width_);
        }
        zero_floats(last_, width_);
        zero_floats(second_, width_);
        double beside_it[kMostSteps];
        const bool more = pair.second(beside_it);
        for (int i = 0; i < pair.count(); ++i) {
            add_scaled(last_, static_cast<float>(pair.vector[i]), basis_ + i * width_, width_);
            if (more) add_scaled(second_, static_cast<float>(beside_it[i]), basis_ + i * width_, width_);
        }
        residual = static_cast<float>(left / pair.value);
        return static_cast<float>(__builtin_sqrt(pair.value) * static_cast<double>(frobenius));
    }

    const StateNormsArgs& args_;
    const DeltaRuleArgs<float>& a_;
    HeadIndex head_;
    std::int64_t rows_, width_;
    float* S_;        ///< [rows][width]
    float* u_;        ///< [width] Sᵀ times the key of the next token
    float* written_;  ///< [width] what the last token wrote along its key
    float* last_;     ///< [width] the vector of the last spectral norm; zeros before
    float* second_;   ///< [width] about the second one of the same state; zeros where there was none
    float* basis_;    ///< [kMostSteps + 1][width]
};

void run(const StateNormsArgs& args, std::int64_t b, std::int64_t hv, float* scratch) {
    StateNorms(args, b, hv, scratch).run();
}

}  // namespace

extern const StateNormsTable kStateNorms{&run, &StateNorms::scratch_size};

}  // namespace rankscope::kernels::RANKSCOPE_SIMD
