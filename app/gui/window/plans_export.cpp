// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/window/plans_export.hpp"

#include "app/gui/charts/whole_file.hpp"
#include "app/gui/document/document.hpp"
#include "app/gui/theme/number_text.hpp"

#include <cmath>
#include <limits>

namespace rankscope::gui {
namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

struct Row {
    QString name, method;
    double state = 0, parameters = 0, perplexity = kUnknown, error = kUnknown, delta = kUnknown,
           deltaError = kUnknown, recall = kUnknown, prefill = kUnknown, decode = kUnknown;
};

Row rowOf(const Document& document, const PlanChoice& choice, const QString& name) {
    Row row;
    row.name = name;
    row.method = planMethodName(document.asNamed(choice));
    row.state = static_cast<double>(document.stateBytes(choice));
    row.parameters = static_cast<double>(document.parameters(choice));
    std::optional<MeasuredQuality> quality;
    if (planMethod(choice) == Method::FullModel) {
        quality = document.fullQuality();
    } else if (const PlanRecord* record = document.record(choice);
               record != nullptr && record->state == PlanState::Exact) {
        quality = record->quality;
    }
    if (quality) {
        row.perplexity = quality->perplexity;
        if (quality->perplexity_se) row.error = *quality->perplexity_se;
        row.delta = perplexityDelta(*quality).value_or(kUnknown);
        row.deltaError = perplexityDeltaError(*quality).value_or(kUnknown);
        if (quality->answers > 0) row.recall = quality->accuracy;
    }
    if (const auto speed = document.speed(choice)) {
        row.prefill = speed->prefill > 0 ? speed->prefill : kUnknown;
        row.decode = speed->decode > 0 ? speed->decode : kUnknown;
    }
    return row;
}

QString quoted(QString text) {
    if (!text.contains(QLatin1Char(',')) && !text.contains(QLatin1Char('"'))
        && !text.contains(QLatin1Char('\n')))
        return text;
    return QLatin1Char('"') + text.replace(QLatin1Char('"'), QStringLiteral("\"\"")) + QLatin1Char('"');
}

QString escaped(const QString& text) {
    QString result;
    for (const QChar each : text) {
        if (QStringLiteral("&%$#_{}").contains(each)) result += QLatin1Char('\\');
        result += each == QLatin1Char('\\') ? QStringLiteral("\\textbackslash{}") : QString(each);
    }
    return result;
}

QString withError(double value, double error, int decimals) {
    if (!std::isfinite(value)) return QStringLiteral("--");
    QString text = QStringLiteral("$") + QString::number(value, 'f', decimals);
    if (std::isfinite(error)) text += QStringLiteral(" \\pm ") + QString::number(error, 'f', decimals);
    return text + QLatin1Char('$');
}

}  // namespace

QString plansTable(const Document& document, bool latex) {
    QList<Row> rows;
    if (!document.hasModel()) return {};
    PlanChoice full = keep_all(document.config());
    rows << rowOf(document, full, QStringLiteral("Full model"));
    for (const SavedPlan& point : document.state().points)
        rows << rowOf(document, point.choice, QString::fromStdString(point.choice.name));
    QString text;
    if (latex) {
        text = QStringLiteral(
            "\\begin{tabular}{lrrrrr}\n\\toprule\nPlan & State (KiB) & Perplexity & $\\Delta$ to full & "
            "Prefill (tok/s) & Decode (tok/s) \\\\\n\\midrule\n");
        for (const Row& row : rows) {
            text += QStringLiteral("%1 & %2 & %3 & %4 & %5 & %6 \\\\\n")
                        .arg(escaped(row.name), QString::number(row.state / 1024, 'f', 1),
                             withError(row.perplexity, row.error, 2), withError(row.delta, row.deltaError, 2),
                             withError(row.prefill, kUnknown, 0), withError(row.decode, kUnknown, 0));
        }
        return text + QStringLiteral("\\bottomrule\n\\end{tabular}\n");
    }
    text = QStringLiteral(
        "plan,method,state_bytes,parameters,perplexity,perplexity_se,delta,delta_se,recall,prefill_tokens_"
        "per_second,decode_tokens_per_second\n");
    for (const Row& row : rows) {
        QStringList cells{quoted(row.name), quoted(row.method)};
        for (const double value : {row.state, row.parameters, row.perplexity, row.error, row.delta,
                                   row.deltaError, row.recall, row.prefill, row.decode})
            cells << number_text::exact(value);
        text += cells.join(QLatin1Char(',')) + QLatin1Char('\n');
    }
    return text;
}

QString writePlansTable(const Document& document, const QString& path) {
    return writeWholeFile(path, plansTable(document, path.endsWith(QLatin1String(".tex"))).toUtf8());
}

}  // namespace rankscope::gui
