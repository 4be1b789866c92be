// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/layer_panels/noise_panel.hpp"

#include "app/gui/client/engine_control.hpp"
#include "app/gui/document/document.hpp"
#include "app/gui/document/selection.hpp"
#include "app/gui/theme/number_text.hpp"
#include "app/gui/widgets/empty_note.hpp"
#include "app/gui/widgets/segmented_switch.hpp"

#include <QCoreApplication>
#include <QMenu>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace rankscope::gui {
namespace {

// Noise relative to the norm of a query: from hardly any to a third.
const std::vector<double> kLevels{0.01, 0.03, 0.1, 0.3};

}  // namespace

NoiseData noiseData(const Document& document) {
    NoiseData data;
    if (!document.noise()) return data;
    for (const SessionNoise::Head& head : document.noise()->heads) {
        data.heads.append({static_cast<int>(head.layer), static_cast<int>(head.head),
                           static_cast<float>(head.rank_stable), static_cast<float>(head.amplification)});
    }
    std::vector<SessionNoise::Level> levels = document.noise()->levels;
    std::ranges::stable_sort(levels, {}, &SessionNoise::Level::level);
    QStringList ids;
    for (const SessionNoise::Level& level : levels) {
        const QString id = QString::fromStdString(level.point);
        qsizetype at = ids.indexOf(id);
        if (at < 0) {
            at = ids.size();
            ids.append(id);
            NoiseData::Curve curve;
            const SavedPlan* point = document.point(id);
            // A plan that was removed since keeps its curve under its id.
            curve.name = id.isEmpty()       ? QCoreApplication::translate("NoisePanel", "full model")
                         : point != nullptr ? QString::fromStdString(point->choice.name)
                                            : id;
            curve.method = id.isEmpty()       ? Method::FullModel
                           : point != nullptr ? planMethod(point->choice)
                                              : Method::Mixed;
            data.curves.append(curve);
        }
        NoiseData::Curve& curve = data.curves[at];
        curve.level.push_back(static_cast<float>(level.level));
        curve.perplexity.push_back(static_cast<float>(level.perplexity));
        curve.error.push_back(level.delta_nll_se ? static_cast<float>(level.perplexity * *level.delta_nll_se)
                                                 : std::nanf(""));
    }
    return data;
}

NoisePanel::NoisePanel(const Workspace& workspace, QWidget* parent)
    : Panel(tr("Query noise"), parent), workspace_(workspace) {
    mode_ = new SegmentedSwitch(tr("Shown"), {tr("Heads"), tr("Perplexity")});
    mode_->setToolTipOf(0, tr("Noise amplification of each head against its stable rank:\nrelative error of "
                              "the output per relative "
                              "error of the query"));
    mode_->setToolTipOf(1, tr("Perplexity against the noise level; whiskers are one standard error of the "
                              "difference to no noise"));
    addHeaderWidget(mode_);
    stack_ = new QStackedWidget(this);
    view_ = new NoiseView(stack_);
    empty_ = new EmptyNote(stack_);
    stack_->addWidget(view_);
    stack_->addWidget(empty_);
    body()->addWidget(stack_, 1);

    QAction* first = menu()->actions().value(0);
    auto* again = new QAction(tr("Measure query noise"), this);
    connect(again, &QAction::triggered, this, [this] { workspace_.engine.noise(kLevels); });
    menu()->insertAction(first, again);

    Selection& selection = workspace_.selection;
    connect(mode_, &SegmentedSwitch::picked, this, [this](int index) {
        view_->setMode(index == 0 ? NoiseMode::Amplification : NoiseMode::Perplexity);
        showNoise();
    });
    connect(empty_, &EmptyNote::remedyRequested, this, [this] { workspace_.engine.noise(kLevels); });
    connect(view_, &NoiseView::headPicked, this,
            [&selection](int layer, int head) { selection.setLayerAndHead(layer, head); });
    connect(view_, &NoiseView::headHovered, this, [&selection](int layer, int head) {
        selection.setHover(layer >= 0 ? Hover{layer, head, 0, -1, -1, {}} : Hover{});
    });
    connect(view_, &PlotView::readoutChanged, this, &Panel::readoutChanged);
    connect(view_, &QWidget::customContextMenuRequested, this,
            [this](const QPoint& at) { menu()->popup(view_->mapToGlobal(at)); });
    connect(&selection, &Selection::layerChanged, this, &NoisePanel::showSelected);
    connect(&selection, &Selection::headChanged, this, &NoisePanel::showSelected);
    connect(&selection, &Selection::hoverChanged, this, [this, &selection] {
        const Hover& hover = selection.hover();
        view_->setHover(hover.head >= 0 ? hover.layer : -1, hover.head);
    });
    const Document& document = workspace_.document;
    connect(&document, &Document::noiseChanged, this, &NoisePanel::showNoise);
    connect(&document, &Document::modelChanged, this, &NoisePanel::showNoise);
    // Names and removals of saved plans.
    connect(&document, &Document::pointsChanged, this, &NoisePanel::showNoise);
    connect(&workspace_.engine, &EngineControl::statusChanged, this, &NoisePanel::showNoise);
    setPlot(view_);
    showNoise();
}

void NoisePanel::showNoise() {
    NoiseData data = noiseData(workspace_.document);
    data.layer = workspace_.selection.layer();
    data.head = workspace_.selection.head();
    const bool heads = mode_->current() == 0;
    const bool nothing = heads ? data.heads.isEmpty() : data.curves.isEmpty();
    view_->setData(data);
    stack_->setCurrentWidget(nothing ? static_cast<QWidget*>(empty_) : view_);
    showSubtitle();
    if (!nothing) return;
    if (!workspace_.document.hasModel()) {
        empty_->setNote(tr("No model is open"));
    } else if (workspace_.engine.status().state == EngineStatus::State::Ready) {
        empty_->setNote(tr("Noise in the queries was not measured yet"), tr("Measure query noise"));
    } else {
        empty_->setNote(
            tr("Noise in the queries was not measured yet; measuring it needs the engine, which is not "
               "running"));
    }
}

void NoisePanel::showSelected() {
    view_->setSelected(workspace_.selection.layer(), workspace_.selection.head());
    showSubtitle();
}

void NoisePanel::showSubtitle() {
    const auto& noise = workspace_.document.noise();
    setSubtitle(stack_->currentWidget() != view_ || !noise ? QString()
                : mode_->current() != 0
                    ? tr("perplexity against noise")
                    : tr("amplification, %n heads; blue: layer %1", {}, static_cast<int>(noise->heads.size()))
                          .arg(workspace_.selection.layer()));
}

void NoisePanel::applyTheme(const Theme& theme) {
    Panel::applyTheme(theme);
    mode_->applyTheme(theme);
    view_->setTheme(theme);
    empty_->applyTheme(theme);
}

}  // namespace rankscope::gui
