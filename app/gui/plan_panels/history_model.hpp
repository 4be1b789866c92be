// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractListModel>
#include <QString>

namespace rankscope::gui {

class Document;

/// "now", "9 s", "4 min", "2 h", "3 d", then the date.
[[nodiscard]] QString relativeTime(qint64 then, qint64 now);

/// The steps of the document, the newest first; the last row is where it began.
class HistoryModel : public QAbstractListModel {
    Q_OBJECT

public:
    enum Roles { TimeRole = Qt::UserRole, CurrentRole, UndoneRole };

    explicit HistoryModel(Document& document, QObject* parent = nullptr);

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    /// DisplayRole: the label; TimeRole: relative; CurrentRole: the document is there; UndoneRole: after it.
    [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;

    /// Index of the undo stack that a row stands for.
    [[nodiscard]] int stepOf(int row) const;
    [[nodiscard]] int currentRow() const;
    void goTo(int row);
    /// The times are told anew.
    void tick();

private:
    void stepsChanged();

    Document& document_;
    int shown_ = 0;
};

}  // namespace rankscope::gui
