// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/theme/theme.hpp"

#include <QFrame>
#include <QList>
#include <QString>

#include <functional>

QT_BEGIN_NAMESPACE
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
};

/// How well `typed` fits an entry: every letter in order, runs of letters and word starts count more, title
/// before synonyms before id. Below 0: not at all.
[[nodiscard]] int paletteScore(const QString& typed, const PaletteEntry& entry);

/// Ctrl+K: everything by name. A child of the window, not a popup; Esc or a click elsewhere closes it.
class CommandPalette : public QFrame {
    Q_OBJECT

public:
    explicit CommandPalette(QWidget* window);

    /// Shows it over the window with these entries, the field empty.
    void open(QList<PaletteEntry> entries);
    void applyTheme(const Theme& theme);

    [[nodiscard]] QLineEdit* field() const { return field_; }

    [[nodiscard]] QListWidget* list() const { return list_; }

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void filter();
    void run(bool keepOpen);
    void dismiss();

    QLineEdit* field_;
    QListWidget* list_;
    QList<PaletteEntry> entries_;
    QWidget* before_ = nullptr;
};

}  // namespace rankscope::gui
