// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/tradeoff_panels/spectra_compare.hpp"

#include "app/gui/charts/spectrum_view.hpp"
#include "app/gui/tradeoff_panels/spectra_pair_view.hpp"
#include "app/gui/widgets/empty_note.hpp"

#include <QHBoxLayout>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>

namespace rankscope::gui {

SpectraCompare::SpectraCompare(Workspace workspace, QWidget* parent)
    : QWidget(parent), workspace_(workspace), pruned_(workspace.states) {
    stack_ = new QStackedWidget(this);
    sides_ = new QWidget(stack_);
    auto* row = new QHBoxLayout(sides_);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(0);
    sideA_ = new SpectrumView(sides_);
    sideB_ = new SpectrumView(sides_);
    row->addWidget(sideA_, 1);
    row->addWidget(sideB_, 1);
    pair_ = new SpectraPairView(stack_);
    empty_ = new EmptyNote(stack_);
    stack_->addWidget(sides_);
    stack_->addWidget(pair_);
    stack_->addWidget(empty_);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(stack_, 1);

    for (SpectrumView* side : {sideA_, sideB_}) {
        connect(side, &SpectrumView::indexHovered, this, [this](int index) {
            Hover hover;
            hover.layer = index > 0 ? layer_ : -1;
            hover.head = index > 0 ? head_ : -1;
            hover.index = index;
            workspace_.selection.setHover(hover);
        });
        connect(side, &PlotView::readoutChanged, this, &SpectraCompare::readoutChanged);
    }
    connect(pair_, &PlotView::readoutChanged, this, &SpectraCompare::readoutChanged);
    connect(empty_, &EmptyNote::remedyRequested, this, &SpectraCompare::captureRequested);
    connect(&pruned_, &PrunedSpectra::ready, this, &SpectraCompare::showSpectra);
    const auto stale = [this] {
        stale_ = true;
        if (isVisible()) refresh();
    };
    const Selection& selection = workspace_.selection;
    connect(&selection, &Selection::layerChanged, this, stale);
    connect(&selection, &Selection::headChanged, this, stale);
    connect(&selection, &Selection::tokenChanged, this, stale);
    connect(&selection, &Selection::hoverChanged, this, [this] {
        const int index = workspace_.selection.hover().index;
        sideA_->setHoverIndex(index);
        sideB_->setHoverIndex(index);
    });
    connect(&workspace_.states, &StateSource::opened, this, stale);
    connect(&workspace_.states, &StateSource::closed, this, stale);
    connect(&workspace_.document, &Document::scoresChanged, this, stale);
}

void SpectraCompare::setMode(Mode mode) {
    mode_ = mode;
    pair_->setMode(mode == Mode::Difference ? SpectraPairView::Mode::Difference
                                            : SpectraPairView::Mode::Overlay);
    if (stack_->currentWidget() != empty_)
        stack_->setCurrentWidget(mode == Mode::SideBySide ? sides_ : static_cast<QWidget*>(pair_));
}

void SpectraCompare::setChoices(const LayerChoice* a, const LayerChoice* b) {
    const auto same = [](const std::optional<LayerChoice>& old, const LayerChoice* now) {
        return old.has_value() == (now != nullptr) && (now == nullptr || *old == *now);
    };
    if (same(a_, a) && same(b_, b) && !stale_) return;
    a_ = a == nullptr ? std::nullopt : std::optional(*a);
    b_ = b == nullptr ? std::nullopt : std::optional(*b);
    stale_ = true;
    if (isVisible()) refresh();
}

PlotView* SpectraCompare::plot() const {
    if (stack_->currentWidget() == empty_) return nullptr;
    if (mode_ != Mode::SideBySide) return pair_;
    return sideB_->hasFocus() ? sideB_ : sideA_;
}

std::vector<std::int32_t> SpectraCompare::rowsOf(const LayerChoice& choice) const {
    const CaptureData* capture = workspace_.states.capture().get();
    const auto kept = workspace_.document.keptChannels(choice);
    if (capture == nullptr || !kept) return {};
    const CaptureLayer& shape = capture->layout.layers[static_cast<std::size_t>(captured_)];
    const std::int64_t group =
        std::max<std::int64_t>(1, shape.value_heads / std::max<std::int64_t>(1, shape.key_heads));
    const auto keyHead = static_cast<std::int32_t>(head_ / group);
    const auto found = std::ranges::find(shape.captured_key_heads, keyHead);
    const auto first = (found - shape.captured_key_heads.begin()) * shape.key_dim;
    if (found == shape.captured_key_heads.end() || static_cast<std::size_t>(keyHead) >= kept->size()
        || first + shape.key_dim > std::ssize(shape.channels))
        return {};
    const std::vector<std::int32_t>& channels = (*kept)[static_cast<std::size_t>(keyHead)];
    std::vector<std::int32_t> rows;
    for (std::int64_t row = 0; row < shape.key_dim; ++row) {
        if (std::ranges::binary_search(channels, shape.channels[static_cast<std::size_t>(first + row)]))
            rows.push_back(static_cast<std::int32_t>(row));
    }
    return rows;
}

void SpectraCompare::refresh() {
    stale_ = false;
    pruned_.cancel();
    const CaptureData* capture = workspace_.states.capture().get();
    layer_ = workspace_.selection.layer();
    head_ = workspace_.selection.head();
    captured_ = capture == nullptr ? -1 : capture->captured(layer_);
    const int head = captured_ < 0 ? -1 : capture->capturedHead(static_cast<std::size_t>(captured_), head_);
    QString note, remedy;
    if (!a_ || !b_) {
        note = tr("Layer %1 has no recurrent state to compare").arg(layer_);
    } else if (capture == nullptr) {
        note = tr("This model has no captured states yet");
        remedy = tr("Capture…");
    } else if (captured_ < 0 || head < 0 || !capture->layout.spectra || capture->windows < 1) {
        note = tr("Spectra of layer %1, head %2 were not captured").arg(layer_).arg(head_);
        remedy = tr("Capture layer %1…").arg(layer_);
    }
    if (!note.isEmpty()) {
        empty_->setNote(note, remedy);
        stack_->setCurrentWidget(empty_);
        return;
    }
    stack_->setCurrentWidget(mode_ == Mode::SideBySide ? sides_ : static_cast<QWidget*>(pair_));
    const auto layer = static_cast<std::size_t>(captured_);
    const auto window = std::clamp<std::int64_t>(workspace_.selection.window(), 0, capture->windows - 1);
    const int state = capture->layout.states ? capture->nearestState(workspace_.selection.token()) : -1;
    place_ = tr("Layer %1, head %2").arg(layer_).arg(head_);
    if (state < 0) {
        // Without states nobody can take rows out of them: what is left is the spectrum over all windows.
        full_ = capture->meanSpectrum(layer, static_cast<std::size_t>(head));
        place_ += tr(", mean");
        showSpectra({}, {});
        return;
    }
    const std::int64_t token = capture->layout.state_positions[static_cast<std::size_t>(state)];
    const auto values =
        capture->spectrum(layer, window, capture->nearestPosition(token), static_cast<std::size_t>(head));
    full_.assign(values.begin(), values.end());
    place_ += tr(", token %1").arg(token);
    // The curves before stay until the new ones are here.
    pruned_.request({captured_, static_cast<int>(window), state, head}, rowsOf(*a_), rowsOf(*b_));
    if (sideA_->data().layer != layer_ || sideA_->data().firstHead != head_) showSpectra({}, {});
}

void SpectraCompare::showSpectra(const std::vector<float>& sigmaA, const std::vector<float>& sigmaB) {
    if (!a_ || !b_) return;
    const auto methodOf = [](const LayerChoice& choice) {
        return methodOfKey(QString::fromStdString(choice.method)).value_or(Method::FullModel);
    };
    SpectraPairData both;
    both.channels = static_cast<int>(a_->key_dim);
    both.full = full_;
    both.a = {sigmaA, static_cast<int>(a_->kept), methodOf(*a_)};
    both.b = {sigmaB, static_cast<int>(b_->kept), methodOf(*b_)};
    pair_->setData(both);
    pair_->setHeading(place_);
    for (const bool first : {true, false}) {
        const SpectraPairData::Side& side = first ? both.a : both.b;
        SpectrumData data;
        data.layer = layer_;
        data.channels = both.channels;
        data.heads = {full_};
        data.firstHead = head_;
        // A layer that keeps everything has no second curve.
        if (side.kept < both.channels) data.afterPruning = side.sigma;
        data.method = side.method;
        data.kept = side.kept;
        data.cutMovable = false;
        SpectrumView* view = first ? sideA_ : sideB_;
        view->setData(data);
        view->setHeading(first ? tr("A: %1").arg(place_) : tr("B: %1").arg(place_));
    }
}

void SpectraCompare::applyTheme(const Theme& theme) {
    sideA_->setTheme(theme);
    sideB_->setTheme(theme);
    pair_->setTheme(theme);
    empty_->applyTheme(theme);
}

void SpectraCompare::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    if (stale_) refresh();
}

}  // namespace rankscope::gui
