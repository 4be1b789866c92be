// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/plan_panels/history_notes_panel.hpp"

#include "app/gui/document/document.hpp"
#include "app/gui/document/selection.hpp"
#include "app/gui/plan_panels/history_list.hpp"
#include "app/gui/plan_panels/notes_edit.hpp"
#include "app/gui/widgets/segmented_switch.hpp"

#include <QMenu>
#include <QStackedWidget>
#include <QVBoxLayout>

namespace rankscope::gui {

HistoryNotesPanel::HistoryNotesPanel(const Workspace& workspace, QWidget* parent)
    : Panel(tr("History and notes"), parent), workspace_(workspace) {
    hideTitle();
    tabs_ = new SegmentedSwitch(tr("Page"), {tr("History"), tr("Notes"), QString()},
                                SegmentedSwitch::Look::Tabs, this);
    tabs_->setShown(2, false);
    addHeaderWidget(tabs_);
    pages_ = new QStackedWidget(this);
    history_ = new HistoryList(workspace.document, pages_);
    notes_ = new NotesEdit(workspace, pages_);
    pages_->addWidget(history_);
    pages_->addWidget(notes_);
    body()->addWidget(pages_, 1);
    buildMenu();
    connect(tabs_, &SegmentedSwitch::picked, this, [this](int index) {
        setCollapsed(false);
        pages_->setCurrentIndex(index);
    });
    connect(notes_, &NotesEdit::countChanged, this, &HistoryNotesPanel::readCount);
    readCount();
}

HistoryNotesPanel::~HistoryNotesPanel() = default;

void HistoryNotesPanel::buildMenu() {
    QAction* first = menu()->actions().value(0);
    const auto add = [&](const QString& text, auto slot) {
        auto* action = new QAction(text, this);
        connect(action, &QAction::triggered, this, slot);
        menu()->insertAction(first, action);
        return action;
    };
    add(tr("Link this layer in the notes"), [this] {
        showPage(Page::Notes);
        notes_->insertLink(QStringLiteral("layer %1").arg(workspace_.selection.layer()));
    });
    QAction* plan = add(tr("Link the selected plan in the notes"), [this] {
        const SavedPlan* point = workspace_.document.point(workspace_.selection.point());
        if (point == nullptr) point = workspace_.document.currentPoint();
        if (point == nullptr) return;
        showPage(Page::Notes);
        notes_->insertLink(QString::fromStdString(point->choice.name));
    });
    connect(menu(), &QMenu::aboutToShow, this, [this, plan] {
        plan->setEnabled(workspace_.document.point(workspace_.selection.point()) != nullptr
                         || workspace_.document.currentPoint() != nullptr);
    });
}

void HistoryNotesPanel::readCount() {
    const int count = notes_->count();
    tabs_->setText(1, count > 0 ? tr("Notes %1").arg(count) : tr("Notes"));
}

HistoryNotesPanel::Page HistoryNotesPanel::page() const {
    return static_cast<Page>(pages_->currentIndex());
}

void HistoryNotesPanel::showPage(Page page) {
    if (page == Page::Extra && extra_ == nullptr) return;
    setCollapsed(false);
    tabs_->setCurrent(static_cast<int>(page));
    pages_->setCurrentIndex(static_cast<int>(page));
}

void HistoryNotesPanel::setExtraPage(const QString& title, QWidget* page) {
    if (extra_ != nullptr) takeExtraPage();
    extra_ = page;
    pages_->addWidget(page);
    tabs_->setText(2, title);
    tabs_->setShown(2, true);
}

QWidget* HistoryNotesPanel::takeExtraPage() {
    QWidget* page = extra_;
    if (page == nullptr) return nullptr;
    if (this->page() == Page::Extra) {
        tabs_->setCurrent(0);
        pages_->setCurrentIndex(0);
    }
    pages_->removeWidget(page);
    page->setParent(nullptr);
    tabs_->setShown(2, false);
    extra_ = nullptr;
    return page;
}

void HistoryNotesPanel::setCollapsed(bool collapsed) {
    if (collapsed == collapsed_) return;
    collapsed_ = collapsed;
    pages_->setVisible(!collapsed);
    setMaximumHeight(collapsed ? minimumSizeHint().height() : QWIDGETSIZE_MAX);
    updateGeometry();
    Q_EMIT collapsedChanged(collapsed);
}

QSize HistoryNotesPanel::minimumSizeHint() const {
    // The row of tabs, and two steps when it is open.
    return {px(200), px(collapsed_ ? 36 : 36 + 52)};
}

void HistoryNotesPanel::changeEvent(QEvent* event) {
    Panel::changeEvent(event);
    if (event->type() == QEvent::FontChange && collapsed_) setMaximumHeight(minimumSizeHint().height());
}

void HistoryNotesPanel::applyTheme(const Theme& theme) {
    Panel::applyTheme(theme);
    tabs_->applyTheme(theme);
    history_->applyTheme(theme);
    notes_->applyTheme(theme);
}

}  // namespace rankscope::gui
