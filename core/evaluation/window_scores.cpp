// SPDX-License-Identifier: Apache-2.0
#include "core/evaluation/window_scores.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace rankscope {
namespace {

Accuracy accuracy_of(const std::vector<AnswerSpan>& answers, const std::vector<std::vector<std::uint8_t>>& correct) {
    std::vector<double> right(correct.size(), 0.0);
    std::vector<std::int64_t> asked(correct.size(), 0);
    Accuracy result;
    std::map<std::int64_t, std::pair<std::int64_t, double>> by_facts;
    for (const AnswerSpan& answer : answers) {
        const auto& row = correct[static_cast<std::size_t>(answer.window)];
        // The token at position p was predicted at position p - 1.
        const auto begin = row.begin() + (answer.first - 1);
        const bool all = std::all_of(begin, begin + answer.count, [](std::uint8_t c) { return c != 0; });
        right[static_cast<std::size_t>(answer.window)] += all ? 1.0 : 0.0;
        ++asked[static_cast<std::size_t>(answer.window)];
        if (answer.facts > 0) {
            auto& [n, sum] = by_facts[answer.facts];
            ++n;
            sum += all ? 1.0 : 0.0;
        }
    }
    const BlockMean mean = block_mean(right, asked);
    result.n = mean.n;
    result.accuracy = mean.mean;
    result.se = mean.se;
    for (auto& [facts, entry] : by_facts) entry.second /= static_cast<double>(entry.first);
    result.by_facts = std::move(by_facts);
    return result;
}

}  // namespace

BlockMean block_mean(const std::vector<double>& sums, const std::vector<std::int64_t>& counts) {
    BlockMean result;
    double total = 0;
    std::int64_t windows = 0;
    for (std::size_t w = 0; w < sums.size(); ++w) {
        if (counts[w] == 0) continue;
        total += sums[w];
        result.n += counts[w];
        ++windows;
    }
    if (result.n == 0) return result;
    const auto n = static_cast<double>(result.n);
    result.mean = total / n;
    if (windows < 2) return result;
    double squares = 0;
    for (std::size_t w = 0; w < sums.size(); ++w) {
        const double deviation = sums[w] - static_cast<double>(counts[w]) * result.mean;  // n_w (m_w − mean)
        squares += deviation * deviation;
    }
    const auto blocks = static_cast<double>(windows);
    result.se = std::sqrt(blocks / (blocks - 1) * squares) / n;
    return result;
}

Perplexity WindowScores::perplexity(const std::vector<AnswerSpan>& answers) const {
    std::vector<double> sums;
    std::vector<std::int64_t> counts;
    for (const auto& row : nll_) {
        sums.push_back(std::accumulate(row.begin(), row.end(), 0.0));
        counts.push_back(std::ssize(row));
    }
    const BlockMean mean = block_mean(sums, counts);
    Perplexity result;
    result.nll = mean.mean;
    result.perplexity = std::exp(mean.mean);
    if (mean.se) result.perplexity_se = result.perplexity * *mean.se;
    if (!answers.empty()) result.answers = accuracy_of(answers, correct_);
    return result;
}

BlockMean WindowScores::difference(const WindowScores& other) const {
    std::vector<double> sums;
    std::vector<std::int64_t> counts;
    for (std::size_t w = 0; w < nll_.size(); ++w) {
        double sum = 0;
        for (std::size_t t = 0; t < nll_[w].size(); ++t) {
            sum += static_cast<double>(nll_[w][t]) - static_cast<double>(other.nll_[w][t]);
        }
        sums.push_back(sum);
        counts.push_back(std::ssize(nll_[w]));
    }
    return block_mean(sums, counts);
}

double WindowScores::total_nll() const {
    double total = 0;
    for (const auto& row : nll_) total = std::accumulate(row.begin(), row.end(), total);
    return total;
}

std::int64_t WindowScores::tokens() const {
    std::int64_t count = 0;
    for (const auto& row : nll_) count += std::ssize(row);
    return count;
}

}  // namespace rankscope
