// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QString>

#include <set>

namespace rankscope::gui {

/// What the pointer is over; -1 and empty: nothing.
struct Hover {
    int layer = -1;
    int head = -1;  ///< value head
    int index = 0;  ///< of a singular value, from 1; 0: none
    int token = -1;
    int channel = -1;  ///< key channel
    QString point;     ///< id of a saved plan

    bool operator==(const Hover&) const = default;
};

/// What is selected, shared by all views: every view reads and writes it, no view talks to another one.
/// Setters signal only changes, so views may answer a signal with a setter. Layers and heads are the model's
/// numbers.
class Selection : public QObject {
    Q_OBJECT

public:
    enum class Level { Layer, State };

    using QObject::QObject;

    [[nodiscard]] int layer() const { return layer_; }

    /// Layers that "Set" works on; always holds layer().
    [[nodiscard]] const std::set<int>& layers() const { return layers_; }

    [[nodiscard]] int head() const { return head_; }

    /// Token position in the window; a captured one while a capture is open.
    [[nodiscard]] int token() const { return token_; }

    [[nodiscard]] int window() const { return window_; }

    /// Rank metric of the model strip, a name of rank_metrics_table(), or "sensitivity".
    [[nodiscard]] const QString& metric() const { return metric_; }

    [[nodiscard]] Level level() const { return level_; }

    /// Id of the point selected in trade-off and Plans; empty: none.
    [[nodiscard]] const QString& point() const { return point_; }

    [[nodiscard]] const Hover& hover() const { return hover_; }

    /// Selects this layer alone.
    void setLayer(int layer);
    void setLayers(int current, const std::set<int>& layers);
    void setHead(int head);
    void setLayerAndHead(int layer, int head);
    void setToken(int token);
    void setWindow(int window);
    void setMetric(const QString& metric);
    void setLevel(Level level);
    void setPoint(const QString& id);
    void setHover(const Hover& hover);

    /// Layer 0, head 0, the given token, nothing else: after a model was opened.
    void reset(int layer, int token);

Q_SIGNALS:
    void layerChanged();  ///< layer, layers or head
    void headChanged();   ///< head alone or with its layer
    void tokenChanged();  ///< token or window
    void metricChanged();
    void levelChanged();
    void pointChanged();
    void hoverChanged(const Hover& before);

private:
    int layer_ = 0;
    std::set<int> layers_{0};
    int head_ = 0;
    int token_ = 0;
    int window_ = 0;
    QString metric_ = QStringLiteral("rank_stable");
    Level level_ = Level::Layer;
    QString point_;
    Hover hover_;
};

}  // namespace rankscope::gui
