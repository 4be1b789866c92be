// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/widgets/panel.hpp"

#include "app/gui/charts/column_table.hpp"
#include "app/gui/charts/plot_export.hpp"
#include "app/gui/charts/plot_view.hpp"
#include "app/gui/charts/whole_file.hpp"
#include "app/gui/theme/fonts.hpp"
#include "app/gui/theme/icons.hpp"
#include "app/gui/widgets/elided_label.hpp"
#include "app/gui/widgets/explain_topic.hpp"
#include "app/gui/widgets/panel_ground.hpp"

#include <QApplication>
#include <QClipboard>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QKeyEvent>
#include <QLabel>
#include <QMenu>
#include <QMouseEvent>
#include <QPainter>
#include <QStackedWidget>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>

namespace rankscope::gui {
namespace {

std::function<QString()>& captionSource() {
    static std::function<QString()> source;
    return source;
}

QToolButton* headerButton(QWidget* parent, const QString& name) {
    auto* button = new QToolButton(parent);
    button->setAutoRaise(true);
    button->setAccessibleName(name);
    button->setToolTip(name);
    button->setFocusPolicy(Qt::TabFocus);
    return button;
}

}  // namespace

Panel::Panel(const QString& title, QWidget* parent) : QFrame(parent), title_(title), theme_(&Theme::light()) {
    setFrameShape(QFrame::NoFrame);
    setAccessibleName(title);
    auto* outer = new QVBoxLayout(this);
    outer->setContentsMargins(1, 1, 1, 1);
    outer->setSpacing(0);

    header_ = new QWidget(this);
    headerLayout_ = new QHBoxLayout(header_);
    titleLabel_ = new QLabel(title, header_);
    subtitleLabel_ = new ElidedLabel({}, header_);
    controls_ = new QHBoxLayout;
    tableButton_ = headerButton(header_, tr("Show as table"));
    tableButton_->setCheckable(true);
    tableButton_->hide();
    menuButton_ = headerButton(header_, tr("Menu of %1").arg(title));
    menuButton_->setPopupMode(QToolButton::InstantPopup);
    menuButton_->setStyleSheet(QStringLiteral("QToolButton::menu-indicator { image: none; }"));
    headerLayout_->addWidget(titleLabel_);
    headerLayout_->addWidget(subtitleLabel_, 1);
    headerLayout_->addLayout(controls_);
    headerLayout_->addWidget(tableButton_);
    headerLayout_->addWidget(menuButton_);
    header_->installEventFilter(this);
    outer->addWidget(header_);

    stack_ = new QStackedWidget(this);
    bodyWidget_ = new QWidget(stack_);
    body_ = new QVBoxLayout(bodyWidget_);
    body_->setContentsMargins(0, 0, 0, 0);
    body_->setSpacing(0);
    stack_->addWidget(bodyWidget_);
    outer->addWidget(stack_, 1);

    menu_ = new QMenu(this);
    firstCommon_ = menu_->addSeparator();
    const auto entry = [this](const QString& text, auto slot) {
        QAction* action = menu_->addAction(text);
        connect(action, &QAction::triggered, this, slot);
        return action;
    };
    QAction* picture = entry(tr("Copy picture"), &Panel::copyPicture);
    QAction* data = entry(tr("Copy data"), &Panel::copyData);
    QAction* save = entry(tr("Export…"), &Panel::exportAs);
    QAction* asTable = menu_->addAction(tr("Show as table"));
    asTable->setCheckable(true);
    connect(asTable, &QAction::triggered, this, &Panel::showTable);
    menu_->addSeparator();
    QAction* explain = entry(tr("Explain"), [this] { Q_EMIT explainRequested(topic()); });
    entry(tr("Maximise"), &Panel::maximiseRequested);
    entry(tr("Pop out"), &Panel::popOutRequested);
    connect(menu_, &QMenu::aboutToShow, this, [this, picture, data, save, asTable, explain] {
        explain->setEnabled(!topic().isEmpty());
        picture->setEnabled(plot_ != nullptr);
        data->setEnabled(shownTable() != nullptr);
        save->setEnabled(plot_ != nullptr || tableModel_ != nullptr);
        asTable->setEnabled(plot_ != nullptr || tableModel_ != nullptr);
        asTable->setChecked(showsTable());
    });
    menuButton_->setMenu(menu_);
    connect(tableButton_, &QToolButton::toggled, this, &Panel::showTable);
    layoutHeader();
    Panel::applyTheme(*theme_);
}

Panel::~Panel() = default;

int Panel::px(double units) const {
    return qRound(units * designUnit(QApplication::font()));
}

void Panel::setTitle(const QString& title) {
    title_ = title;
    titleLabel_->setText(title);
    setAccessibleName(title);
    menuButton_->setAccessibleName(tr("Menu of %1").arg(title));
}

void Panel::setSubtitle(const QString& subtitle) {
    subtitleLabel_->setFullText(subtitle);
}

void Panel::addHeaderWidget(QWidget* widget) {
    controls_->addWidget(widget);
}

void Panel::hideTitle() {
    titleLabel_->hide();
    subtitleLabel_->hide();
    // What is there instead takes the room of the title.
    headerLayout_->setStretchFactor(controls_, 1);
}

void Panel::setPlot(PlotView* plot) {
    plot_ = plot;
    tableButton_->setVisible(plot_ != nullptr || tableModel_ != nullptr);
    if (showsTable()) showTable(true);
}

void Panel::setTableModel(ColumnTableModel* model) {
    tableModel_ = model;
    tableButton_->setVisible(plot_ != nullptr || tableModel_ != nullptr);
}

QString Panel::topic() const {
    const QString topic = plot_ != nullptr ? explainTopicOf(plot_) : QString();
    return topic.isEmpty() ? explainTopicOf(this) : topic;
}

QWidget* Panel::keyboardTarget() const {
    QWidget* best = nullptr;
    const auto area = [](const QWidget* widget) { return widget->width() * widget->height(); };
    QList<QWidget*> children = stack_->currentWidget()->findChildren<QWidget*>();
    children << stack_->currentWidget();
    for (QWidget* child : children) {
        if (child->isVisible() && child->isEnabled() && (child->focusPolicy() & Qt::TabFocus) != 0
            && (best == nullptr || area(child) > area(best)))
            best = child;
    }
    return best;
}

ColumnTableModel* Panel::shownTable() const {
    return plot_ != nullptr ? plot_->tableModel() : tableModel_;
}

bool Panel::showsTable() const {
    return table_ != nullptr && stack_->currentWidget() == table_;
}

void Panel::showTable(bool table) {
    ColumnTableModel* model = table ? shownTable() : nullptr;
    if (model != nullptr) {
        settleNumbers();
        if (table_ == nullptr) {
            table_ = new QTableView(stack_);
            table_->setFrameShape(QFrame::NoFrame);
            table_->setAlternatingRowColors(false);
            table_->verticalHeader()->hide();
            table_->horizontalHeader()->setHighlightSections(false);
            table_->setEditTriggers(QAbstractItemView::NoEditTriggers);
            table_->installEventFilter(this);
            stack_->addWidget(table_);
        }
        table_->setAccessibleName(tr("Numbers of %1").arg(title_));
        table_->verticalHeader()->setMinimumSectionSize(px(21));
        table_->verticalHeader()->setDefaultSectionSize(px(21));
        table_->setModel(model);
        table_->resizeColumnsToContents();
        stack_->setCurrentWidget(table_);
    } else {
        stack_->setCurrentWidget(bodyWidget_);
    }
    const QSignalBlocker blocker(tableButton_);
    tableButton_->setChecked(model != nullptr);
}

void Panel::applyTheme(const Theme& theme) {
    theme_ = &theme;
    tableButton_->setIcon(themedIcon(QStringLiteral("table"), theme));
    menuButton_->setIcon(themedIcon(QStringLiteral("dots"), theme));
    QPalette soft = subtitleLabel_->palette();
    soft.setColor(QPalette::WindowText, theme.color(Role::Ink2));
    subtitleLabel_->setPalette(soft);
    update();
}

void Panel::setCaptionSource(std::function<QString()> source) {
    captionSource() = std::move(source);
}

QString Panel::caption() {
    return captionSource() ? captionSource()() : QString();
}

void Panel::copyPicture() {
    if (plot_ == nullptr) return;
    ExportOptions options;
    options.title = title_;
    options.caption = caption();
    QApplication::clipboard()->setImage(plotImage(*plot_, options));
    Q_EMIT message(tr("Copied the picture of %1").arg(title_));
}

void Panel::copyData() {
    const ColumnTableModel* model = shownTable();
    if (model == nullptr) return;
    settleNumbers();
    QApplication::clipboard()->setText(model->table().toTsv());
    const auto rows = model->table().rows.size();
    Q_EMIT message(rows == 1 ? tr("Copied 1 row") : tr("Copied %1 rows").arg(rows));
}

void Panel::exportAs() {
    const QString kinds =
        plot_ != nullptr ? tr(
            "PDF (*.pdf);;SVG (*.svg);;PNG, 2× (*.png);;PNG, 1× (*.png);;PNG, 3× (*.png);;CSV (*.csv);;"
            "PGFPlots (*.tex)")
                         : tr("CSV (*.csv)");
    QString chosen;
    QString path = QFileDialog::getSaveFileName(
        this, tr("Export %1").arg(title_),
        title_ + (plot_ != nullptr ? QStringLiteral(".pdf") : QStringLiteral(".csv")), kinds, &chosen);
    if (path.isEmpty()) return;
    settleNumbers();
    // Numbers under the name of a picture would open nowhere.
    if (plot_ == nullptr && !path.endsWith(QLatin1String(".csv"), Qt::CaseInsensitive))
        path += QStringLiteral(".csv");
    if (plot_ != nullptr && QFileInfo(path).suffix().isEmpty())
        path += chosen.section(QStringLiteral("(*"), 1).section(QLatin1Char(')'), 0, 0);
    QString failure;
    if (plot_ != nullptr) {
        ExportOptions options;
        options.title = title_;
        options.caption = caption();
        if (chosen.contains(tr("1×"))) options.scale = 1;
        if (chosen.contains(tr("3×"))) options.scale = 3;
        failure = exportPlot(*plot_, path, options);
    } else {
        failure = writeWholeFile(path, tableModel_->table().toCsv().toUtf8());
    }
    if (failure.isEmpty()) {
        Q_EMIT message(tr("Wrote %1").arg(path));
    } else {
        Q_EMIT failed(tr("%1 was not written").arg(QFileInfo(path).fileName()), failure);
    }
}

void Panel::layoutHeader() {
    titleLabel_->setFont(scaledFont(QApplication::font(), TextRole::PanelTitle));
    subtitleLabel_->setFont(scaledFont(QApplication::font(), TextRole::Label));
    headerLayout_->setContentsMargins(px(12), px(4), px(8), px(2));
    headerLayout_->setSpacing(px(6));
    controls_->setSpacing(px(6));
    header_->setMinimumHeight(px(34));
    for (QToolButton* button : {tableButton_, menuButton_})
        button->setFixedSize(px(26), px(26));
}

void Panel::changeEvent(QEvent* event) {
    QFrame::changeEvent(event);
    if (event->type() == QEvent::FontChange) layoutHeader();
}

bool Panel::eventFilter(QObject* watched, QEvent* event) {
    if (watched == header_ && event->type() == QEvent::MouseButtonDblClick) {
        Q_EMIT maximiseRequested();
        return true;
    }
    if (watched == table_ && event->type() == QEvent::KeyPress
        && static_cast<QKeyEvent*>(event)->matches(QKeySequence::Copy)) {
        const QModelIndexList chosen = table_->selectionModel()->selectedIndexes();
        if (chosen.isEmpty()) {
            copyData();
            return true;
        }
        // The rectangle around the selection, as tab-separated exact values.
        int top = chosen.first().row(), bottom = top, left = chosen.first().column(), right = left;
        for (const QModelIndex& index : chosen) {
            top = std::min(top, index.row());
            bottom = std::max(bottom, index.row());
            left = std::min(left, index.column());
            right = std::max(right, index.column());
        }
        const ColumnTable& table = shownTable()->table();
        QStringList lines;
        for (int row = top; row <= bottom; ++row) {
            QStringList cells;
            for (int column = left; column <= right; ++column)
                cells << table.exactText(row, column);
            lines << cells.join(QLatin1Char('\t'));
        }
        QApplication::clipboard()->setText(lines.join(QLatin1Char('\n')));
        return true;
    }
    return QFrame::eventFilter(watched, event);
}

void Panel::paintEvent(QPaintEvent* /*event*/) {
    QPainter painter(this);
    paintPanelGround(painter, rect(), *theme_);
}

}  // namespace rankscope::gui
