// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/theme/theme.hpp"

#include <QFrame>
#include <QIcon>
#include <QList>
#include <QPointer>
#include <QString>

#include <functional>

QT_BEGIN_NAMESPACE
class QLabel;
class QLineEdit;
class QListWidget;
QT_END_NAMESPACE

namespace rankscope::gui {

/// One thing the palette can do.
struct PaletteEntry {
    QString title, id, keys;
    QStringList synonyms;
    bool enabled = true;
    std::function<void()> run;
    QIcon icon;
};

/// How well `typed` fits an entry: every letter in order, runs of letters and word starts count more, title
/// before synonyms before id. Below 0: not at all.
[[nodiscard]] int paletteScore(const QString& typed, const PaletteEntry& entry);

/// Ctrl+K: everything by name. A child of the window, not a popup; Esc or a click elsewhere closes it.
class CommandPalette : public QFrame {
    Q_OBJECT

public:
    explicit CommandPalette(QWidget* window);
    ~CommandPalette() override;

    /// Shows it over the window with these entries, the field empty.
    void open(QList<PaletteEntry> entries);
    void applyTheme(const Theme& theme);

    [[nodiscard]] QLineEdit* field() const { return field_; }

    [[nodiscard]] QListWidget* list() const { return list_; }

    /// What a row shows beside its title.
    enum { IdRole = Qt::UserRole + 1, KeysRole };

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void filter();
    void run(bool keepOpen);
    void dismiss();

    QLineEdit* field_;
    QListWidget* list_;
    QList<PaletteEntry> entries_;
    QPointer<QWidget> before_;  ///< had the keyboard
    QLabel* hint_;
    QLabel* count_;
};

}  // namespace rankscope::gui
