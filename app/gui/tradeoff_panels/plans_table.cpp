// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/tradeoff_panels/plans_table.hpp"

#include "app/gui/theme/fonts.hpp"
#include "app/gui/tradeoff_panels/plans_delegate.hpp"
#include "app/gui/tradeoff_panels/plans_model.hpp"
#include "app/gui/widgets/explain_topic.hpp"

#include <QApplication>
#include <QContextMenuEvent>
#include <QHeaderView>
#include <QKeyEvent>
#include <QScrollBar>
#include <QSortFilterProxyModel>

#include <algorithm>
#include <array>
#include <cmath>

namespace rankscope::gui {
namespace {

constexpr double kLeastName = 118;

PlansDelegate& delegateOf(const PlansTable& table) {
    return *static_cast<PlansDelegate*>(table.itemDelegate());
}

}  // namespace

PlansTable::PlansTable(Workspace workspace, PlansModel& model, QWidget* parent)
    : QTableView(parent), workspace_(workspace), model_(model), sorted_(new QSortFilterProxyModel(this)) {
    setAccessibleName(tr("Plans"));
    sorted_->setSourceModel(&model_);
    sorted_->setSortRole(PlansModel::SortRole);
    sorted_->setFilterCaseSensitivity(Qt::CaseInsensitive);
    sorted_->setFilterKeyColumn(PlansModel::Name);
    setModel(sorted_);
    setItemDelegate(new PlansDelegate(*this));
    setFrameShape(QFrame::NoFrame);
    setShowGrid(false);
    setSelectionBehavior(SelectRows);
    setSelectionMode(SingleSelection);
    setEditTriggers(NoEditTriggers);
    setTabKeyNavigation(false);
    setDragEnabled(true);
    setDragDropMode(DragOnly);
    viewport()->setMouseTracking(true);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setVerticalScrollMode(ScrollPerPixel);
    verticalHeader()->hide();
    verticalHeader()->setMinimumSectionSize(1);
    horizontalHeader()->setHighlightSections(false);
    horizontalHeader()->setMinimumSectionSize(1);
    horizontalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    horizontalHeader()->setSortIndicatorShown(true);
    horizontalHeader()->setSectionsClickable(true);
    horizontalHeader()->setSortIndicator(-1, Qt::AscendingOrder);
    horizontalHeader()->setSortIndicatorClearable(true);
    horizontalHeader()->setFocusPolicy(Qt::NoFocus);
    setSortingEnabled(true);
    sorted_->sort(-1);

    connect(&model_, &PlansModel::numbersChanged, this, [this] {
        fitColumns();
        showSelected();
    });
    connect(this, &QTableView::doubleClicked, this, [this](const QModelIndex& index) {
        const int row = sourceRow(index.row());
        if (row >= 0) Q_EMIT activatedPlan(model_.facts(row).id);
    });
    connect(&workspace_.selection, &Selection::pointChanged, this, &PlansTable::showSelected);
    connect(&workspace_.selection, &Selection::hoverChanged, this, [this](const Hover& before) {
        delegateOf(*this).setHoverId(workspace_.selection.hover().point);
        for (const QString& id : {before.point, workspace_.selection.hover().point}) {
            const int row = model_.rowOf(id);
            if (row < 0) continue;
            const QRect place = visualRect(sorted_->mapFromSource(model_.index(row, 0)));
            viewport()->update(0, place.top(), viewport()->width(), place.height());
        }
    });
    applyTheme(Theme::light());
    showSelected();
}

void PlansTable::applyTheme(const Theme& theme) {
    delegateOf(*this).setTheme(theme);
    QPalette palette = this->palette();
    palette.setColor(QPalette::Base, theme.color(Role::Panel));
    palette.setColor(QPalette::Text, theme.color(Role::Ink));
    setPalette(palette);
    const QFont small = scaledFont(QApplication::font(), TextRole::Label);
    horizontalHeader()->setFont(small);
    const QString style = QStringLiteral(
        "QHeaderView { background: %1; border: none; }"
        "QHeaderView::section { background: %1; color: %2; border: none; border-bottom: 1px solid %3;"
        " padding: 3px %4px; }"
        "QHeaderView::section:first { padding-left: %5px; }"
        "QHeaderView::up-arrow, QHeaderView::down-arrow { subcontrol-position: center right; }");
    const double u = designUnit(QApplication::font());
    horizontalHeader()->setStyleSheet(style
                                          .arg(theme.color(Role::Panel).name(),
                                               theme.color(Role::Ink2).name(),
                                               theme.color(Role::Border).name())
                                          .arg(qRound(6 * u))
                                          .arg(qRound(11 * u)));
    verticalHeader()->setDefaultSectionSize(delegateOf(*this).rowHeight());
    fitColumns();
    viewport()->update();
}

void PlansTable::setFilter(const QString& text) {
    sorted_->setFilterFixedString(text);
    showSelected();
}

void PlansTable::setLevel(int level) {
    level_ = level;
    fitColumns();
}

int PlansTable::sourceRow(int row) const {
    const QModelIndex source = sorted_->mapToSource(sorted_->index(row, 0));
    return source.isValid() ? source.row() : -1;
}

QString PlansTable::currentId() const {
    const int row = currentIndex().isValid() ? sourceRow(currentIndex().row()) : -1;
    return row < 0 ? QString() : model_.facts(row).id;
}

void PlansTable::rename() {
    const QModelIndex name = sorted_->index(currentIndex().row(), PlansModel::Name);
    if (name.isValid() && (name.flags() & Qt::ItemIsEditable) != 0) edit(name);
}

void PlansTable::fitColumns() {
    const PlansDelegate& delegate = delegateOf(*this);
    const double u = designUnit(QApplication::font());
    std::array<double, PlansModel::kColumns> needed{};
    for (int column = 0; column < PlansModel::kColumns; ++column) {
        needed[static_cast<std::size_t>(column)] = delegate.headerWidth(column);
        for (int row = 0; row < model_.rowCount(); ++row) {
            auto& width = needed[static_cast<std::size_t>(column)];
            width = std::max(width, delegate.widthOf(row, column));
        }
    }
    const auto width = [&](int column) {
        return qRound(std::ceil(needed[static_cast<std::size_t>(column)]));
    };
    const bool answers = workspace_.document.text() && workspace_.document.text()->answers;
    std::array<bool, PlansModel::kColumns> shown{};
    shown.fill(true);
    shown[PlansModel::Recall] = answers;
    const DocumentState& state = workspace_.document.state();
    shown[PlansModel::Pin] = model_.rowOf(state.pinA) >= 0 || model_.rowOf(state.pinB) >= 0;
    const int room = viewport()->width();
    const auto others = [&] {
        int sum = 0;
        for (int column = 1; column < PlansModel::kColumns; ++column) {
            if (shown[static_cast<std::size_t>(column)]) sum += width(column);
        }
        return sum;
    };
    const int name = std::min(width(PlansModel::Name), qRound(kLeastName * u));
    for (const int column :
         {PlansModel::Decode, PlansModel::Perplexity, PlansModel::Recall, PlansModel::State}) {
        const bool asked = level_ >= 3 && column == PlansModel::Decode;
        if (asked || others() + name > room) shown[static_cast<std::size_t>(column)] = false;
    }
    for (int column = 0; column < PlansModel::kColumns; ++column) {
        setColumnHidden(column, !shown[static_cast<std::size_t>(column)]);
        if (column != PlansModel::Name) setColumnWidth(column, width(column));
    }
    setColumnWidth(PlansModel::Name, std::max(name, room - others()));
}

void PlansTable::showSelected() {
    const QString& id = workspace_.selection.point();
    if (id == currentId()) return;
    const int row = model_.rowOf(id);
    const QModelIndex index =
        row < 0 ? QModelIndex() : sorted_->mapFromSource(model_.index(row, PlansModel::Name));
    setCurrentIndex(index);
    if (index.isValid()) scrollTo(index);
}

void PlansTable::currentChanged(const QModelIndex& current, const QModelIndex& previous) {
    QTableView::currentChanged(current, previous);
    // A model that starts anew takes the cursor away; nobody deselected anything.
    if (current.isValid()) workspace_.selection.setPoint(currentId());
    showTopic(current);
}

// Of the number in a cell.
void PlansTable::showTopic(const QModelIndex& index) {
    const int row = index.isValid() ? sourceRow(index.row()) : -1;
    QString topic;
    switch (index.column()) {
        case PlansModel::State:
            topic = QStringLiteral("state");
            break;
        case PlansModel::Perplexity:
            topic = QStringLiteral("perplexity");
            break;
        case PlansModel::Recall:
            topic = QStringLiteral("recall");
            break;
        case PlansModel::Decode:
            topic = QStringLiteral("decode");
            break;
        default:
            topic = QStringLiteral("delta");
    }
    setExplainTopic(this, row < 0 ? QString() : topic + QLatin1Char('/') + model_.facts(row).id);
}

void PlansTable::resizeEvent(QResizeEvent* event) {
    QTableView::resizeEvent(event);
    fitColumns();
}

void PlansTable::changeEvent(QEvent* event) {
    QTableView::changeEvent(event);
    if (event->type() == QEvent::FontChange && itemDelegate() != nullptr) {
        verticalHeader()->setDefaultSectionSize(delegateOf(*this).rowHeight());
        horizontalHeader()->setFont(scaledFont(QApplication::font(), TextRole::Label));
        fitColumns();
    }
}

void PlansTable::keyPressEvent(QKeyEvent* event) {
    const QString id = currentId();
    if (!id.isEmpty() && state() != EditingState) {
        switch (event->key()) {
            case Qt::Key_Return:
            case Qt::Key_Enter:
                Q_EMIT activatedPlan(id);
                return;
            case Qt::Key_Delete:
                Q_EMIT removeRequested(id);
                return;
            case Qt::Key_F2:
                rename();
                return;
            case Qt::Key_A:
            case Qt::Key_B:
                if (event->modifiers() == Qt::NoModifier) {
                    Q_EMIT pinRequested(event->key() == Qt::Key_A, id);
                    return;
                }
                break;
            default:
                break;
        }
    }
    QTableView::keyPressEvent(event);
}

void PlansTable::hoverRow(int row) {
    Hover hover;
    if (row >= 0) hover.point = model_.facts(row).id;
    if (!(hover == workspace_.selection.hover())) workspace_.selection.setHover(hover);
}

void PlansTable::mouseMoveEvent(QMouseEvent* event) {
    QTableView::mouseMoveEvent(event);
    const QModelIndex under = indexAt(event->position().toPoint());
    hoverRow(under.isValid() ? sourceRow(under.row()) : -1);
    showTopic(under);
}

void PlansTable::contextMenuEvent(QContextMenuEvent* event) {
    const QModelIndex under = indexAt(viewport()->mapFromGlobal(event->globalPos()));
    if (under.isValid()) setCurrentIndex(under);
    if (!currentId().isEmpty()) Q_EMIT menuRequested(currentId(), event->globalPos());
}

bool PlansTable::viewportEvent(QEvent* event) {
    if (event->type() == QEvent::Leave) {
        hoverRow(-1);
        showTopic(currentIndex());
    }
    return QTableView::viewportEvent(event);
}

}  // namespace rankscope::gui
