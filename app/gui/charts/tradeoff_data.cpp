// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/charts/tradeoff_data.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace rankscope::gui {

double tradeoffX(const TradeoffDot& dot, TradeoffX x) {
    switch (x) {
        case TradeoffX::StateSize:
            return dot.stateKib;
        case TradeoffX::DecodeSpeed:
            return dot.otherRun ? TradeoffDot::kUnknown : dot.decodeSpeed;
        case TradeoffX::PrefillSpeed:
            return dot.otherRun ? TradeoffDot::kUnknown : dot.prefillSpeed;
        case TradeoffX::Parameters:
            return dot.parameters / 1e6;
    }
    return TradeoffDot::kUnknown;
}

QList<QString> paretoFront(const TradeoffData& data, bool recovered) {
    const bool smaller = data.x == TradeoffX::StateSize || data.x == TradeoffX::Parameters;

    struct Candidate {
        double cost;
        double loss;
        QString id;
    };

    std::vector<Candidate> candidates;
    for (const TradeoffDot& dot : data.dots) {
        const double x = tradeoffX(dot, data.x);
        if (dot.state != PlanState::Exact || dot.recovered != recovered || !std::isfinite(x)
            || !std::isfinite(dot.quality))
            continue;
        candidates.push_back({smaller ? x : -x, data.lowerIsBetter ? dot.quality : -dot.quality, dot.id});
    }
    std::stable_sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
        return a.cost != b.cost ? a.cost < b.cost : a.loss < b.loss;
    });
    QList<QString> front;
    double best = std::numeric_limits<double>::infinity();
    for (const Candidate& candidate : candidates) {
        if (candidate.loss >= best) continue;
        best = candidate.loss;
        front.append(candidate.id);
    }
    return front;
}

QString methodNameOf(const TradeoffDot& dot) {
    return dot.methodText.isEmpty() ? methodName(dot.method) : dot.methodText;
}

}  // namespace rankscope::gui
