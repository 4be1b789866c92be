// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/teaching/lecture_panel.hpp"

#include "app/gui/charts/heads_by_layer_view.hpp"
#include "app/gui/charts/rank_over_tokens_view.hpp"
#include "app/gui/charts/spectrum_view.hpp"
#include "app/gui/charts/tradeoff_view.hpp"
#include "app/gui/data/state_source.hpp"
#include "app/gui/document/document.hpp"
#include "app/gui/document/selection.hpp"
#include "app/gui/layer_panels/after_pruning.hpp"
#include "app/gui/layer_panels/layer_data.hpp"
#include "app/gui/teaching/lecture_run.hpp"
#include "app/gui/theme/fonts.hpp"
#include "app/gui/tradeoff_panels/contribution_view.hpp"
#include "app/gui/tradeoff_panels/tradeoff_dot.hpp"
#include "app/gui/widgets/panel_ground.hpp"

#include <QApplication>
#include <QLabel>
#include <QPainter>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>
#include <limits>

namespace rankscope::gui {
namespace {

constexpr int kSampledStates = 12;

int px(double units) {
    return qRound(units * designUnit(QApplication::font()));
}

// The decade under the smallest value: no room for what is not there.
double floorOf(const std::vector<std::vector<float>>& heads) {
    double lowest = 1;
    for (const std::vector<float>& head : heads) {
        if (head.empty() || !(head.front() > 0)) continue;
        for (const float value : head) {
            if (value > 0) lowest = std::min<double>(lowest, value / head.front());
        }
    }
    return std::pow(10, std::floor(std::log10(std::clamp(lowest, 1e-6, 1e-2))));
}

}  // namespace

LecturePanel::LecturePanel(LectureRun& run, QWidget* parent) : QFrame(parent), run_(run) {
    setFrameShape(QFrame::NoFrame);
    column_ = new QVBoxLayout(this);
    column_->setContentsMargins(px(6), px(6), px(6), px(4));
    mark_ = new QLabel(QStringLiteral("?"), this);
    note_ = new QLabel(tr("after your guess"), this);
    for (QLabel* label : {mark_, note_}) {
        label->setAlignment(Qt::AlignCenter);
        column_->addWidget(label);
    }
    column_->insertStretch(0, 1);
    column_->addStretch(1);
    after_ = new AfterPruning(run.workspace().states, this);
    connect(after_, &AfterPruning::changed, this, [this](const std::vector<float>& values) {
        if (spectrum_ != nullptr) spectrum_->setAfterPruning(values, false);
    });
    const Workspace& workspace = run.workspace();
    connect(&workspace.document, &Document::planChanged, this, &LecturePanel::planMoved);
    connect(&workspace.document, &Document::resultChanged, this, [this] {
        if (tradeoff_ != nullptr) fillTradeoff();
    });
    connect(&workspace.document, &Document::scoresChanged, this, &LecturePanel::showAfterPruning);
    connect(&workspace.selection, &Selection::headChanged, this, &LecturePanel::fill);
    connect(&workspace.selection, &Selection::tokenChanged, this, [this] {
        if (picture_.view == LecturePicture::View::Tokens) fill();
    });
    connect(&workspace.states, &StateSource::opened, this, &LecturePanel::fill);
}

LecturePanel::~LecturePanel() = default;

QString LecturePanel::title() const {
    const Selection& selection = run_.workspace().selection;
    const QString head = tr("Layer %1, head %2").arg(selection.layer()).arg(selection.head());
    switch (picture_.view) {
        case LecturePicture::View::Spectrum:
            return tr("%1: singular values of the state").arg(head);
        case LecturePicture::View::Tokens:
            return tr("%1: %2 along the text").arg(head, rankTitle(picture_.metric));
        case LecturePicture::View::Heads:
            return tr("Every head: %1").arg(rankTitle(picture_.metric));
        case LecturePicture::View::Layers:
            return tr("Each layer alone at half of its channels");
        case LecturePicture::View::Tradeoff:
            return picture_.recall ? tr("Recall against state size") : tr("Perplexity against state size");
    }
    return {};
}

void LecturePanel::show(const LecturePicture& picture) {
    picture_ = picture;
    after_->clear();
    delete view_;
    view_ = spectrum_ = nullptr;
    tradeoff_ = nullptr;
    if (!(picture.covered && run_.isOpen())) makeView();
    setCover();
    setAccessibleName(title());
    setAccessibleDescription(isCovered() ? note_->text() : QString());
}

void LecturePanel::makeView() {
    switch (picture_.view) {
        case LecturePicture::View::Spectrum:
            view_ = spectrum_ = new SpectrumView(this);
            break;
        case LecturePicture::View::Tokens:
            view_ = new RankOverTokensView(this);
            break;
        case LecturePicture::View::Heads:
            view_ = new HeadsByLayerView(this);
            break;
        case LecturePicture::View::Layers:
            view_ = new ContributionView(this);
            break;
        case LecturePicture::View::Tradeoff:
            view_ = tradeoff_ = new TradeoffView(this);
            break;
    }
    view_->setLineFactor(kLineFactor);
    view_->setTheme(*theme_);
    view_->setAccessibleName(title());
    // First the guess, then the pointer: cards under it hold numbers.
    view_->setAttribute(Qt::WA_TransparentForMouseEvents, run_.isOpen());
    view_->setFocusPolicy(run_.isOpen() ? Qt::NoFocus : Qt::StrongFocus);
    column_->insertWidget(1, view_, 1000);
    if (spectrum_ != nullptr) {
        Document& document = run_.workspace().document;
        connect(spectrum_, &SpectrumView::cutDragStarted, this, [this](int kept) { keptBefore_ = kept; });
        // The plan of a lecture is held all the time: a drag moves it, and no step comes of it.
        const auto move = [this, &document](int kept) {
            document.dragTo(document.withKept(run_.workspace().selection.layer(), kept));
        };
        connect(spectrum_, &SpectrumView::cutDragged, this, move);
        connect(spectrum_, &SpectrumView::cutDragCancelled, this, [this, move] { move(keptBefore_); });
    }
    fill();
    view_->show();
}

void LecturePanel::fill() {
    if (view_ == nullptr) return;
    view_->setHeading(title());
    view_->setEmptyText(missing());
    switch (picture_.view) {
        case LecturePicture::View::Spectrum:
            fillSpectrum();
            break;
        case LecturePicture::View::Tokens:
            fillTokens();
            break;
        case LecturePicture::View::Heads:
            fillHeads();
            break;
        case LecturePicture::View::Layers:
            fillLayers();
            break;
        case LecturePicture::View::Tradeoff:
            fillTradeoff();
            break;
    }
}

// What an empty picture lacks. Of a capture that is there: which part.
QString LecturePanel::missing() const {
    if (picture_.view == LecturePicture::View::Layers) return tr("This needs the sweep of every layer alone");
    if (picture_.view == LecturePicture::View::Tradeoff) return tr("This needs plans that were measured");
    const CaptureData* capture = run_.workspace().states.capture().get();
    if (capture == nullptr) return tr("This needs a capture of the model");
    const int layer = run_.workspace().selection.layer();
    if (picture_.view != LecturePicture::View::Heads && capture->captured(layer) < 0)
        return tr("The capture does not hold layer %1").arg(layer);
    const bool there = picture_.view == LecturePicture::View::Spectrum
                           ? capture->layout.spectra
                           : capture->hasMetric(picture_.metric.toStdString());
    if (there) return tr("The capture holds no numbers for this");
    return capture->layout.ranks ? tr("The capture holds ranks without singular values, which this needs")
                                 : tr("The capture was made without singular values, which this needs");
}

void LecturePanel::fillSpectrum() {
    const Workspace& workspace = run_.workspace();
    const CaptureData* capture = workspace.states.capture().get();
    const int layer = workspace.selection.layer();
    const HeadPlace place =
        capture == nullptr ? HeadPlace{} : placeOf(*capture, layer, workspace.selection.head());
    SpectrumData data;
    if (place.isCaptured() && capture->layout.spectra) {
        data = meanSpectra(*capture, static_cast<std::size_t>(place.layer));
        data.selected = workspace.selection.head();
        if (const LayerChoice* choice = workspace.document.layerChoice(layer)) {
            data.channels = static_cast<int>(choice->key_dim);
            data.kept = static_cast<int>(choice->kept);
            data.method = methodOfKey(QString::fromStdString(choice->method)).value_or(Method::FullModel);
            data.snap = data.channels >= 256 ? 16 : 8;
        }
        data.cutMovable = !run_.isOpen();
        data.floor = floorOf(data.heads);
    }
    spectrum_->setData(data);
    showAfterPruning();
}

void LecturePanel::showAfterPruning() {
    if (spectrum_ == nullptr || spectrum_->data().heads.empty()) return;
    const Workspace& workspace = run_.workspace();
    const CaptureData* capture = workspace.states.capture().get();
    const LayerChoice* choice = workspace.document.layerChoice(workspace.selection.layer());
    const HeadPlace place = placeOf(*capture, workspace.selection.layer(), workspace.selection.head());
    if (choice == nullptr || !place.isCaptured() || !capture->layout.states) return;
    const auto kept = workspace.document.keptChannels(*choice);
    const CaptureLayer& shape = capture->layout.layers[static_cast<std::size_t>(place.layer)];
    const auto rows = kept ? keptRows(*capture, place, *kept) : std::vector<std::int32_t>{};
    if (rows.empty() || std::ssize(rows) == shape.key_dim) {
        after_->clear();
        spectrum_->setAfterPruning({}, false);
        return;
    }
    after_->show(spectrum_->data().heads[static_cast<std::size_t>(spectrum_->data().selected)], rows,
                 AfterPruning::sample(*capture, place.layer, place.head, kSampledStates),
                 spectrum_->isDragging());
}

void LecturePanel::fillTokens() {
    const Workspace& workspace = run_.workspace();
    const CaptureData* capture = workspace.states.capture().get();
    const int place = capture == nullptr ? -1 : capture->captured(workspace.selection.layer());
    RankOverTokensData data;
    if (place >= 0 && capture->windows > 0 && capture->hasMetric(picture_.metric.toStdString())) {
        const std::int64_t window =
            std::clamp<std::int64_t>(workspace.selection.window(), 0, capture->windows - 1);
        data = ranksOverTokens(*capture, static_cast<std::size_t>(place), window, picture_.metric);
        data.selected = workspace.selection.head();
        data.token = workspace.selection.token();
    }
    static_cast<RankOverTokensView*>(view_)->setData(data);
}

void LecturePanel::fillHeads() {
    const Workspace& workspace = run_.workspace();
    const CaptureData* capture = workspace.states.capture().get();
    HeadsByLayerData data;
    data.metric = rankTitle(picture_.metric);
    // The selected layer may be what is asked for.
    data.layer = run_.isOpen() ? -1 : workspace.selection.layer();
    data.head = run_.isOpen() ? -1 : workspace.selection.head();
    if (capture != nullptr && capture->hasMetric(picture_.metric.toStdString())) {
        std::vector<int> heads;
        for (const LayerConfig& layer : workspace.document.config().layers)
            heads.push_back(layer.prunable() ? static_cast<int>(layer.value_heads) : 0);
        data.ranks = meanRanks(*capture, picture_.metric, heads);
    }
    static_cast<HeadsByLayerView*>(view_)->setData(data);
}

void LecturePanel::fillLayers() {
    ContributionData data;
    data.alone = true;
    for (const LessonFacts::LayerCost& cost : run_.facts().layerCosts()) {
        const LayerChoice* choice = run_.workspace().document.layerChoice(cost.layer);
        const int width = choice == nullptr ? 0 : static_cast<int>(choice->key_dim);
        data.layers.append({cost.layer, cost.deltaNll,
                            cost.error > 0 ? cost.error : std::numeric_limits<double>::quiet_NaN(), width,
                            width / 2});
    }
    data.expected = static_cast<int>(data.layers.size());
    static_cast<ContributionView*>(view_)->setData(data);
}

void LecturePanel::fillTradeoff() {
    const Document& document = run_.workspace().document;
    const PlanFacts current = currentFacts(document);
    const bool open = run_.isOpen();
    const QStringList& shown = run_.step().shownMethods;
    const bool all = shown.contains(QStringLiteral("all"));
    TradeoffData data;
    data.front = !open || all;
    data.qualityTitle = picture_.recall ? tr("recall, %") : tr("perplexity");
    data.lowerIsBetter = !picture_.recall;
    data.dots.append(tradeoffDot(document, fullModelFacts(document), picture_.recall));
    for (const SavedPlan& point : document.state().points) {
        const PlanFacts facts = planFacts(document, point);
        if (facts.method == Method::FullModel || (open && facts.id == current.id)) continue;
        // Neighbours would give the answer away, and so would a line through them.
        if (open && !all && !(facts.uniform && shown.contains(methodKey(facts.method)))) continue;
        data.dots.append(tradeoffDot(document, facts, picture_.recall));
    }
    const bool full = current.method == Method::FullModel;
    data.current = full ? fullModelId() : current.id;
    data.hideCurrent = open && !full;
    if (data.hideCurrent) {
        // Where it is, not how good it is.
        TradeoffDot dot;
        dot.id = current.id;
        dot.name = current.name;
        dot.method = current.method;
        dot.state = PlanState::Estimate;
        dot.stateKib = current.stateBytes / 1024;
        data.dots.append(dot);
    } else if (current.id == currentPlanId()) {
        data.dots.append(tradeoffDot(document, current, picture_.recall));
    }
    tradeoff_->setData(data);
}

void LecturePanel::planMoved() {
    if (spectrum_ != nullptr && !spectrum_->data().heads.empty()) {
        const LayerChoice* choice = run_.workspace().document.layerChoice(run_.workspace().selection.layer());
        if (choice != nullptr) {
            const Method method =
                methodOfKey(QString::fromStdString(choice->method)).value_or(Method::FullModel);
            if (method != spectrum_->data().method) {
                fillSpectrum();
            } else {
                spectrum_->setKept(static_cast<int>(choice->kept));
                showAfterPruning();
            }
        }
    }
    if (tradeoff_ == nullptr) return;
    const Document& document = run_.workspace().document;
    PlanFacts facts = currentFacts(document);
    if (!run_.isOpen() && facts.id == currentPlanId() && tradeoff_->data().current == facts.id) {
        tradeoff_->setDot(tradeoffDot(document, facts, picture_.recall));
    } else {
        fillTradeoff();
    }
}

void LecturePanel::setCover() {
    const bool covered = isCovered();
    mark_->setVisible(covered);
    note_->setVisible(covered);
    QFont large = QApplication::font();
    large.setPointSizeF(4 * large.pointSizeF());
    large.setWeight(QFont::DemiBold);
    mark_->setFont(large);
    note_->setFont(scaledFont(QApplication::font(), TextRole::Body));
    const auto ink = [&](QLabel* label, Role role) {
        QPalette palette = label->palette();
        palette.setColor(QPalette::WindowText, theme_->color(role));
        label->setPalette(palette);
    };
    ink(mark_, Role::Accent);
    ink(note_, Role::Ink2);
    update();
}

void LecturePanel::applyTheme(const Theme& theme) {
    theme_ = &theme;
    if (view_ != nullptr) view_->setTheme(theme);
    setCover();
}

void LecturePanel::changeEvent(QEvent* event) {
    QFrame::changeEvent(event);
    if (event->type() == QEvent::FontChange && note_ != nullptr) setCover();
}

void LecturePanel::paintEvent(QPaintEvent* /*event*/) {
    QPainter painter(this);
    paintPanelGround(painter, rect(), *theme_);
    if (!isCovered()) return;
    const QFont font = scaledFont(QApplication::font(), TextRole::PanelTitle);
    painter.setFont(font);
    painter.setPen(theme_->color(Role::Ink));
    // Where the picture will have it: nothing moves when it is shown.
    const QMargins margins = column_->contentsMargins();
    const double u = designUnit(QApplication::font());
    painter.drawText(QPointF(margins.left() + 12 * u, margins.top() + 4 * u + QFontMetricsF(font).ascent()),
                     title());
}

}  // namespace rankscope::gui
