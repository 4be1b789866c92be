// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/document/plan_record.hpp"

#include "app/gui/theme/number_text.hpp"
#include "core/base/error.hpp"

#include <QCoreApplication>
#include <QCryptographicHash>

#include <algorithm>
#include <cmath>
#include <string>

namespace rankscope::gui {
namespace {

constexpr std::size_t kLongestName = 60;

bool pruned(const LayerChoice& layer) {
    return !layer.method.empty() && layer.kept < layer.key_dim;
}

QString tr(const char* text) {
    return QCoreApplication::translate("PlanRecord", text);
}

}  // namespace

QString planKey(const PlanChoice& choice) {
    std::string key = std::to_string(static_cast<int>(choice.scale));
    for (const LayerChoice& layer : choice.layers) {
        if (!pruned(layer)) continue;
        key.append(";").append(std::to_string(layer.index)).append(":").append(std::to_string(layer.kept));
        if (layer.by_hand.empty()) {
            key.append(":").append(layer.method);
            continue;
        }
        QCryptographicHash hash(QCryptographicHash::Sha1);
        for (const auto& head : layer.by_hand) {
            for (const std::int32_t channel : head)
                hash.addData(QByteArray::number(channel) + ',');
            hash.addData("|");
        }
        key.append("=").append(hash.result().toHex().toStdString());
    }
    return QString::fromStdString(key);
}

bool samePlan(const PlanChoice& a, const PlanChoice& b) {
    if (a.scale != b.scale) return false;
    auto left = a.layers.begin();
    auto right = b.layers.begin();
    while (true) {
        left = std::find_if(left, a.layers.end(), pruned);
        right = std::find_if(right, b.layers.end(), pruned);
        if (left == a.layers.end() || right == b.layers.end())
            return left == a.layers.end() && right == b.layers.end();
        if (left->index != right->index || left->kept != right->kept || left->by_hand != right->by_hand)
            return false;
        if (left->by_hand.empty() && left->method != right->method) return false;
        ++left;
        ++right;
    }
}

Method planMethod(const PlanChoice& choice) {
    std::optional<Method> found;
    for (const LayerChoice& layer : choice.layers) {
        if (!pruned(layer)) continue;
        const auto method = methodOfKey(QString::fromStdString(layer.method));
        if (!method || !layer.by_hand.empty() || (found && *found != *method)) return Method::Mixed;
        found = method;
    }
    return found.value_or(Method::FullModel);
}

QString planMethodName(const PlanChoice& choice) {
    const Method method = planMethod(choice);
    if (method != Method::Mixed) return methodName(method);
    // Mixed for the marker, which only the known ones have: the name is that of the file.
    const std::string* unknown = nullptr;
    for (const LayerChoice& layer : choice.layers) {
        if (!pruned(layer)) continue;
        if (!layer.by_hand.empty() || (unknown != nullptr && *unknown != layer.method))
            return methodName(method);
        unknown = &layer.method;
    }
    return QString::fromStdString(printable(*unknown, kLongestName));
}

double meanKept(const PlanChoice& choice) {
    double sum = 0;
    for (const LayerChoice& layer : choice.layers)
        sum += static_cast<double>(layer.kept);
    return choice.layers.empty() ? 0 : sum / static_cast<double>(choice.layers.size());
}

QString defaultPlanName(const PlanChoice& choice) {
    const Method method = planMethod(choice);
    if (method == Method::FullModel) return tr("Full model");
    const QString name = planMethodName(choice);
    // One method in all layers, a known one or not.
    bool uniform = method != Method::Mixed || name != methodName(Method::Mixed);
    for (const LayerChoice& layer : choice.layers) {
        uniform = uniform && pruned(layer)
                  && layer.kept * choice.layers.front().key_dim == choice.layers.front().kept * layer.key_dim;
    }
    if (uniform) {
        const LayerChoice& first = choice.layers.front();
        const double removed =
            100.0 * (1.0 - static_cast<double>(first.kept) / static_cast<double>(first.key_dim));
        return QStringLiteral("%1 %2 %").arg(name, QString::number(removed, 'g', 3));
    }
    return tr("%1, mean K′ %2").arg(name, number_text::fixed(meanKept(choice), 1));
}

std::optional<double> perplexityDelta(const MeasuredQuality& quality) {
    if (!quality.delta_nll) return std::nullopt;
    return quality.perplexity * (1.0 - std::exp(-*quality.delta_nll));
}

std::optional<double> perplexityDeltaError(const MeasuredQuality& quality) {
    if (!quality.delta_nll_se) return std::nullopt;
    return quality.perplexity * *quality.delta_nll_se;
}

}  // namespace rankscope::gui
