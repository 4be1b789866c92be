// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/layer_panels/state_analysis.hpp"

#include "app/gui/charts/heat_map_view.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace rankscope::gui {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

// 1, 2, 5, 10, ... up to `most`.
double roundFactor(double most) {
    if (!(most >= 1)) return 1;
    const double power = std::pow(10, std::floor(std::log10(most)));
    const double lead = most / power;
    return power * (lead >= 5 ? 5 : lead >= 2 ? 2 : 1);
}

}  // namespace

std::vector<int> clusteredRows(const std::vector<float>& gram, int rows) {
    const auto n = static_cast<std::size_t>(rows);
    std::vector<std::vector<int>> clusters(n);
    std::vector<double> distance(n * n);
    for (std::size_t i = 0; i < n; ++i) {
        clusters[i] = {static_cast<int>(i)};
        for (std::size_t j = 0; j < n; ++j) {
            const double cosine = std::abs(static_cast<double>(gram[i * n + j]));
            distance[i * n + j] = std::isfinite(cosine) ? 1 - cosine : 2;  // rows of zeros join last
        }
    }
    for (std::size_t merges = 1; merges < n; ++merges) {
        std::size_t a = 0;
        std::size_t b = 0;
        double least = std::numeric_limits<double>::infinity();
        for (std::size_t i = 0; i < n; ++i) {
            if (clusters[i].empty()) continue;
            for (std::size_t j = i + 1; j < n; ++j) {
                if (clusters[j].empty() || !(distance[i * n + j] < least)) continue;
                least = distance[i * n + j];
                a = i;
                b = j;
            }
        }
        const auto inA = static_cast<double>(clusters[a].size());
        const auto inB = static_cast<double>(clusters[b].size());
        for (std::size_t j = 0; j < n; ++j) {
            const double joined = (inA * distance[a * n + j] + inB * distance[b * n + j]) / (inA + inB);
            distance[a * n + j] = distance[j * n + a] = joined;
        }
        clusters[a].insert(clusters[a].end(), clusters[b].begin(), clusters[b].end());
        clusters[b].clear();
    }
    return n == 0 ? std::vector<int>{} : clusters[0];
}

StateAnalysis analyseState(const std::vector<float>& values, int rows, int columns) {
    StateAnalysis state;
    state.rows = rows;
    state.columns = columns;
    state.values = values;
    state.limit = symmetricLimit(values);
    const auto n = static_cast<std::size_t>(rows);
    const auto width = static_cast<std::size_t>(columns);
    if (std::ranges::all_of(values, [](float x) { return std::isfinite(x); })) {
        state.svd = thin_svd(values, rows, columns);
        state.ranks = rank_metrics(state.svd.sigma);
    }
    std::vector<double> norms(n);
    for (std::size_t i = 0; i < n; ++i) {
        double sum = 0;
        for (std::size_t c = 0; c < width; ++c)
            sum += static_cast<double>(values[i * width + c]) * values[i * width + c];
        norms[i] = std::sqrt(sum);
        state.rowNorms.push_back(static_cast<float>(norms[i]));
    }
    state.gram.assign(n * n, kNaN);
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = i; j < n; ++j) {
            if (!(norms[i] > 0) || !(norms[j] > 0)) continue;
            double dot = 0;
            for (std::size_t c = 0; c < width; ++c)
                dot += static_cast<double>(values[i * width + c]) * values[j * width + c];
            const double cosine = std::clamp(dot / (norms[i] * norms[j]), -1.0, 1.0);
            state.gram[i * n + j] = state.gram[j * n + i] = static_cast<float>(cosine);
        }
    }
    state.clustered = clusteredRows(state.gram, rows);
    return state;
}

StateReconstruction reconstruct(const StateAnalysis& state, int k) {
    StateReconstruction result;
    const std::vector<double>& sigma = state.svd.sigma;
    result.k = std::clamp(k, 0, static_cast<int>(sigma.size()));
    if (sigma.empty()) return result;
    result.values = state.svd.reconstruct(result.k);
    result.error.resize(result.values.size());
    for (std::size_t i = 0; i < result.error.size(); ++i)
        result.error[i] = state.values[i] - result.values[i];
    const double largest = sigma.front() > 0 ? sigma.front() : 1;
    double total = 0;
    double beyond = 0;
    for (std::size_t i = 0; i < sigma.size(); ++i) {
        const double part = sigma[i] / largest * (sigma[i] / largest);
        total += part;
        if (static_cast<int>(i) >= result.k) beyond += part;
    }
    result.held = total > 0 ? 1 - beyond / total : 0;
    result.relative = total > 0 ? std::sqrt(beyond / total) : 0;
    // As much larger as its own colours allow, at most so that rounding stays invisible.
    if (result.relative > 1e-6)
        result.factor = std::min(roundFactor(state.limit / symmetricLimit(result.error)), 1e4);
    return result;
}

StateAnalyst::StateAnalyst(QObject* parent) : QObject(parent) {
    pool_.setMaxThreadCount(1);
}

StateAnalyst::~StateAnalyst() {
    pool_.waitForDone();
}

void StateAnalyst::start(State values, int rows, int columns) {
    if (running_) {
        next_ = Job{std::move(values), rows, columns};
        return;
    }
    run({std::move(values), rows, columns});
}

void StateAnalyst::run(const Job& job) {
    running_ = true;
    pool_.start([this, job] {
        auto analysis =
            std::make_shared<const StateAnalysis>(analyseState(*job.values, job.rows, job.columns));
        QMetaObject::invokeMethod(
            this,
            [this, analysis] {
                running_ = false;
                if (next_) {
                    const Job next = std::move(*next_);
                    next_.reset();
                    run(next);
                    return;
                }
                Q_EMIT ready(analysis);
            },
            Qt::QueuedConnection);
    });
}

}  // namespace rankscope::gui
