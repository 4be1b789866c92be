// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/evaluation/perplexity.hpp"
#include "core/text/token_windows.hpp"

namespace rankscope {

/// Mean and block standard error of values grouped in windows: windows, not tokens, are taken as independent.
/// nll = Σ n_w m_w / Σ n_w;  se = sqrt(N/(N−1) · Σ n_w² (m_w − nll)²) / Σ n_w;  nothing for N = 1.
struct BlockMean {
    double mean = 0;
    std::optional<double> se;
    std::int64_t n = 0;
};

/// `sums[w]` over `counts[w]` items; windows without items do not count.
[[nodiscard]] BlockMean block_mean(const std::vector<double>& sums, const std::vector<std::int64_t>& counts);

/// Per-token results of one model on all windows, kept as float so that plans can be paired token by token.
class WindowScores {
public:
    explicit WindowScores(std::size_t windows) : nll_(windows), correct_(windows) {}

    /// nll and correctness of the T-1 scored tokens of window w.
    void set(std::size_t window, std::vector<float> nll, std::vector<std::uint8_t> correct) {
        nll_[window] = std::move(nll);
        correct_[window] = std::move(correct);
    }

    /// Takes window w from another model's results on the same windows.
    void copy(std::size_t window, const WindowScores& from) {
        nll_[window] = from.nll_[window];
        correct_[window] = from.correct_[window];
    }

    /// Perplexity with its block error, and the accuracy on marked answers if there are any.
    [[nodiscard]] Perplexity perplexity(const std::vector<AnswerSpan>& answers) const;
    /// Mean of (this − other) per token, paired, with its block error.
    [[nodiscard]] BlockMean difference(const WindowScores& other) const;
    [[nodiscard]] double total_nll() const;
    [[nodiscard]] std::int64_t tokens() const;

private:
    std::vector<std::vector<float>> nll_;
    std::vector<std::vector<std::uint8_t>> correct_;
};

}  // namespace rankscope
