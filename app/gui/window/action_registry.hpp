// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/theme/theme.hpp"

#include <QAction>
#include <QHash>
#include <QKeySequence>
#include <QList>
#include <QObject>
#include <QString>
#include <QStringList>

#include <functional>

namespace rankscope::gui {

/// Every command of the window, by id ("plan.set_ratio"): menus, toolbar, palette and keys all take it from
/// here, so none of them can know a command that another does not.
class ActionRegistry : public QObject {
    Q_OBJECT

public:
    /// `owner` holds the actions and their shortcuts.
    explicit ActionRegistry(QWidget* owner);

    struct Spec {
        QString id;
        QString text;              ///< as in menus, with `…` when more input follows
        QList<QKeySequence> keys;  ///< first: shown
        QString icon;              ///< name of an icon; empty: none
        QStringList synonyms;      ///< what else people call it, for the palette
        QString tip;               ///< one sentence; empty: the text
        bool checkable = false;
        bool typing = false;  ///< a single letter: must not fire while a text field has the focus
    };

    /// Makes the action; ids are unique (a second one with the same id is a mistake of the caller and aborts
    /// in tests).
    QAction* add(const Spec& spec, std::function<void(bool)> run);

    /// Null for an unknown id.
    [[nodiscard]] QAction* action(const QString& id) const;

    /// In the order they were added.
    [[nodiscard]] const QStringList& ids() const { return ids_; }

    [[nodiscard]] QStringList synonyms(const QString& id) const { return synonyms_.value(id); }

    void applyTheme(const Theme& theme);

private:
    QWidget* owner_;
    QStringList ids_;
    QHash<QString, QAction*> actions_;
    QHash<QString, QStringList> synonyms_;
    QHash<QString, QString> icons_;
};

}  // namespace rankscope::gui
