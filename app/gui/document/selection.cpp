// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/document/selection.hpp"

namespace rankscope::gui {

void Selection::setLayer(int layer) {
    setLayers(layer, {layer});
}

void Selection::setLayers(int current, const std::set<int>& layers) {
    std::set<int> all = layers;
    all.insert(current);
    if (current == layer_ && all == layers_) return;
    layer_ = current;
    layers_ = std::move(all);
    Q_EMIT layerChanged();
}

void Selection::setHead(int head) {
    if (head == head_) return;
    head_ = head;
    Q_EMIT headChanged();
}

void Selection::setLayerAndHead(int layer, int head) {
    const bool headMoves = head != head_;
    head_ = head;
    const bool layerMoves = layer != layer_ || layers_.size() != 1;
    layer_ = layer;
    layers_ = {layer};
    if (layerMoves) Q_EMIT layerChanged();
    if (headMoves) Q_EMIT headChanged();
}

void Selection::setToken(int token) {
    if (token == token_) return;
    token_ = token;
    Q_EMIT tokenChanged();
}

void Selection::setWindow(int window) {
    if (window == window_) return;
    window_ = window;
    Q_EMIT tokenChanged();
}

void Selection::setMetric(const QString& metric) {
    if (metric == metric_) return;
    metric_ = metric;
    Q_EMIT metricChanged();
}

void Selection::setLevel(Level level) {
    if (level == level_) return;
    level_ = level;
    Q_EMIT levelChanged();
}

void Selection::setPoint(const QString& id) {
    if (id == point_) return;
    point_ = id;
    Q_EMIT pointChanged();
}

void Selection::setHover(const Hover& hover) {
    if (hover == hover_) return;
    const Hover before = hover_;
    hover_ = hover;
    Q_EMIT hoverChanged(before);
}

void Selection::reset(int layer, int token) {
    layer_ = layer;
    layers_ = {layer};
    head_ = 0;
    token_ = token;
    window_ = 0;
    point_.clear();
    level_ = Level::Layer;
    const Hover before = hover_;
    hover_ = {};
    Q_EMIT layerChanged();
    Q_EMIT headChanged();
    Q_EMIT tokenChanged();
    Q_EMIT pointChanged();
    Q_EMIT levelChanged();
    Q_EMIT hoverChanged(before);
}

}  // namespace rankscope::gui
