// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/tradeoff_panels/plans_model.hpp"

#include "app/gui/client/engine_control.hpp"
#include "app/gui/theme/number_text.hpp"
#include "app/gui/tradeoff_panels/plan_drag.hpp"

#include <QMimeData>

#include <cmath>

namespace rankscope::gui {

PlansModel::PlansModel(Workspace workspace, QObject* parent)
    : QAbstractTableModel(parent), workspace_(workspace) {
    const Document& document = workspace_.document;
    connect(&document, &Document::modelChanged, this, &PlansModel::rebuild);
    connect(&document, &Document::pointsChanged, this, &PlansModel::rebuild);
    connect(&document, &Document::dragChanged, this, [this](bool dragging) {
        if (!dragging) rebuild();
    });
    connect(&document, &Document::planChanged, this, [this] {
        // A drag changes one row at most, and only when it ends.
        if (!workspace_.document.isDragging()) rebuild();
    });
    connect(&document, &Document::resultChanged, this, [this](const QString& key) {
        if (key.isEmpty()) {
            rebuild();
        } else {
            updatePlan(key);
        }
    });
    // Whether the current plan's channels are its method's.
    connect(&document, &Document::scoresChanged, this,
            [this] { updatePlan(planKey(workspace_.document.plan())); });
    rebuild();
}

void PlansModel::rebuild() {
    const Document& document = workspace_.document;
    QList<PlanFacts> rows;
    QString current;
    if (document.hasModel()) {
        rows.append(fullModelFacts(document));
        const PlanFacts now = currentFacts(document);
        current = now.id;
        if (now.id == currentPlanId()) rows.append(now);
        for (const SavedPlan& point : document.state().points)
            rows.append(planFacts(document, point));
    }
    const auto sameIds = [&] {
        if (rows.size() != rows_.size()) return false;
        for (qsizetype i = 0; i < rows.size(); ++i) {
            if (rows[i].id != rows_[i].id) return false;
        }
        return true;
    };
    stateUnit_ = !rows.isEmpty() && rows.first().stateBytes >= 1024.0 * 1024 ? 1024.0 * 1024 : 1024;
    // What is selected, edited or scrolled to survives as long as the rows are the same ones.
    if (sameIds()) {
        rows_ = std::move(rows);
        current_ = current;
        if (!rows_.isEmpty())
            Q_EMIT dataChanged(index(0, 0), index(static_cast<int>(rows_.size()) - 1, kColumns - 1));
    } else {
        beginResetModel();
        rows_ = std::move(rows);
        current_ = current;
        endResetModel();
    }
    Q_EMIT numbersChanged();
}

void PlansModel::updatePlan(const QString& key) {
    const Document& document = workspace_.document;
    bool changed = false;
    for (int row = 0; row < rows_.size(); ++row) {
        PlanFacts& facts = rows_[row];
        const SavedPlan* point = document.point(facts.id);
        if (point != nullptr && planKey(point->choice) == key) {
            facts = planFacts(document, *point);
        } else if (facts.id == currentPlanId() && planKey(document.state().plan) == key) {
            facts = planFacts(document, document.state().plan);
        } else {
            continue;
        }
        changed = true;
        Q_EMIT dataChanged(index(row, 0), index(row, kColumns - 1));
    }
    if (changed) Q_EMIT numbersChanged();
}

int PlansModel::rowOf(const QString& id) const {
    for (int row = 0; row < rows_.size(); ++row) {
        if (rows_[row].id == id) return row;
    }
    return -1;
}

QString PlansModel::badges(int row) const {
    const DocumentState& state = workspace_.document.state();
    const QString& id = rows_[row].id;
    QString text;
    if (!state.pinA.isEmpty() && id == state.pinA) text += QLatin1Char('A');
    if (!state.pinB.isEmpty() && id == state.pinB) text += QLatin1Char('B');
    return text;
}

void PlansModel::setAnswerHidden(bool hidden) {
    answerHidden_ = hidden;
    rebuild();
}

bool PlansModel::isHidden(const PlanFacts& facts, int column) const {
    return answerHidden_ && facts.id == current_
           && (column == Perplexity || column == Recall || column == Delta);
}

int PlansModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

int PlansModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(kColumns);
}

