// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/document/workspace.hpp"

#include <QPlainTextEdit>
#include <QTimer>

namespace rankscope::gui {

class NotesHighlighter;

/// A link of the notes: what stands between [[ and ]].
struct NoteLink {
    QString target;
    int layer = -1;  ///< of [[layer 3]]
    QString point;   ///< id of the plan that is named

    [[nodiscard]] bool leadsSomewhere() const { return layer >= 0 || !point.isEmpty(); }
};

/// The session's notes. What is typed becomes an undo step a moment after the last key; Ctrl+click on [[Plan
/// name]] or
/// [[layer 3]] selects it.
class NotesEdit : public QPlainTextEdit {
    Q_OBJECT

public:
    explicit NotesEdit(const Workspace& workspace, QWidget* parent = nullptr);
    ~NotesEdit() override;

    void applyTheme(const Theme& theme);

    /// What was typed becomes a step now.
    void flush();

    /// Target of the link around a position of the text; no target: there is none.
    [[nodiscard]] NoteLink linkAt(int position) const;
    [[nodiscard]] NoteLink resolve(const QString& target) const;
    void follow(const NoteLink& link);
    void insertLink(const QString& target);

    /// Number of paragraphs that are not empty.
    [[nodiscard]] int count() const;

Q_SIGNALS:
    void countChanged();

protected:
    void mousePressEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    void changeEvent(QEvent* event) override;
    bool event(QEvent* event) override;

private:
    void read();

    Workspace workspace_;
    NotesHighlighter* highlighter_ = nullptr;
    QTimer soon_;
    bool reading_ = false;
    int mergeId_ = 0, mergeIndex_ = -1;
    qint64 mergeTime_ = 0;
};

}  // namespace rankscope::gui
