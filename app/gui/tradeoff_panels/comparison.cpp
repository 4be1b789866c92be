// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/tradeoff_panels/comparison.hpp"

#include "app/gui/theme/number_text.hpp"

#include <QCoreApplication>
#include <QStringList>

#include <algorithm>
#include <cmath>

namespace rankscope::gui {
namespace {

using namespace number_text;
using Verdict = ComparisonRow::Verdict;

constexpr double kSure = 2;  // standard errors

QString tr(const char* text) {
    return QCoreApplication::translate("Comparison", text);
}

QString with(const QString& value, const QString& error) {
    return error.isEmpty() ? value : value + QLatin1Char(' ') + error;
}

bool known(double value) {
    return std::isfinite(value);
}

Verdict verdictOf(double difference, double error, bool lessIsBetter) {
    if (!known(difference)) return Verdict::Unknown;
    if (difference == 0) return Verdict::Equal;
    if (known(error) && std::abs(difference) < kSure * error) return Verdict::Equal;
    return (difference < 0) == lessIsBetter ? Verdict::Better : Verdict::Worse;
}

bool sameWindows(const PlanFacts& a, const PlanFacts& b) {
    return a.windowsTotal > 0 && a.windows == b.windows && a.windowsTotal == b.windowsTotal;
}

/// B − A in nats per token.
struct Difference {
    double nll = PlanFacts::kUnknown, error = PlanFacts::kUnknown;
    bool paired = false, bounded = false;
};

Difference differenceOf(const PlanFacts& a, const PlanFacts& b,
                        const std::optional<PairedDifference>& paired) {
    Difference d;
    if (paired) {
        d.nll = paired->deltaNll;
        d.error = paired->error;
        d.paired = true;
        return d;
    }
    if (a.estimated || b.estimated || !known(a.deltaNll) || !known(b.deltaNll) || !sameWindows(a, b))
        return d;
    d.nll = b.deltaNll - a.deltaNll;
    const bool fullA = a.method == Method::FullModel;
    const bool fullB = b.method == Method::FullModel;
    if (fullA || fullB) {
        // The difference to the full model is paired already.
        d.error = fullA ? b.deltaNllError : a.deltaNllError;
        d.paired = true;
    } else if (known(a.deltaNllError) && known(b.deltaNllError)) {
        // Both share the full model's tokens, and how they move together is not known from two numbers. The
        // spread of a difference is never more than the sum of both.
        d.error = a.deltaNllError + b.deltaNllError;
        d.bounded = true;
    }
    return d;
}

QString errorText(const Difference& d, double error, int decimals = 2) {
    if (!known(error)) return {};
    return d.bounded ? QStringLiteral("± ≤ ") + fixed(error, decimals) : plusMinus(error, decimals);
}

ComparisonRow stateRow(const PlanFacts& a, const PlanFacts& b) {
    ComparisonRow row;
    row.topic = QStringLiteral("state");
    row.label = tr("State per sequence");
    row.a = bytes(a.stateBytes);
    row.b = bytes(b.stateBytes);
    row.aValue = a.stateBytes;
    row.bValue = b.stateBytes;
    row.differenceValue = b.stateBytes - a.stateBytes;
    row.unit = tr("bytes");
    row.verdict = verdictOf(row.differenceValue, PlanFacts::kUnknown, true);
    const QString size = bytes(std::abs(row.differenceValue));
    row.difference = row.differenceValue == 0  ? QStringLiteral("0")
                     : row.differenceValue > 0 ? QLatin1Char('+') + size
                                               : QString(kMinus) + size;
    return row;
}

QString parametersOf(double count) {
    const NumberAndUnit text = parameterText(count);
    return text.unit.isEmpty() ? text.number : text.number + QLatin1Char(' ') + text.unit;
}

ComparisonRow parametersRow(const PlanFacts& a, const PlanFacts& b) {
    ComparisonRow row;
    row.topic = QStringLiteral("parameters");
    row.label = tr("Parameters");
    row.a = parametersOf(a.parameters);
    row.b = parametersOf(b.parameters);
    row.aValue = a.parameters;
    row.bValue = b.parameters;
    row.differenceValue = b.parameters - a.parameters;
    row.verdict = verdictOf(row.differenceValue, PlanFacts::kUnknown, true);
    if (!known(row.differenceValue)) {
        row.difference = kUnknown;
    } else if (row.differenceValue == 0) {
        row.difference = QStringLiteral("0");
    } else {
        row.difference = (row.differenceValue > 0 ? QString(QLatin1Char('+')) : QString(kMinus))
                         + integer(std::llround(std::abs(row.differenceValue)));
    }
    return row;
}

ComparisonRow perplexityRow(const PlanFacts& a, const PlanFacts& b, const Difference& d) {
    ComparisonRow row;
    row.topic = QStringLiteral("perplexity");
    row.label = tr("Perplexity");
    const auto text = [](const PlanFacts& facts) {
        const QString about = facts.estimated ? QStringLiteral("≈ ") : QString();
        return known(facts.perplexity)
                   ? with(about + perplexity(facts.perplexity), plusMinus(facts.perplexityError))
                   : QString(kUnknown);
    };
    row.a = text(a);
    row.b = text(b);
    row.aValue = a.perplexity;
    row.bValue = b.perplexity;
    if (known(d.nll) && known(a.perplexity)) {
        row.differenceValue = a.perplexity * std::expm1(d.nll);
        row.differenceError = a.perplexity * std::exp(d.nll) * d.error;
        row.difference = with(perplexityDelta(row.differenceValue), errorText(d, row.differenceError));
        row.verdict = verdictOf(row.differenceValue, row.differenceError, true);
        row.toolTip =
            d.bounded ? tr(
                "The ± is at most this: the sum of both plans' paired errors against the full model. "
                "Computing where the difference comes from measures it")
                      : tr("Mean of per-token differences on the same windows, turned into perplexity");
    } else if (known(a.perplexity) && known(b.perplexity)) {
        row.differenceValue = b.perplexity - a.perplexity;
        row.difference = QStringLiteral("≈ ") + perplexityDelta(row.differenceValue);
        row.toolTip = tr("Not measured on the same windows: nothing can be said about how sure it is");
    } else {
        row.difference = kUnknown;
    }
    return row;
}

ComparisonRow deltaRow(const PlanFacts& a, const PlanFacts& b) {
    ComparisonRow row;
    row.topic = QStringLiteral("delta");
    row.label = tr("Δ to full, paired");
    const auto text = [](const PlanFacts& facts) {
        if (facts.method == Method::FullModel || !known(facts.delta)) return QString(kUnknown);
        const QString about = facts.estimated ? QStringLiteral("≈ ") : QString();
        return with(about + perplexityDelta(facts.delta), plusMinus(facts.deltaError));
    };
    row.a = text(a);
    row.b = text(b);
    row.aValue = a.delta;
    row.bValue = b.delta;
    return row;
}

ComparisonRow recallRow(const PlanFacts& a, const PlanFacts& b) {
    ComparisonRow row;
    row.topic = QStringLiteral("recall");
    row.label = tr("Recall");
    const auto text = [](const PlanFacts& facts) {
        return known(facts.recall) ? with(fixed(100 * facts.recall, 1) + QStringLiteral(" %"),
                                          plusMinus(100 * facts.recallError, 1))
                                   : QString(kUnknown);
    };
    row.a = text(a);
    row.b = text(b);
    row.aValue = 100 * a.recall;
    row.bValue = 100 * b.recall;
    row.unit = tr("percent");
    row.differenceValue = row.bValue - row.aValue;
    if (!known(row.differenceValue)) {
        row.difference = kUnknown;
        return row;
    }
    Difference d;
    d.bounded = true;
    row.differenceError = 100 * (a.recallError + b.recallError);
    row.difference =
        with(tr("%1 points").arg(signedFixed(row.differenceValue, 1)), errorText(d, row.differenceError, 1));
    row.verdict = verdictOf(row.differenceValue, row.differenceError, false);
    row.toolTip = tr("The ± is at most this: the sum of both errors");
    return row;
}

ComparisonRow speedRow(const PlanFacts& a, const PlanFacts& b, bool decode) {
    ComparisonRow row;
    row.topic = decode ? QStringLiteral("decode") : QStringLiteral("prefill");
    row.aValue = decode ? a.decode() : a.prefill();
    row.bValue = decode ? b.decode() : b.prefill();
    row.unit = tr("tokens/s");
    const PlanFacts& timed = b.speed ? b : a;
    row.label = decode ? tr("Decode") : tr("Prefill");
    if (timed.speed)
        row.label = decode ? tr("Decode, batch %1").arg(timed.speed->batch)
                           : tr("Prefill, %1 tokens").arg(integer(timed.speed->length));
    row.a = speed(row.aValue);
    row.b = speed(row.bValue);
    const double ratioValue = row.bValue / row.aValue;
    row.differenceValue = row.bValue - row.aValue;
    if (!known(ratioValue)) {
        row.difference = kUnknown;
        return row;
    }
    if (!timedTogether(a, b)) {
        row.differenceValue = PlanFacts::kUnknown;
        row.difference = kUnknown;
        row.toolTip =
            tr("They were timed in different runs, and machines are not equally fast every day: "
               "benchmark both in one");
        return row;
    }
    const double relative = decode ? std::hypot(a.speed->decode_mad, b.speed->decode_mad)
                                   : std::hypot(a.speed->prefill_mad, b.speed->prefill_mad);
    row.differenceError = ratioValue * relative * row.aValue;
    row.difference = with(ratio(ratioValue), plusMinus(ratioValue * relative));
    row.verdict = verdictOf(ratioValue - 1, ratioValue * relative, false);
    row.toolTip = tr("The ± comes from the spread between runs");
    return row;
}

ComparisonRow meanRow(const PlanFacts& a, const PlanFacts& b) {
    ComparisonRow row;
    row.topic = QStringLiteral("mean_kept");
    row.label = tr("Mean kept channels");
    row.aValue = a.meanKept;
    row.bValue = b.meanKept;
    row.a = rank(a.meanKept);
    row.b = rank(b.meanKept);
    row.differenceValue = b.meanKept - a.meanKept;
    row.difference = signedFixed(row.differenceValue, 1);
    row.verdict = row.differenceValue == 0 ? Verdict::Equal : Verdict::Neutral;
    return row;
}

QString sizeText(const PlanFacts& a, const PlanFacts& b) {
    if (!known(a.stateBytes) || a.stateBytes <= 0 || a.stateBytes == b.stateBytes)
        return tr("at the same state size");
    const double change = 100 * (b.stateBytes / a.stateBytes - 1);
    const QString amount = fixed(std::abs(change), std::abs(change) < 10 ? 1 : 0);
    return change < 0 ? tr("with %1 % less state").arg(amount) : tr("with %1 % more state").arg(amount);
}

QString channelsText(const PlanChoice& a, const PlanChoice& b) {
    QList<int> more, fewer;
    const std::size_t count = std::min(a.layers.size(), b.layers.size());
    for (std::size_t i = 0; i < count; ++i) {
        if (a.layers[i].index != b.layers[i].index) return {};
        if (b.layers[i].kept > a.layers[i].kept) more.append(static_cast<int>(b.layers[i].index));
        if (b.layers[i].kept < a.layers[i].kept) fewer.append(static_cast<int>(b.layers[i].index));
    }
    if (more.isEmpty() && fewer.isEmpty()) {
        const QString methodA = planMethodName(a), methodB = planMethodName(b);
        if (methodA == methodB) return {};
        return tr("Both keep as many channels in every layer; %1 chose them for A, %2 for B.")
            .arg(methodA, methodB);
    }
    if (fewer.isEmpty()) return tr("It keeps more channels in %1.").arg(layersText(more));
    if (more.isEmpty()) return tr("It keeps fewer channels in %1.").arg(layersText(fewer));
    return tr("It keeps more channels in %1 and fewer in %2.").arg(layersText(more), layersText(fewer));
}

QString sentenceOf(const PlanFacts& a, const PlanFacts& b, const ComparisonRow& perplexity,
                   const Difference& d) {
    const QString size = sizeText(a, b);
    const double difference = perplexity.differenceValue;
    if (!known(difference)) {
        const auto missing = [](const PlanFacts& facts) { return !known(facts.perplexity); };
        if (missing(a) && missing(b)) return tr("Neither plan was measured.");
        return tr("%1 was not measured.").arg(missing(a) ? QStringLiteral("A") : QStringLiteral("B"));
    }
    const QString amount = fixed(std::abs(difference), 2);
    if (!known(d.nll)) {
        if (a.estimated || b.estimated)
            return tr("%1 is an estimate, so nothing can be said about the difference yet. Evaluate it to "
                      "know.")
                .arg(a.estimated && b.estimated ? tr("Each of them")
                     : a.estimated              ? QStringLiteral("A")
                                                : QStringLiteral("B"));
        return tr("A and B were not measured on the same windows: the difference of %1 perplexity says "
                  "nothing yet.")
            .arg(amount);
    }
    const double error = perplexity.differenceError;
    const QString within = d.bounded ? tr("(± at most %1)").arg(fixed(error, 2)) : plusMinus(error);
    if (difference == 0) return tr("A and B are the same in perplexity, %1.").arg(size);
    if (!known(error))
        return tr("B is %1 by %2 perplexity %3; its standard error is not known.")
            .arg(difference < 0 ? tr("lower") : tr("higher"), amount, size);
    if (std::abs(difference) < kSure * error) {
        if (d.bounded)
            return tr("A and B are not distinguishable by what is known: %1 perplexity lies within two "
                      "standard errors, which "
                      "are at most %2. Compute where the difference comes from to measure them.")
                .arg(amount, fixed(error, 2));
        return tr("A and B are not distinguishable: %1 %2 perplexity lies within two standard errors, %3.")
            .arg(amount, within, size);
    }
    const QString word = difference < 0 ? tr("better") : tr("worse");
    const QString errors = fixed(std::floor(std::abs(difference) / error), 0);
    const QString sure =
        d.bounded ? tr("at least %1 standard errors").arg(errors) : tr("%1 standard errors").arg(errors);
    return d.bounded ? tr("B is %1 by %2 perplexity %3 %4: %5.").arg(word, amount, within, size, sure)
                     : tr("B is %1 by %2 %3 perplexity %4: %5.").arg(word, amount, within, size, sure);
}

}  // namespace

QString layersText(const QList<int>& layers) {
    QStringList parts;
    for (qsizetype i = 0; i < layers.size();) {
        qsizetype end = i;
        while (end + 1 < layers.size() && layers[end + 1] == layers[end] + 1)
            ++end;
        if (end > i + 1) {
            parts.append(QStringLiteral("%1–%2").arg(layers[i]).arg(layers[end]));
        } else {
            for (qsizetype k = i; k <= end; ++k)
                parts.append(QString::number(layers[k]));
        }
        i = end + 1;
    }
    if (parts.isEmpty()) return tr("no layer");
    const QString last = parts.takeLast();
    const QString list = parts.isEmpty() ? last : tr("%1 and %2").arg(parts.join(QStringLiteral(", ")), last);
    return layers.size() == 1 ? tr("layer %1").arg(list) : tr("layers %1").arg(list);
}

Comparison compare(const PlanFacts& a, const PlanFacts& b, const PlanChoice& choiceA,
                   const PlanChoice& choiceB, const std::optional<PairedDifference>& paired) {
    const Difference d = differenceOf(a, b, paired);
    Comparison result;
    result.paired = d.paired;
    result.bounded = d.bounded;
    const ComparisonRow perplexity = perplexityRow(a, b, d);
    result.rows = {stateRow(a, b), perplexity, deltaRow(a, b)};
    if (known(a.recall) || known(b.recall)) result.rows.append(recallRow(a, b));
    result.rows.append(parametersRow(a, b));
    result.rows.append(speedRow(a, b, true));
    if (known(a.prefill()) || known(b.prefill())) result.rows.append(speedRow(a, b, false));
    result.rows.append(meanRow(a, b));
    result.sentence = sentenceOf(a, b, perplexity, d);
    const QString channels = channelsText(choiceA, choiceB);
    if (!channels.isEmpty()) result.sentence += QLatin1Char(' ') + channels;
    return result;
}

ColumnTable Comparison::table(const QString& nameA, const QString& nameB) const {
    ColumnTable table;
    table.columns = {{tr("quantity"), {}, {}},
                     {tr("unit"), {}, {}},
                     {tr("A: %1").arg(nameA), {}, {}},
                     {tr("B: %1").arg(nameB), {}, {}},
                     {tr("B − A"), {}, {}},
                     {bounded ? tr("standard error, at most") : tr("standard error"), {}, {}}};
    const auto number = [](double value) { return std::isfinite(value) ? QVariant(value) : QVariant(); };
    for (const ComparisonRow& row : rows)
        table.rows.append({row.label, row.unit, number(row.aValue), number(row.bValue),
                           number(row.differenceValue), number(row.differenceError)});
    return table;
}

}  // namespace rankscope::gui