QString PlansModel::text(const PlanFacts& facts, int column) const {
    using namespace number_text;
    if (isHidden(facts, column)) return QStringLiteral("?");
    const QString about = facts.estimated ? QStringLiteral("≈ ") : QString();
    const auto known = [](double value, const QString& shown) {
        return std::isfinite(value) ? shown : QString(kUnknown);
    };
    switch (column) {
        case Name:
            return facts.name;
        case State:
            return known(facts.stateBytes, significant(facts.stateBytes / stateUnit_, 3));
        case Perplexity:
            return known(facts.perplexity, about + perplexity(facts.perplexity));
        case Recall:
            return known(facts.recall, fixed(100 * facts.recall, 1));
        case Delta:
            if (facts.id == fullModelId() || facts.method == Method::FullModel) return kUnknown;
            return known(facts.delta, about + perplexityDelta(facts.delta));
        case Decode: {
            const double value = facts.decode();
            return known(value, value >= 100 ? fixed(value, 0) : significant(value, 3));
        }
        default:
            return {};
    }
}

QString PlansModel::errorText(const PlanFacts& facts, int column) const {
    using namespace number_text;
    if (isHidden(facts, column)) return {};
    switch (column) {
        case Perplexity:
            return plusMinus(facts.perplexityError);
        case Recall:
            return plusMinus(100 * facts.recallError, 1);
        case Delta:
            return facts.method == Method::FullModel ? QString() : plusMinus(facts.deltaError);
        default:
            return {};
    }
}

QVariant PlansModel::sortKey(const PlanFacts& facts, int column) const {
    const auto number = [](double value) { return std::isfinite(value) ? value : 1e300; };
    if (isHidden(facts, column)) return 1e300;
    switch (column) {
        case Name:
            return facts.name.toCaseFolded();
        case State:
            return number(facts.stateBytes);
        case Perplexity:
            return number(facts.perplexity);
        case Recall:
            return number(facts.recall);
        case Delta:
            return number(facts.method == Method::FullModel ? 0 : facts.delta);
        case Decode:
            return number(facts.decode());
        default: {
            const QString pins = badges(rowOf(facts.id));
            return pins.isEmpty() ? QStringLiteral("z") : pins;
        }
    }
}

QString PlansModel::toolTip(const PlanFacts& facts, int column) const {
    if (isHidden(facts, column)) return {};
    const StateWord word = stateWord(facts, workspace_.engine);
    const auto exactly = [](double value, double error) {
        QString text = number_text::exact(value);
        if (std::isfinite(error)) text += QStringLiteral(" ± ") + number_text::exact(error);
        return std::isfinite(value) ? text : QString(number_text::kUnknown);
    };
    switch (column) {
        case State:
            return tr("%1 bytes per sequence").arg(number_text::integer(std::llround(facts.stateBytes)));
        case Perplexity:
            return tr("Perplexity %1").arg(exactly(facts.perplexity, facts.perplexityError));
        case Recall:
            return tr("Recall %1 %").arg(exactly(100 * facts.recall, 100 * facts.recallError));
        case Delta:
            if (facts.state == PlanState::Failed) return facts.failure;
            return tr("Mean of per-token differences to the full model on the same windows, as perplexity: "
                      "%1")
                .arg(exactly(facts.delta, facts.deltaError));
        case Decode:
            return facts.speed ? speedDetails(*facts.speed) : tr("Speed was not measured: run Benchmark");
        case Pin:
            return {};
        default:
            break;
    }
    QString text = QStringLiteral("%1 · %2").arg(facts.name, facts.methodText);
    if (answerHidden_ && facts.id == current_) return text;
    text += QLatin1Char('\n') + word.text;
    if (!word.toolTip.isEmpty()) text += QStringLiteral(": ") + word.toolTip;
    if (facts.id == currentPlanId()) text += QLatin1Char('\n') + tr("Not saved: Save point keeps it");
    return text;
}

QVariant PlansModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid()) return {};
    const PlanFacts& facts = rows_[index.row()];
    switch (role) {
        case Qt::DisplayRole:
            return text(facts, index.column());
        case Qt::EditRole:
            return index.column() == Name ? QVariant(facts.name) : QVariant();
        case ErrorRole:
            return errorText(facts, index.column());
        case SoftRole:
            return !facts.isExact()
                   && (index.column() == Perplexity || index.column() == Delta || index.column() == Recall);
        case SortRole:
            return sortKey(facts, index.column());
        case Qt::ToolTipRole:
            return toolTip(facts, index.column());
        case Qt::TextAlignmentRole:
            return QVariant::fromValue(Qt::AlignVCenter
                                       | (index.column() == Name ? Qt::AlignLeft : Qt::AlignRight));
        case Qt::AccessibleTextRole: {
            QString said = text(facts, index.column());
            if (index.column() == Name) {
                said += QStringLiteral(", ") + stateWord(facts, workspace_.engine).text;
                if (isCurrent(index.row())) said += tr(", current plan");
            } else if (index.column() == Pin) {
                const QString pins = badges(index.row());
                said = pins.isEmpty() ? tr("not pinned") : tr("pinned as %1").arg(pins);
            } else {
                said += QLatin1Char(' ') + errorText(facts, index.column());
            }
            return said.trimmed();
        }
        default:
            return {};
    }
}

