// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/document/workspace.hpp"
#include "app/gui/widgets/panel.hpp"

QT_BEGIN_NAMESPACE
class QStackedWidget;
QT_END_NAMESPACE

namespace rankscope::gui {

class HistoryList;
class NotesEdit;
class SegmentedSwitch;

/// History and Notes as tabs; where the window is low, another panel as a third one.
class HistoryNotesPanel : public Panel {
    Q_OBJECT

public:
    enum class Page { History, Notes, Extra };

    explicit HistoryNotesPanel(const Workspace& workspace, QWidget* parent = nullptr);
    ~HistoryNotesPanel() override;

    void applyTheme(const Theme& theme) override;

    [[nodiscard]] HistoryList* history() const { return history_; }

    [[nodiscard]] NotesEdit* notes() const { return notes_; }

    [[nodiscard]] SegmentedSwitch* tabs() const { return tabs_; }

    [[nodiscard]] Page page() const;
    void showPage(Page page);

    /// A third page with this title. The widget's parent changes; takeExtraPage() gives it back without a
    /// parent.
    void setExtraPage(const QString& title, QWidget* page);
    QWidget* takeExtraPage();

    [[nodiscard]] QWidget* extraPage() const { return extra_; }

    /// The row of tabs alone; a click on a tab opens it again.
    void setCollapsed(bool collapsed);

    [[nodiscard]] bool isCollapsed() const { return collapsed_; }

    [[nodiscard]] QSize minimumSizeHint() const override;

Q_SIGNALS:
    void collapsedChanged(bool collapsed);

protected:
    void changeEvent(QEvent* event) override;

private:
    void buildMenu();
    void readCount();

    Workspace workspace_;
    SegmentedSwitch* tabs_;
    QStackedWidget* pages_;
    HistoryList* history_;
    NotesEdit* notes_;
    QWidget* extra_ = nullptr;
    bool collapsed_ = false;
};

}  // namespace rankscope::gui
