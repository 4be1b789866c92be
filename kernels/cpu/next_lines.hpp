// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace rankscope::kernels::RANKSCOPE_SIMD {

// Cache lines that the next head will read or write, asked for a few at a time between pieces of work: a processor drops such requests while it
// waits for as many lines as it can (24 on Zen 5), so that of a burst most are lost.
class NextLines {
public:
    struct Rows {
        const float* at = nullptr;
        std::int64_t stride = 0, width = 0;  ///< floats
    };

    /// `count` rows of each array; `points` calls of some() will follow. No lines of `out`: width 0.
    void start(const Rows& v, const Rows& k, const Rows& q, const Rows& out, std::int64_t count, std::int64_t points) {
        const Rows* given[] = {&v, &k, &q, &out};
        std::int64_t lines = 0;
        for (int n = 0; n < kArrays; ++n) {
            arrays_[n] = {given[n]->at, given[n]->stride, (given[n]->width + kLine - 1) / kLine};
            lines += count * arrays_[n].width;
        }
        end_ = out.width > 0 ? kArrays : kArrays - 1;
        array_ = count > 0 ? 0 : end_;
        count_ = count;
        row_ = line_ = 0;
        some_ = (lines + points - 1) / points;
    }

    void some() {
        for (std::int64_t n = some_; n > 0 && array_ < end_; --n) {
            const Rows& rows = arrays_[array_];
            const float* line = rows.at + row_ * rows.stride + line_ * kLine;
            if (array_ == kOut) {
                __builtin_prefetch(line, 1, 2);
            } else {
                __builtin_prefetch(line, 0, 2);
            }
            if (++line_ < rows.width) continue;
            line_ = 0;
            if (++row_ < count_) continue;
            row_ = 0;
            ++array_;
        }
    }

private:
    static constexpr std::int64_t kLine = 16;
    static constexpr int kArrays = 4, kOut = 3;

    Rows arrays_[kArrays];  ///< widths in lines
    int array_ = kArrays, end_ = kArrays;
    std::int64_t count_ = 0, row_ = 0, line_ = 0, some_ = 0;
};

}  // namespace rankscope::kernels::RANKSCOPE_SIMD
