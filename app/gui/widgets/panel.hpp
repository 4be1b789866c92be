// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/theme/theme.hpp"

#include <QFrame>
#include <QString>

#include <functional>

QT_BEGIN_NAMESPACE
class QAction;
class QHBoxLayout;
class QLabel;
class QMenu;
class QStackedWidget;
class QTableView;
class QToolButton;
class QVBoxLayout;
QT_END_NAMESPACE

namespace rankscope::gui {

class ColumnTableModel;
class ElidedLabel;
class PlotView;

/// A panel of the window: header (title, subtitle, controls, table button, menu) over a body. The table
/// button replaces the body by the same numbers as a table; the menu copies, exports, maximises and pops out.
/// Subclasses fill body() and override applyTheme(), calling the base first.
class Panel : public QFrame {
    Q_OBJECT

public:
    explicit Panel(const QString& title, QWidget* parent = nullptr);
    ~Panel() override;

    void setTitle(const QString& title);
    void setSubtitle(const QString& subtitle);

    [[nodiscard]] QString title() const { return title_; }

    /// Where the panel's own widgets go. No margins, no spacing.
    [[nodiscard]] QVBoxLayout* body() { return body_; }

    /// Puts a control into the header, left of the table button.
    void addHeaderWidget(QWidget* widget);
    /// Nothing in the header but controls added: for tab bars in the place of a title.
    void hideTitle();

    /// The panel's chart: gets table button, Copy picture, Copy data and Export. The last one set; null:
    /// none.
    void setPlot(PlotView* plot);
    /// What takes the keyboard when a person comes to the panel: the largest thing in it that can.
    [[nodiscard]] QWidget* keyboardTarget() const;

    /// For panels without a chart: their table. The model must live as long as the panel.
    void setTableModel(ColumnTableModel* model);

    [[nodiscard]] bool showsTable() const;
    void showTable(bool table);

    /// Menu of the … button; what a subclass adds stands above the common entries.
    [[nodiscard]] QMenu* menu() { return menu_; }

    virtual void applyTheme(const Theme& theme);

    [[nodiscard]] const Theme& theme() const { return *theme_; }

    /// What export captions end with: model hash, text, tokens, seed, version. Set once by the window.
    static void setCaptionSource(std::function<QString()> source);
    [[nodiscard]] static QString caption();

    /// Logical pixels of design units.
    [[nodiscard]] int px(double units) const;

public Q_SLOTS:
    void copyPicture();
    void copyData();
    void exportAs();

Q_SIGNALS:
    void maximiseRequested();
    void popOutRequested();
    void explainRequested(const QString& topic);
    void readoutChanged(const QString& text);
    /// A sentence for the status bar about something done ("Copied 64 rows").
    void message(const QString& text);
    /// What could not be done; why, and what to try.
    void failed(const QString& title, const QString& detail);

protected:
    void changeEvent(QEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    /// Before the table is shown, copied or written: one that is filled a moment after its drawing is filled now.
    virtual void settleNumbers() {}

private:
    void layoutHeader();
    [[nodiscard]] ColumnTableModel* shownTable() const;
    /// What Explain of the menu is about; empty: nothing.
    [[nodiscard]] QString topic() const;

    QString title_;
    const Theme* theme_;
    QWidget* header_;
    QLabel* titleLabel_;
    ElidedLabel* subtitleLabel_;
    QHBoxLayout* headerLayout_;
    QHBoxLayout* controls_;
    QToolButton* tableButton_;
    QToolButton* menuButton_;
    QMenu* menu_;
    QAction* firstCommon_;
    QStackedWidget* stack_;
    QWidget* bodyWidget_;
    QVBoxLayout* body_;
    QTableView* table_ = nullptr;
    PlotView* plot_ = nullptr;
    ColumnTableModel* tableModel_ = nullptr;
};

}  // namespace rankscope::gui
