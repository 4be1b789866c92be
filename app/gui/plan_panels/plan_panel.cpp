// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/plan_panels/plan_panel.hpp"

#include "app/gui/charts/color_bar.hpp"
#include "app/gui/client/engine_control.hpp"
#include "app/gui/data/state_source.hpp"
#include "app/gui/document/document.hpp"
#include "app/gui/document/selection.hpp"
#include "app/gui/plan_panels/field_box.hpp"
#include "app/gui/plan_panels/layer_table.hpp"
#include "app/gui/plan_panels/layer_table_model.hpp"
#include "app/gui/plan_panels/presets.hpp"
#include "app/gui/plan_panels/set_bar.hpp"
#include "app/gui/plan_panels/totals_row.hpp"
#include "app/gui/theme/color_map.hpp"
#include "app/gui/theme/fonts.hpp"
#include "app/gui/widgets/empty_note.hpp"

#include <QApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QPushButton>
#include <QStackedWidget>
#include <QStandardItemModel>

#include <algorithm>
#include <cmath>

namespace rankscope::gui {
namespace {

constexpr int kNumbersDelayMs = 40;

}  // namespace

PlanPanel::PlanPanel(const Workspace& workspace, QWidget* parent)
    : Panel(tr("Model and plan"), parent),
      workspace_(workspace),
      model_(new LayerTableModel(workspace, this)) {
    stack_ = new QStackedWidget(this);
    body()->addWidget(stack_, 1);
    auto* page = new QWidget(stack_);
    auto* column = new QVBoxLayout(page);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    buildColorRow();
    table_ = new LayerTable(workspace, *model_, page);
    totals_ = new TotalsRow(workspace, page);
    setBar_ = new SetBar(workspace, page);
    column->addWidget(colorRow_);
    column->addWidget(table_, 1);
    column->addWidget(totals_);
    column->addWidget(setBar_);
    empty_ = new EmptyNote(stack_);
    stack_->addWidget(page);
    stack_->addWidget(empty_);
    buildMenu();
    setTableModel(&numbers_);

    connect(empty_, &EmptyNote::remedyRequested, this, &PlanPanel::openModelRequested);
    connect(table_, &LayerTable::readoutChanged, this, &Panel::readoutChanged);
    connect(table_, &LayerTable::ratioRequested, this, &PlanPanel::setRatio);
    connect(table_, &LayerTable::sweepRequested, this, &PlanPanel::sweepLayers);
    connect(setBar_, &SetBar::methodChanged, this,
            [this] { table_->setFallbackMethod(setBar_->pruningMethod()); });
    connect(setBar_, &SetBar::message, this, &Panel::message);
    connect(model_, &LayerTableModel::scaleChanged, this, &PlanPanel::readScale);
    connect(model_, &QAbstractItemModel::modelReset, this, &PlanPanel::readModel);
    connect(&workspace_.selection, &Selection::metricChanged, this, &PlanPanel::readMetric);
    connect(&workspace_.document, &Document::noiseChanged, this, &PlanPanel::readMetric);
    soon_.setSingleShot(true);
    soon_.setInterval(kNumbersDelayMs);
    connect(&soon_, &QTimer::timeout, this, &PlanPanel::fillNumbers);
    connect(model_, &QAbstractItemModel::dataChanged, this, [this] { soon_.start(); });
    connect(model_, &QAbstractItemModel::modelReset, this, [this] { soon_.start(); });
    numbers_.setTable(model_->table());
    table_->setFallbackMethod(setBar_->pruningMethod());
    PlanPanel::applyTheme(theme());
    readModel();
}

PlanPanel::~PlanPanel() = default;

void PlanPanel::buildColorRow() {
    colorRow_ = new QWidget(stack_);
    // Its contents follow its width, so that their widths are no minimum.
    colorRow_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
    colorLabel_ = new QLabel(tr("Colour"), colorRow_);
    metric_ = new CalmBox(colorRow_);
    metric_->setAccessibleName(tr("Colour of the heads"));
    for (const ColorMetric& metric : colorMetrics()) {
        metric_->addItem(metric.title, metric.name);
        metric_->setItemData(metric_->count() - 1, metric.formula, Qt::ToolTipRole);
    }
    colorLabel_->setBuddy(metric_);
    bar_ = new ColorBar(colorRow_);
    capture_ = new QPushButton(tr("Capture…"), colorRow_);
    capture_->setObjectName(QStringLiteral("capture"));
    capture_->setToolTip(tr("Capture states of this model: then the heads get their colours"));
    auto* row = new QHBoxLayout(colorRow_);
    row->setSizeConstraint(QLayout::SetNoConstraint);
    row->addWidget(colorLabel_);
    row->addWidget(metric_);
    row->addWidget(bar_);
    row->addWidget(capture_);
    row->addStretch(1);
    connect(metric_, &QComboBox::activated, this,
            [this](int index) { workspace_.selection.setMetric(metric_->itemData(index).toString()); });
    connect(capture_, &QPushButton::clicked, this, [this] { Q_EMIT captureRequested(-1); });
}

void PlanPanel::buildMenu() {
    QAction* first = menu()->actions().value(0);
    const auto add = [&](const QString& text, auto slot) {
        auto* action = new QAction(text, this);
        connect(action, &QAction::triggered, this, slot);
        menu()->insertAction(first, action);
        return action;
    };
    add(tr("Select all layers"), &PlanPanel::selectAllLayers);
    add(tr("Apply this row to all unlocked layers"), &PlanPanel::applyRowToAll);
    add(tr("Sweep every layer alone"), &PlanPanel::sweepLayers);
}

void PlanPanel::readModel() {
    const Document& document = workspace_.document;
    if (!document.hasModel()) {
        setSubtitle({});
        empty_->setNote(tr("No model is open"), tr("Open a model folder…"));
        stack_->setCurrentIndex(1);
        return;
    }
    stack_->setCurrentIndex(0);
    const auto& layers = document.config().layers;
    const auto first = std::ranges::find_if(layers, &LayerConfig::prunable);
    QString shape = layers.size() == 1 ? tr("1 layer") : tr("%1 layers").arg(layers.size());
    if (first != layers.end()) {
        const bool grouped = first->value_heads != first->key_heads;
        const QString heads =
            grouped ? tr("%1 heads (%2 key heads)").arg(first->value_heads).arg(first->key_heads)
                    : tr("%1 heads").arg(first->value_heads);
        const QString sizes = first->key_dim == first->value_dim
                                  ? tr("K = V = %1").arg(first->key_dim)
                                  : tr("K = %1, V = %2").arg(first->key_dim).arg(first->value_dim);
        shape = QStringLiteral("%1 × %2, %3").arg(shape, heads, sizes);
    }
    setSubtitle(shape);
    readMetric();
    readScale();
}

void PlanPanel::readMetric() {
    const ColorMetric& metric = colorMetric(workspace_.selection.metric());
    metric_->setCurrentIndex(metric_->findData(metric.name));
    metric_->setToolTip(metric.formula);
    const int noise = metric_->findData(QStringLiteral("sensitivity"));
    if (auto* items = qobject_cast<QStandardItemModel*>(metric_->model())) {
        const bool measured = workspace_.document.noise().has_value();
        items->item(noise)->setEnabled(measured);
        metric_->setItemData(noise,
                             measured ? colorMetric(QStringLiteral("sensitivity")).formula
                                      : tr("Not measured yet: run the noise test first"),
                             Qt::ToolTipRole);
    }
}

void PlanPanel::readScale() {
    const QString metric = workspace_.selection.metric();
    const bool known = std::isfinite(model_->low()) && std::isfinite(model_->high());
    if (known)
        bar_->setScale({}, sequentialColors(chosenMap()), metricText(metric, model_->low()),
                       metricText(metric, model_->high()), false);
    bar_->setVisible(known);
    capture_->setVisible(workspace_.states.capture() == nullptr && metric != QLatin1String("sensitivity"));
    bar_->setToolTip(tr("%1: %2\nOne scale for the whole model; means over windows and captured positions")
                         .arg(colorMetric(metric).title, colorMetric(metric).formula));
    arrangeColorRow();
}

void PlanPanel::showColors() {
    readScale();
    table_->viewport()->update();
}

void PlanPanel::setCompare(bool compare) {
    model_->setCompare(compare);
}

void PlanPanel::stepLayer(int steps) {
    table_->stepLayer(steps);
}

void PlanPanel::stepHead(int steps) {
    table_->stepHead(steps);
}

void PlanPanel::stepKept(int steps) {
    table_->stepKept(steps);
}

void PlanPanel::stepKeptSingle(int steps) {
    table_->stepKeptSingle(steps);
}

void PlanPanel::editKept(const QString& text) {
    table_->editKept(text);
}

void PlanPanel::setRatio() {
    setBar_->askRatio();
}

void PlanPanel::setMethod() {
    table_->askMethod();
}

void PlanPanel::toggleLock() {
    table_->toggleLock();
}

void PlanPanel::selectAllLayers() {
    table_->selectAllLayers();
}

void PlanPanel::applyRowToAll() {
    Document& document = workspace_.document;
    const int layer = workspace_.selection.layer();
    if (document.layerChoice(layer) == nullptr) return;
    std::set<int> all;
    for (const LayerChoice& choice : document.plan().layers)
        all.insert(static_cast<int>(choice.index));
    document.setPlan(tr("Layer %1 copied to all layers").arg(layer), copiedPlan(document.plan(), layer, all));
}

void PlanPanel::sweepLayers() {
    if (!workspace_.document.hasModel()) return;
    if (workspace_.engine.status().state != EngineStatus::State::Ready) {
        Q_EMIT message(tr("The sweep needs the engine, which is not running"));
        return;
    }
    workspace_.engine.layerSweep();
}

void PlanPanel::layOut() {
    const QFont body = scaledFont(QApplication::font(), TextRole::Body);
    const double u = designUnit(QApplication::font());
    for (QWidget* widget : std::initializer_list<QWidget*>{colorLabel_, metric_, capture_})
        widget->setFont(body);
    metric_->setFixedHeight(qRound(24 * u));
    capture_->setFixedHeight(qRound(24 * u));
    colorRow_->layout()->setContentsMargins(qRound(12 * u), qRound(1 * u), qRound(8 * u), qRound(4 * u));
    colorRow_->layout()->setSpacing(qRound(8 * u));
    arrangeColorRow();
}

void PlanPanel::arrangeColorRow() {
    const QFontMetricsF metrics(metric_->font());
    const double u = designUnit(QApplication::font());
    double widest = 0;
    for (const ColorMetric& metric : colorMetrics())
        widest = std::max(widest, metrics.horizontalAdvance(metric.title));
    const QMargins margins = colorRow_->layout()->contentsMargins();
    const int gap = colorRow_->layout()->spacing();
    double room = width() - margins.left() - margins.right();
    if (!bar_->isHidden()) room -= bar_->sizeHint().width() + gap;
    if (!capture_->isHidden()) room -= capture_->sizeHint().width() + gap;
    // The word gives way before the names do.
    const double word = colorLabel_->sizeHint().width() + gap;
    const double chosen = metrics.horizontalAdvance(metric_->currentText()) + 34 * u;
    colorLabel_->setVisible(room - word >= chosen);
    if (room - word >= chosen) room -= word;
    metric_->setFixedWidth(qRound(std::clamp(room, std::min(chosen, 70 * u), widest + 34 * u)));
}

void PlanPanel::resizeEvent(QResizeEvent* event) {
    Panel::resizeEvent(event);
    arrangeColorRow();
}

void PlanPanel::changeEvent(QEvent* event) {
    Panel::changeEvent(event);
    if (event->type() == QEvent::FontChange && setBar_ != nullptr) layOut();
}

void PlanPanel::fillNumbers() {
    numbers_.setTable(model_->table());
}

void PlanPanel::settleNumbers() {
    if (!soon_.isActive()) return;
    soon_.stop();
    fillNumbers();
}

void PlanPanel::applyTheme(const Theme& theme) {
    Panel::applyTheme(theme);
    table_->applyTheme(theme);
    totals_->applyTheme(theme);
    setBar_->applyTheme(theme);
    bar_->setTheme(theme);
    empty_->applyTheme(theme);
    QPalette palette = colorLabel_->palette();
    palette.setColor(QPalette::WindowText, theme.color(Role::Ink2));
    colorLabel_->setPalette(palette);
    layOut();
    readModel();
}

}  // namespace rankscope::gui
