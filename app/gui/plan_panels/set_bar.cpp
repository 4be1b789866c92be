// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/plan_panels/set_bar.hpp"

#include "app/gui/data/state_source.hpp"
#include "app/gui/document/document.hpp"
#include "app/gui/document/selection.hpp"
#include "app/gui/plan_panels/ask_row.hpp"
#include "app/gui/plan_panels/field_box.hpp"
#include "app/gui/plan_panels/layer_row.hpp"
#include "app/gui/plan_panels/menu_button.hpp"
#include "app/gui/plan_panels/method_menu.hpp"
#include "app/gui/theme/fonts.hpp"
#include "app/gui/theme/icons.hpp"
#include "app/gui/theme/number_text.hpp"

#include <QApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QPushButton>

#include <algorithm>
#include <cmath>

namespace rankscope::gui {
namespace {

QString percentText(double share) {
    return QString::number(100 * share, 'g', 4) + QStringLiteral(" %");
}

}  // namespace

SetBar::SetBar(const Workspace& workspace, QWidget* parent) : QStackedWidget(parent), workspace_(workspace) {
    setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
    buildRow();
    buildPresets();
    ask_ = new AskRow(this);
    addWidget(ask_);
    connect(ask_, &AskRow::closed, this, [this] {
        setCurrentWidget(row_);
        presets_->setFocus();
    });
    connect(&workspace_.selection, &Selection::layerChanged, this, &SetBar::readSelection);
    connect(&workspace_.document, &Document::planChanged, this, &SetBar::readSelection);
    const auto forget = [this] { energies_.clear(); };
    connect(&workspace_.document, &Document::scoresChanged, this, forget);
    connect(&workspace_.states, &StateSource::opened, this, forget);
    connect(&workspace_.states, &StateSource::closed, this, forget);
    connect(&workspace_.document, &Document::modelChanged, this, [this] {
        setCurrentWidget(row_);
        readSelection();
        readMethods();
    });
    layOut();
    readSelection();
    readMethods();
}

void SetBar::buildRow() {
    row_ = new QWidget(this);
    row_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
    addWidget(row_);
    set_ = new QLabel(tr("Set"), row_);
    ratio_ = new CalmBox(row_);
    ratio_->setEditable(true);
    ratio_->setInsertPolicy(QComboBox::NoInsert);
    ratio_->setAccessibleName(tr("Share of the channels to remove"));
    ratio_->setToolTip(tr("Share of the channels to remove: 1 − K′/K (R)"));
    for (const double share : {0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875})
        ratio_->addItem(percentText(share));
    ratio_->setCurrentIndex(3);
    set_->setBuddy(ratio_);
    ratioProblem_ = new FieldProblem(ratio_->lineEdit(), ratio_, [](const QString& text) {
        return parseRatio(text.toStdString()) ? QString() : tr("0 % to 100 %");
    });
    connect(ratio_->lineEdit(), &QLineEdit::returnPressed, this, &SetBar::applyToSelected);
    method_ = new CalmBox(row_);
    method_->setAccessibleName(tr("Method that chooses the channels"));
    method_->setToolTip(tr("Method that chooses the channels (M changes it for the selected layers)"));
    for (const std::string& key : methodKeys())
        method_->addItem(methodTitle(key), QString::fromStdString(key));
    method_->addItem(methodTitle({}), QString());
    method_->setCurrentIndex(method_->findData(methodKey(Method::Drrqr)));
    connect(method_, &QComboBox::currentIndexChanged, this, [this] {
        arrange();
        Q_EMIT methodChanged();
    });
    for_ = new QLabel(tr("for"), row_);
    selected_ = new QPushButton(row_);
    unlocked_ = new QPushButton(tr("All unlocked"), row_);
    apply_ = new MenuButton(true, row_);
    apply_->setText(tr("Apply"));
    auto* targets = new QMenu(apply_);
    targets->addAction(QString(), this, &SetBar::applyToSelected);
    targets->addAction(tr("All unlocked layers"), this, &SetBar::applyToUnlocked);
    apply_->setMenu(targets);
    presets_ = new MenuButton(false, row_);
    presets_->setText(tr("Presets"));
    presets_->setAccessibleName(tr("Presets"));
    presets_->setToolTip(tr("Presets for all unlocked layers"));
    connect(selected_, &QPushButton::clicked, this, &SetBar::applyToSelected);
    connect(unlocked_, &QPushButton::clicked, this, &SetBar::applyToUnlocked);
    auto* row = new QHBoxLayout(row_);
    row->setSizeConstraint(QLayout::SetNoConstraint);
    for (QWidget* widget :
         std::initializer_list<QWidget*>{set_, ratio_, method_, for_, selected_, unlocked_, apply_})
        row->addWidget(widget);
    row->addStretch(1);
    row->addWidget(presets_);
}

void SetBar::buildPresets() {
    menu_ = new QMenu(presets_);
    menu_->setToolTipsVisible(true);
    for (const double share : {0.25, 0.5, 0.75}) {
        const QString title = tr("Uniform %1").arg(percentText(share));
        menu_->addAction(title, this, [this, share, title] {
            preset(title, uniformPlan(workspace_.document.plan(), share, pruningMethod()));
        });
    }
    menu_->addSeparator();
    menu_
        ->addAction(tr("Spare first and last"), this,
                    [this] {
                        const std::optional<double> share = parseRatio(ratio_->currentText().toStdString());
                        if (share)
                            preset(tr("Spare first and last, %1").arg(percentText(*share)),
                                   sparedEndsPlan(workspace_.document.plan(), *share, pruningMethod()));
                    })
        ->setToolTip(tr("First and last layer keep all channels; the others get the ratio of the Set bar"));
    menu_->addAction(tr("Energy at least …"), this, &SetBar::askEnergy)
        ->setToolTip(tr("Every layer the fewest channels that hold this share of ‖S‖²"));
    menu_->addAction(tr("State at most …"), this, &SetBar::askState)
        ->setToolTip(tr("Channels go where the one-layer sweep says that they cost least"));
    menu_->addSeparator();
    menu_
        ->addAction(tr("Same K′ everywhere"), this,
                    [this] {
                        preset(tr("Same K′ everywhere"),
                               sameKeptPlan(workspace_.document.plan(), pruningMethod()));
                    })
        ->setToolTip(tr("The mean K′ in all layers, as a uniform export needs it"));
    menu_
        ->addAction(
            tr("Snap to kernel widths"), this,
            [this] { preset(tr("Snap to kernel widths"), kernelWidthsPlan(workspace_.document.plan())); })
        ->setToolTip(
            tr("Each K′ to the nearest of 16, 32, 64, 128: widths that are full wins for the kernels"));
    presets_->setMenu(menu_);
}

std::string SetBar::method() const {
    return method_->currentData().toString().toStdString();
}

std::string SetBar::pruningMethod() const {
    const std::string chosen = method();
    return chosen.empty() ? methodKey(Method::Drrqr).toStdString() : chosen;
}

QString SetBar::problem() const {
    return ratioProblem_->problem();
}

std::set<int> SetBar::unlockedLayers() const {
    std::set<int> layers;
    for (const LayerChoice& layer : workspace_.document.plan().layers) {
        if (!layer.locked) layers.insert(static_cast<int>(layer.index));
    }
    return layers;
}

void SetBar::readSelection() {
    const std::set<int>& layers = workspace_.selection.layers();
    const std::set<int> free = unlockedLayers();
    std::vector<int> stateful;
    bool any = false;
    for (const int layer : layers) {
        if (workspace_.document.layerChoice(layer) == nullptr) continue;
        stateful.push_back(layer);
        any = any || free.contains(layer);
    }
    QString text = tr("Layer %1").arg(workspace_.selection.layer());
    if (stateful.size() > 1) text = tr("%n layers", nullptr, static_cast<int>(stateful.size()));
    if (selected_->text() != text) {
        selected_->setText(text);
        apply_->menu()->actions().first()->setText(text);
        arrange();
    }
    selected_->setEnabled(any);
    apply_->menu()->actions().first()->setEnabled(any);
    const QString why = stateful.empty() ? tr("This layer has no recurrent state")
                        : any            ? tr("Ratio and method for the selected layers")
                                         : tr("Locked: K unlocks");
    selected_->setToolTip(why);
    apply_->setToolTip(tr("Ratio and method for the selected or all unlocked layers"));
    unlocked_->setEnabled(!free.empty());
    unlocked_->setToolTip(tr("Ratio and method for the %n layer(s) that are not locked", nullptr,
                             static_cast<int>(free.size())));
    row_->setEnabled(workspace_.document.hasModel());
}

void SetBar::readMethods() {
    // Begin with the method that the plan uses.
    for (const LayerChoice& layer : workspace_.document.plan().layers) {
        const int index = method_->findData(QString::fromStdString(layer.method));
        if (layer.method.empty() || index < 0) continue;
        method_->setCurrentIndex(index);
        return;
    }
}

void SetBar::askRatio() {
    setCurrentWidget(row_);
    ratio_->setFocus(Qt::ShortcutFocusReason);
    ratio_->lineEdit()->selectAll();
}

void SetBar::applyTo(const std::set<int>& layers) {
    const std::optional<double> share = parseRatio(ratio_->currentText().toStdString());
    if (!share) {
        ratio_->setFocus();
        ratioProblem_->check();
        return;
    }
    Document& document = workspace_.document;
    std::vector<int> changed;
    for (const int layer : layers) {
        const LayerChoice* choice = document.layerChoice(layer);
        if (choice != nullptr && !choice->locked) changed.push_back(layer);
    }
    if (changed.empty()) return;
    const QString who = layersText(document, changed);
    const std::string key = method();
    document.setPlan(key.empty() ? tr("%1: keep all").arg(who)
                                 : tr("%1: ratio %2, %3").arg(who, percentText(*share), methodTitle(key)),
                     withRatio(document.plan(), layers, *share, key));
}

void SetBar::applyToSelected() {
    applyTo(workspace_.selection.layers());
}

void SetBar::applyToUnlocked() {
    applyTo(unlockedLayers());
}

void SetBar::preset(const QString& label, PlanChoice plan) {
    Document& document = workspace_.document;
    if (plan == document.plan()) {
        Q_EMIT message(tr("%1: the plan is so already").arg(label));
        return;
    }
    document.setPlan(tr("Preset: %1").arg(label), std::move(plan));
    Q_EMIT message(tr("%1: %2").arg(label, outcome(document.plan())));
}

QString SetBar::outcome(const PlanChoice& plan) const {
    return tr("mean K′ %1, state %2")
        .arg(number_text::fixed(meanKept(plan), 1),
             number_text::bytes(static_cast<double>(workspace_.document.stateBytes(plan))));
}

std::optional<double> SetBar::energy(const LayerChoice& layer) const {
    const auto [found, isNew] = energies_.try_emplace({layer.index, layer.method, layer.kept});
    if (isNew) {
        const double share = keptEnergy(workspace_, layer);
        if (!std::isnan(share)) found->second = share;
    }
    return found->second;
}

void SetBar::askEnergy() {
    energies_.clear();
    const auto plan = [this](double percent) {
        return energyPlan(workspace_.document.plan(), percent / 100, pruningMethod(),
                          [this](const LayerChoice& layer) { return energy(layer); });
    };
    const auto anyKnown = [this] {
        return std::ranges::any_of(workspace_.document.plan().layers, [this](LayerChoice layer) {
            if (layer.method.empty()) layer.method = pruningMethod();
            layer.kept = std::max<std::int64_t>(1, layer.key_dim / 2);
            layer.by_hand.clear();
            return energy(layer).has_value();
        });
    };
    setCurrentWidget(ask_);
    ask_->ask({tr("Energy at least"), QStringLiteral("%"), QStringLiteral("99"),
               [anyKnown](double percent) {
                   if (percent <= 0 || percent > 100) return tr("0 % to 100 %");
                   return anyKnown() ? QString() : tr("Needs a capture and channel scores");
               },
               [this, plan](double percent) { return outcome(plan(percent)); },
               [this, plan](double percent) {
                   preset(tr("Energy at least %1").arg(percentText(percent / 100)), plan(percent));
               }});
}

BudgetPlan SetBar::budget(double kib) const {
    const Document& document = workspace_.document;
    std::vector<std::int64_t> perChannel;
    for (const LayerChoice& layer : document.plan().layers) {
        const LayerConfig& config = document.config().layers[static_cast<std::size_t>(layer.index)];
        perChannel.push_back(config.value_heads * config.value_dim * 4);
    }
    return budgetPlan(
        document.plan(), static_cast<std::int64_t>(kib * 1024), pruningMethod(), perChannel,
        [&document](const LayerChoice& layer) {
            return document.layerSweep().empty() ? std::nullopt : document.layerDelta(layer);
        },
        [this](const LayerChoice& layer) { return energy(layer); });
}

void SetBar::askState() {
    energies_.clear();
    const double full = static_cast<double>(workspace_.document.config().state_bytes()) / 1024;
    setCurrentWidget(ask_);
    ask_->ask({tr("State at most"), QStringLiteral("KiB"), QString::number(std::round(full / 2)),
               [this, full](double kib) {
                   if (kib <= 0 || kib > full)
                       return tr("more than 0, at most %1 KiB").arg(number_text::significant(full, 4));
                   const BudgetPlan result = budget(kib);
                   if (result.reached) return QString();
                   if (result.plan == workspace_.document.plan())
                       return tr("Needs a sweep of every layer alone, or a capture and scores");
                   return tr("no less than %1 is possible")
                       .arg(number_text::bytes(static_cast<double>(result.bytes)));
               },
               [this](double kib) {
                   const BudgetPlan result = budget(kib);
                   return outcome(result.plan)
                          + (result.bySweep ? tr(", by the one-layer sweep") : tr(", by kept energy"));
               },
               [this](double kib) {
                   preset(tr("State at most %1 KiB").arg(QString::number(kib, 'g', 6)), budget(kib).plan);
               }});
}

void SetBar::layOut() {
    const QFont body = scaledFont(QApplication::font(), TextRole::Body);
    const double u = designUnit(QApplication::font());
    for (QWidget* widget :
         std::initializer_list<QWidget*>{set_, ratio_, method_, for_, selected_, unlocked_, apply_, presets_})
        widget->setFont(body);
    const int height = qRound(26 * u);
    for (QWidget* widget : std::initializer_list<QWidget*>{ratio_, method_, selected_, unlocked_})
        widget->setFixedHeight(height);
    const QFontMetricsF metrics(body);
    ratio_->setFixedWidth(qRound(metrics.horizontalAdvance(QStringLiteral("87.5 %")) + 32 * u));
    const int icon = qRound(14 * u);
    method_->setIconSize({icon, icon});
    row_->layout()->setContentsMargins(qRound(12 * u), qRound(4 * u), qRound(8 * u), qRound(8 * u));
    row_->layout()->setSpacing(qRound(6 * u));
    for (int i = 0; i < method_->count(); ++i)
        method_->setItemIcon(i, methodIcon(method_->itemData(i).toString().toStdString(), *theme_, 14 * u));
    arrange();
    updateGeometry();
}

QSize SetBar::sizeHint() const {
    return minimumSizeHint();
}

QSize SetBar::minimumSizeHint() const {
    return {0, qRound(40 * designUnit(QApplication::font()))};
}

void SetBar::arrange() {
    if (presets_ == nullptr) return;
    const double u = designUnit(QApplication::font());
    const QFontMetricsF metrics(scaledFont(QApplication::font(), TextRole::Body));
    const QMargins margins = row_->layout()->contentsMargins();
    const int gap = row_->layout()->spacing();
    const auto named = [&](const QString& name) { return metrics.horizontalAdvance(name) + 48 * u; };
    const double shortest = named(methodTitle("drrqr"));
    const double chosen = std::max(shortest, named(method_->currentText()));
    const double set = set_->sizeHint().width() + gap;
    const double base = margins.left() + margins.right() + ratio_->width() + 2 * gap;
    const double both =
        for_->sizeHint().width() + selected_->sizeHint().width() + unlocked_->sizeHint().width() + 3 * gap;
    const double applied = apply_->sizeHint().width() + gap;
    presets_->setTextShown(true);
    const double presetsText = presets_->sizeHint().width();
    presets_->setTextShown(false);
    const double presetsIcon = presets_->sizeHint().width();
    const auto fits = [&](double sum) { return base + sum <= width(); };
    const bool wide = fits(set + chosen + both + presetsText);
    const bool text = wide || fits(set + chosen + applied + presetsText);
    const bool word = wide || fits(set + shortest + applied + (text ? presetsText : presetsIcon));
    for (QWidget* widget : std::initializer_list<QWidget*>{for_, selected_, unlocked_})
        widget->setVisible(wide);
    apply_->setVisible(!wide);
    set_->setVisible(word);
    presets_->setTextShown(text);
    const double rest =
        width() - base - (word ? set : 0) - (wide ? both : applied) - (text ? presetsText : presetsIcon);
    method_->setFixedWidth(qRound(std::clamp(rest, 44 * u, chosen)));
}

void SetBar::resizeEvent(QResizeEvent* event) {
    QStackedWidget::resizeEvent(event);
    arrange();
}

void SetBar::changeEvent(QEvent* event) {
    QStackedWidget::changeEvent(event);
    if (event->type() == QEvent::FontChange && ask_ != nullptr) layOut();
}

void SetBar::applyTheme(const Theme& theme) {
    theme_ = &theme;
    ask_->applyTheme(theme);
    ratioProblem_->applyTheme(theme);
    apply_->applyTheme(theme);
    presets_->applyTheme(theme);
    presets_->setIcon(themedIcon(QStringLiteral("sliders"), theme));
    for (QLabel* label : {set_, for_}) {
        QPalette palette = label->palette();
        palette.setColor(QPalette::WindowText, theme.color(Role::Ink2));
        label->setPalette(palette);
    }
    layOut();
}

}  // namespace rankscope::gui
