// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/window/benchmark_table.hpp"

#include "app/gui/theme/fonts.hpp"
#include "app/gui/theme/number_text.hpp"
#include "app/gui/theme/theme.hpp"

#include <QApplication>

#include <algorithm>
#include <cmath>

namespace rankscope::gui {
namespace {

double spread(const protocol::BenchRunData& run) {
    return run.median_ms > 0 ? run.mad_ms / run.median_ms : 0;
}

bool known(const protocol::BenchRunData& run) {
    return std::isfinite(run.tokens_per_second) && run.tokens_per_second > 0;
}

}  // namespace

void BenchmarkTable::setResult(const protocol::BenchJobResult& result, const QStringList& names) {
    beginResetModel();
    measures_.clear();
    rows_.clear();
    for (const protocol::BenchRunData& run : result.runs) {
        const bool decode = run.kind == "decode";
        const auto same = [&](const Measure& each) {
            return each.decode == decode && each.length == run.length;
        };
        if (std::ranges::none_of(measures_, same)) measures_.push_back({decode, run.length});
    }
    std::ranges::stable_sort(measures_, {}, [](const Measure& each) { return each.decode; });
    rows_.push_back({tr("Full model"), {}});
    for (const QString& name : names)
        rows_.push_back({name, {}});
    for (std::size_t row = 0; row < rows_.size(); ++row) {
        rows_[row].runs.resize(measures_.size());
        const std::string plan = row == 0 ? std::string() : std::to_string(row - 1);
        for (std::size_t m = 0; m < measures_.size(); ++m) {
            for (const protocol::BenchRunData& run : result.runs) {
                if (run.plan == plan && (run.kind == "decode") == measures_[m].decode
                    && run.length == measures_[m].length)
                    rows_[row].runs[m] = run;
            }
        }
    }
    endResetModel();
}

void BenchmarkTable::clear() {
    beginResetModel();
    measures_.clear();
    rows_.clear();
    endResetModel();
}

int BenchmarkTable::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

int BenchmarkTable::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : 1 + 2 * static_cast<int>(measures_.size());
}

double BenchmarkTable::ratio(const Row& row, std::size_t measure) const {
    const protocol::BenchRunData& full = rows_.front().runs[measure];
    const protocol::BenchRunData& run = row.runs[measure];
    return known(full) && known(run) ? run.tokens_per_second / full.tokens_per_second : 0;
}

bool BenchmarkTable::differs(const Row& row, std::size_t measure) const {
    const double both = std::hypot(spread(row.runs[measure]), spread(rows_.front().runs[measure]));
    return std::abs(std::log(std::max(ratio(row, measure), 1e-9))) > 2 * both;
}

QString BenchmarkTable::toolTip(const Row& row, std::size_t measure) const {
    const protocol::BenchRunData& run = row.runs[measure];
    if (!known(run)) return tr("not measured");
    QString text = tr("median %1 ms, fastest %2 ms, spread ± %3 ms (median absolute deviation)")
                       .arg(number_text::significant(run.median_ms, 4),
                            number_text::significant(run.min_ms, 4), number_text::significant(run.mad_ms, 2));
    if (run.mixer_ms > 0)
        text += QLatin1Char('\n')
                + tr("of which the mixers alone %1 ms").arg(number_text::significant(run.mixer_ms, 4));
    if (&row != &rows_.front() && !differs(row, measure))
        text += QLatin1Char('\n') + tr("within the spread of the runs of the full model");
    return text;
}

QVariant BenchmarkTable::data(const QModelIndex& index, int role) const {
    if (!index.isValid()) return {};
    const Row& row = rows_[static_cast<std::size_t>(index.row())];
    if (index.column() == 0) {
        if (role == Qt::DisplayRole || role == Qt::ToolTipRole) return row.name;
        return {};
    }
    const auto measure = static_cast<std::size_t>(index.column() - 1) / 2;
    const bool isRatio = index.column() % 2 == 0;
    const protocol::BenchRunData& run = row.runs[measure];
    const bool full = index.row() == 0;
    switch (role) {
        case Qt::DisplayRole:
            if (!known(run)) return QString(number_text::kUnknown);
            if (isRatio)
                return ratio(row, measure) > 0 ? number_text::ratio(ratio(row, measure))
                                               : QString(number_text::kUnknown);
            return tr("%1 ± %2").arg(number_text::significant(run.tokens_per_second, 3),
                                     number_text::percent(spread(run)));
        case Qt::TextAlignmentRole:
            return static_cast<int>(Qt::AlignRight | Qt::AlignVCenter);
        case Qt::ToolTipRole:
            return toolTip(row, measure);
        case Qt::ForegroundRole:
            if (isRatio && (full || !differs(row, measure)))
                return Theme::matching(QApplication::palette()).color(Role::Ink2);
            return {};
        case Qt::FontRole:
            if (isRatio && !full && differs(row, measure)) {
                QFont strong = QApplication::font();
                strong.setWeight(QFont::DemiBold);
                return strong;
            }
            return {};
        case Qt::AccessibleTextRole:
            return QStringLiteral("%1: %2").arg(
                headerData(index.column(), Qt::Horizontal, Qt::AccessibleTextRole).toString(),
                data(index, Qt::DisplayRole).toString());
        default:
            return {};
    }
}

QVariant BenchmarkTable::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal) return {};
    if (role == Qt::TextAlignmentRole)
        return static_cast<int>((section == 0 ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
    if (section == 0) return role == Qt::DisplayRole ? tr("Plan") : QVariant();
    const auto m = static_cast<std::size_t>(section - 1) / 2;
    if (m >= measures_.size()) return {};
    const Measure& measure = measures_[m];
    const QString name =
        measure.decode ? tr("Decode") : tr("Prefill %1").arg(number_text::integer(measure.length));
    const bool isRatio = section % 2 == 0;
    if (role == Qt::DisplayRole) return isRatio ? tr("to full") : name + QLatin1Char('\n') + tr("tokens/s");
    if (role == Qt::AccessibleTextRole) return isRatio ? tr("%1, ratio to the full model").arg(name) : name;
    if (role == Qt::ToolTipRole) {
        if (isRatio) return tr("Times as fast as the full model; grey: within the spread of the runs");
        return measure.decode ? tr("%1 tokens written one after the other").arg(measure.length)
                              : tr("A text of %1 tokens is read").arg(measure.length);
    }
    return {};
}

QString BenchmarkTable::tabSeparated() const {
    QStringList lines{QStringLiteral(
        "plan\tkind\tlength\tbatch\ttokens_per_second\tratio_to_full\tmedian_ms\tmin_ms\tmad_ms\tmixer_ms")};
    for (const Row& row : rows_) {
        for (std::size_t m = 0; m < measures_.size(); ++m) {
            const protocol::BenchRunData& run = row.runs[m];
            if (!known(run)) continue;
            QStringList cells{QString(row.name).replace(QLatin1Char('\t'), QLatin1Char(' ')),
                              QString::fromStdString(run.kind), QString::number(run.length),
                              QString::number(run.batch)};
            for (const double value :
                 {run.tokens_per_second, ratio(row, m), run.median_ms, run.min_ms, run.mad_ms, run.mixer_ms})
                cells << number_text::exact(value);
            lines << cells.join(QLatin1Char('\t'));
        }
    }
    return lines.join(QLatin1Char('\n')) + QLatin1Char('\n');
}

}  // namespace rankscope::gui
