// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/document/plan_record.hpp"

#include "app/gui/theme/number_text.hpp"

#include <QCoreApplication>
#include <QCryptographicHash>

#include <cmath>

namespace rankscope::gui {
namespace {

bool pruned(const LayerChoice& layer) {
    return !layer.method.empty() && layer.kept < layer.key_dim;
}

QString tr(const char* text) {
    return QCoreApplication::translate("PlanRecord", text);
}

}  // namespace

QString planKey(const PlanChoice& choice) {
    QString key = QString::number(static_cast<int>(choice.scale));
    for (const LayerChoice& layer : choice.layers) {
        if (!pruned(layer)) continue;
        key += QStringLiteral(";%1:%2").arg(layer.index).arg(layer.kept);
        if (layer.by_hand.empty()) {
            key += QLatin1Char(':') + QString::fromStdString(layer.method);
            continue;
        }
        QCryptographicHash hash(QCryptographicHash::Sha1);
        for (const auto& head : layer.by_hand) {
            for (const std::int32_t channel : head)
                hash.addData(QByteArray::number(channel) + ',');
            hash.addData("|");
        }
        key += QLatin1Char('=') + QString::fromLatin1(hash.result().toHex());
    }
    return key;
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

double meanKept(const PlanChoice& choice) {
    double sum = 0;
    for (const LayerChoice& layer : choice.layers)
        sum += static_cast<double>(layer.kept);
    return choice.layers.empty() ? 0 : sum / static_cast<double>(choice.layers.size());
}

QString defaultPlanName(const PlanChoice& choice) {
    const Method method = planMethod(choice);
    if (method == Method::FullModel) return tr("Full model");
    bool uniform = method != Method::Mixed;
    for (const LayerChoice& layer : choice.layers) {
        uniform = uniform && pruned(layer)
                  && layer.kept * choice.layers.front().key_dim == choice.layers.front().kept * layer.key_dim;
    }
    if (uniform) {
        const LayerChoice& first = choice.layers.front();
        const double removed =
            100.0 * (1.0 - static_cast<double>(first.kept) / static_cast<double>(first.key_dim));
        return QStringLiteral("%1 %2 %").arg(methodName(method), QString::number(removed, 'g', 3));
    }
    return tr("%1, mean K′ %2").arg(methodName(method), number_text::fixed(meanKept(choice), 1));
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
