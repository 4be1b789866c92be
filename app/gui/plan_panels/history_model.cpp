// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/plan_panels/history_model.hpp"

#include "app/gui/document/document.hpp"

#include <QCoreApplication>
#include <QDateTime>
#include <QLocale>
#include <QUndoStack>

namespace rankscope::gui {

QString relativeTime(qint64 then, qint64 now) {
    const auto tr = [](const char* text) { return QCoreApplication::translate("History", text); };
    const qint64 seconds = (now - then) / 1000;
    if (then <= 0) return {};
    if (seconds < 5) return tr("now");
    if (seconds < 60) return tr("%1 s").arg(seconds);
    if (seconds < 60 * 60) return tr("%1 min").arg(seconds / 60);
    if (seconds < 24 * 60 * 60) return tr("%1 h").arg(seconds / 3600);
    if (seconds < 30 * 24 * 60 * 60) return tr("%1 d").arg(seconds / 86400);
    return QDateTime::fromMSecsSinceEpoch(then).date().toString(Qt::ISODate);
}

HistoryModel::HistoryModel(Document& document, QObject* parent)
    : QAbstractListModel(parent), document_(document) {
    connect(document_.undoStack(), &QUndoStack::indexChanged, this, &HistoryModel::stepsChanged);
    connect(&document_, &Document::modelChanged, this, &HistoryModel::stepsChanged);
    stepsChanged();
}

int HistoryModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : shown_;
}

int HistoryModel::stepOf(int row) const {
    return shown_ - 1 - row;
}

int HistoryModel::currentRow() const {
    return shown_ - 1 - document_.undoStack()->index();
}

void HistoryModel::stepsChanged() {
    const int rows = document_.hasModel() ? document_.undoStack()->count() + 1 : 0;
    if (rows != shown_) {
        beginResetModel();
        shown_ = rows;
        endResetModel();
    } else if (rows > 0) {
        Q_EMIT dataChanged(index(0), index(rows - 1));
    }
}

void HistoryModel::tick() {
    if (shown_ > 0) Q_EMIT dataChanged(index(0), index(shown_ - 1), {TimeRole});
}

void HistoryModel::goTo(int row) {
    if (row < 0 || row >= shown_ || document_.isDragging()) return;
    document_.undoStack()->setIndex(stepOf(row));
}

QVariant HistoryModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= shown_) return {};
    const int step = stepOf(index.row());
    const QUndoStack& stack = *document_.undoStack();
    const QString label = step == 0 ? document_.startLabel() : stack.text(step - 1);
    const qint64 time = document_.stepTime(step);
    const auto relative = [time] { return relativeTime(time, QDateTime::currentMSecsSinceEpoch()); };
    const bool current = step == stack.index();
    switch (role) {
        case Qt::DisplayRole:
            return label;
        case TimeRole:
            return relative();
        case CurrentRole:
            return current;
        case UndoneRole:
            return step > stack.index();
        case Qt::ToolTipRole:
            return time > 0 ? QStringLiteral("%1\n%2").arg(
                       label, QLocale().toString(QDateTime::fromMSecsSinceEpoch(time), QLocale::ShortFormat))
                            : label;
        case Qt::AccessibleTextRole:
            return current ? tr("%1, %2, current").arg(label, relative())
                           : QStringLiteral("%1, %2").arg(label, relative());
        default:
            return {};
    }
}

}  // namespace rankscope::gui
