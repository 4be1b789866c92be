// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/tradeoff_panels/plans_jobs_panel.hpp"

#include "app/gui/client/engine_control.hpp"
#include "app/gui/document/document.hpp"
#include "app/gui/document/selection.hpp"
#include "app/gui/theme/fonts.hpp"
#include "app/gui/theme/icons.hpp"
#include "app/gui/tradeoff_panels/jobs_list.hpp"
#include "app/gui/tradeoff_panels/plans_model.hpp"
#include "app/gui/tradeoff_panels/plans_table.hpp"
#include "app/gui/widgets/empty_note.hpp"
#include "app/gui/widgets/segmented_switch.hpp"

#include <QApplication>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QMenu>
#include <QStackedWidget>
#include <QToolButton>
#include <QVBoxLayout>

namespace rankscope::gui {
namespace {

constexpr int kFilterFrom = 20;  // rows

}  // namespace

PlansJobsPanel::PlansJobsPanel(Workspace workspace, QWidget* parent)
    : Panel(tr("Plans and jobs"), parent), workspace_(workspace), model_(new PlansModel(workspace, this)) {
    hideTitle();
    tabs_ = new SegmentedSwitch(tr("Plans and jobs"), {tr("Plans"), tr("Jobs")}, SegmentedSwitch::Look::Tabs,
                                this);
    tabs_->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    addHeaderWidget(tabs_);
    pin_ = new QToolButton(this);
    pin_->setText(QLatin1Char(' ') + tr("Pin"));
    pin_->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    pin_->setPopupMode(QToolButton::InstantPopup);
    pin_->setAutoRaise(true);
    pin_->setFocusPolicy(Qt::TabFocus);
    pin_->setStyleSheet(QStringLiteral("QToolButton::menu-indicator { image: none; }"));
    pin_->setAccessibleName(tr("Pin the selected plan"));
    pin_->setToolTip(tr("Pins the selected plan for Compare: keys A and B"));
    pinMenu_ = new QMenu(this);
    pin_->setMenu(pinMenu_);
    addHeaderWidget(pin_);
    context_ = new QMenu(this);

    pages_ = new QStackedWidget(this);
    plansPage_ = new QWidget(pages_);
    auto* column = new QVBoxLayout(plansPage_);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    filter_ = new QLineEdit(plansPage_);
    filter_->setPlaceholderText(tr("Filter plans by name"));
    filter_->setAccessibleName(tr("Filter plans by name"));
    filter_->setClearButtonEnabled(true);
    table_ = new PlansTable(workspace_, *model_, plansPage_);
    filterRow_ = new QHBoxLayout;
    filterRow_->addWidget(filter_);
    column->addLayout(filterRow_);
    column->addWidget(table_, 1);
    empty_ = new EmptyNote(pages_);
    empty_->setNote(tr("No model is open"));
    jobs_ = new JobsList(workspace_.engine, pages_);
    pages_->addWidget(plansPage_);
    pages_->addWidget(jobs_);
    pages_->addWidget(empty_);
    body()->addWidget(pages_, 1);
    setTableModel(&twin_);

    Document& document = workspace_.document;
    connect(tabs_, &SegmentedSwitch::picked, this, [this](int index) { showTab(static_cast<Tab>(index)); });
    connect(filter_, &QLineEdit::textChanged, table_, &PlansTable::setFilter);
    connect(pinMenu_, &QMenu::aboutToShow, this, [this] {
        pinMenu_->clear();
        fillPinMenu(*pinMenu_, selectedId());
    });
    connect(table_, &PlansTable::activatedPlan, this,
            [&document](const QString& id) { makeCurrent(document, id); });
    connect(table_, &PlansTable::removeRequested, this, &PlansJobsPanel::remove);
    connect(table_, &PlansTable::pinRequested, this, [this](bool a, const QString& id) {
        if (workspace_.document.point(id) != nullptr) workspace_.document.pin(a, id);
    });
    connect(table_, &PlansTable::menuRequested, this, &PlansJobsPanel::showContextMenu);
    // The editor closes before its plan gets another name.
    connect(
        model_, &PlansModel::renameRequested, this,
        [this](const QString& id, const QString& name) {
            Document& document = workspace_.document;
            if (document.point(id) != nullptr) {
                document.renamePoint(id, name);
                return;
            }
            PlanChoice plan = document.state().plan;
            plan.name = name.toStdString();
            document.setPlan(tr("Rename to %1").arg(name), std::move(plan));
        },
        Qt::QueuedConnection);
    connect(model_, &PlansModel::numbersChanged, this, &PlansJobsPanel::showCounts);
    connect(jobs_, &JobsList::countChanged, this, &PlansJobsPanel::showCounts);
    connect(&workspace_.engine, &EngineControl::jobsChanged, this,
            [this] { twin_.setTable(model_->table()); });
    connect(menu(), &QMenu::aboutToShow, this, [this] { twin_.setTable(model_->table()); });
    applyTheme(theme());
    showCounts();
}

void PlansJobsPanel::showTab(Tab tab) {
    tabs_->setCurrent(static_cast<int>(tab));
    pin_->setVisible(tab == Tab::Plans);
    if (showsTable()) showTable(false);
    if (tab == Tab::Jobs) {
        pages_->setCurrentWidget(jobs_);
    } else {
        pages_->setCurrentWidget(workspace_.document.hasModel() ? plansPage_ : static_cast<QWidget*>(empty_));
    }
}

void PlansJobsPanel::showCounts() {
    const std::size_t plans = workspace_.document.state().points.size();
    tabs_->setText(0, plans == 0 ? tr("Plans") : tr("Plans %1").arg(plans));
    const int open = jobs_->openCount();
    tabs_->setText(1, open == 0 ? tr("Jobs") : tr("Jobs %1").arg(open));
    const bool filters = model_->rowCount() >= kFilterFrom;
    filter_->setVisible(filters);
    filterRow_->setContentsMargins(px(11), 0, px(11), filters ? px(4) : 0);
    if (!filters) filter_->clear();
    if (pages_->currentWidget() != jobs_)
        pages_->setCurrentWidget(workspace_.document.hasModel() ? plansPage_ : static_cast<QWidget*>(empty_));
    twin_.setTable(model_->table());
}

QString PlansJobsPanel::selectedId() const {
    const Document& document = workspace_.document;
    if (document.point(workspace_.selection.point()) != nullptr) return workspace_.selection.point();
    const SavedPlan* current = document.currentPoint();
    return current == nullptr ? QString() : current->id;
}

void PlansJobsPanel::pinSelected(bool a) {
    const QString id = selectedId();
    if (!id.isEmpty()) workspace_.document.pin(a, id);
}

void PlansJobsPanel::fillPinMenu(QMenu& menu, const QString& id) {
    const Document& document = workspace_.document;
    const SavedPlan* point = document.point(id);
    const QString name = point == nullptr ? QString() : QString::fromStdString(point->choice.name);
    for (const bool a : {true, false}) {
        QAction* pin = menu.addAction(point == nullptr
                                          ? (a ? tr("Pin as A") : tr("Pin as B"))
                                          : (a ? tr("Pin %1 as A").arg(name) : tr("Pin %1 as B").arg(name)));
        pin->setEnabled(point != nullptr);
        connect(pin, &QAction::triggered, this, [this, a, id] { workspace_.document.pin(a, id); });
    }
    for (const bool a : {true, false}) {
        const QString& pinned = a ? document.state().pinA : document.state().pinB;
        if (document.point(pinned) == nullptr) continue;
        connect(menu.addAction(a ? tr("Unpin A") : tr("Unpin B")), &QAction::triggered, this,
                [this, a] { workspace_.document.pin(a, {}); });
    }
}

void PlansJobsPanel::showContextMenu(const QString& id, const QPoint& global) {
    context_->clear();
    connect(context_->addAction(tr("Make it the current plan")), &QAction::triggered, this,
            [this, id] { makeCurrent(workspace_.document, id); });
    if (id == currentPlanId())
        connect(context_->addAction(tr("Save point")), &QAction::triggered, this,
                [this] { workspace_.selection.setPoint(workspace_.document.savePoint()); });
    if (id != fullModelId())
        connect(context_->addAction(tr("Save as a plan file…")), &QAction::triggered, this,
                [this, id] { Q_EMIT savePlanRequested(id); });
    if (id != fullModelId())
        connect(context_->addAction(tr("Rename")), &QAction::triggered, table_, &PlansTable::rename);
    if (workspace_.document.point(id) != nullptr) {
        fillPinMenu(*context_, id);
        connect(context_->addAction(tr("Remove")), &QAction::triggered, this, [this, id] { remove(id); });
    }
    context_->popup(global);
}

void PlansJobsPanel::remove(const QString& id) {
    const SavedPlan* point = workspace_.document.point(id);
    if (point == nullptr) return;
    const QString name = QString::fromStdString(point->choice.name);
    workspace_.document.removePoint(id);
    Q_EMIT message(tr("Removed %1. Undo brings it back").arg(name));
}

void PlansJobsPanel::setLevel(int level) {
    table_->setLevel(level);
}

void PlansJobsPanel::setAnswerHidden(bool hidden) {
    model_->setAnswerHidden(hidden);
}

void PlansJobsPanel::applyTheme(const Theme& theme) {
    Panel::applyTheme(theme);
    tabs_->applyTheme(theme);
    table_->applyTheme(theme);
    empty_->applyTheme(theme);
    jobs_->applyTheme(theme);
    pin_->setIcon(themedIcon(QStringLiteral("pin"), theme));
    const QFont font = scaledFont(QApplication::font(), TextRole::Label);
    pin_->setFont(font);
    filter_->setFont(font);
    showCounts();
}

void PlansJobsPanel::changeEvent(QEvent* event) {
    Panel::changeEvent(event);
    if (event->type() == QEvent::FontChange && table_ != nullptr) applyTheme(theme());
}

}  // namespace rankscope::gui