QVariant PlansModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal) return {};
    if (role == Qt::TextAlignmentRole)
        return QVariant::fromValue(Qt::AlignVCenter | (section == Name ? Qt::AlignLeft : Qt::AlignRight));
    if (role == Qt::ToolTipRole && section == Delta)
        return tr(
            "Δ to full model, paired: mean of per-token differences on the same windows, turned into "
            "perplexity");
    if (role != Qt::DisplayRole) return {};
    switch (section) {
        case Name:
            return tr("Plan");
        case State:
            return stateUnit_ > 1024 ? tr("State MiB") : tr("State KiB");
        case Perplexity:
            return tr("Perplexity");
        case Recall:
            return tr("Recall %");
        case Delta:
            return tr("Δ to full");
        case Decode:
            return tr("Decode tok/s");
        default:
            return QString();
    }
}

Qt::ItemFlags PlansModel::flags(const QModelIndex& index) const {
    Qt::ItemFlags flags = Qt::ItemIsEnabled | Qt::ItemIsSelectable;
    if (!index.isValid()) return flags;
    const QString& id = rows_[index.row()].id;
    if (id != fullModelId() && index.column() == Name) flags |= Qt::ItemIsEditable;
    if (workspace_.document.point(id) != nullptr) flags |= Qt::ItemIsDragEnabled;
    return flags;
}

bool PlansModel::setData(const QModelIndex& index, const QVariant& value, int role) {
    const QString name = value.toString().simplified();
    if (!index.isValid() || role != Qt::EditRole || index.column() != Name || name.isEmpty()) return false;
    if (name == rows_[index.row()].name) return false;
    const QString id = rows_[index.row()].id;
    Q_EMIT renameRequested(id, name);
    return true;
}

QStringList PlansModel::mimeTypes() const {
    return {pointMimeType()};
}

QMimeData* PlansModel::mimeData(const QModelIndexList& indexes) const {
    if (indexes.isEmpty()) return nullptr;
    const PlanFacts& facts = rows_[indexes.first().row()];
    return pointMimeData(facts.id, facts.name);
}

ColumnTable PlansModel::table() const {
    ColumnTable table;
    const bool answers = workspace_.document.text() && workspace_.document.text()->answers;
    const auto two = [](double value) { return number_text::fixed(value, 2); };
    const auto integer = [](double value) { return number_text::integer(std::llround(value)); };
    table.columns = {
        {tr("plan"), {}, {}},
        {tr("method"), {}, {}},
        {tr("known"), {}, {}},
        {tr("state"), tr("KiB"), [](double value) { return number_text::significant(value, 3); }},
        {tr("perplexity"), {}, number_text::perplexity},
        {tr("standard error"), {}, two},
        {tr("difference to full model, paired"), {}, number_text::perplexityDelta},
        {tr("its standard error"), {}, two},
        {tr("decode"), tr("tokens/s"), integer},
        {tr("prefill"), tr("tokens/s"), integer},
        {tr("parameters"), {}, integer},
        {tr("mean K′"), {}, number_text::rank}};
    if (answers) {
        table.columns.append({tr("recall"), tr("share"), number_text::percent});
        table.columns.append({tr("its standard error"), tr("share"), number_text::percent});
    }
    const auto number = [](double value) { return std::isfinite(value) ? QVariant(value) : QVariant(); };
    for (const PlanFacts& facts : rows_) {
        const bool hidden = answerHidden_ && facts.id == current_;
        const auto answer = [&](double value) { return hidden ? QVariant() : number(value); };
        QList<QVariant> row{facts.name,
                            facts.methodText,
                            stateWord(facts, workspace_.engine).text,
                            number(facts.stateBytes / 1024),
                            answer(facts.perplexity),
                            answer(facts.perplexityError),
                            answer(facts.method == Method::FullModel ? PlanFacts::kUnknown : facts.delta),
                            answer(facts.deltaError),
                            number(facts.decode()),
                            number(facts.prefill()),
                            number(facts.parameters),
                            number(facts.meanKept)};
        if (answers) {
            row.append(answer(facts.recall));
            row.append(answer(facts.recallError));
        }
        table.rows.append(row);
    }
    return table;
}

}  // namespace rankscope::gui
